"""Scan statistic: whether some circle, or circle over some days, has more incidents than chance piles up anywhere.

All circles about all cells up to a radius, and all runs of days up to a length, are looked at. The most unusual one by
likelihood is compared with the most unusual one of chance maps, so the many looks are paid for: under no cluster one map
in twenty has any p of 0.05 or less. Two questions can be asked.

`permutation`: did incidents come together in place *and* time, beyond what each place and each day has anyway? It needs
no population. Chance maps deal the days out anew among the incidents. A place that is always busy is no cluster here.

`poisson`: does a place have more than its part of the residents (or doors) lets expect? Chance maps throw the incidents
over the cells by population and evenly over the days. Without days it looks at circles alone.

"No significant cluster" is an answer: `Scan.found` says so. Written from the papers; no other program's code was used.

References
----------
Kulldorff (1997), "A Spatial Scan Statistic", Commun. Stat. Theory Methods 26(6), 1481-1496.
Kulldorff (2001), "Prospective Time Periodic Geographical Disease Surveillance", J. R. Stat. Soc. A 164(1), 61-72.
Kulldorff, Heffernan, Hartman, Assunção & Mostashari (2005), "A Space-Time Permutation Scan Statistic for Disease Outbreak
Detection", PLoS Medicine 2(3), e59.
Kleinman, Lazarus & Platt (2004), Am. J. Epidemiol. 159(3), 217-224: recurrence interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from gridmap.errors import Invalid, TooLarge
from gridmap.geo.chance import random_state
from gridmap.geo.pairs import PairsTooMany, close_pairs
from gridmap.geo.scan_kernels import best_of_replicas, best_windows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

REPLICAS: Final = 999
LEVEL: Final = 0.05
_MOST_NEAR: Final = 10_000_000  # pairs of cells in one circle
_MOST_WORK: Final = 1e11  # windows in all replicas; some 40 to 60 CPU seconds


class CasesWrong(Invalid):
    """Incidents do not lie in the cells or days that were given."""

    slug, title = "cases-wrong", "The incidents do not fit the cells or days"


class ScanTooLarge(TooLarge):
    """There are more circles and times than gridmap will look at."""

    slug, title = "scan-too-large", "The scan is too large"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found, and all that is needed to find it again.

    `clusters`: the most unusual first, no two sharing a cell: `centre` (cell), `x`, `y`, `radius_m`, `cells` (list of
    cells), `first_day`, `last_day`, `observed`, `expected`, `ratio` (observed / expected), `relative_risk` (inside
    against outside), `llr`, `p` (any map by chance with anything as unusual) and, of a prospective scan,
    `recurrence_days`: how often chance alone raises such an alarm when the scan is run each day.
    """

    clusters: pd.DataFrame
    model: str
    incidents: int
    replicas: int
    seed: int
    prospective: bool

    @property
    def found(self) -> bool:
        """Return whether any cluster is significant at 5 %; else the answer is: no significant cluster."""
        return bool((self.clusters["p"] <= LEVEL).any())


def scan_permutation(
    x: ArrayLike,
    y: ArrayLike,
    cell: ArrayLike,
    day: ArrayLike,
    *,
    radius_m: float,
    longest_days: int,
    days: int | None = None,
    prospective: bool = False,
    replicas: int = REPLICAS,
    seed: int = 0,
) -> Scan:
    """Return clusters in space and time together, by the space-time permutation scan.

    Parameters
    ----------
    x, y
        (m,) centres of the cells (or places) in a metric CRS [m].
    cell
        (n,) which cell each incident lies in, 0 to m - 1.
    day
        (n,) whole day of each incident, 0 being the first of the period.
    radius_m
        Largest radius of a circle [m]; a cell is in it when its centre is.
    longest_days
        Longest run of days.
    days
        Length of the period [days]; by default it ends with the last incident.
    prospective
        Look only at runs that reach the last day: what goes on now.
    replicas
        Number of chance maps.
    seed
        Of the random numbers.

    Raises
    ------
    CasesWrong, ScanTooLarge
    """
    where, when = _cases(cell, day, len(np.asarray(x)), days)
    share = np.bincount(where, minlength=len(np.asarray(x))) / max(len(where), 1)
    daily = np.bincount(when, minlength=days or 1).astype(np.float64)
    task = _Task("permutation", x, y, where, when, share, daily, radius_m, longest_days, prospective)
    return _scan(task, replicas, seed)


