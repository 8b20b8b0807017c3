"""What was known on a day: events on the cells of a lattice, by day, and how they spread over the ground.

Counts are taken on the lattice that is shown; the density is smoothed on squares of 100 m and added up to the cells,
so that a kernel of 200 m also serves cells of 500 m. The lattices nest: both stand on the origin of the metric CRS.
Nothing after the day asked about is ever looked at; that is what makes a test on the past honest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.geo.kde import density_on_grid
from gridmap.geo.lattice import STEP_M, SquareGrid, square_grid

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_FINE_CELLS: Final = 1_000_000
MOST_KEPT: Final = 20_000_000  # numbers of densities kept for the next question, 160 MB
FOREVER: Final = float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Events on the cells of `grid`, oldest first.

    `column`, `row`, `share`: (n,) cells with ground inside. `x`, `y`, `day`, `cell`: (m,) events in those cells; days
    are of 24 hours, counted as the giver likes. `start` is the first day observed. `fine` is the lattice of the
    density and `fine_cell` the cell each of its squares adds to (-1: none).
    """

    grid: SquareGrid
    column: Integers
    row: Integers
    share: Floats
    fine: SquareGrid
    fine_cell: Integers
    x: Floats
    y: Floats
    day: Floats
    cell: Integers
    start: float
    outside: int
    kept: dict[tuple[object, ...], Floats] = field(default_factory=dict, repr=False)

    def count(self, first: float, end: float) -> Floats:
        """Return the events of `first` <= day < `end` in each cell, (n,)."""
        held = (self.day >= first) & (self.day < end)
        return np.bincount(self.cell[held], minlength=len(self.share)).astype(float)

    def decayed(self, at: float, half_life: float) -> Floats:
        """Return each cell's events before `at`, (n,), each halved every `half_life` days."""
        key: tuple[object, ...] = ("decayed", at, half_life)  # every strength asks for the same
        if key not in self.kept:
            held = self.day < at
            weight = _left(at - self.day[held], half_life)
            self.keep(key, np.bincount(self.cell[held], weights=weight, minlength=len(self.share)).astype(float))
        return self.kept[key]

    def exposure(self, at: float, half_life: float) -> float:
        """Return the days that `decayed` counts are worth: a constant rate x this is what they expect."""
        observed = at - self.start
        if half_life == FOREVER:
            return observed
        return float(half_life / np.log(2) * (1 - 0.5 ** (observed / half_life)))

    def spread(self, at: float, half_life: float, bandwidth_m: float) -> Floats:
        """Return the part of the density of the events before `at` in each cell, (n,), adding up to 1.

        Events are halved every `half_life` days; see `gridmap.geo.kde`. Without any event all ground is alike.
        """
        key: tuple[object, ...] = ("spread", at, half_life, bandwidth_m)
        if key not in self.kept:
            held = self.day < at
            weight = _left(at - self.day[held], half_life)
            wide = max(bandwidth_m, float(self.fine.size_m))
            density = density_on_grid(self.x[held], self.y[held], self.fine, bandwidth_m=wide, weight=weight)
            mass = np.nan_to_num(density.per_km2_year) * self.fine.share
            there = self.fine_cell >= 0
            found = np.bincount(self.fine_cell[there], weights=mass[there], minlength=len(self.share))
            self.keep(key, found / found.sum() if found.sum() > 0 else self.share / self.share.sum())
        return self.kept[key]

    def keep(self, key: tuple[object, ...], values: Floats) -> None:
        """Keep `values` (n,) under `key` for the next question; the oldest give way when there is much."""
        while self.kept and (len(self.kept) + 1) * len(self.share) > MOST_KEPT:
            del self.kept[next(iter(self.kept))]
        self.kept[key] = values


def make_history(
    x: ArrayLike,
    y: ArrayLike,
    day: ArrayLike,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon,
    *,
    size_m: int,
    start: float | None = None,
) -> History:
    """Return events on the squares of `jurisdiction`, in order of time.

    Parameters
    ----------
    x, y
        (n,) coordinates in the metric CRS of `jurisdiction` [m].
    day
        (n,) when, in days from any beginning.
    size_m
        Side of a square [m], a multiple of 100.
    start
        First day observed; the first event without it. Earlier events are left out.

    Raises
    ------
    LatticeSizeWrong, LatticeTooLarge, BadShape
    """
    grid = square_grid(jurisdiction, size_m)
    fine = _fine_grid(jurisdiction, grid)
    row, column = np.nonzero(grid.share)
    number = np.full(grid.share.shape, -1, dtype=np.int64)
    number[row, column] = np.arange(len(row))
    east, north, when = (np.asarray(each, dtype=float) for each in (x, y, day))
    cell = _look_up(number, grid, east, north)
    begins = (float(np.min(when)) if len(when) else 0.0) if start is None else start
    held = (cell >= 0) & (when >= begins)
    order = np.flatnonzero(held)[np.argsort(when[held], kind="stable")]
    rows, columns = fine.share.shape
    fine_x, fine_y = (np.arange(columns) + fine.column0 + 0.5), (np.arange(rows) + fine.row0 + 0.5)
    fine_cell = _look_up(number, grid, *np.meshgrid(fine_x * fine.size_m, fine_y * fine.size_m))
    return History(
        grid=grid,
        column=column + grid.column0,
        row=row + grid.row0,
        share=grid.share[row, column],
        fine=fine,
        fine_cell=np.where(fine.share > 0, fine_cell, -1),
        x=east[order],
        y=north[order],
        day=when[order],
        cell=cell[order],
        start=begins,
        outside=int((cell < 0).sum()),
    )


def _fine_grid(jurisdiction: shapely.Polygon | shapely.MultiPolygon, grid: SquareGrid) -> SquareGrid:
    if grid.size_m == STEP_M or grid.share.size * (grid.size_m // STEP_M) ** 2 > MOST_FINE_CELLS:
        return grid
    return square_grid(jurisdiction, STEP_M)


def _look_up(number: Integers, grid: SquareGrid, x: Floats, y: Floats) -> Integers:
    """Return the number of the cell that holds each place, -1 for none."""
    column, row = np.floor(x / grid.size_m) - grid.column0, np.floor(y / grid.size_m) - grid.row0
    held = (row >= 0) & (row < number.shape[0]) & (column >= 0) & (column < number.shape[1])
    found = np.full(x.shape, -1, dtype=np.int64)
    found[held] = number[row[held].astype(np.int64), column[held].astype(np.int64)]
    return found


def _left(age: Floats, half_life: float) -> Floats:
    return np.ones(len(age)) if half_life == FOREVER else 0.5 ** (age / half_life)
