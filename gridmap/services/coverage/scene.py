"""What every kind of gap is looked for in: the station, its edition in force, its doors and the zones they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy.orm import Session

from gridmap.geo import assign
from gridmap.geo import coverage as shapes
from gridmap.geo.zone_tree import choose
from gridmap.services.coverage.limits import Limits
from gridmap.store import coverage, frames
from gridmap.store.frames import STORAGE_CRS, ZoneKind
from gridmap.store.tables import Edition, Station

#: Doors closer to one another than this are one place in the list [m].
TOGETHER_M: Final = 250
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Size:
    """How much a gap touches: doors, households, and residents where every door says how many live there."""

    doors: int = 0
    households: int = 0
    residents: int | None = None


@dataclass(frozen=True)
class Located:
    """Where the doors stand: `row` (n,) of the zone, -1 for none; `twice`: (door, zone) pairs of doors inside several."""

    row: NDArray[np.int32]
    twice: list[tuple[int, int]]


class Scene:
    """A station at a moment. Everything is read when it is first asked for, and once."""

    def __init__(
        self, session: Session, place: Station, edition: Edition | None, since: datetime | None, now: datetime, limits: Limits
    ) -> None:  # fmt: skip
        self.session, self.place, self.edition, self.edition_since = session, place, edition, since
        self.now, self.limits = now, limits

    @property
    def edition_id(self) -> int:
        """The id of the edition in force, -1 without one."""
        return -1 if self.edition is None else self.edition.id

    @cached_property
    def doors(self) -> pd.DataFrame:
        """Every door, as `store.coverage.doors`."""
        return coverage.doors(self.session, self.place.code, self.edition_id, self.now)

    @cached_property
    def points(self) -> NDArray[np.object_]:
        """The doors as points in EPSG:4326, (n,)."""
        return np.asarray(shapely.points(self.doors["lon"].to_numpy(), self.doors["lat"].to_numpy()), dtype=object)

    @cached_property
    def beats(self) -> gpd.GeoDataFrame:
        """The beats of the edition in force, none without one."""
        return self._zones("beat")

    @cached_property
    def cells(self) -> gpd.GeoDataFrame:
        """The grid cells of the edition in force, none without one."""
        return self._zones("grid_cell")

    @cached_property
    def in_beat(self) -> Located:
        """Which beat each door stands in."""
        return self._locate(self.beats, "beat")

    @cached_property
    def in_cell(self) -> Located:
        """Which grid cell each door stands in."""
        return self._locate(self.cells, "grid_cell")

    @cached_property
    def jurisdiction(self) -> shapely.MultiPolygon:
        """The ground of the station in EPSG:4326."""
        return frames.jurisdiction(self.session, self.place.code)

    def zones(self, kind: ZoneKind) -> tuple[gpd.GeoDataFrame, Located]:
        """Return the zones of a kind and where the doors stand in them."""
        return (self.beats, self.in_beat) if kind == "beat" else (self.cells, self.in_cell)

    def size(self, rows: Rows | Sequence[int]) -> Size:
        """Return how much some doors (positions in `doors`) are."""
        at = np.asarray(rows, dtype=np.int64)
        residents = self._columns["residents"][at]
        known = None if not len(at) or np.isnan(residents).any() else int(residents.sum())
        return Size(len(at), int(self._columns["households"][at].sum()), known)

    def names(self, kind: ZoneKind, row: int) -> dict[str, Any]:
        """Return code and names of a zone by its row, nothing for the row -1."""
        if row < 0:
            return {}
        one = self.zones(kind)[0].iloc[row]
        return {name: one[name] for name in ("code", "name_zh", "name_en")}

    def by_zone(self, kind: ZoneKind) -> dict[str, Rows]:
        """Return the positions of the doors in each zone; zones without a door are left out."""
        zones, located = self.zones(kind)
        inside = np.flatnonzero(located.row >= 0)
        inside = inside[np.argsort(located.row[inside], kind="stable")]
        if not len(inside):
            return {}
        cuts = np.flatnonzero(np.diff(located.row[inside])) + 1
        codes = zones["code"].tolist()
        return {codes[located.row[part[0]]]: part for part in np.split(inside, cuts)}

    def beats_of(self, rows: Rows | Sequence[int]) -> list[str]:
        """Return the codes of the beats some doors stand in."""
        found = np.unique(self.in_beat.row[np.asarray(rows, dtype=np.int64)])
        return self.beats["code"].iloc[found[found >= 0]].tolist()

    def spots(self, rows: Rows | Sequence[int]) -> shapely.MultiPoint:
        """Return some doors as one geometry in EPSG:4326."""
        return shapely.MultiPoint(self._columns["at"][np.asarray(rows, dtype=np.int64)])

    def metric(self, lon: Any, lat: Any) -> NDArray[np.float64]:
        """Return (n, 2) coordinates in the station's metric CRS [m]."""
        return np.column_stack(self._transformer.transform(np.asarray(lon, float), np.asarray(lat, float)))

    def together(self, rows: Rows) -> list[tuple[Rows, str]]:
        """Return doors in places (positions of doors near one another), each with the street most of them have."""
        if not len(rows):
            return []
        told = self.doors.iloc[rows]
        at = self.metric(told["lon"], told["lat"])
        points = gpd.GeoDataFrame({"id": rows}, geometry=shapely.points(at), crs=self.place.metric_epsg)
        nowhere = pd.Series(None, index=points.index, dtype=object)
        names = coverage.streets_of(self.session, told["address_id"].tolist()).reindex(told["address_id"]).to_numpy()
        street = pd.Series(names, index=rows)
        groups = shapes.doors_without_zone(points, nowhere, apart_m=TOGETHER_M)["ids"]
        return [(np.asarray(ids, dtype=np.int64), str(street.loc[ids].mode().iloc[0])) for ids in groups]

    @cached_property
    def _columns(self) -> dict[str, NDArray[np.float64]]:
        """The columns that are added up for every gap, as arrays."""
        doors = self.doors
        told = {name: doors[name].to_numpy(dtype=np.float64) for name in ("households", "residents")}
        return told | {"at": doors[["lon", "lat"]].to_numpy(dtype=np.float64)}

    @cached_property
    def _transformer(self) -> Transformer:
        return Transformer.from_crs(STORAGE_CRS, self.place.metric_epsg, always_xy=True)

    def _zones(self, kind: ZoneKind) -> gpd.GeoDataFrame:
        return frames.zones(self.session, self.edition_id, kind)

    def _locate(self, zones: gpd.GeoDataFrame, answer: str) -> Located:
        """Return where the doors stand; on a border a door stays in the zone its plate answers with."""
        doors = self.doors
        if zones.empty or doors.empty:
            return Located(np.full(len(doors), -1, dtype=np.int32), [])
        index = assign.build_locator(zones, len(doors))
        door, zone = index.covering(doors["lon"].to_numpy(), doors["lat"].to_numpy())
        begin = np.searchsorted(door, np.arange(len(doors) + 1))
        prefer = pd.Index(zones["code"]).get_indexer(pd.Index(doors[answer])).astype(np.int32)
        several = np.diff(begin)[door] > 1
        inside = shapely.contains_properly(zones.geometry.to_numpy()[zone[several]], self.points[door[several]])
        pairs = pd.DataFrame({"door": door[several][inside], "zone": zone[several][inside]})
        twice = pairs[pairs.duplicated("door", keep=False)]
        return Located(
            choose(index.rank, begin, zone, prefer),
            [(int(a), int(b)) for a, b in zip(twice["door"], twice["zone"], strict=True)],
        )
