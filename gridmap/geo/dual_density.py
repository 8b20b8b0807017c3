"""Dual density: incidents a year and 1,000 households, smoothed; the ratio of two densities of one bandwidth.

A density of incidents alone shows where people live. Both surfaces are smoothed with the same kernel, so what the
border does to one it does to the other and the ratio stays level where the risk is level. Where hardly any household
is within reach, the ratio is noise (1,000 incidents per 1,000 residents in a square of three people): such cells are
marked as having no denominator, never coloured.

References
----------
Bithell (1990), "An application of density estimation to geographical epidemiology", Stat. in Medicine 9, 691-701.
Kelsall & Diggle (1995), "Kernel estimation of relative risk", Bernoulli 1, 3-16 (one bandwidth for both).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.geo.bandwidth import choose_bandwidth
from gridmap.geo.kde import density_on_grid
from gridmap.geo.lattice import SquareGrid

LEAST_HOUSEHOLDS: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class DualDensity:
    """Incidents a year and 1,000 households on the squares of `grid`; arrays are (rows, columns), south-west first.

    `per_1000_year` is not-a-number outside and where `no_denominator`; `within_reach` is the number of households that
    a cell's rate rests on (the base density x the kernel's effective area, 4 pi h2). `events_without` incidents lie in
    cells without a denominator: they belong on the map by another measure.
    """

    grid: SquareGrid
    per_1000_year: NDArray[np.float64]
    within_reach: NDArray[np.float64]
    no_denominator: NDArray[np.bool_]
    bandwidth_m: float
    events: int
    events_without: int
    outside: int


def dual_density(
    x: ArrayLike,
    y: ArrayLike,
    base_x: ArrayLike,
    base_y: ArrayLike,
    grid: SquareGrid,
    *,
    households: ArrayLike | None = None,
    bandwidth_m: float | None = None,
    years: float = 1.0,
    least_households: float = LEAST_HOUSEHOLDS,
    seed: int = 0,
) -> DualDensity:
    """Return incidents a year and 1,000 households around every cell.

    Parameters
    ----------
    x, y
        (n,) incidents in the metric CRS of `grid` [m].
    base_x, base_y
        (m,) doors in the same CRS [m].
    households
        (m,) households behind each door, not negative; 1 each without it.
    bandwidth_m
        Standard deviation of the Gaussian of both surfaces [m]; chosen by `choose_bandwidth` from the incidents, which
        are the sparser of the two, without it.
    years
        Length of the time the incidents were collected in [years].
    least_households
        Cells with fewer within reach have no denominator.
    seed
        For the choice of the bandwidth.

    Raises
    ------
    BandwidthWrong, PeriodWrong, OutOfCrs
    """
    chosen = choose_bandwidth(x, y, grid, seed=seed).chosen_m if bandwidth_m is None else float(bandwidth_m)
    above = density_on_grid(x, y, grid, bandwidth_m=chosen, years=years)
    below = density_on_grid(base_x, base_y, grid, bandwidth_m=chosen, weight=households).per_km2_year
    reach = below * (4 * np.pi * (chosen / 1000) ** 2)
    inside = grid.share > 0
    missing = inside & ~(reach >= max(least_households, np.finfo(float).tiny))
    rate = np.full(grid.share.shape, np.nan)
    held = inside & ~missing
    rate[held] = 1000 * above.per_km2_year[held] / below[held]
    without = _events_in(missing, x, y, grid)
    return DualDensity(grid, rate, reach, missing, chosen, above.events, without, above.outside)


def _events_in(marked: NDArray[np.bool_], x: ArrayLike, y: ArrayLike, grid: SquareGrid) -> int:
    """Return how many events lie in marked cells."""
    column = np.floor(np.asarray(x, dtype=float) / grid.size_m).astype(np.int64) - grid.column0
    row = np.floor(np.asarray(y, dtype=float) / grid.size_m).astype(np.int64) - grid.row0
    held = (row >= 0) & (row < marked.shape[0]) & (column >= 0) & (column < marked.shape[1])
    return int(marked[row[held], column[held]].sum())
