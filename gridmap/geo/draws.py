"""Tails by drawing: how often a weighted sum of values dealt out at random is as high, or as low, as what was seen.

Each cell has draws of its own, from its own stream of random numbers: one table of draws for all cells, as is common,
makes all cells err together. A cell's draws end early when both of its tails were met `ENOUGH` times (Besag & Clifford
1991): whatever its p is, it is then no small one, and is known to some 14 %. So the time goes to the cells that may
stand out. p includes what was seen, is never zero, and is at most P(p <= a) <= a under the null hypothesis.

References
----------
Besag & Clifford (1991), "Sequential Monte Carlo p-values", Biometrika 78(2), 301-304.
Phipson & Smyth (2010), "Permutation P-values Should Never Be Zero", Stat. Appl. Genet. Mol. Biol. 9(1), 39.
Lemire (2019), "Fast Random Integer Generation in an Interval", ACM Trans. Model. Comput. Simul. 29(1), 3.
Steele, Lea & Flood (2014), "Fast Splittable Pseudorandom Number Generators", OOPSLA '14, 453-472 (SplitMix).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from gridmap.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

LEAST_DRAWS: Final = 9_999
MOST_DRAWS: Final = 99_999
ENOUGH: Final = 50
SEED: Final = 1995
_TIE: Final = 1e-12  # of the largest sum there could be: sums nearer than this differ by rounding only
_MOST_WORK: Final = 1e13  # numbers drawn or compared, if no cell ended early; most do


class ValuesWrong(Invalid):
    """There is not one finite number for each cell."""

    slug, title = "values", "The values are not one number for each cell"


class DrawsTooLarge(TooLarge):
    """So many draws over so many neighbours would take too long; the detail says what to do."""

    slug, title = "draws-too-large", "The draws would take too long"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many draws at most, and from which seed; the same plan gives the same p."""

    draws: int
    seed: int


def plan(cells: int, *, draws: int | None = None, seed: int = SEED) -> Plan:
    """Return how to draw for a map of `cells` cells.

    Without `draws`: at least 9,999, and on larger maps so many that one cell alone could pass a false discovery rate of
    5 % on two sides (40 a cell), but at most 99,999. Above 2,500 cells a discovery therefore needs some neighbours: at
    100,000 cells about 40 that stand out.

    Raises
    ------
    ValuesWrong
        If `draws` or `seed` is out of range.
    """
    number = min(max(LEAST_DRAWS, 40 * cells - 1), MOST_DRAWS) if draws is None else draws
    if number < 1 or not 0 <= seed < 2**63:
        raise ValuesWrong(f"{number} draws from seed {seed}: draw at least once, from a seed of 0 to 2**63 - 1.")
    return Plan(number, seed)


def finite(values: ArrayLike, cells: int | None = None) -> Floats:
    """Return `values` (n,) as floats.

    Raises
    ------
    ValuesWrong
        If one is no finite number, or there are not as many as `cells`.
    """
    numbers = np.asarray(values, dtype=float)
    wrong = int((~np.isfinite(numbers)).sum())
    if numbers.ndim != 1 or wrong or (cells is not None and len(numbers) != cells):
        raise ValuesWrong(
            f"{len(numbers)} values of which {wrong} are no finite numbers; give one for each cell.", wrong=wrong
        )
    return numbers


