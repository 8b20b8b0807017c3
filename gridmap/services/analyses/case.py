"""What an analysis is given: the incidents of a view and, where it needs them, doors and zones, all in metres."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.geo.lattice import SquareGrid, square_grid
from gridmap.services.views import View

Floats = NDArray[np.float64]
Shape = Literal["square", "hexagon", "beat", "grid_cell", "village"]
Per = Literal["none", "household", "resident", "km2"]
Against = Literal["before", "year"]
Ahead = Literal["week", "month"]
Weight = Literal["none", "tier"]
Control = Literal["bh", "by"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to look: what the person chose; None lets the method choose, and it says what it chose.

    `shape`, `size_m`: what is counted on. `bandwidth_m`: of densities. `per`: what a rate is told by. `against`: the period
    compared with. `ahead`: how far a forecast looks. `distance_m`, `days`: what is near in place and time.
    `weight`: what an event counts in hotspots, one or its tier. `control`: of false discoveries over the map,
    Benjamini-Hochberg or, under any dependence, Benjamini-Yekutieli.
    """

    shape: Shape = "square"
    size_m: int = 300
    bandwidth_m: float | None = None
    per: Per = "none"
    against: Against = "before"
    ahead: Ahead = "week"
    distance_m: float | None = None
    days: float | None = None
    weight: Weight = "none"
    control: Control = "bh"


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Incidents as arrays (n,), oldest first.

    `id`; `category` and `source`: positions in the case's lists; `at`, `until`: datetime64[s] UTC, `until` not-a-time where there
    is none; `tier`: 0 where no dispute was entered; `address`: 0 where none; `x`, `y`: metric CRS of the station [m].
    """

    id: NDArray[np.int64]
    category: NDArray[np.int64]
    source: NDArray[np.int64]
    at: NDArray[np.datetime64]
    until: NDArray[np.datetime64]
    tier: NDArray[np.int64]
    address: NDArray[np.int64]
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.id)

    def where(self, mask: NDArray[np.bool_]) -> Events:
        """Return the events for which `mask` (n,) holds."""
        return Events(*(getattr(self, name)[mask] for name in self.__slots__))

    def between(self, since: datetime, until: datetime) -> Events:
        """Return the events with `since` <= at < `until`."""
        first, last = (np.datetime64(int(moment.timestamp()), "s") for moment in (since, until))
        return self.where((self.at >= first) & (self.at < last))

    def times(self) -> pd.DatetimeIndex:
        """Return when they happened, as instants in UTC."""
        return pd.DatetimeIndex(self.at).tz_localize("UTC")

    def ends(self) -> pd.DatetimeIndex:
        """Return the latest moment each can have happened, as instants in UTC; missing where the time is known."""
        return pd.DatetimeIndex(self.until).tz_localize("UTC")


@dataclass(frozen=True, slots=True, eq=False)
class Doors:
    """The doors of a station as arrays (n,): `id`, `x`, `y` [m], `households`, `residents` (not-a-number: unknown)."""

    id: NDArray[np.int64]
    x: Floats
    y: Floats
    households: Floats
    residents: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question: everything an analysis may read.

    `station`, `metric_epsg`, `timezone`; `ground`: the jurisdiction in the metric CRS, or what the view leaves of it.
    `since`, `until`: the period on the station's clocks; `recorded_until`: its end, or of the station's records where they end
    before. `events`: of the view's period.
    `history`: of the same filters before the end of the period, the period included. `doors`: those on `ground`. `categories`: code, name_zh, name_en,
    is_dispute of each position of `Events.category`. `zones`: kind -> frame in the metric CRS (`code`, names), empty where none.
    `names`: the text of each address with two events or more in the period, where the reader may see it.
    """

    station: str
    metric_epsg: int
    timezone: str
    synthetic: bool
    ground: shapely.Polygon | shapely.MultiPolygon
    view: View
    options: Options
    since: datetime
    until: datetime
    recorded_until: datetime
    events: Events
    history: Events
    doors: Doors
    zones: dict[str, gpd.GeoDataFrame]
    categories: list[dict[str, object]] = field(default_factory=list)
    sources: tuple[str, ...] = ()
    names: dict[int, str] = field(default_factory=dict)

    @property
    def days_recorded(self) -> float:
        """Return the length of the period as far as there are records [days], at least one."""
        return max((self.recorded_until - self.since).total_seconds() / 86_400, 1.0)

    @property
    def observed_until(self) -> datetime:
        """Return the end of the period as far as there are records, at least a day after its beginning."""
        return max(self.recorded_until, self.since + timedelta(days=1))

    def grid(self, size_m: int) -> SquareGrid:
        """Return the squares of the jurisdiction with sides of `size_m` [m]."""
        return square_grid(self.ground, size_m)

    def before(self) -> Events:
        """Return the events of the span compared with: as long, just before the period, or the same days a year ago."""
        return self.history.between(*self.span_before())

    def span_before(self) -> tuple[datetime, datetime]:
        """Return the span compared with, as `Options.against` says."""
        if self.options.against == "year":
            day = timedelta(days=1)
            return _year_ago(self.since), _year_ago(self.until - day) + day  # the last day, not the one after it
        return self.since - (self.until - self.since), self.since

    def of(self, **chosen: object) -> Case:
        """Return the same case with other options."""
        return replace(self, options=replace(self.options, **chosen))  # type: ignore[arg-type]


def _year_ago(moment: datetime) -> datetime:
    """Return the same day and hour a year before; of 29 February, the 28th."""
    try:
        return moment.replace(year=moment.year - 1)
    except ValueError:
        return moment.replace(year=moment.year - 1, day=28)
