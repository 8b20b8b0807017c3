"""What a search knows of a plan, and how one unit changes its zone: compiled, and exact to the last metre of border.

A plan is held as sums by zone, so that a move is judged from the neighbours of one unit: the new area and outline of
two zones, their loads, the places of their loads. Whether the zone that loses the unit stays in one piece is seen
nearly always from the unit's neighbours alone.
"""

# ruff: noqa: PLR0917  (compiled loops over flat arrays: no object holds them)
from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Number = int | np.int64
    Ints = NDArray[np.int32]
    Floats = NDArray[np.float64]
    Words = NDArray[np.uint64]

LOAD, AREA, OUTLINE, PULL_X, PULL_Y, SPREAD, COUNT, SHAPE = range(8)
"""Columns of the tables of units and zones: load; area [m2]; outline [m]; load times place [m], twice; load times
squared place; number of units; for zones only, what their shape costs."""
ALL_BITS = 64
ONE = np.uint64(1)
NONE = np.uint64(0)
FULL_TURN = 4 * np.pi
compiled = njit(cache=True, nogil=True, error_model="numpy")
"""Compiles a function, keeps its machine code, and lets other threads run beside it."""


class Ground(NamedTuple):
    """n units and the e links that may hold a zone together.

    `start`, `other`, `border` as in `Units`; `mask` (e,): which of the neighbours of one unit, by their place in its
    list, are neighbours of this one; `back` (e,): the same link the other way; `owner` (e,): the unit it belongs to;
    `figures` (n, 8): columns as above.
    """

    start: Ints
    other: Ints
    border: Floats
    mask: Words
    back: Ints
    owner: Ints
    figures: Floats


class Aims(NamedTuple):
    """What a search strives for.

    `target` (k,) loads; `slack` (k,): one over what a load may be away from it; `compact`: weight of a zone's roundness; `pull` (k,): weight of the spread of its
    load [1/(load m2)]; `former` (n,) and `change` (n,): what it costs to be
    elsewhere; `group` (n,) and `split`: what each further zone of a group costs; `held` (n,) units that stay;
    `closed` (k,) zones that take none.
    """

    target: Floats
    slack: Floats
    compact: float
    pull: Floats
    former: Ints
    change: Floats
    group: Ints
    split: float
    held: NDArray[np.bool_]
    closed: NDArray[np.bool_]


class State(NamedTuple):
    """A plan and its sums, changed in place.

    `zone` (n,); `sums` (k, 8); `members` (groups, k): units of each group in each zone; `cuts` (e,): the links between
    zones of units that are not held, the first `cut` (1,) of them, and `where` (e,) in it a link stands, or -1; `seen`,
    `stack` (n,) and `stamp` (1,): room to search in; `dice` (1,): the state of the generator.
    """

    zone: Ints
    sums: Floats
    members: Ints
    cuts: Ints
    where: Ints
    cut: Ints
    seen: NDArray[np.int64]
    stack: Ints
    stamp: NDArray[np.int64]
    dice: Words


@compiled
def roll(dice: Words) -> np.uint64:
    """Return 64 random bits (xorshift64*; Vigna 2016, ACM Transactions on Mathematical Software 42(4), 30)."""
    bits = dice[0]
    bits ^= bits >> np.uint64(12)
    bits ^= bits << np.uint64(25)
    bits ^= bits >> np.uint64(27)
    dice[0] = bits
    return np.uint64(bits * np.uint64(2685821657736338717))


