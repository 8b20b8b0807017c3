"""Hints on an edition: what is odd about its doors and households."""

from __future__ import annotations

from gridmap.services import norms
from tests import makers


def test_doors_outside_empty_zones_and_the_norm_are_hints(session):
    makers.make_station(session)
    beats, cells = makers.two_squares()
    draft = makers.make_draft(session, beats=beats, cells=cells[cells["code"] != "B2"])
    for x, homes in ((0.2, 3), (0.4, 4), (1.2, 1)):
        makers.make_door(session, x, 0.2).households = homes
    makers.make_door(session, 1.5, 0.75)
    session.flush()
    found = norms.check(session, "S001", draft.number, norm=(2, 6))
    told = sorted((row.kind, row.layer, *row.zones) for row in found.itertuples())
    assert told == [
        ("orphan_door", "grid_cell"),
        ("over_norm", "grid_cell", "A1"),
        ("under_norm", "grid_cell", "B1"),
        ("zone_without_doors", "grid_cell", "A2"),
    ]
    assert found.crs == "EPSG:4326"
    assert norms.check(session, "S001", draft.number, norm=(1, 9))["kind"].tolist() == [
        "orphan_door",
        "zone_without_doors",
    ]
