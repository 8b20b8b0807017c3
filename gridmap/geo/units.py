"""Units: the pieces that zones are made of when a plan is drawn, as arrays ready for computing.

A unit is a grid cell, a village, a block: ground that is never cut. What a plan needs of it is its load, its size, the
length of its outline and who its neighbours are; the shape itself is not needed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gridmap.errors import Invalid
from gridmap.geo.balance import BadWeights
from gridmap.geo.columns import check_zones
from gridmap.geo.crs import require_metric, require_same
from gridmap.geo.neighbours import border_lengths

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

ALONG_M: Final = 20.0
"""A border nearer than this to a barrier lies along it [m]: rivers and borders are digitised apart."""


class UnknownUnit(Invalid):
    """A bridge names a unit that is not there, or leads from a unit to itself."""

    slug, title = "unknown-unit", "The bridge cannot be built"


@dataclass(frozen=True, slots=True)
class Units:
    """n units and their neighbours.

    `codes` (n,); `load` (n,) work, at least 0; `area_m2`; `outline_m`: length of the outline; `x`, `y` [m]: a point
    inside. The neighbours of unit i are `other[start[i]:start[i + 1]]`, each pair both ways: `border_m` is their common
    border (0 for a bridge), `barrier` says that it lies along a river, a railway or the like.
    """

    codes: NDArray[np.object_]
    load: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    outline_m: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start: NDArray[np.int32]
    other: NDArray[np.int32]
    border_m: NDArray[np.float64]
    barrier: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.load)

    def rows(self) -> NDArray[np.int32]:
        """Return the unit that each of the (e,) neighbours in `other` belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.start))


def units_of(
    zones: gpd.GeoDataFrame,
    load: NDArray[np.float64],
    *,
    bridges: Iterable[tuple[str, str]] = (),
    barriers: gpd.GeoSeries | None = None,
) -> Units:
    """Return the units that `zones` are, with their neighbours.

    Parameters
    ----------
    zones
        (n,) zones frame of valid polygons in a metric CRS.
    load
        (n,) the work in each zone, at least 0.
    bridges
        Pairs of codes that count as neighbours although they share no border (an island and its harbour), or although
        a barrier lies between them.
    barriers
        Lines or polygons in the CRS of `zones` (rivers, railways): a common border of which at least half lies within
        `ALONG_M` of one of them is a barrier.

    Returns
    -------
    units
        In the order of `zones`; neighbours share a border, not only a corner.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, CrsMismatch
        As `check_zones`, `require_metric` and `require_same`.
    BadWeights
        If a load is missing, negative or not finite, or there is not one for each zone.
    UnknownUnit
        If a bridge names a code that is not there.
    """
    check_zones(zones)
    require_metric(zones)
    weights = np.asarray(load, dtype=float)
    codes = zones["code"].to_numpy(dtype=object)
    _check_load(codes, weights)
    shapes = np.asarray(zones.geometry.array, dtype=object)
    matrix = border_lengths(zones).tocoo()
    once = matrix.row < matrix.col
    one, other, border = matrix.row[once], matrix.col[once], matrix.data[once]
    spans = _bridge_rows(codes, bridges)
    along = np.zeros(len(one), dtype=bool)
    if barriers is not None and len(barriers):
        require_same(zones, barriers)
        along = _along(shapes, one, other, np.asarray(barriers.array, dtype=object))
    inside = shapely.point_on_surface(shapes)
    return make_units(
        codes,
        weights,
        shapely.area(shapes),
        shapely.length(shapes),
        np.column_stack([shapely.get_x(inside), shapely.get_y(inside)]),
        (one, other, border, along),
        bridges=spans,
    )


def make_units(
    codes: NDArray[np.object_],
    load: NDArray[np.float64],
    area_m2: NDArray[np.float64],
    outline_m: NDArray[np.float64],
    places: NDArray[np.float64],
    pairs: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.float64], NDArray[np.bool_]],
    *,
    bridges: NDArray[np.int64] | None = None,
) -> Units:
    """Return units from columns of (n,) values and (m,) pairs of neighbours, each pair once.

    Parameters
    ----------
    places
        (n, 2) a point [m] inside each unit.
    pairs
        Two columns of rows, the common border [m] of each pair, and whether it lies along a barrier.
    bridges
        (b, 2) pairs of rows that are neighbours without a common border, or across a barrier.
    """
    one, other, border, along = (np.asarray(column) for column in pairs)
    if bridges is not None and len(bridges):
        low, high = bridges.min(axis=1), bridges.max(axis=1)
        keys = np.minimum(one, other) * len(load) + np.maximum(one, other)
        along = along & ~np.isin(keys, low * len(load) + high)
        new = ~np.isin(low * len(load) + high, keys)
        one, other = np.concatenate([one, low[new]]), np.concatenate([other, high[new]])
        border = np.concatenate([border, np.zeros(int(new.sum()))])
        along = np.concatenate([along, np.zeros(int(new.sum()), dtype=bool)])
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    order = np.lexsort((columns, rows))
    start = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(load)))])
    return Units(
        codes=np.asarray(codes, dtype=object),
        load=np.ascontiguousarray(load, dtype=float),
        area_m2=np.ascontiguousarray(area_m2, dtype=float),
        outline_m=np.ascontiguousarray(outline_m, dtype=float),
        x=np.ascontiguousarray(places[:, 0], dtype=float),
        y=np.ascontiguousarray(places[:, 1], dtype=float),
        start=start.astype(np.int32),
        other=columns[order].astype(np.int32),
        border_m=np.concatenate([border, border])[order].astype(float),
        barrier=np.concatenate([along, along])[order].astype(bool),
    )


def _check_load(codes: NDArray[np.object_], load: NDArray[np.float64]) -> None:
    if load.shape != codes.shape:
        raise BadWeights(f"{load.size} loads for {len(codes)} units; give one for each, in their order.")
    wrong = ~(np.isfinite(load) & (load >= 0))
    if wrong.any():
        first = str(codes[int(np.argmax(wrong))])
        raise BadWeights(f"{wrong.sum()} loads are missing, negative or infinite, the first of {first}.", first=first)


def _bridge_rows(codes: NDArray[np.object_], bridges: Iterable[tuple[str, str]]) -> NDArray[np.int64]:
    """Return the (b, 2) rows of each bridge, lower first, no bridge twice."""
    row = {code: number for number, code in enumerate(codes.tolist())}
    found: set[tuple[int, int]] = set()
    for one, other in bridges:
        for code in (one, other):
            if code not in row:
                raise UnknownUnit(f"A bridge leads to {code}, which is no unit; correct the code.", unit=code)
        if one == other:
            raise UnknownUnit(f"A bridge leads from {one} to itself; name two units.", unit=one)
        found.add((min(row[one], row[other]), max(row[one], row[other])))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _along(
    shapes: NDArray[np.object_], one: NDArray[np.int32], other: NDArray[np.int32], barriers: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Return whether at least half of each common border lies along a barrier."""
    near = shapely.buffer(shapely.union_all(barriers), ALONG_M)
    shapely.prepare(near)
    along = np.zeros(len(one), dtype=bool)
    suspects = shapely.intersects(shapes, near)
    rows = np.flatnonzero(suspects[one] & suspects[other])
    common = shapely.intersection(shapely.boundary(shapes[one[rows]]), shapely.boundary(shapes[other[rows]]))
    long = shapely.length(common)
    covered = shapely.length(shapely.intersection(common, near))
    along[rows] = (long > 0) & (covered >= long / 2)
    return along
