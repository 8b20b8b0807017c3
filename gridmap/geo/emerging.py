"""Emerging hotspots: where events gather now, and whether that is new, growing, lasting, fading or gone.

Space and time are cut into cells and steps of equal length (four weeks, say). A cell's neighbourhood at a step is the
cell and its neighbours, in that step and in the one before. Each step's map is tested by itself: under the null
hypothesis the counts of its two steps are dealt out over the cells at random, with the exact p of Gi* (`gistar`). So a
busy month, or a town that grows busier, makes no hotspot: only being busier than the rest of the map at that time does.

The false discovery rate is held over the entire cube, not map by map: with 24 maps at 5 % each, most cubes of pure
chance would show something. The newest map, which people act on, has half of the 5 % for itself; all earlier maps share
the other half. All classes need a hot step, so that at most one chance cube in twenty shows any class at all.

Whether a place rises or falls is told by Mann & Kendall's test on the counts of the cell and its neighbours, each step
by itself, with the false discovery rate over the cells. The map's own trend is told beside it: where the whole map
rises, so do most places.

References
----------
Ord & Getis (1995), "Local Spatial Autocorrelation Statistics", Geographical Analysis 27(4), 286-306.
Mann (1945), Econometrica 13(3), 245-259; Kendall (1975), "Rank Correlation Methods". See `trend`.
Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57(1), 289-300.
The idea of the classes: Esri, "How Emerging Hot Spot Analysis works"; the rules here are gridmap's own, in `RULES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gridmap.errors import Invalid
from gridmap.geo.gistar import LEVEL, Control, NotCounts, exact_p, false_discovery_rate, gi_star_of_sums, gi_star_z
from gridmap.geo.trend import mann_kendall

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

LEAST_STEPS: Final = 6
"""With fewer steps no trend could be told."""
LEAST_EVENTS: Final = 30
"""Below this number in two steps together a map has no hotspots."""
LEAST_LOCAL: Final = 5
"""A neighbourhood with fewer events in two steps is not called hot, however improbable."""
LEAST_SERIES: Final = 10
"""A neighbourhood with fewer events in all steps together has no trend."""
NEW_STEPS: Final = 2
GONE_STEPS: Final = 3
MOST_OF_THE_TIME: Final = 0.8


@dataclass(frozen=True, slots=True)
class Rule:
    """What a class asks of a cell that was hot at least once; what is None is not asked. The last step is the newest.

    `hot_now`: hot in the last step; `hot_in_last`, `not_hot_in_last`: in any, or none, of the last so many;
    `not_hot_before_last`: never before the last so many; `trend`; `least_share` of all steps hot.
    """

    hot_now: bool | None = None
    hot_in_last: int | None = None
    not_hot_in_last: int | None = None
    not_hot_before_last: int | None = None
    trend: Literal["up", "down"] | None = None
    least_share: float | None = None


RULES: Final[dict[str, Rule]] = {
    "new": Rule(hot_now=True, not_hot_before_last=NEW_STEPS),
    "growing": Rule(hot_now=True, trend="up"),
    "fading": Rule(hot_in_last=GONE_STEPS, trend="down"),
    "persistent": Rule(hot_now=True, least_share=MOST_OF_THE_TIME),
    "gone": Rule(not_hot_in_last=GONE_STEPS),
    "sporadic": Rule(),
}
"""The first that fits is the class of a cell that was ever hot. A burst of one step is hot in two, as a neighbourhood
reaches one step back: so two hot steps are still new. "gone" says that the newest maps prove nothing there any more, not
that it has become quiet."""
CLASSES: Final = (*RULES, "none", "too_few")


class CubeWrong(Invalid):
    """The counts are no table of cells and steps, or there are too few steps."""

    slug, title = "space-time-counts", "The counts in space and time do not fit"


@dataclass(frozen=True, slots=True, eq=False)
class Emerging:
    """What became of each cell.

    `cells` (n,) rows: `class` (one of `CLASSES`); `hot_steps` (how many); `first_hot`, `last_hot` (steps from 0, missing
    if never); `share_hot`; `trend` ("up", "down" or "none"), `s`, `tau`, `trend_p`, `trend_q`; `now` (events in the
    neighbourhood in the last two steps), `z_now`, `p_now`, `q_now`; `total` (own events in all steps).
    `hot` (n, t) bool, `q` and `z` (n, t): each step by itself. `map_trend`, `map_tau`, `map_p`: of the whole map.
    """

    cells: pd.DataFrame
    hot: Booleans
    q: Floats
    z: Floats
    map_trend: str
    map_tau: float
    map_p: float


def emerging(
    counts: ArrayLike,
    near: sparse.sparray,
    *,
    control: Control = "bh",
    least_events: int = LEAST_EVENTS,
    least_local: int = LEAST_LOCAL,
    least_series: int = LEAST_SERIES,
) -> Emerging:
    """Return the class of every cell; see the module, and `RULES` for the classes.

    Parameters
    ----------
    counts
        (n, t) events in each cell and step, whole, from the earliest step to the latest, at least `LEAST_STEPS`. A step
        that is not over yet must be left out.
    near
        (n, n) neighbours, symmetric, as from `neighbours.lattice_contiguity` or `neighbours.contiguity`; what is not 0
        is a neighbour.
    control
        As in `gistar.gi_star_of_sums`.
    least_events, least_local, least_series
        Floors on counts; see `LEAST_EVENTS`, `LEAST_LOCAL`, `LEAST_SERIES`. Cells that were never hot and of which the
        newest map says *too few data* (as in `gistar`) are "too_few".

    Raises
    ------
    CubeWrong, NotCounts, CountsTooLarge
    """
    cube = _checked(counts, near)
    n, steps = cube.shape
    around = sparse.csr_array(near != 0, dtype=np.int64) + sparse.eye_array(n, dtype=np.int64, format="csr")
    around.data[:] = 1
    size = np.diff(around.indptr).astype(np.int64)
    both = cube.copy()
    both[:, 1:] += cube[:, :-1]
    local = np.asarray(around @ both)
    p, z = np.ones((n, steps)), np.zeros((n, steps))
    for step in range(steps):
        z[:, step] = gi_star_z(both[:, step], local[:, step], size)
        if both[:, step].sum() >= least_events:
            p[:, step] = exact_p(both[:, step], local[:, step], size)[0]
    q = np.minimum(2 * np.column_stack([_over_all(p[:, :-1], control), false_discovery_rate(p[:, -1], control)]), 1.0)
    hot = (q <= LEVEL) & (local >= least_local)
    trends = _trends(np.asarray(around @ cube), least_series, control)
    newest = gi_star_of_sums(both[:, -1], local[:, -1], size, least_events=least_events)["z_class"]
    cells = pd.DataFrame({"class": _classes(hot, trends["trend"].to_numpy(), newest.isna().to_numpy())})
    ever: Booleans = np.asarray(hot.any(axis=1))
    cells["hot_steps"], cells["share_hot"] = hot.sum(axis=1), hot.mean(axis=1)
    cells["first_hot"] = pd.Series(hot.argmax(axis=1), dtype="Int64").where(ever)
    cells["last_hot"] = pd.Series(steps - 1 - hot[:, ::-1].argmax(axis=1), dtype="Int64").where(ever)
    cells = pd.concat([cells, trends], axis=1)
    cells["now"], cells["z_now"], cells["p_now"], cells["q_now"] = local[:, -1], z[:, -1], p[:, -1], q[:, -1]
    cells["total"] = cube.sum(axis=1)
    whole = _trends(cube.sum(axis=0)[None, :], least_series, control)
    return Emerging(cells, hot, q, z, str(whole["trend"][0]), float(whole["tau"][0]), float(whole["trend_p"][0]))


def space_time_counts(
    cells: pd.DataFrame, column: ArrayLike, row: ArrayLike, step: ArrayLike, steps: int
) -> tuple[Integers, int]:
    """Return how many events each cell holds in each step, and how many events lie in no cell or no step.

    Parameters
    ----------
    cells
        (n,) rows with `column` and `row` (int), as from `lattice.square_lattice`.
    column, row, step
        (m,) int: the cell and the step of each event, steps from 0; see `steps_since`.
    steps
        How many steps there are.

    Returns
    -------
    counts, outside
        (n, steps) int, in the order of `cells`.

    Raises
    ------
    NotCounts
        If a cell comes twice.
    CubeWrong
        If there is no step.
    """
    at = pd.MultiIndex.from_frame(cells[["column", "row"]])
    if not at.is_unique:
        raise NotCounts(f"{int(at.duplicated().sum())} cells come more than once; give each (column, row) once.")
    if steps < 1:
        raise CubeWrong(f"{steps} steps; give at least one.", steps=steps)
    when = np.asarray(step, dtype=np.int64)
    cell = at.get_indexer(pd.MultiIndex.from_arrays([np.asarray(column, np.int64), np.asarray(row, np.int64)]))
    held = (cell >= 0) & (when >= 0) & (when < steps)
    counts = np.bincount(cell[held] * steps + when[held], minlength=len(at) * steps).reshape(len(at), steps)
    return counts.astype(np.int64), int((~held).sum())


def steps_since(at: pd.DatetimeIndex, since: pd.Timestamp, length: pd.Timedelta) -> Integers:
    """Return the step of each moment (m,): 0 from `since` for `length`, then 1 and so on; negative before."""
    return np.asarray(np.floor((at - since) / length), dtype=np.int64)


def _checked(counts: ArrayLike, near: sparse.sparray) -> Integers:
    cube = np.asarray(counts)
    if cube.ndim != 2 or cube.shape[1] < LEAST_STEPS or near.shape != (len(cube), len(cube)):
        raise CubeWrong(
            f"Counts of shape {cube.shape} with neighbours of shape {near.shape}: give (cells, steps) with at least "
            f"{LEAST_STEPS} steps, and (cells, cells).", shape=cube.shape,
        )  # fmt: skip
    if cube.dtype.kind not in "iu" or (cube < 0).any():
        raise NotCounts("Emerging hotspots need whole counts of 0 or more.")
    return cube.astype(np.int64)


def _over_all(p: Floats, control: Control) -> Floats:
    return false_discovery_rate(p.ravel(), control).reshape(p.shape)


def _trends(series: Integers, least_series: int, control: Control) -> pd.DataFrame:
    told = mann_kendall(series).rename(columns={"p": "trend_p"})
    tested = series.sum(axis=1) >= least_series  # what comes, not when: the order of the steps has no part in it
    q = np.ones(len(told))
    q[tested] = false_discovery_rate(told["trend_p"].to_numpy()[tested], control)
    told["trend_q"] = q
    told.insert(
        0, "trend", np.select([(q <= LEVEL) & (told["s"] > 0), (q <= LEVEL) & (told["s"] < 0)], ["up", "down"], "none")
    )
    return told


def _classes(hot: Booleans, trend: NDArray[np.object_], too_few: Booleans) -> NDArray[np.object_]:
    fits = [hot.any(axis=1) & _fits(rule, hot, trend) for rule in RULES.values()]
    never = ~hot.any(axis=1)
    told = np.select([*fits, never & too_few], [*RULES, "too_few"], "none")
    return np.asarray(told, dtype=object)


def _fits(rule: Rule, hot: Booleans, trend: NDArray[np.object_]) -> Booleans:
    fits = np.ones(len(hot), dtype=bool)
    if rule.hot_now is not None:
        fits &= hot[:, -1] == rule.hot_now
    if rule.hot_in_last is not None:
        fits &= hot[:, -rule.hot_in_last :].any(axis=1)
    if rule.not_hot_in_last is not None:
        fits &= ~hot[:, -rule.not_hot_in_last :].any(axis=1)
    if rule.not_hot_before_last is not None:
        fits &= ~hot[:, : -rule.not_hot_before_last].any(axis=1)
    if rule.trend is not None:
        fits &= trend == rule.trend
    if rule.least_share is not None:
        fits &= hot.mean(axis=1) >= rule.least_share
    return fits
