"""Where a search starts: zones around centres whose reach grows and shrinks with their load, then made whole."""

# ruff: noqa: C901, PLR0912, PLR0915  (compiled loops over flat arrays: no object holds them)
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from gridmap.geo.propose_moves import AREA, LOAD, below, chance, compiled, dice_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.propose_moves import Floats, Ground, Ints, Words

ROUNDS: Final = 120
"""How often centres and reaches are corrected."""
FULL: Final = 5
"""Every so many rounds all centres are looked at, not only those of the neighbours' zones."""
ANSWER: Final = 0.25
"""How much of a zone's radius its reach changes for a load of twice or none of the target."""


class Places(NamedTuple):
    """Where units and zones may be.

    `x`, `y` (n,) [m]; `part` (n,): the connected part of the map that a unit is in; `home` (k,): the part that a zone
    must be in, -1 for a zone that takes no further unit; `fixed` (n,): the zone of a unit that stays, else -1.
    """

    x: Floats
    y: Floats
    part: Ints
    home: Ints
    fixed: Ints


@compiled
def first_centres(places: Places, load: Floats, zones: int, dice: Words) -> tuple[Floats, Floats]:
    """Return a centre for each zone: among its fixed units if it has any, else far from the others, by load.

    References
    ----------
    Arthur & Vassilvitskii (2007), "k-means++: the advantages of careful seeding", SODA, 1027-1035.
    """
    count = len(load)
    middle_x, middle_y, members = np.zeros(zones), np.zeros(zones), np.zeros(zones)
    away = np.full(count, np.inf)
    for unit in range(count):
        own = places.fixed[unit]
        if own >= 0:
            away[unit] = 0.0
            middle_x[own] += places.x[unit]
            middle_y[own] += places.y[unit]
            members[own] += 1
    for zone in range(zones):
        if members[zone] > 0:
            middle_x[zone] /= members[zone]
            middle_y[zone] /= members[zone]
            for unit in range(count):
                far = (places.x[unit] - middle_x[zone]) ** 2 + (places.y[unit] - middle_y[zone]) ** 2
                away[unit] = min(away[unit], far)
    for zone in range(zones):
        if members[zone] > 0:
            continue
        total = 0.0
        for unit in range(count):
            if places.part[unit] == places.home[zone]:
                total += min(away[unit], 1e30) * load[unit]
        left = chance(dice) * total
        chosen = -1
        for unit in range(count):
            if places.part[unit] == places.home[zone] and places.fixed[unit] < 0:
                if chosen < 0 or left > 0:
                    chosen = unit
                left -= min(away[unit], 1e30) * load[unit]
                if left <= 0 and total > 0:
                    break
        middle_x[zone], middle_y[zone] = places.x[chosen], places.y[chosen]
        for unit in range(count):
            far = (places.x[unit] - middle_x[zone]) ** 2 + (places.y[unit] - middle_y[zone]) ** 2
            away[unit] = min(away[unit], far)
    return middle_x, middle_y


@compiled
def scattered(ground: Ground, places: Places, load: Floats, target: Floats, seed: int) -> Ints:
    """Return the zone of each unit by the nearest centre less its reach; not yet in one piece each, none empty."""
    zones, count = len(target), len(load)
    dice = dice_of(seed)
    middle_x, middle_y = first_centres(places, load, zones, dice)
    reach = np.zeros(zones)
    zone = np.zeros(count, np.int32)
    members = np.zeros(zones, np.int64)
    for turn in range(ROUNDS):
        members[:] = 0
        filled, sum_x, sum_y, area = np.zeros(zones), np.zeros(zones), np.zeros(zones), np.zeros(zones)
        for unit in range(count):
            own = places.fixed[unit]
            if own < 0:
                here, x, y = places.part[unit], places.x[unit], places.y[unit]
                nearest = np.inf
                if turn % FULL == 0:
                    for other in range(zones):
                        if places.home[other] == here:
                            far = math.sqrt((x - middle_x[other]) ** 2 + (y - middle_y[other]) ** 2) - reach[other]
                            if far < nearest:
                                nearest, own = far, other
                else:  # the best zone is a neighbour's, nearly always
                    own = zone[unit]
                    nearest = math.sqrt((x - middle_x[own]) ** 2 + (y - middle_y[own]) ** 2) - reach[own]
                    for link in range(ground.start[unit], ground.start[unit + 1]):
                        other = zone[ground.other[link]]
                        if other != own and places.home[other] == here:
                            far = math.sqrt((x - middle_x[other]) ** 2 + (y - middle_y[other]) ** 2) - reach[other]
                            if far < nearest:
                                nearest, own = far, other
            zone[unit] = own
            members[own] += 1
            filled[own] += load[unit]
            area[own] += ground.figures[unit, AREA]
            sum_x[own] += places.x[unit]
            sum_y[own] += places.y[unit]
        for own in range(zones):
            if members[own] > 0:
                middle_x[own], middle_y[own] = sum_x[own] / members[own], sum_y[own] / members[own]
            radius = math.sqrt(area[own] / math.pi)
            reach[own] += ANSWER * radius * max(-1.0, 1.0 - filled[own] / target[own])
    for own in range(zones):
        tries = 0
        while members[own] == 0 and tries < 50 * count:  # the units of a crowded place may leave a centre without one
            tries += 1
            taken = below(dice, count)
            if places.fixed[taken] < 0 and places.part[taken] == places.home[own] and members[zone[taken]] > 1:
                members[zone[taken]] -= 1
                zone[taken] = own
                members[own] = 1
    return zone


