"""The compiled search of the scan statistic: over circles, and over the times within each circle.

The best window of a circle begins and ends on the day of a case: cutting off days without a case loses no case and
lowers what is expected. Of all windows with c cases the one that expects least wins, so the search keeps one number for
each c and takes no logarithm before the end.

The days of each cell are put in order once a map, in one pass over all cases; a circle that grows by a cell then only
merges two rising lists. Windows that must reach the last day hold nothing older than the longest of them, so nothing
older is merged: such a scan costs a part of the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from gridmap.geo.chance import draw_unit, shuffle_part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def log_ratio(cases: float, expected: float, total: float) -> float:
    """Return Kulldorff's log likelihood ratio of a window with too many cases, else 0 (compiled)."""
    if cases <= expected or expected <= 0.0:
        return 0.0
    found = cases * np.log(cases / expected)
    if cases < total:
        found += (total - cases) * np.log((total - cases) / (total - expected))
    return float(found)


@njit(cache=True, nogil=True)
def best_windows(  # noqa: PLR0917  a kernel takes what it reads, one by one
    near: Integers,
    near_start: Integers,
    step: NDArray[np.bool_],
    weight: Floats,
    cell_start: Integers,
    day: Integers,
    before: Floats,
    longest: int,
    alive: bool,
) -> tuple[Floats, Integers]:
    """Return for each centre its best window: [LLR, cases, expected] and [cells in the circle, first day, last day].

    `near[near_start[i] : near_start[i + 1]]` are the cells of centre i by distance; `step` says after which of them the
    circle is whole. `weight` is the part of the map's cases that each cell expects; `before[d]` the cases expected
    before day d. Days of cell k are `day[cell_start[k] : cell_start[k + 1]]`, rising. With `alive` windows reach the last day.
    """
    total, last = float(len(day)), len(before) - 2
    centres = len(near_start) - 1
    value, where = np.zeros((centres, 3)), np.zeros((centres, 3), dtype=np.int64)
    held = np.empty(len(day), dtype=np.int64)
    for centre in range(centres):
        cases, share = 0, 0.0
        for place in range(near_start[centre], near_start[centre + 1]):
            cell = near[place]
            share += weight[cell]
            cases = _merge(held, cases, day, cell_start[cell], cell_start[cell + 1], last - longest if alive else -1)
            if not step[place]:
                continue
            for begin in range(cases):
                if begin > 0 and held[begin] == held[begin - 1]:
                    continue  # the whole day is better
                for end in range(cases - 1 if alive else begin, cases):
                    if end + 1 < cases and held[end + 1] == held[end]:
                        continue
                    until = last if alive else held[end]
                    if until - held[begin] >= longest:
                        break
                    expected = share * (before[until + 1] - before[held[begin]])
                    ratio = log_ratio(end - begin + 1.0, expected, total)
                    if ratio > value[centre, 0]:
                        value[centre] = ratio, end - begin + 1.0, expected
                        where[centre] = place - near_start[centre] + 1, held[begin], until
    return value, where


@njit(cache=True, nogil=True)
def best_of_replicas(  # noqa: PLR0913, PLR0917  as above
    near: Integers,
    near_start: Integers,
    step: NDArray[np.bool_],
    weight: Floats,
    cell_start: Integers,
    day: Integers,
    before: Floats,
    longest: int,
    alive: bool,
    by_weight: bool,
    state: NDArray[np.uint64],
    best: Floats,
) -> None:
    """Fill `best` with the highest LLR of chance maps: days dealt out anew, or cases thrown by `weight` and `before`."""
    cases = len(day)
    hand, start = day.copy(), cell_start.copy()
    held, least = np.empty(cases, dtype=np.int64), np.empty(cases + 1)
    rising, by_day = np.empty(cases, dtype=np.int64), np.empty(cases, dtype=np.int64)
    cell_below, day_below = np.cumsum(weight), before[1:]
    cell_of = np.empty(cases, dtype=np.int64)
    for cell in range(len(weight)):
        cell_of[start[cell] : start[cell + 1]] = cell
    for replica in range(len(best)):
        if by_weight:
            start[:] = 0
            for case in range(cases):
                cell = np.searchsorted(cell_below, draw_unit(state) * cell_below[-1], side="right")
                cell_of[case] = min(cell, len(weight) - 1)
                start[cell_of[case] + 1] += 1
            for cell in range(len(weight)):
                start[cell + 1] += start[cell]
            for case in range(cases):  # days are drawn independently, so the order of the cases does not matter
                drawn = np.searchsorted(day_below, draw_unit(state) * day_below[-1], side="right")
                hand[case] = min(drawn, len(day_below) - 1)
        else:
            shuffle_part(hand, 0, cases, cases, state)
        _in_order(hand, cell_of, start, len(day_below), by_day, rising)
        least[:] = np.inf
        _least_expected(near, near_start, step, weight, start, rising, before, longest, alive, held, least)
        for number in range(1, cases + 1):
            best[replica] = max(best[replica], log_ratio(float(number), least[number], float(cases)))