def scan_poisson(  # noqa: PLR0913  time is one more thing to say, and may be left out
    x: ArrayLike,
    y: ArrayLike,
    cell: ArrayLike,
    population: ArrayLike,
    *,
    radius_m: float,
    day: ArrayLike | None = None,
    days: int = 1,
    longest_days: int = 1,
    prospective: bool = False,
    replicas: int = REPLICAS,
    seed: int = 0,
) -> Scan:
    """Return circles, or circles over some days, with more incidents than their population lets expect.

    Parameters
    ----------
    x, y
        (m,) centres of the cells (or places) in a metric CRS [m].
    cell
        (n,) which cell each incident lies in, 0 to m - 1.
    population
        (m,) residents, doors or whatever the incidents should follow; 0 or more.
    radius_m
        Largest radius of a circle [m].
    day
        (n,) whole day of each incident, 0 to `days` - 1; without it time is not looked at.
    days
        Length of the period [days].
    longest_days, prospective, replicas, seed
        As in `scan_permutation`.

    Raises
    ------
    CasesWrong, ScanTooLarge
    """
    when = np.zeros(len(np.asarray(cell)), dtype=np.int64) if day is None else day
    where, when = _cases(cell, when, len(np.asarray(x)), days)
    people = np.asarray(population, dtype=np.float64)
    if people.shape != np.asarray(x).shape or not np.isfinite(people).all() or (people < 0).any():
        raise CasesWrong("The population is not one number of 0 or more for each cell.")
    if len(where) and people.sum() <= 0:
        raise CasesWrong("Nobody lives in any cell; give the residents or doors of each.")
    daily = np.full(days, len(where) / days)
    share = people / max(float(people.sum()), np.finfo(float).tiny)
    task = _Task("poisson", x, y, where, when, share, daily, radius_m, longest_days, prospective)
    return _scan(task, replicas, seed)


@dataclass(frozen=True, slots=True)
class _Task:
    model: str
    x: ArrayLike
    y: ArrayLike
    cell: Integers
    day: Integers
    share: Floats  # of the cases that each cell expects
    daily: Floats  # cases expected on each day
    radius_m: float
    longest: int
    prospective: bool


def _scan(task: _Task, replicas: int, seed: int) -> Scan:
    xy = np.column_stack([np.asarray(task.x, dtype=np.float64), np.asarray(task.y, dtype=np.float64)])
    near, near_start, step, far = _circles(xy, task.share, task.radius_m)
    order = np.argsort(task.cell, kind="stable")
    cell_start = np.concatenate([[0], np.cumsum(np.bincount(task.cell, minlength=len(xy)))]).astype(np.int64)
    before = np.concatenate([[0.0], np.cumsum(task.daily)])
    _check_work(near, near_start, cell_start, task, replicas)
    circles, limits = (near, near_start, step, task.share, cell_start), (before, task.longest, task.prospective)
    value, where = best_windows(*circles, task.day[np.lexsort((task.day, task.cell))], *limits)
    best = np.zeros(replicas)
    if len(task.day):
        best_of_replicas(*circles, task.day[order], *limits, task.model == "poisson", random_state(seed), best)
    rows = []
    free = np.ones(len(xy), dtype=bool)
    for centre in np.argsort(-value[:, 0], kind="stable"):
        cells = near[near_start[centre] : near_start[centre] + where[centre, 0]]
        if value[centre, 0] <= 0 or not free[cells].all():
            continue
        free[cells] = False
        llr, cases, expected = value[centre]
        total = float(len(task.day))
        outside = (total - cases) / (total - expected) if total > cases else 0.0
        p = (1 + int((best >= llr - 1e-9).sum())) / (replicas + 1)
        rows.append({
            "centre": int(centre), "x": xy[centre, 0], "y": xy[centre, 1],
            "radius_m": float(far[near_start[centre] + where[centre, 0] - 1]), "cells": np.sort(cells).tolist(),
            "first_day": int(where[centre, 1]), "last_day": int(where[centre, 2]), "observed": int(cases),
            "expected": expected, "ratio": cases / expected,
            "relative_risk": cases / expected / outside if outside else np.inf, "llr": llr, "p": p,
            "recurrence_days": 1 / p if task.prospective else np.nan,
        })  # fmt: skip
    clusters = pd.DataFrame(rows, columns=_COLUMNS)
    return Scan(clusters, task.model, len(task.day), replicas, seed, task.prospective)


