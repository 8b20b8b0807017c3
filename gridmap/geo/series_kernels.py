"""Compiled parts of the search for series: links from the closest on, groups and what is expected of them, maps by chance.

The order of links is the order of their gaps: distance and days, each as a share of its reach, whichever is more. Distances
stay as they are when times are dealt out anew. So pairs come sorted by distance once, only links whose days weigh more than
their metres are sorted anew, by whole seconds, and both are merged.

References
----------
Kruskal (1956), "On the Shortest Spanning Subtree of a Graph", Proc. Am. Math. Soc. 7(1): linking from the closest on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit

from gridmap.geo.chance import shuffle_part
from gridmap.geo.scan_kernels import log_ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Places = NDArray[np.uint32]

_BITS: Final = 11  # of a number that are sorted by at once


class Task(NamedTuple):
    """What groups are made of. Incidents come by category, then time; pairs by distance.

    Parameters
    ----------
    x, y
        (n,) where each is [m].
    times
        (n,) when each was [s].
    block
        (k + 1,): those of category c are block[c] to block[c + 1] - 1.
    code
        (n,) the category of each.
    first, second, far
        (m,) pairs of one category that are close, and their distance as a share of the reach.
    neighbour, start
        Those close to incident i are neighbour[start[i] : start[i + 1]].
    limits
        Reach [m], reach [s], longest diagonal of a group [m], longest time of a group [s].
    least
        Fewest members of a group.
    """

    x: Floats
    y: Floats
    times: Integers
    block: Integers
    code: Integers
    first: Places
    second: Places
    far: Floats
    neighbour: Places
    start: Integers
    limits: Floats
    least: int


@njit(cache=True, nogil=True)
def shares(x: Floats, y: Floats, first: Places, second: Places, reach_m: float) -> Floats:
    """Return how far apart the two of each pair are, as a share of the reach: the same however times are dealt out."""
    found = np.empty(len(first))
    for pair in range(len(first)):
        found[pair] = np.hypot(x[first[pair]] - x[second[pair]], y[first[pair]] - y[second[pair]]) / reach_m
    return found


@njit(cache=True, nogil=True)
def _by_number(numbers: Integers, things: Integers) -> None:
    """Sort `numbers` of 0 or more, and `things` with them, where they are; what is equal stays in its order."""
    n, most = len(numbers), np.int64(0)
    for one in range(n):
        most = max(most, numbers[one])
    other, others = np.empty_like(numbers), np.empty_like(things)
    free = np.empty(1 << _BITS, dtype=np.int64)
    shift, swapped = 0, False
    while most >> shift:
        free[:] = 0
        for one in range(n):
            free[(numbers[one] >> shift) & ((1 << _BITS) - 1)] += 1
        before = 0
        for digit in range(1 << _BITS):
            here = free[digit]
            free[digit] = before
            before += here
        for one in range(n):
            digit = (numbers[one] >> shift) & ((1 << _BITS) - 1)
            other[free[digit]], others[free[digit]] = numbers[one], things[one]
            free[digit] += 1
        numbers, other, things, others = other, numbers, others, things
        shift, swapped = shift + _BITS, not swapped
    if swapped:
        other[:], others[:] = numbers, things


@njit(cache=True, nogil=True)
def _ordered(first: Places, second: Places, far: Floats, reach: float, when: Integers) -> Integers:
    """Return the links, by their gap, and of one gap by distance, as pairs are given."""
    near, late = np.empty(len(first), dtype=np.int64), np.empty(len(first), dtype=np.int64)
    apart = np.empty(len(first), dtype=np.int64)
    nears = lates = 0
    for pair in range(len(first)):
        between = abs(when[first[pair]] - when[second[pair]])
        if between < reach:
            if between / reach > far[pair]:
                late[lates], apart[lates] = pair, between
                lates += 1
            else:
                near[nears] = pair
                nears += 1
    _by_number(apart[:lates], late[:lates])
    links = np.empty(nears + lates, dtype=np.int64)
    a = b = 0
    for link in range(nears + lates):
        if b == lates:
            sooner = True
        elif a == nears:
            sooner = False
        else:
            one, other = far[near[a]], apart[b] / reach
            sooner = one < other or (one == other and near[a] < late[b])
        if sooner:
            links[link] = near[a]
            a += 1
        else:
            links[link] = late[b]
            b += 1
    return links


@njit(cache=True, nogil=True)
def _root(parent: Integers, member: int) -> int:
    while parent[member] != member:
        parent[member] = parent[parent[member]]
        member = parent[member]
    return member


@njit(cache=True, nogil=True)
def _link(task: Task, when: Integers) -> tuple[Integers, Floats]:
    """Return the first incident of the group of each, and of these the box: lowest and highest x, y and time."""
    x, y, first, second, limits = task.x, task.y, task.first, task.second, task.limits
    n, squared = len(x), limits[2] ** 2
    parent = np.arange(n)
    box = np.empty((n, 6))
    for one in range(n):
        box[one, 0], box[one, 2], box[one, 4] = x[one], y[one], float(when[one])
        box[one, 1], box[one, 3], box[one, 5] = x[one], y[one], float(when[one])
    for link in _ordered(first, second, task.far, limits[1], when):
        a, b = _root(parent, first[link]), _root(parent, second[link])
        if a == b:
            continue
        begin, end = min(box[a, 4], box[b, 4]), max(box[a, 5], box[b, 5])
        if end - begin > limits[3]:
            continue
        east, north = max(box[a, 1], box[b, 1]), max(box[a, 3], box[b, 3])
        west, south = min(box[a, 0], box[b, 0]), min(box[a, 2], box[b, 2])
        wide = (east - west) ** 2 + (north - south) ** 2
        # A root is drawn only where rounding could decide.
        if wide <= squared * (1 - 1e-12) or (
            wide < squared * (1 + 1e-12) and np.hypot(east - west, north - south) <= limits[2]
        ):
            root, parent[max(a, b)] = min(a, b), min(a, b)
            box[root, 0], box[root, 1], box[root, 2] = west, east, south
            box[root, 3], box[root, 4], box[root, 5] = north, begin, end
    for one in range(n):
        parent[one] = _root(parent, one)
    return parent, box


@njit(cache=True, nogil=True)
def groups(task: Task, when: Integers) -> tuple[Integers, Floats]:
    """Return the group of each incident, and of each root [members, around, observed, expected, LLR].

    `when` are the times of the incidents, as they are or dealt out anew.
    """
    times, block, code, start, least = task.times, task.block, task.code, task.start, task.least
    n = len(task.x)
    parent, box = _link(task, when)
    figures = np.zeros((n, 5))
    for one in range(n):
        figures[parent[one], 0] += 1
    order, free = np.empty(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    place = 0
    for root in range(n):
        free[root] = place
        place += int(figures[root, 0])
    for one in range(n):  # members of one group side by side
        order[free[parent[one]]] = one
        free[parent[one]] += 1
    seen = np.full(n, -1, dtype=np.int64)
    for member in order:
        root = parent[member]
        if figures[root, 0] < least:
            continue
        for step in range(start[member] - 1, start[member + 1]):
            near = member if step < start[member] else np.int64(task.neighbour[step])
            if seen[near] != root:
                seen[near] = root
                figures[root, 1] += 1
                figures[root, 2] += box[root, 4] <= when[near] <= box[root, 5]
    for root in range(n):
        if figures[root, 0] >= least:
            same = times[block[code[root]] : block[code[root] + 1]]
            then = np.searchsorted(same, box[root, 5], side="right") - np.searchsorted(same, box[root, 4], side="left")
            figures[root, 3] = figures[root, 1] * then / len(same)
            figures[root, 4] = log_ratio(figures[root, 2], figures[root, 3], float(len(same)))
    return parent, figures


@njit(cache=True, nogil=True)
def best_by_chance(task: Task, state: NDArray[np.uint64], best: Floats, unusual: float, allowed: int) -> None:
    """Fill `best` with the LLR of the most unusual group of maps whose times were dealt out within each category.

    Once more than `allowed` of them have a group as `unusual`, nothing found is rare enough, and no further one is made.
    """
    block, when = task.block, task.times.copy()
    as_unusual = 0
    for permutation in range(len(best)):
        for kind in range(len(block) - 1):
            shuffle_part(when, block[kind], block[kind + 1], block[kind + 1] - block[kind], state)
        _, figures = groups(task, when)
        for one in range(len(when)):
            best[permutation] = max(best[permutation], figures[one, 4])
        as_unusual += best[permutation] >= unusual
        if as_unusual > allowed:
            break
