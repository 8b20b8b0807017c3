"""The beats and cells a loop's file names: examples, until a station's own codes take their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gridmap.domain.loop_file import LoopFile
from gridmap.domain.loops import Loop, LoopNotValid


def beats_of(given: LoopFile) -> tuple[str, ...]:
    """Return the beats a file names, in its order."""
    named = [zone for one in given.bodies for zone in one.beats] + [one.beat for one in given.mediators if one.beat]
    return tuple(dict.fromkeys(named))


def cells_of(given: LoopFile) -> tuple[str, ...]:
    """Return the grid cells a file names, in its order."""
    named = [zone for one in given.bodies for zone in one.cells] + [one.cell for one in given.mediators if one.cell]
    return tuple(dict.fromkeys(named))


def with_zones(given: LoopFile, zones: Mapping[str, str]) -> LoopFile:
    """Return a loop's file with other codes of beats and cells: each of `zones` by what it is called there.

    Raises
    ------
    LoopNotValid
        If the file names no such zone, or two of its zones would be one.
    """
    named = (*beats_of(given), *cells_of(given))
    faults = [
        f"the file names no beat or cell {zone}; it names {', '.join(named) or 'none'}"
        for zone in zones
        if zone not in named
    ]
    for kind, own in (("beat", beats_of(given)), ("cell", cells_of(given))):
        codes = [zones.get(zone, zone) for zone in own]
        faults += [f"two of its {kind}s would be {code}" for code in dict.fromkeys(codes) if codes.count(code) > 1]
    if faults:
        raise LoopNotValid(f"loop {given.loop.code}: {'; '.join(faults)}", faults=faults)

    def own_codes(old: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(zones.get(zone, zone) for zone in old)

    bodies = tuple(replace(one, beats=own_codes(one.beats), cells=own_codes(one.cells)) for one in given.bodies)
    mediators = tuple(
        replace(
            one,
            beat=None if one.beat is None else zones.get(one.beat, one.beat),
            cell=None if one.cell is None else zones.get(one.cell, one.cell),
        )
        for one in given.mediators
    )
    grounds = tuple(
        replace(one, beats=own_codes(one.beats), cells=own_codes(one.cells)) for one in given.loop.rules.grounds
    )
    old = given.loop
    loop = Loop(
        old.code, old.name_zh, old.name_en, old.tiers.values(), old.moves.values(), replace(old.rules, grounds=grounds)
    )
    return replace(given, loop=loop, bodies=bodies, mediators=mediators)
