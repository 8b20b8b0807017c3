"""A loop's file with a station's own zones: each named one is exchanged everywhere, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridmap.domain.loop_zones import beats_of, cells_of, with_zones
from gridmap.domain.loops import LoopNotValid
from tests.looped import FILES, file_of


@pytest.mark.parametrize("name", sorted(path.stem for path in FILES.glob("*.toml")))
def test_every_zone_is_exchanged_everywhere_and_back_again(name):
    given = file_of(name)
    zones = {zone: f"X-{zone}" for zone in (*beats_of(given), *cells_of(given))}
    made = with_zones(given, zones)
    assert {*beats_of(made), *cells_of(made)} == set(zones.values())
    assert [one.beats for one in made.loop.rules.grounds] == [one.beats for one in made.bodies if one.of]
    back = with_zones(made, {own: zone for zone, own in zones.items()})
    assert (back.bodies, back.mediators, back.loop.rules) == (given.bodies, given.mediators, given.loop.rules)
    assert replace(made.loop.rules, grounds=()) == replace(given.loop.rules, grounds=())
    assert (made.loop.tiers, made.loop.moves, made.loop.code) == (given.loop.tiers, given.loop.moves, given.loop.code)


def test_two_zones_may_change_places_and_never_become_one():
    given = file_of("pingchuan")
    turned = with_zones(given, {"A": "B", "B": "A"})
    assert [one.beats for one in turned.bodies if one.of] == [("B",), ("A",)]
    with pytest.raises(LoopNotValid, match="two of its beats would be B"):
        with_zones(given, {"A": "B"})
    with pytest.raises(LoopNotValid, match="names no beat or cell Z"):
        with_zones(given, {"Z": "J01"})
