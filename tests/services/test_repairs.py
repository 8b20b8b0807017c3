"""Repairs of a draft: shown, accepted one by one or all at once, undone."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely import MultiPolygon

from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.geo.repair import RepairNotKnown
from gridmap.services import drafts, editions, repairs
from gridmap.services.drafts import DraftMoved
from gridmap.services.repairs import RepairsMoved
from gridmap.store import editions as store
from gridmap.store import frames
from tests.makers import make_door, make_draft, make_station, square, two_squares

HOLE, STRIP = square(0.4, 0.2, 0.01, 0.01), square(0.9, 0, 0.2, 0.5)


def cut(frame: gpd.GeoDataFrame, code: str, hole: MultiPolygon) -> None:
    row = frame.index[frame["code"] == code][0]
    frame.loc[row, "geometry"] = shapely.difference(frame.geometry[row], hole)


def grow(frame: gpd.GeoDataFrame, code: str, more: MultiPolygon) -> None:
    row = frame.index[frame["code"] == code][0]
    frame.loc[row, "geometry"] = shapely.union(frame.geometry[row], more)


@pytest.fixture
def clean(session):
    """Return the two squares, published."""
    make_station(session)
    make_draft(session)
    editions.publish(session, "S001", 1, by="test")
    return two_squares()


def spoil(session, beats, cells):
    """Open a draft of these zones."""
    draft = editions.open_draft(session, "S001", by="test")
    drafts.replace(session, draft, beats, cells, by="test", action="import")
    return draft


def stored(session, edition):
    return {
        (kind, code): shapely.to_wkb(shape)
        for kind in ("beat", "grid_cell")
        for code, shape in zip(*(frames.zones(session, edition.id, kind)[name] for name in ("code", "geometry")), strict=True)
    }  # fmt: skip


def test_repairs_are_shown_with_ground_and_doors_accepted_as_one_event_and_undone(session, clean):
    beats, cells = clean
    cut(beats, "A", HOLE)
    cut(cells, "A1", HOLE)
    grow(cells, "A1", STRIP)
    make_door(session, 0.405, 0.205)
    make_door(session, 1.05, 0.25)
    make_door(session, 1.5, 0.75)
    draft = spoil(session, beats, cells)
    before = stored(session, draft)

    shown = repairs.preview(session, draft)
    told = zip(
        *(shown.rows[name] for name in ("n", "layer", "kind", "from", "to", "rule", "doors", "households")), strict=True
    )
    assert [tuple(row) for row in told] == [
        (1, "grid_cell", "overlap", ["A1"], "B1", "former", 1, 1),
        (2, "grid_cell", "gap", [], "A1", "former", 1, 1),
        *[(n, "grid_cell", "unmatched_vertex", [], "", "vertex", 0, 0) for n in range(3, len(shown.rows) + 1)],
    ]
    assert shown.rows["area_m2"][1] == pytest.approx(HOLE.area * 111_320 * 90_300, rel=1e-2)
    assert stored(session, draft) == before

    done = repairs.accept(session, draft, by="planner", token=shown.token, version=shown.version)
    assert done.numbers == tuple(shown.sure)
    after = stored(session, draft)
    assert editions.check(session, "S001", draft.number).empty
    assert {key for key in after if after[key] != before[key]} <= {
        ("beat", "A"),
        ("grid_cell", "A1"),
        ("grid_cell", "A2"),  # gets the vertex that A1 has on their border
        ("grid_cell", "B1"),
    }
    published = stored(session, store.find(session, "S001", 1))
    for key, shape in after.items():
        assert shapely.equals(shapely.from_wkb(shape), shapely.from_wkb(published[key])), key
    assert done.done.event.action == "repair"

    drafts.undo(session, draft, by="planner")
    assert stored(session, draft) == before


def test_one_repair_is_accepted_alone_and_its_beat_follows(session, clean):
    beats, cells = clean
    for frame, code in ((beats, "A"), (cells, "A1")):
        cut(frame, code, HOLE)
    for frame, code in ((beats, "B"), (cells, "B2")):
        cut(frame, code, square(1.4, 0.7, 0.01, 0.01))
    draft = spoil(session, beats, cells)
    shown = repairs.preview(session, draft)
    assert sorted(shown.rows["to"]) == ["A1", "B2"]
    first = shown.rows.loc[shown.rows["to"] == "A1", "n"].tolist()
    repairs.accept(session, draft, by="planner", token=shown.token, chosen=first)
    left = editions.check(session, "S001", draft.number)
    assert [(row.layer, row.kind, row.zones) for row in left.itertuples()] == [
        ("beat", "gap", ["B"]), ("grid_cell", "gap", ["B2"]),
    ]  # fmt: skip


def test_ground_that_a_cell_of_another_beat_gets_changes_its_beat_too(session, clean):
    beats, cells = clean
    for frame, codes in ((beats, ("A", "B")), (cells, ("A1", "B1"))):
        grow(frame, codes[0], STRIP)
        cut(frame, codes[1], STRIP)
    draft = spoil(session, beats, cells)
    moved_on_purpose = repairs.preview(session, draft)
    assert set(moved_on_purpose.rows["kind"]) <= {"unmatched_vertex"}
    cut(cells, "A1", STRIP)
    drafts.replace(session, draft, beats, cells, by="test")
    shown = repairs.preview(session, draft, small_gap_m2=1e6)
    gaps = shown.rows[shown.rows["kind"] == "gap"]
    assert sorted(gaps["to"]) == ["A1", "B1"]  # the western half of the strip was A1's
    repairs.accept(session, draft, by="planner", token=None, small_gap_m2=1e6)
    assert editions.check(session, "S001", draft.number).empty
    after = frames.zones(session, draft.id, "beat").set_index("code").geometry
    assert shapely.equals(after["B"], square(1, 0))


def test_a_beat_that_is_not_the_union_of_its_cells_is_given_their_ground(session, clean):
    beats, cells = clean
    grow(beats, "A", STRIP)
    cut(beats, "B", STRIP)
    draft = spoil(session, beats, cells)
    assert "cell_outside_beat" in set(editions.check(session, "S001", draft.number)["kind"])
    shown = repairs.preview(session, draft)
    assert [(row.layer, row.kind, row.to, row.rule) for row in shown.rows.itertuples() if row.area_m2] == [
        ("grid_cell", "cell_outside_beat", "", "ask"), ("beat", "beat_not_union", "B", "cells"),
    ]  # fmt: skip
    repairs.accept(session, draft, by="planner", token=shown.token)
    assert editions.check(session, "S001", draft.number).empty


def test_beats_without_cells_are_repaired_by_the_edition_in_force(session, clean):
    beats, cells = clean
    grow(beats, "A", STRIP)
    draft = spoil(session, beats, cells.iloc[:0])
    shown = repairs.preview(session, draft)
    assert shown.rows[["kind", "from", "to"]].to_numpy().tolist()[0] == ["overlap", ["A"], "B"]
    repairs.accept(session, draft, by="planner", token=shown.token)
    assert editions.check(session, "S001", draft.number).empty


def test_what_is_accepted_is_what_was_shown(session, clean):
    beats, cells = clean
    cut(beats, "A", HOLE)
    cut(cells, "A1", HOLE)
    draft = spoil(session, beats, cells)
    shown = repairs.preview(session, draft)
    assert repairs.preview(session, draft).token == shown.token
    cut(cells, "B1", square(1.4, 0.2, 0.01, 0.01))
    drafts.replace(session, draft, beats, cells, by="other")
    with pytest.raises(RepairsMoved):
        repairs.accept(session, draft, by="planner", token=shown.token)
    with pytest.raises(DraftMoved):
        repairs.accept(session, draft, by="planner", token=None, version=shown.version)
    with pytest.raises(RepairNotKnown):
        repairs.accept(session, draft, by="planner", token=None, chosen=[77])


def test_an_edition_that_is_no_draft_is_not_repaired(session, clean):
    published = store.find(session, "S001", 1)
    assert repairs.preview(session, published).rows.empty
    with pytest.raises(EditionStepNotAllowed):
        repairs.accept(session, published, by="planner", token=None)


def test_the_planner_answers_where_no_rule_tells(session):
    make_station(session)
    beats, cells = two_squares()
    gap = square(0.99, 0, 0.02)
    for code in ("A", "B"):
        cut(beats, code, gap)
    draft = make_draft(session, beats=beats, cells=cells.iloc[:0])
    shown = repairs.preview(session, draft, small_gap_m2=1e9)
    assert shown.rows[["rule", "why"]].to_numpy().tolist() == [["ask", "tie"]]
    repairs.accept(session, draft, by="planner", token=shown.token, answers={1: "B"}, small_gap_m2=1e9)
    after = frames.zones(session, draft.id, "beat").set_index("code").geometry
    assert shapely.symmetric_difference(after["B"], square(0.99, 0, 1.01)).area < 1e-12
    assert editions.check(session, "S001", draft.number).empty
