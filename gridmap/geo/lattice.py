"""Analysis lattices: regular squares or hexagons over a boundary, for statistics; nobody is responsible for a cell.

The origin is that of the metric CRS, never that of the data, so maps of two months or of two stations lie on each
other. Sides are multiples of 100 m, so a square of 500 m is exactly 25 squares of 100 m. A cell is known by its
`column` and `row`: a square holds `column * size_m <= x < (column + 1) * size_m`, and so in y. A hexagon has the area
of a square of `size_m`, stands on a point, and is known by its axial coordinates (hexagons do not nest).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import Invalid, TooLarge
from gridmap.geo.columns import OutOfCrs, check_area
from gridmap.geo.crs import require_metric

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Integers = NDArray[np.int64]

STEP_M: Final = 100
MOST_CELLS: Final = 5_000_000
_HEXAGON_RADIUS: Final = math.sqrt(2 / (3 * math.sqrt(3)))  # of a hexagon of area 1
_FULL: Final = 1 - 1e-9


class LatticeSizeWrong(Invalid):
    """The side of a lattice is not a positive multiple of 100 m."""

    slug, title = "lattice-size", "The cell size is not a multiple of 100 m"


class LatticeTooLarge(TooLarge):
    """A lattice over this boundary would have more cells than gridmap will make."""

    slug, title = "lattice-too-large", "The lattice has too many cells"


@dataclass(frozen=True, slots=True, eq=False)
class SquareGrid:
    """A square lattice as an array, south-west corner first: `share[i, j]` is cell (column0 + j, row0 + i).

    `share` is the part of each square inside the boundary, 0 to 1; zero is not a cell of the lattice.
    """

    size_m: int
    column0: int
    row0: int
    share: NDArray[np.float64]

    @property
    def cell_km2(self) -> float:
        """The area of a whole square [km2]."""
        return self.size_m**2 / 1e6


def square_grid(boundary: shapely.Polygon | shapely.MultiPolygon, size_m: int) -> SquareGrid:
    """Return the square lattice over `boundary` as an array.

    Blocks of squares are cut in four until they lie inside or outside, so the work grows with the length of the
    border, not with the area.

    Parameters
    ----------
    boundary
        Valid (Multi)Polygon in a metric CRS [m].
    size_m
        Side of a square [m], a multiple of 100.

    Raises
    ------
    LatticeSizeWrong, LatticeTooLarge, BadShape
    """
    _check_size(size_m)
    x0, y0, x1, y1 = check_area(boundary, "boundary").bounds
    column0, row0 = math.floor(x0 / size_m), math.floor(y0 / size_m)
    columns, rows = (max(math.ceil(end / size_m) - start, 1) for end, start in ((x1, column0), (y1, row0)))
    _check_number(columns * rows, size_m)
    block = 1 << max(columns - 1, rows - 1).bit_length()
    share = np.zeros((rows, columns))
    shapes = np.array([boundary], dtype=object)
    at = np.zeros((1, 2), dtype=np.int64)  # row, column of each block's corner in `share`
    while len(shapes):
        width = block * size_m
        east, north = (at[:, 1] + column0) * size_m, (at[:, 0] + row0) * size_m
        parts = _areas(shapely.intersection(shapes, shapely.box(east, north, east + width, north + width)))
        filled = shapely.area(parts) / width**2
        if block == 1:
            inside = filled > 0
            share[at[inside, 0], at[inside, 1]] = np.where(filled[inside] >= _FULL, 1.0, filled[inside])
            break
        for row, column in at[filled >= _FULL]:
            share[row : row + block, column : column + block] = 1.0
        mixed = (filled > 0) & (filled < _FULL)
        block //= 2
        quarters = np.array([(0, 0), (0, block), (block, 0), (block, block)])
        at = (at[mixed, None] + quarters).reshape(-1, 2)
        shapes = np.repeat(parts[mixed], 4)
        held = (at[:, 0] < rows) & (at[:, 1] < columns)
        at, shapes = at[held], shapes[held]
    return SquareGrid(size_m, column0, row0, share)


def square_lattice(boundary: gpd.GeoDataFrame | gpd.GeoSeries, size_m: int) -> gpd.GeoDataFrame:
    """Return the whole squares that share any area with `boundary`.

    Parameters
    ----------
    boundary
        Polygons in a metric CRS; their union is covered.
    size_m
        Side of a square [m], a multiple of 100.

    Returns
    -------
    cells
        `column` and `row` (int), `inside_share` (part of the square inside, above 0 to 1), `geometry` (the whole
        square); by row, then column; CRS of `boundary`.

    Raises
    ------
    NotMetric
        If the CRS is missing or in degrees.
    LatticeSizeWrong, LatticeTooLarge, BadShape
    """
    grid = square_grid(_union(boundary), size_m)
    row, column = np.nonzero(grid.share)
    share = grid.share[row, column]
    column, row = column + grid.column0, row + grid.row0
    x, y = column * size_m, row * size_m
    return _cells(column, row, share, shapely.box(x, y, x + size_m, y + size_m), boundary)


def hexagon_lattice(boundary: gpd.GeoDataFrame | gpd.GeoSeries, size_m: int) -> gpd.GeoDataFrame:
    """Return the whole hexagons that share any area with `boundary`; see `square_lattice`.

    `size_m` is the side of the square of the same area [m], so that counts and densities compare.
    """
    _check_size(size_m)
    area = _union(boundary)
    radius = size_m * _HEXAGON_RADIUS
    x0, y0, x1, y1 = area.bounds
    low, high = math.floor((y0 - radius) / (1.5 * radius)), math.ceil((y1 + radius) / (1.5 * radius))
    wide = math.ceil((x1 - x0) / (math.sqrt(3) * radius)) + 3
    _check_number(wide * (high - low + 1), size_m)
    row, step = np.mgrid[low : high + 1, 0:wide].reshape(2, -1)
    column = np.floor(x0 / (math.sqrt(3) * radius) - row / 2).astype(np.int64) - 1 + step
    shapes = _hexagons(column, row, radius)
    shapely.prepare(area)
    near = shapely.intersects(area, shapes)
    column, row, shapes = column[near], row[near], shapes[near]
    share = np.ones(len(shapes))
    mixed = ~shapely.covers(area, shapes)
    share[mixed] = shapely.area(shapely.intersection(area, shapes[mixed])) / size_m**2
    kept = share > 0
    return _cells(column[kept], row[kept], share[kept], shapes[kept], boundary)


def count_on_lattice(x: ArrayLike, y: ArrayLike, size_m: int) -> pd.DataFrame:
    """Return how many points each square holds, by floor division; no polygon is made and nothing is joined.

    >>> count_on_lattice([10, 90, 100], [0, 0, -1], 100)
       column  row  count
    0       1   -1      1
    1       0    0      2

    Parameters
    ----------
    x, y
        (n,) coordinates in a metric CRS [m].
    size_m
        Side of a square [m], a multiple of 100.

    Returns
    -------
    counted
        `column`, `row`, `count` (int) of the squares that hold a point; by row, then column.

    Raises
    ------
    LatticeSizeWrong
    OutOfCrs
        If a coordinate is no finite number.
    """
    _check_size(size_m)
    return _count(*(np.floor(each / size_m).astype(np.int64) for each in _finite(x, y)))


def count_on_hexagons(x: ArrayLike, y: ArrayLike, size_m: int) -> pd.DataFrame:
    """Return how many points each hexagon of `hexagon_lattice` holds; as `count_on_lattice`."""
    _check_size(size_m)
    east, north = _finite(x, y)
    radius = size_m * _HEXAGON_RADIUS
    r = north / (1.5 * radius)
    q = east / (math.sqrt(3) * radius) - r / 2
    column, row, third = np.rint(q), np.rint(r), np.rint(-q - r)
    off_column, off_row, off_third = np.abs(column - q), np.abs(row - r), np.abs(third + q + r)
    from_others = (off_column > off_row) & (off_column > off_third)  # the three sum to 0: mend the one most rounded
    row = np.where(~from_others & (off_row > off_third), -column - third, row)
    column = np.where(from_others, -row - third, column)
    return _count(column.astype(np.int64), row.astype(np.int64))


def count_in_cells(cells: pd.DataFrame, counted: pd.DataFrame) -> tuple[pd.Series[int], int]:
    """Return the count of every cell, zero where nothing was counted, and how many points lie in no cell.

    Parameters
    ----------
    cells
        (n,) rows with `column` and `row`, as from `square_lattice`.
    counted
        As from `count_on_lattice` with the same size.

    Returns
    -------
    count
        (n,) int on `cells.index`.
    outside
        The points of `counted` that no cell holds.
    """
    found = cells[["column", "row"]].merge(counted, how="left", on=["column", "row"])["count"]
    count = pd.Series(found.fillna(0).to_numpy(dtype=np.int64), index=cells.index, name="count")
    return count, int(counted["count"].sum() - count.sum())


def _count(column: Integers, row: Integers) -> pd.DataFrame:
    if not len(column):
        return pd.DataFrame({"column": column, "row": row, "count": column})
    column0, row0 = int(column.min()), int(row.min())
    width, height = int(column.max()) - column0 + 1, int(row.max()) - row0 + 1
    key = (row - row0) * width + (column - column0)
    if width * height <= max(MOST_CELLS, 4 * len(key)):
        count = np.bincount(key)
        key = np.flatnonzero(count)
        count = count[key]
    else:  # a few points far apart
        key, count = np.unique(key, return_counts=True)
    return pd.DataFrame({"column": key % width + column0, "row": key // width + row0, "count": count})


def _cells(
    column: Integers,
    row: Integers,
    share: NDArray[np.float64],
    shapes: NDArray[np.object_],
    boundary: gpd.GeoDataFrame | gpd.GeoSeries,
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"column": column, "row": row, "inside_share": share}, geometry=np.asarray(shapes), crs=boundary.crs
    )


def _hexagons(column: Integers, row: Integers, radius: float) -> NDArray[np.object_]:
    east, north = radius * math.sqrt(3) * (column + row / 2), radius * 1.5 * row
    turn = np.radians(np.arange(30, 390, 60))
    corners = np.column_stack([np.cos(turn), np.sin(turn)]) * radius
    return np.asarray(shapely.polygons(np.stack([east, north], axis=1)[:, None, :] + corners), dtype=object)


def _union(boundary: gpd.GeoDataFrame | gpd.GeoSeries) -> shapely.Polygon | shapely.MultiPolygon:
    require_metric(boundary)
    return check_area(shapely.union_all(np.asarray(boundary.geometry.array)), "boundary")


def _areas(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return `shapes` without the lines and points that an intersection may leave beside its polygons."""
    for place in np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapes[place])
        shapes[place] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return shapes


def _finite(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    lost = int((~np.isfinite(east) | ~np.isfinite(north)).sum())
    if lost:
        raise OutOfCrs(f"{lost} points have coordinates that are no finite numbers; leave them out.", points=lost)
    return east, north


def _check_size(size_m: int) -> None:
    if size_m <= 0 or size_m % STEP_M:
        raise LatticeSizeWrong(f"{size_m} m is not a multiple of {STEP_M} m; choose 100, 200, 500 …", size_m=size_m)


def _check_number(cells: int, size_m: int) -> None:
    if cells > MOST_CELLS:
        raise LatticeTooLarge(
            f"{cells:,} cells of {size_m} m; at most {MOST_CELLS:,} are made: choose larger cells.", cells=cells
        )