@compiled
def mended(ground: Ground, zone: Ints, fixed: Ints, target: Floats, closed: NDArray[np.bool_]) -> tuple[Ints, bool]:
    """Return the plan with each zone in one piece, and whether that was possible.

    A zone keeps its part with fixed units, else its heaviest; what it loses goes to the neighbour furthest below its
    target.
    """
    count, zones = len(zone), len(target)
    part = np.full(count, -1, np.int32)
    stack = np.empty(count, np.int32)
    weight = np.zeros(count)
    kept = np.full(zones, -1, np.int32)
    parts = 0
    for seed in range(count):
        if part[seed] >= 0:
            continue
        own = zone[seed]
        part[seed] = parts
        stack[0] = seed
        size = 1
        while size > 0:
            size -= 1
            here = stack[size]
            weight[parts] += ground.figures[here, LOAD] + 1e-9
            if fixed[here] >= 0:
                weight[parts] = np.inf
            for link in range(ground.start[here], ground.start[here + 1]):
                near = ground.other[link]
                if part[near] < 0 and zone[near] == own:
                    part[near] = parts
                    stack[size] = near
                    size += 1
        if kept[own] < 0 or weight[parts] > weight[kept[own]]:
            kept[own] = parts
        parts += 1
    whole = zone.copy()
    filled = np.zeros(zones)
    left = 0
    for unit in range(count):
        if part[unit] == kept[zone[unit]]:
            filled[zone[unit]] += ground.figures[unit, LOAD]
        elif fixed[unit] >= 0:
            return whole, False
        else:
            whole[unit] = -1
            left += 1
    while left > 0:
        before = left
        for unit in range(count):
            if whole[unit] >= 0:
                continue
            chosen = -1
            for link in range(ground.start[unit], ground.start[unit + 1]):
                near = whole[ground.other[link]]
                if near < 0 or closed[near]:
                    continue
                if chosen < 0 or filled[near] * target[chosen] < filled[chosen] * target[near]:
                    chosen = near
            if chosen >= 0:
                whole[unit] = chosen
                filled[chosen] += ground.figures[unit, LOAD]
                left -= 1
        if left == before:
            return whole, False
    return whole, bool((kept >= 0).all())


@compiled
def anchored(ground: Ground, fixed: Ints, closed: NDArray[np.bool_], first: int) -> tuple[Ints, int]:
    """Return the fixed units with short ways that join those of each zone, and a zone for which there is none, or -1.

    Zones are joined in order from number `first` on: the ways of one may bar those of another.
    """
    zones, count = len(closed), len(fixed)
    held = fixed.copy()
    before = np.empty(count, np.int32)
    queue = np.empty(count, np.int32)
    for number in range(zones):
        own = (first + number) % zones
        wanted = np.flatnonzero(fixed == own)
        if len(wanted) < 2:
            continue
        before[:] = -2
        queue[0] = wanted[0]
        before[wanted[0]] = -1
        head, tail = 0, 1
        while head < tail:  # a tree of shortest ways from the first fixed unit
            here = queue[head]
            head += 1
            for link in range(ground.start[here], ground.start[here + 1]):
                near = ground.other[link]
                if before[near] == -2 and (held[near] == own or (held[near] < 0 and not closed[own])):
                    before[near] = here
                    queue[tail] = near
                    tail += 1
        for unit in wanted:
            if before[unit] == -2:
                return held, own
            here = unit
            while here >= 0:
                held[here] = own
                here = before[here]
    return held, -1
