"""Kernel density: how many events a year and square kilometre, smoothed. A picture without a test; `gistar` tests.

Events are shared out to the four nearest cell centres of a square lattice with a fixed origin and smoothed with a
Gaussian, one axis after the other: the work grows with events plus cells, not with their product. Sharing out spreads
an event by a sixth of a squared cell side, which is taken off the kernel's variance, so that the result is that of the
exact sum: on real records to some hundredths of a per cent where the bandwidth is five times the cell side, to 0.3 to 0.7 %
where it is twice. Places that were rounded to a coarse grid make it worse.

What the kernel would put beyond the border comes back by Diggle's correction: each event counts 1 / (the part of its
kernel inside). So the density over the jurisdiction adds up to exactly the events inside it; within a bandwidth of the
border even risk still sags (to some 55 % in a right corner, 25 % without correction). Rules of thumb for the
bandwidth, made for one broad hump, are ten times too wide for a town (5.9 km where 0.3 km predicts best); `held_out`
tries bandwidths on events kept aside.

References
----------
Diggle (1985), "A Kernel Method for Smoothing Point Process Data", Applied Statistics 34(2), 138-147.
Jones (1993), "Simple boundary correction for kernel density estimation", Statistics and Computing 3, 135-146.
Wand (1994), "Fast Computation of Multivariate Kernel Estimators", J. Comput. Graph. Stat. 3(4), 433-445.
Silverman (1986), "Density Estimation for Statistics and Data Analysis", section 3.4.4 (likelihood cross-validation).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numba import njit
from scipy.ndimage import gaussian_filter

from gridmap.errors import Invalid
from gridmap.geo.columns import OutOfCrs
from gridmap.geo.crs import require_metric
from gridmap.geo.lattice import SquareGrid, square_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Edge = Literal["diggle", "level", "none"]

BANDWIDTHS_M: Final = (100, 150, 200, 250, 300, 400, 500, 700, 1000)
FOLDS: Final = 5
_TRUNCATE: Final = 5.0  # standard deviations after which the kernel is cut; it keeps all its mass
_UNIFORM: Final = 0.01  # part of a forecast spread evenly, so that one far event does not decide on the bandwidth


class BandwidthWrong(Invalid):
    """The bandwidth is smaller than a cell, or there is nothing to choose it by."""

    slug, title = "bandwidth", "The bandwidth does not fit"


class PeriodWrong(Invalid):
    """The observed time is not a positive number of years."""

    slug, title = "period", "The period is not longer than zero"


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """A density on the squares of `grid`: events per km2 and year at each centre, not-a-number outside.

    `events` lie in cells of the grid; `outside` do not and are left out.
    """

    grid: SquareGrid
    per_km2_year: Floats
    bandwidth_m: float
    events: int
    outside: int


def kernel_density(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon,
    *,
    size_m: int,
    bandwidth_m: float,
    years: float = 1.0,
) -> gpd.GeoDataFrame:
    """Return the density of `points` on the squares of `jurisdiction`.

    Parameters
    ----------
    points
        (n,) points in a metric CRS.
    jurisdiction
        Valid (Multi)Polygon in the same CRS.
    size_m
        Side of a square [m], a multiple of 100, at most the bandwidth.
    bandwidth_m
        Standard deviation of the Gaussian [m]; a quartic kernel of radius r is about r / 2.83.
    years
        Length of the observed time [years].

    Returns
    -------
    cells
        `column`, `row`, `inside_share`, `density` (events per km2 and year at the centre), `geometry` (whole squares).
        The sum of density x inside_share x area [km2] x years is the number of events inside.

    Raises
    ------
    NotMetric, BadShape, LatticeSizeWrong, LatticeTooLarge, BandwidthWrong, PeriodWrong, OutOfCrs
    """
    require_metric(points)
    coords = shapely.get_coordinates(np.asarray(points.geometry.array))
    grid = square_grid(jurisdiction, size_m)
    density = density_on_grid(coords[:, 0], coords[:, 1], grid, bandwidth_m=bandwidth_m, years=years)
    row, column = np.nonzero(grid.share)
    x, y = (column + grid.column0) * size_m, (row + grid.row0) * size_m
    columns = {
        "column": column + grid.column0,
        "row": row + grid.row0,
        "inside_share": grid.share[row, column],
        "density": density.per_km2_year[row, column],
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.box(x, y, x + size_m, y + size_m), crs=points.crs)


def density_on_grid(
    x: ArrayLike,
    y: ArrayLike,
    grid: SquareGrid,
    *,
    bandwidth_m: float,
    years: float = 1.0,
    edge: Edge = "diggle",
    weight: ArrayLike | None = None,
) -> Density:
    """Return the density of events on a grid that is already there; see `kernel_density`.

    Parameters
    ----------
    x, y
        (n,) coordinates in the metric CRS of `grid` [m].
    edge
        What is done about kernels that reach beyond the border: ``"diggle"`` adds up to the events inside, ``"level"``
        (the sum divided by the part of the cell's own kernel inside) shows even risk level but does not add up,
        ``"none"`` does nothing.
    weight
        (n,) how much each event counts, 1 without it: households behind a door, or what is left of an old event. The
        density is then of the weights; `events` and `outside` still count rows.

    Raises
    ------
    BandwidthWrong, PeriodWrong, OutOfCrs
    """
    if not years > 0:
        raise PeriodWrong(f"{years} years; give the length of time the events were collected in.", years=years)
    _check_bandwidth(bandwidth_m, grid)
    binned, held, outside = _share_out(x, y, grid, weight)
    rate = _smooth(binned, grid, bandwidth_m, edge=edge)[1:-1, 1:-1]
    rate *= 1 / (grid.cell_km2 * years)
    rate[grid.share <= 0] = np.nan
    return Density(grid, rate, float(bandwidth_m), held, outside)


def held_out(
    x: ArrayLike,
    y: ArrayLike,
    grid: SquareGrid,
    *,
    bandwidths_m: Sequence[float] = BANDWIDTHS_M,
    fold: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return how well each bandwidth forecasts events that were kept aside; the best comes first.

    Parameters
    ----------
    x, y
        (n,) coordinates in the metric CRS of `grid` [m], best in order of time.
    bandwidths_m
        What to try [m]; those below the cell side are left out.
    fold
        (n,) labels: each is kept aside in turn (for example the month). Every fifth event without it.

    Returns
    -------
    scores
        By `score`, best first: `bandwidth_m`, `score` (mean log density of a held-out event [log 1/km2], 1 % of the
        forecast being spread evenly). A difference of 0.01 on 1,000 events is 10 units of log likelihood. If the best
        is the smallest or largest tried, try further.

    Raises
    ------
    BandwidthWrong
        If no bandwidth fits the cells, or fewer than two folds hold events inside.
    OutOfCrs
    """
    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    labels = np.arange(len(east)) % FOLDS if fold is None else np.asarray(fold)
    inside = _inside(east, north, grid)
    east, north, labels = east[inside], north[inside], labels[inside]
    folds = np.unique(labels)
    tried = [float(each) for each in bandwidths_m if each >= grid.size_m]
    if not tried or len(folds) < 2:
        raise BandwidthWrong(f"{len(tried)} bandwidths and {len(folds)} folds of events; at least 1 and 2 are needed.")
    area = float(grid.share.sum()) * grid.cell_km2
    binned = {each: _share_out(east[labels == each], north[labels == each], grid)[0] for each in folds}
    total = np.sum(list(binned.values()), axis=0)
    scores = []
    for bandwidth in tried:
        logs = 0.0
        for each in folds:
            rest = int((labels != each).sum())
            values = _smooth(total - binned[each], grid, bandwidth, edge="diggle") / (grid.cell_km2 * rest)
            found = _read(values, east[labels == each], north[labels == each], grid)
            forecast = (1 - _UNIFORM) * found + _UNIFORM / area
            logs += float(np.log(forecast).sum())
        scores.append((bandwidth, logs / len(east)))
    table = pd.DataFrame(scores, columns=["bandwidth_m", "score"])
    return table.sort_values("score", ascending=False, ignore_index=True)


def _smooth(binned: Floats, grid: SquareGrid, bandwidth_m: float, *, edge: Edge) -> Floats:
    """Return events per cell after smoothing; arrays are one cell wider than the grid on each side."""
    if edge == "diggle":
        inside = _kernel_inside(grid, float(bandwidth_m))
        binned = np.divide(binned, inside, out=np.zeros_like(binned), where=binned > 0)
    values = _blur(binned, grid.size_m, bandwidth_m)
    if edge == "level":
        values /= np.maximum(_kernel_inside(grid, float(bandwidth_m)), np.finfo(float).tiny)
    return values


@lru_cache(maxsize=8)
def _kernel_inside(grid: SquareGrid, bandwidth_m: float) -> Floats:
    """Return the part of a kernel at each centre that lies inside; many maps of one place ask for the same."""
    return _blur(np.pad(grid.share, 1), grid.size_m, bandwidth_m)


def _blur(values: Floats, size_m: int, bandwidth_m: float) -> Floats:
    sigma = np.sqrt(bandwidth_m**2 - size_m**2 / 6) / size_m
    return np.asarray(gaussian_filter(values, sigma, mode="constant", truncate=_TRUNCATE))


def _inside(x: Floats, y: Floats, grid: SquareGrid) -> NDArray[np.bool_]:
    """Return which places lie in a cell of the grid; what is no number does not."""
    rows, columns = grid.share.shape
    j, i = np.floor(x / grid.size_m) - grid.column0, np.floor(y / grid.size_m) - grid.row0
    held = np.asarray((i >= 0) & (i < rows) & (j >= 0) & (j < columns))
    held[held] = grid.share[i[held].astype(np.int64), j[held].astype(np.int64)] > 0
    return held


def _share_out(
    x: ArrayLike, y: ArrayLike, grid: SquareGrid, weight: ArrayLike | None = None
) -> tuple[Floats, int, int]:
    """Return events shared out to cell centres, one cell wider than the grid on each side; how many inside and outside.

    Raises
    ------
    OutOfCrs
        If a coordinate is no finite number.
    """
    one = np.ones(0) if weight is None else weight
    # What pandas hands out cannot be written to, which to numba is another type and would be compiled again.
    east, north, counts = (np.require(each, np.float64, ["C", "W"]) for each in (x, y, one))
    rows, columns = grid.share.shape
    binned = np.zeros((rows + 2, columns + 2))
    corner = (grid.column0, grid.row0)
    held, lost = _share_out_compiled(east, north, counts, 1 / grid.size_m, corner, grid.share > 0, binned)
    if lost:
        raise OutOfCrs(
            f"{lost} points have coordinates or weights that are no finite numbers; leave them out.", points=lost
        )
    return binned, held, len(east) - held


@njit(cache=True)
def _share_out_compiled(  # noqa: PLR0917  a kernel takes what it reads, one by one
    x: Floats,
    y: Floats,
    weight: Floats,
    cells_per_m: float,
    corner: tuple[int, int],
    there: NDArray[np.bool_],
    binned: Floats,
) -> tuple[int, int]:
    held = lost = 0
    even = len(weight) == 0
    for point in range(len(x)):
        one = 1.0 if even else weight[point]
        if not (np.isfinite(x[point]) and np.isfinite(y[point]) and np.isfinite(one)):
            lost += 1
            continue
        column, row = x[point] * cells_per_m - corner[0], y[point] * cells_per_m - corner[1]
        if not (0 <= column < there.shape[1] and 0 <= row < there.shape[0]) or not there[int(row), int(column)]:
            continue
        held += 1
        j, i = int(column + 0.5), int(row + 0.5)  # the centre to the south-west, in the wider array
        east, north = column + 0.5 - j, row + 0.5 - i
        binned[i, j] += one * (1 - east) * (1 - north)
        binned[i, j + 1] += one * east * (1 - north)
        binned[i + 1, j] += one * (1 - east) * north
        binned[i + 1, j + 1] += one * east * north
    return held, lost


def _read(values: Floats, x: Floats, y: Floats, grid: SquareGrid) -> Floats:
    """Return `values` between the cell centres, bilinear, at places inside the grid."""
    column, row = x / grid.size_m - grid.column0 + 0.5, y / grid.size_m - grid.row0 + 0.5
    j, i = column.astype(np.int64), row.astype(np.int64)
    east, north = column - j, row - i
    south = values[i, j] * (1 - east) + values[i, j + 1] * east
    return np.asarray(south * (1 - north) + (values[i + 1, j] * (1 - east) + values[i + 1, j + 1] * east) * north)


def _check_bandwidth(bandwidth_m: float, grid: SquareGrid) -> None:
    if not bandwidth_m >= grid.size_m:
        raise BandwidthWrong(
            f"{bandwidth_m} m on cells of {grid.size_m} m; take smaller cells or a wider bandwidth.",
            bandwidth_m=bandwidth_m, size_m=grid.size_m,
        )  # fmt: skip
