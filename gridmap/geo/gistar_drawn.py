"""Getis-Ord Gi* for weighted values (severity, hours, money), whose p is drawn, with draws of its own for each cell.

Whole counts have an exact p: use `gistar` for them. A severity has too many different sums for that, so the values are
dealt out at random over the cells, again and again, as `draws` tells. z, the classes, *too few data* and the false
discovery rate are those of `gistar`. What makes data too few is the number of events, not the weight they carry: one
grave event is one event.

References
----------
Ord & Getis (1995), "Local Spatial Autocorrelation Statistics", Geographical Analysis 27(4), 286-306.
Besag & Clifford (1991), "Sequential Monte Carlo p-values", Biometrika 78(2), 301-304.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.geo.draws import SEED, Plan, drawn_p, finite, plan
from gridmap.geo.gistar import (
    LEVEL,
    QUEEN,
    Control,
    NotCounts,
    OwnCount,
    gi_star_z,
    graded,
    neighbourhood_sums,
    p_of_least,
    whole_counts,
    z_classes,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class DrawnGiStar:
    """Gi* by drawing. `cells` is as from `gi_star_drawn`; `draws` (at most, for one cell) and `seed` repeat it."""

    cells: pd.DataFrame
    draws: int
    seed: int


def gi_star_drawn(
    cells: pd.DataFrame,
    *,
    offsets: tuple[tuple[int, int], ...] = QUEEN,
    own: OwnCount = "drawn",
    control: Control = "bh",
    least_events: int = 30,
    least_expected: float = 1.0,
    draws: int | None = None,
    seed: int = SEED,
) -> DrawnGiStar:
    """Return Gi*, its drawn p and its class for every cell of a lattice of weighted values.

    Parameters
    ----------
    cells
        (n,) rows: `column`, `row` (int), `value` (float, 0 or more, in any unit) and, if known, `count` (whole: the
        events behind the value; without it each cell above 0 is taken for one event). With `inside_share` no
        neighbourhood is called cold that lies to a tenth or more beyond the border.
    offsets, own, control, least_events, least_expected
        As in `gistar.gi_star`; the floors are on events.
    draws, seed
        As in `draws.plan`.

    Returns
    -------
    result
        `cells` on `cells.index`: `value`, `local`, `size`, `expected` (of the value), `z`, `p_hot`, `p_cold`, `q`,
        `z_class`, as from `gistar.gi_star`.

    Raises
    ------
    NotCounts, ValuesWrong, LatticeTooLarge, DrawsTooLarge
    """
    value = finite(cells["value"])
    column, row = cells["column"], cells["row"]
    local, size = neighbourhood_sums(column, row, value, offsets)
    whole = np.ones(len(value), dtype=bool)
    if "inside_share" in cells.columns:
        per_mille = np.rint(cells["inside_share"].to_numpy() * 1000).astype(np.int64)
        whole = neighbourhood_sums(column, row, per_mille, offsets)[0] > 900 * size
    result = gi_star_drawn_of_sums(
        value, local, size, count=cells["count"] if "count" in cells.columns else None, own=own, control=control,
        least_events=least_events, least_expected=least_expected, may_be_cold=whole,
        how=plan(len(value), draws=draws, seed=seed),
    )  # fmt: skip
    return DrawnGiStar(result.cells.set_index(cells.index), result.draws, result.seed)


def gi_star_drawn_of_sums(
    value: ArrayLike,
    local: ArrayLike,
    size: ArrayLike,
    *,
    count: ArrayLike | None = None,
    own: OwnCount = "drawn",
    control: Control = "bh",
    least_events: int = 30,
    least_expected: float = 1.0,
    may_be_cold: ArrayLike = True,
    how: Plan | None = None,
) -> DrawnGiStar:
    """Return Gi*, its drawn p and its class from values and their sums over any neighbourhoods.

    Parameters
    ----------
    value, local, size
        (n,) values of 0 or more, their sums over each cell and its neighbours, and how many cells those are.
    count
        (n,) events behind each value; without it each value above 0 is one event.
    own, control, least_events, least_expected, may_be_cold
        As in `gistar.gi_star_of_sums`; the floors are on events.
    how
        As from `draws.plan`, which is asked where there is none.

    Raises
    ------
    NotCounts, ValuesWrong, DrawsTooLarge
    """
    values = finite(value)
    n = len(values)
    sums, sizes = finite(local, n), whole_counts(size)
    events = (values > 0).astype(np.int64) if count is None else whole_counts(count)
    if (values < 0).any() or not len(events) == len(sizes) == n or (sizes < 1).any() or (sizes > n).any():
        raise NotCounts(f"{n} values of 0 or more need as many sums over 1 to {n} cells, and as many counts.", cells=n)
    drawing = how or plan(n)
    held = own == "held"
    starts = np.concatenate([[0], np.cumsum(sizes - held)])
    p_hot, p_cold = drawn_p(values, starts, np.ones(starts[-1]), sums - held * values, drawing, apart=held)
    mean, events_each = (values.mean(), events.mean()) if n else (0.0, 0.0)
    expected = sizes * mean
    z = gi_star_z(values, sums, sizes) if n and values.min() < values.max() else np.zeros(n)
    enough = sizes * events_each >= least_expected
    tells = enough & (p_of_least(values, sizes) <= LEVEL / 2) & np.asarray(may_be_cold)
    low = sums < expected
    q, grade = graded(p_hot, p_cold, low, tells, control)
    columns = {"value": values, "local": sums, "size": sizes, "expected": expected, "z": z}
    columns |= {"p_hot": p_hot, "p_cold": p_cold, "q": q}
    z_class = z_classes(grade, (low & ~tells) | (events.sum() < least_events))
    return DrawnGiStar(pd.DataFrame({**columns, "z_class": z_class}), drawing.draws, drawing.seed)