@njit(cache=True, nogil=True)
def _least_expected(  # noqa: PLR0913, PLR0917  as above
    near: Integers,
    near_start: Integers,
    step: NDArray[np.bool_],
    weight: Floats,
    cell_start: Integers,
    day: Integers,
    before: Floats,
    longest: int,
    alive: bool,
    held: Integers,
    least: Floats,
) -> None:
    """Fill `least[c]` with the least that any window with c cases expects."""
    last = len(before) - 2
    upto = np.empty(len(held))
    for centre in range(len(near_start) - 1):
        cases, known, share = 0, 0, 0.0
        for place in range(near_start[centre], near_start[centre + 1]):
            cell = near[place]
            share += weight[cell]
            if last == 0:
                cases += cell_start[cell + 1] - cell_start[cell]
            else:
                cases = _merge(
                    held, cases, day, cell_start[cell], cell_start[cell + 1], last - longest if alive else -1
                )
            if not step[place] or cases == known:
                continue  # a wider circle without more cases only expects more
            known = cases
            if last == 0:
                least[cases] = min(least[cases], share * before[1])
                continue
            if alive:
                for begin in range(cases):
                    expected = share * (before[last + 1] - before[held[begin]])
                    least[cases - begin] = min(least[cases - begin], expected)
                continue
            _least_of_circle(held[:cases], before, longest, share, upto, least)


@njit(cache=True, nogil=True)
def _least_of_circle(held: Integers, before: Floats, longest: int, share: float, upto: Floats, least: Floats) -> None:
    """Lower `least[c]` to what a window with c of the rising days `held` expects; `upto` is room to work in."""
    for case in range(len(held)):
        upto[case] = before[held[case] + 1]
    stop = 0
    for begin in range(len(held)):
        lower, reach = before[held[begin]], held[begin] + longest
        while stop < len(held) and held[stop] < reach:
            stop += 1
        for more in range(stop - begin):  # no break and no branch: the processor takes several at once
            least[more + 1] = min(least[more + 1], share * (upto[begin + more] - lower))


@njit(cache=True, nogil=True)
def _in_order(
    day: Integers, cell_of: Integers, cell_start: Integers, days: int, by_day: Integers, rising: Integers
) -> None:
    """Fill `rising` with the days of each cell in order, cells as in `cell_start`; `day` and `cell_of` go by case."""
    first = np.zeros(days + 1, dtype=np.int64)
    for case in range(len(day)):
        first[day[case] + 1] += 1
    for one in range(days):
        first[one + 1] += first[one]
    for case in range(len(day)):
        by_day[first[day[case]]] = case
        first[day[case]] += 1
    free = cell_start.copy()
    for place in range(len(day)):
        case = by_day[place]
        rising[free[cell_of[case]]] = day[case]
        free[cell_of[case]] += 1


@njit(cache=True, nogil=True)
def _merge(held: Integers, number: int, day: Integers, begin: int, end: int, after: int) -> int:
    """Merge the rising `day[begin:end]`, those later than `after`, into the rising `held[:number]`; return how many there are."""
    while begin < end and day[begin] <= after:
        begin += 1
    if begin == end:
        return number
    place, mine = number + end - begin - 1, number - 1
    for case in range(end - 1, begin - 1, -1):
        while mine >= 0 and held[mine] > day[case]:
            held[place] = held[mine]
            mine, place = mine - 1, place - 1
        held[place] = day[case]
        place -= 1
    return number + end - begin