def drawn_p(
    value: Floats, starts: Integers, weight: Floats, seen: Floats, how: Plan, *, apart: bool
) -> tuple[Floats, Floats]:
    """Return the one-sided p that a weighted sum of values drawn without replacement is as high, and as low, as seen.

    Parameters
    ----------
    value
        (n,) the values of all cells.
    starts, weight
        (n + 1,) and (starts[-1],): cell i draws one value for each of `weight[starts[i]:starts[i + 1]]`.
    seen
        (n,) the weighted sums on the map.
    how
        As from `plan`.
    apart
        Leave a cell's own value out of what it draws from.

    Returns
    -------
    p_high, p_low
        (n,) both 1 for a cell that draws nothing.

    Raises
    ------
    DrawsTooLarge
    """
    size = np.diff(starts).astype(float)
    if float(np.sum(size * (size + 1))) * how.draws > _MOST_WORK:
        raise DrawsTooLarge(
            f"{len(value)} cells with up to {int(size.max())} neighbours, {how.draws} draws each: take fewer draws, "
            "larger cells or a smaller neighbourhood.", cells=len(value), draws=how.draws,
        )  # fmt: skip
    # Equal sums come out unequal in the last digits when their terms are added in another order.
    reach = np.add.reduceat(np.append(np.abs(weight), 0.0), starts[:-1]) if len(value) else np.zeros(0)
    slack = np.where(size > 0, _TIE * np.abs(value).max(initial=0.0) * reach, 0.0)
    # Copies, as an array that may not be written to (pandas gives such) would be compiled for anew.
    arrays = (np.array(value), np.array(starts), np.array(weight), np.array(seen), slack)
    return _tails_compiled(*arrays, apart, how.draws, ENOUGH, np.uint64(how.seed))


@njit(cache=True, nogil=True, inline="always")
def _mixed(state: np.uint64) -> np.uint64:
    """Return the number that SplitMix gives at `state`."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@njit(cache=True, nogil=True)
def _tails_compiled(  # noqa: C901, PLR0912, PLR0915, PLR0917  one loop, kept together for its speed
    value: Floats,
    starts: Integers,
    weight: Floats,
    seen: Floats,
    slack: Floats,
    apart: bool,
    draws: int,
    enough: int,
    seed: np.uint64,
) -> tuple[Floats, Floats]:
    step, low_half, half = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xFFFFFFFF), np.uint64(32)
    cells = len(value)
    pool = np.uint64(cells - 1 if apart else cells)
    unfair = (low_half - pool + np.uint64(1)) % pool if cells > 1 else np.uint64(0)  # 2**32 modulo pool
    widest = 0
    for cell in range(cells):
        widest = max(widest, starts[cell + 1] - starts[cell])
    taken = np.empty(widest, dtype=np.int64)
    deck = np.empty(cells, dtype=np.int64)
    p_high, p_low = np.ones(cells), np.ones(cells)
    for cell in range(cells):
        first, number = starts[cell], starts[cell + 1] - starts[cell]
        if number == 0:
            continue
        state = _mixed(_mixed(seed + step) ^ (np.uint64(cell) * step))
        crowded = 2 * number > cells - 1  # most are drawn: shuffle them, instead of drawing until all differ
        if crowded:
            for each in range(cells):
                deck[each] = each
        high = low = done = 0
        at_high = at_low = 0
        while done < draws and (at_high == 0 or at_low == 0):
            total, place = 0.0, 0
            while place < number:
                span = pool - np.uint64(place) if crowded else pool
                bar = (low_half - span + np.uint64(1)) % span if crowded else unfair
                state += step
                wide = (_mixed(state) >> half) * span
                while (wide & low_half) < bar:
                    state += step
                    wide = (_mixed(state) >> half) * span
                index = np.int64(wide >> half)
                if crowded:
                    index += place
                    other = deck[index]
                    deck[index], deck[place] = deck[place], other
                    index = other
                else:
                    again = False
                    for before in range(place):
                        if taken[before] == index:
                            again = True
                            break
                    if again:
                        continue
                    taken[place] = index
                if apart and index >= cell:
                    index += 1
                total += weight[first + place] * value[index]
                place += 1
            done += 1
            if total >= seen[cell] - slack[cell]:
                high += 1
                if high == enough:
                    at_high = done
            if total <= seen[cell] + slack[cell]:
                low += 1
                if low == enough:
                    at_low = done
        p_high[cell] = enough / at_high if at_high else (high + 1) / (done + 1)
        p_low[cell] = enough / at_low if at_low else (low + 1) / (done + 1)
    return p_high, p_low
