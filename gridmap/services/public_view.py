"""The public view: how many incidents where and when, in numbers from which no household can be told.

Published are closed quarters, each once. For each of two groups (disputes, other incidents) there are two tables of the *same*
events: areas over the whole quarter, and months over the whole station. Every number is a sum of whole areas, or of whole months,
of one group; each stands for at least 5 events and 8 households (`geo.privacy`). They are safe together:

* Areas and months of a group share nothing but its total. Whatever adding and subtracting them gives as a set of events is again
  a union of areas or a union of months of that group (a sum X(area) + Y(month) that is 0 or 1 everywhere is constant in one of
  the two), so it keeps the minimum. A test asks this of linear algebra.
* No table mixes groups, and groups share no event.
* Quarters share no event, and one that is published is never made again: neither windows nor versions can be subtracted. What is
  recorded later than `WAIT` after the quarter's end is not published.
* Incidents without a place inside the jurisdiction are in neither table: else the difference would count them.

Points are shown nowhere: an area is the narrowest square that may be told.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from gridmap.errors import NotFound
from gridmap.geo.lattice import square_lattice
from gridmap.geo.privacy import MIN_EVENTS, MIN_HOUSEHOLDS, publish_counts, publish_squares
from gridmap.store import editions, events, frames
from gridmap.store import figures as counts
from gridmap.store import public_view as store
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import enter_scope
from gridmap.store.public_view import Published
from gridmap.store.tables import Station

Group = Literal["disputes", "others"]
GROUPS: Final[tuple[Group, ...]] = ("disputes", "others")
#: Side of the narrowest square [m]; wider ones are 1.5 km and 4.5 km.
SIZE_M: Final = 500
#: Quarters shown, and how long after its end a quarter is published: what is reported late belongs to it.
QUARTERS: Final = 4
WAIT: Final = timedelta(days=30)
#: Records must reach this near to a quarter's end; a quarter is published once and must be whole [days].
NEARLY: Final = timedelta(days=7)
DECIMALS: Final = 6


class NoPublicView(NotFound):
    """Nothing is published of this station, or there is none, or nothing is published at all."""

    slug, title = "no-public-view", "Nothing is published here"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year, 1 to 4."""

    year: int
    n: int

    @property
    def key(self) -> str:
        """Its name in addresses.

        >>> Quarter(2026, 3).key
        '2026-Q3'
        """
        return f"{self.year}-Q{self.n}"

    @property
    def since(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.n - 2, 1)

    @property
    def until(self) -> date:
        """Its last day."""
        return (self.since + timedelta(days=95)).replace(day=1) - timedelta(days=1)

    def before(self) -> Quarter:
        """Return the quarter before."""
        return Quarter(self.year - 1, 4) if self.n == 1 else Quarter(self.year, self.n - 1)