_COLUMNS: Final = [
    "centre", "x", "y", "radius_m", "cells", "first_day", "last_day", "observed", "expected", "ratio", "relative_risk",
    "llr", "p", "recurrence_days",
]  # fmt: skip


def _circles(xy: Floats, share: Floats, radius_m: float) -> tuple[Integers, Integers, NDArray[np.bool_], Floats]:
    """Return the cells about each centre by distance, where each centre's begin, which end a circle, and how far each.

    A circle never expects more than half of all cases (Kulldorff 1997): beyond that, too few outside would be said.
    """
    if not (np.isfinite(xy).all() and radius_m >= 0):
        raise CasesWrong("Some cells have no place, or the radius is below 0.")
    try:
        pairs = close_pairs(xy[:, 0], xy[:, 1], (0.0, radius_m * (1 + 1e-9) + 1e-6), most=_MOST_NEAR)
    except PairsTooMany as error:
        raise ScanTooLarge(
            f"{len(xy):,} cells in circles of {radius_m:g} m: take larger cells or a smaller radius.", cells=len(xy)
        ) from error
    itself = np.arange(len(xy))
    centre = np.concatenate([itself, pairs.first, pairs.second]).astype(np.int64)
    near = np.concatenate([itself, pairs.second, pairs.first]).astype(np.int64)
    far = np.round(
        np.hypot(xy[near, 0] - xy[centre, 0], xy[near, 1] - xy[centre, 1]), 6
    )  # cells at one distance come in together
    order = np.lexsort((near, far, centre))
    near, far, centre = near[order], far[order], centre[order]
    start = np.concatenate([[0], np.cumsum(np.bincount(centre, minlength=len(xy)))]).astype(np.int64)
    step = np.ones(len(near), dtype=bool)
    step[:-1] = (np.diff(far) > 0) | (np.diff(centre) > 0)
    total = np.concatenate([[0.0], np.cumsum(share[near])])
    step &= total[1:] - total[start[centre]] <= 0.5 + 1e-12
    return near, start, step, far


def _check_work(near: Integers, near_start: Integers, cell_start: Integers, task: _Task, replicas: int) -> None:
    """Refuse what would take minutes: the windows of each circle grow with the square of its cases."""
    cases = np.cumsum(np.diff(cell_start)[near]).astype(np.float64)
    inside = cases - np.repeat(np.concatenate([[0.0], cases])[near_start[:-1]], np.diff(near_start))
    together = min(1.0, task.longest / len(task.daily)) if len(task.daily) > 1 and not task.prospective else 0.0
    work = replicas * float((1 + inside * (1 + inside * together)).sum())
    if work > _MOST_WORK:
        raise ScanTooLarge(
            f"Some {work:.1e} windows in {replicas} replicas: take larger cells, a smaller radius, a shorter period or "
            "fewer replicas.", windows=work,
        )  # fmt: skip


def _cases(cell: ArrayLike, day: ArrayLike, cells: int, days: int | None) -> tuple[Integers, Integers]:
    where, when = np.asarray(cell), np.asarray(day)
    if where.shape != when.shape:
        raise CasesWrong(f"{where.size} incidents have a cell and {when.size} a day; give as many of each.")
    for name, each, number in (("cell", where, cells), ("day", when, days)):
        known = np.array_equal(each, np.floor(each)) and (each >= 0).all()
        if not known or (number is not None and (each >= number).any()):
            until = "" if number is None else f" to {number - 1}"
            raise CasesWrong(f"Each incident needs a whole {name} from 0{until}; leave out the others.")
    return where.astype(np.int64), when.astype(np.int64)