@compiled
def chance(dice: Words) -> float:
    """Return a random number in [0, 1)."""
    return (roll(dice) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def below(dice: Words, count: Number) -> np.int64:
    """Return a random whole number in 0 to `count` - 1."""
    return np.int64(((roll(dice) >> np.uint64(32)) * np.uint64(count)) >> np.uint64(32))


@compiled
def dice_of(seed: int) -> Words:
    """Return a generator; the same seed rolls the same numbers."""
    dice = np.empty(1, np.uint64)
    dice[0] = (np.uint64(seed) + ONE) * np.uint64(0x9E3779B97F4A7C15) | ONE
    for _ in range(8):
        roll(dice)
    return dice


@compiled
def neighbour_masks(start: Ints, other: Ints) -> Words:
    """Return for each link which other neighbours of its unit the neighbour touches, as bits."""
    mask = np.zeros(len(other), np.uint64)
    place = np.full(len(start) - 1, -1, np.int32)
    for unit in range(len(start) - 1):
        first, last = start[unit], start[unit + 1]
        if last - first > ALL_BITS:
            continue
        for link in range(first, last):
            place[other[link]] = link - first
        for link in range(first, last):
            near = other[link]
            bits = NONE
            for further in range(start[near], start[near + 1]):
                at = place[other[further]]
                if at >= 0:
                    bits |= ONE << np.uint64(at)
            mask[link] = bits
        for link in range(first, last):
            place[other[link]] = -1
    return mask


@compiled
def links_back(start: Ints, other: Ints) -> Ints:
    """Return for each link the same link the other way; neighbours are in ascending order."""
    back = np.empty(len(other), np.int32)
    for unit in range(len(start) - 1):
        for link in range(start[unit], start[unit + 1]):
            near = other[link]
            back[link] = start[near] + np.searchsorted(other[start[near] : start[near + 1]], unit)
    return back


@compiled
def may_leave(ground: Ground, state: State, unit: Number) -> bool:
    """Return whether a unit's zone stays in one piece, and not empty, without it."""
    near = joined_near(ground.start, ground.other, ground.mask, state.zone, unit)
    return near > 0 or (near < 0 and joined_far(ground, state, unit))


@compiled
def joined_near(start: Ints, other: Ints, mask: Words, zone: Ints, unit: Number) -> int:
    """Return whether the neighbours of a unit in its zone hang together through each other: 1, or 0 if it has none.

    -1 if they do not, or if the unit has more neighbours than a word has bits.
    """
    first, last = start[unit], start[unit + 1]
    if last - first > ALL_BITS:
        return -1
    own = zone[unit]
    wanted = NONE
    for link in range(first, last):
        if zone[other[link]] == own:
            wanted |= ONE << np.uint64(link - first)
    if wanted == NONE:
        return 0
    reached = wanted & (~wanted + ONE)
    grown = True
    while grown and reached != wanted:
        grown = False
        rest = wanted & ~reached
        at = first
        while rest != NONE:
            if rest & ONE and mask[at] & reached:
                reached |= ONE << np.uint64(at - first)
                grown = True
            rest >>= ONE
            at += 1
    return 1 if reached == wanted else -1


@compiled
def joined_far(ground: Ground, state: State, unit: Number) -> bool:
    """Return whether the neighbours of a unit in its zone hang together by a way through the zone."""
    zone, seen, stack, other = state.zone, state.seen, state.stack, ground.other
    state.stamp[0] += 1
    stamp = state.stamp[0]
    own = zone[unit]
    seen[unit] = stamp
    missing = 0
    for link in range(ground.start[unit], ground.start[unit + 1]):
        near = other[link]
        if zone[near] == own and seen[near] != -stamp:
            seen[near] = -stamp
            stack[0] = near
            missing += 1
    if missing == 0:
        return False
    size = 1
    seen[stack[0]] = stamp
    missing -= 1
    while size > 0 and missing > 0:
        size -= 1
        here = stack[size]
        for link in range(ground.start[here], ground.start[here + 1]):
            near = other[link]
            if zone[near] == own and seen[near] != stamp:
                if seen[near] == -stamp:
                    missing -= 1
                seen[near] = stamp
                stack[size] = near
                size += 1
    return missing == 0


@compiled
def shape_cost(row: Floats, compact: float, pull: float) -> float:
    """Return what the shape of a zone with the figures `row` (8,) costs: nothing for a disc without load.

    `compact`: weight of its roundness; `pull`: weight of the spread of its load [1/(load m2)].
    """
    cost = compact
    if row[OUTLINE] > 0:
        cost -= compact * FULL_TURN * row[AREA] / (row[OUTLINE] * row[OUTLINE])
    if pull > 0 and row[LOAD] > 0:
        cost += pull * (row[SPREAD] - (row[PULL_X] * row[PULL_X] + row[PULL_Y] * row[PULL_Y]) / row[LOAD])
    return cost


@compiled
def cost_with(
    figures: Floats, sums: Floats, unit: Number, zone: Number, sign: float, contact: float, compact: float, pull: float
) -> float:
    """Return what the shape of a zone would cost with (`sign` 1) or without (-1) a unit it touches along `contact`."""
    outline = sums[zone, OUTLINE] + sign * (figures[unit, OUTLINE] - 2.0 * contact)
    cost = compact
    if outline > 0:
        cost -= compact * FULL_TURN * (sums[zone, AREA] + sign * figures[unit, AREA]) / (outline * outline)
    if pull > 0:
        load = sums[zone, LOAD] + sign * figures[unit, LOAD]
        if load > 0:
            x = sums[zone, PULL_X] + sign * figures[unit, PULL_X]
            y = sums[zone, PULL_Y] + sign * figures[unit, PULL_Y]
            cost += pull * (sums[zone, SPREAD] + sign * figures[unit, SPREAD] - (x * x + y * y) / load)
    return cost


@compiled
def contacts(
    start: Ints, other: Ints, border: Floats, zone: Ints, unit: Number, source: Number, goal: Number
) -> tuple[float, float]:
    """Return along how much border [m] a unit touches two zones."""
    one = two = 0.0
    for link in range(start[unit], start[unit + 1]):
        near = zone[other[link]]
        if near == source:
            one += border[link]
        elif near == goal:
            two += border[link]
    return one, two


@compiled
def owner_cost(aims: Aims, state: State, unit: Number, source: Number, goal: Number) -> float:
    """Return what a unit's move adds in doors that change hands and groups that are split."""
    cost = 0.0
    if aims.change[unit] > 0:
        former = aims.former[unit]
        cost += aims.change[unit] * ((goal != former) - (source != former))
    group = aims.group[unit]
    if group >= 0:
        if state.members[group, goal] == 0:
            cost += aims.split
        if state.members[group, source] == 1:
            cost -= aims.split
    return cost


@compiled
def cut_link(cuts: Ints, where: Ints, cut: Ints, link: Number) -> None:
    """Note that a link now lies between two zones."""
    if where[link] < 0:
        where[link] = cut[0]
        cuts[cut[0]] = link
        cut[0] += 1


@compiled
def heal_link(cuts: Ints, where: Ints, cut: Ints, link: Number) -> None:
    """Note that a link now lies within a zone."""
    at = where[link]
    if at >= 0:
        cut[0] -= 1
        last = cuts[cut[0]]
        cuts[at] = last
        where[last] = at
        where[link] = -1


@compiled
def move(ground: Ground, aims: Aims, state: State, unit: Number, goal: Number) -> None:
    """Give a unit to another zone."""
    zone, sums, figures = state.zone, state.sums, ground.figures
    source = np.int64(zone[unit])
    leaves, enters = contacts(ground.start, ground.other, ground.border, zone, unit, source, goal)
    for column in range(SHAPE):
        sums[source, column] -= figures[unit, column]
        sums[goal, column] += figures[unit, column]
    sums[source, OUTLINE] += 2.0 * leaves
    sums[goal, OUTLINE] -= 2.0 * enters
    sums[source, SHAPE] = shape_cost(sums[source], aims.compact, aims.pull[source])
    sums[goal, SHAPE] = shape_cost(sums[goal], aims.compact, aims.pull[goal])
    zone[unit] = goal
    for link in range(ground.start[unit], ground.start[unit + 1]):
        near = zone[ground.other[link]]
        if near == source:
            cut_link(state.cuts, state.where, state.cut, link)
            if not aims.held[ground.other[link]]:
                cut_link(state.cuts, state.where, state.cut, ground.back[link])
        elif near == goal:
            heal_link(state.cuts, state.where, state.cut, link)
            heal_link(state.cuts, state.where, state.cut, ground.back[link])
    group = aims.group[unit]
    if group >= 0:
        state.members[group, source] -= 1
        state.members[group, goal] += 1


@compiled
def state_of(ground: Ground, aims: Aims, zone: Ints, seed: int) -> State:
    """Return a plan with its sums."""
    count, zones = len(zone), len(aims.target)
    sums = np.zeros((zones, 8))
    members = np.zeros((aims.group.max() + 1, zones), np.int32)
    cuts, where = np.empty(len(ground.other), np.int32), np.full(len(ground.other), -1, np.int32)
    cut = np.zeros(1, np.int32)
    for unit in range(count):
        own = zone[unit]
        for column in range(SHAPE):
            sums[own, column] += ground.figures[unit, column]
        for link in range(ground.start[unit], ground.start[unit + 1]):
            if zone[ground.other[link]] == own:
                sums[own, OUTLINE] -= ground.border[link]
            elif not aims.held[unit]:
                cut_link(cuts, where, cut, link)
        if aims.group[unit] >= 0:
            members[aims.group[unit], own] += 1
    for own in range(zones):
        sums[own, SHAPE] = shape_cost(sums[own], aims.compact, aims.pull[own])
    seen, stack, stamp = np.zeros(count, np.int64), np.empty(count, np.int32), np.zeros(1, np.int64)
    return State(zone.astype(np.int32), sums, members, cuts, where, cut, seen, stack, stamp, dice_of(seed))