def closed_quarters(today: date) -> list[Quarter]:
    """Return the last quarters that ended at least `WAIT` ago, newest first.

    >>> [one.key for one in closed_quarters(date(2026, 10, 30))]
    ['2026-Q3', '2026-Q2', '2026-Q1', '2025-Q4']
    >>> closed_quarters(date(2026, 10, 29))[0].key
    '2026-Q2'
    """
    one = Quarter(today.year, (today.month + 2) // 3).before()
    while one.until + WAIT > today:
        one = one.before()
    found = [one]
    while len(found) < QUARTERS:
        found.append(found[-1].before())
    return found


def view(session: Session, station: str) -> list[Published]:
    """Return what is published of a station, newest quarter first; one query that reads no incident and no door.

    Raises
    ------
    NoPublicView
    """
    found = store.published(session, station)
    if not found:
        raise NoPublicView(f"nothing is published of station {station[:16]}")
    return found


def make_due(sessions: sessionmaker[Session], now: datetime) -> list[tuple[str, str]]:
    """Publish every closed quarter that is not published yet; return (station, quarter) of each that was made.

    Each in a transaction of its own, in the scope of its station alone. A station whose records do not reach to the end of a
    quarter waits.
    """
    made = []
    for quarter in closed_quarters(now.date()):
        with named_errors(), sessions.begin() as session:
            waiting = store.due(session, quarter.key)
        for code in waiting:
            with named_errors(), sessions.begin() as session:
                enter_scope(session, [code])
                place = editions.find_station(session, code)
                if _is_whole(session, place, quarter):
                    start = time.process_time()
                    body = orjson.dumps(make(session, place, quarter), option=orjson.OPT_SERIALIZE_NUMPY)
                    store.keep(session, code, quarter.key, body, round(1000 * (time.process_time() - start)))
                    made.append((code, quarter.key))
    return made


def make(session: Session, place: Station, quarter: Quarter) -> dict[str, Any]:
    """Return what may be told of a quarter of a station, as JSON can hold it; three queries."""
    clock = ZoneInfo(place.timezone)
    since, until = (
        datetime.combine(day, clock_time(), clock) for day in (quarter.since, quarter.until + timedelta(days=1))
    )
    ground = gpd.GeoSeries([frames.jurisdiction(session, place.code)], crs=frames.STORAGE_CRS).to_crs(place.metric_epsg)
    cells = square_lattice(ground, SIZE_M)
    doors = events.read_doors(session, place.code)
    homes = gpd.GeoSeries(gpd.points_from_xy(doors["lon"], doors["lat"]), crs=frames.STORAGE_CRS).to_crs(
        place.metric_epsg
    )
    at = _square_of(cells, homes)
    households = np.bincount(at[at >= 0], np.nan_to_num(doors["households"])[at >= 0], minlength=len(cells))
    happened = frames.incidents(session, place.code, since, until)
    square = _square_of(cells, happened.geometry.to_crs(place.metric_epsg))
    months = happened["at"].dt.tz_convert(place.timezone).dt.month.to_numpy(dtype=np.int64) - 3 * quarter.n + 2
    disputes = happened["is_dispute"].to_numpy(dtype=bool)
    return {
        "quarter": quarter.key, "since": quarter.since.isoformat(), "until": quarter.until.isoformat(),
        "metric_epsg": place.metric_epsg, "size_m": SIZE_M,
        "minimum": {"events": MIN_EVENTS, "households": MIN_HOUSEHOLDS},
        "groups": [
            {"group": group, **masked(cells, households.astype(np.int64), square[mine], months[mine])}
            for group, mine in zip(GROUPS, (disputes, ~disputes), strict=True)
        ],
    }  # fmt: skip


def masked(
    cells: gpd.GeoDataFrame, households: NDArray[np.int64], square: NDArray[np.int64], month: NDArray[np.int64]
) -> dict[str, Any]:
    """Return areas and months of one group of events, safe together.

    Parameters
    ----------
    cells
        (n,) squares of `square_lattice` in a metric CRS.
    households
        (n,) of each.
    square, month
        (m,) row of `cells` and month (0, 1, 2) of each event; events in no square (-1) are left out of both tables.

    Returns
    -------
    told
        `areas`: GeoJSON in EPSG:4326 with `count`, `size_m` and `rest` of each; `months`: `months` (1 to 3 of the quarter)
        and `count`. Both empty where even the total may not be told.
    """
    square, month = square[square >= 0], month[square >= 0]
    held = cells[["column", "row", "geometry"]].assign(
        count=np.bincount(square, minlength=len(cells)).astype(np.int64), households=households
    )
    areas = publish_squares(held, size_m=SIZE_M)
    if areas.empty:
        return {"areas": _features(areas), "months": []}
    # Each month stands for everybody, who are enough, since an area is told: months are never added up as households.
    everybody = int(households.sum())
    table = pd.DataFrame({"month": [1, 2, 3], "count": np.bincount(month, minlength=3), "households": everybody})
    told = publish_counts(table, ["month"])
    parts = [
        {"months": (np.flatnonzero(told.area_of == row) + 1).tolist(), "count": int(count)}
        for row, count in enumerate(told.areas["count"])
    ]
    return {"areas": _features(areas), "months": sorted(parts, key=lambda one: one["months"])}


def _features(areas: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return areas as GeoJSON in EPSG:4326, of each only what everybody may know."""
    told: list[dict[str, Any]] = []
    if len(areas):
        shapes = np.asarray(areas.geometry.to_crs(frames.STORAGE_CRS).array, dtype=object)
        drawn = shapely.to_geojson(shapely.transform(shapes, lambda points: np.round(points, DECIMALS)))
        columns = (areas[name].tolist() for name in ("count", "size_m", "rest"))
        told = [
            {
                "type": "Feature",
                "properties": {"count": int(count), "size_m": int(size), "rest": bool(rest)},
                "geometry": orjson.Fragment(shape),
            }
            for count, size, rest, shape in zip(*columns, drawn, strict=True)
        ]
    return {"type": "FeatureCollection", "features": told}


def _square_of(cells: gpd.GeoDataFrame, points: gpd.GeoSeries) -> NDArray[np.int64]:
    """Return the row of `cells` each point lies in, -1 for none."""
    place = pd.MultiIndex.from_arrays([cells["column"], cells["row"]])
    column, row = (np.floor(each.to_numpy() / SIZE_M).astype(np.int64) for each in (points.x, points.y))
    return np.asarray(place.get_indexer(pd.MultiIndex.from_arrays([column, row])), dtype=np.int64)


def _is_whole(session: Session, place: Station, quarter: Quarter) -> bool:
    """Return whether a station's records span a quarter."""
    span = counts.span_of_incidents(session, place.code)
    if span is None:
        return False
    first, last = (moment.astimezone(ZoneInfo(place.timezone)).date() for moment in span)
    return first <= quarter.since + NEARLY and last >= quarter.until - NEARLY


def body_of(found: Sequence[Published]) -> dict[str, Any]:
    """Return what is published of a station as one JSON body."""
    one = found[0]
    return {
        "name_zh": one.name_zh,
        "name_en": one.name_en,
        "synthetic": one.synthetic,
        "quarters": [orjson.loads(each.body) for each in found],
    }
