"""Drafts: every change an event, every state to be had again, nobody's work overwritten."""

from __future__ import annotations

import threading

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import AdminShutdown
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.geo import edit_ops as ops
from gridmap.geo.edit_ops import EditNotPossible
from gridmap.services import drafts, editions, gaps
from gridmap.services.drafts import DraftMoved, ZoneLocked
from gridmap.services.drafts.history import NothingToRedo, NothingToUndo, StateNotFound, path
from gridmap.store import drafts as store
from gridmap.store import frames
from gridmap.store.drafts import Head
from gridmap.store.tables import Edition
from tests import makers


def corner(x: float, y: float) -> tuple[float, float]:
    spot = makers.spot(x, y)
    return spot.x, spot.y


def nudge(x: float, y: float, dx: float, dy: float) -> ops.Move:
    """Return the move of the vertex at x, y by so many squares."""
    return ops.Move(((corner(x, y), corner(x + dx, y + dy)),))


CORNER = nudge(1, 0.5, 0.1, 0.05)


@pytest.fixture
def draft(session) -> Edition:
    makers.make_station(session)
    return makers.make_draft(session)


def everything(session, edition: Edition) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return all that a draft's zones are, to the byte."""
    session.flush()
    found = {}
    for kind in ("beat", "grid_cell"):
        zones = frames.zones(session, edition.id, kind)
        for row in zones.itertuples():
            facts = (row.name_zh, row.name_en, getattr(row, "beat", None))
            found[kind, row.code] = (*facts, shapely.to_wkb(row.geometry))
    return found


def test_moving_a_shared_vertex_moves_it_for_every_neighbour_and_leaves_the_beats_whole(session, draft):
    done = drafts.edit(session, draft, CORNER, by="ann", version=0)
    assert (done.event.seq, done.event.by, done.event.action) == (1, "ann", "move")
    assert {code for kind, code in done.changed if kind == "grid_cell"} == {"A1", "A2", "B1", "B2"}
    faults = editions.check(session, "S001", draft.number)
    assert set(faults["kind"]) <= editions.HARMLESS
    cells = frames.zones(session, draft.id, "grid_cell").set_index("code").geometry
    moved = shapely.Point(corner(1.1, 0.55))
    assert all(moved.distance(shapely.MultiPoint(shapely.get_coordinates(cells[c]))) < 1e-9 for c in ("A1", "B2"))


def test_undo_and_redo_restore_every_byte(session, draft):
    opened = everything(session, draft)
    drafts.edit(session, draft, CORNER, by="ann")
    changed = everything(session, draft)
    assert changed != opened
    drafts.undo(session, draft, by="bob")
    assert everything(session, draft) == opened
    drafts.redo(session, draft, by="ann")
    assert everything(session, draft) == changed
    told = [(one.seq, one.by, one.action, one.state) for one in store.events(session, draft.id)]
    assert told == [(3, "ann", "redo", 1), (2, "bob", "undo", 0), (1, "ann", "move", 1)]


def test_there_is_an_end_to_undo_and_to_redo(session, draft):
    with pytest.raises(NothingToUndo):
        drafts.undo(session, draft, by="ann")
    drafts.edit(session, draft, CORNER, by="ann")
    with pytest.raises(NothingToRedo):
        drafts.redo(session, draft, by="ann")
    with pytest.raises(StateNotFound, match="has no state 9"):
        drafts.roll_back(session, draft, 9, by="ann")


def test_a_change_after_an_undo_starts_a_branch_and_the_old_one_can_still_be_had(session, draft):
    states = {0: everything(session, draft)}
    for op in (CORNER, ops.Give(("A2",), "B")):
        seq = drafts.edit(session, draft, op, by="ann").event.seq
        states[seq] = everything(session, draft)
    drafts.undo(session, draft, by="ann")
    seq = drafts.edit(session, draft, ops.Rename("beat", "B", None, "乙", "Second"), by="ann").event.seq
    states[seq] = everything(session, draft)
    for state in (2, 0, seq, 1, 2, seq):
        drafts.roll_back(session, draft, state, by="ann")
        assert everything(session, draft) == states[state], state


@settings(max_examples=60)
@given(st.lists(st.integers(0, 1_000), max_size=30))
def test_the_way_between_two_states_goes_back_to_where_they_part_and_forth(picks):
    parents: dict[int, int] = {}
    for number, pick in enumerate(picks, start=1):
        parents[number] = [0, *range(1, number)][pick % number]

    def lineage(state: int) -> list[int]:
        return [] if state == 0 else [*lineage(parents[state]), state]

    for start in range(len(picks) + 1):
        for end in range(len(picks) + 1):
            at = lineage(start)
            for step in path(parents, start, end):
                if step.back:
                    assert at.pop() == step.seq
                else:
                    at.append(step.seq)
            assert at == lineage(end)


MOVES = st.lists(st.sampled_from(["move", "give", "rename", "undo", "redo", "back", "merge", "split"]), max_size=9)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(what=MOVES, data=st.data())
def test_any_walk_through_the_history_finds_each_state_as_it_was(session, what, data):
    with session.begin_nested() as everything_made:
        makers.make_station(session)
        draft = makers.make_draft(session)
        states, at = {0: everything(session, draft)}, 0
        for action in what:
            try:
                if action == "undo":
                    done = drafts.undo(session, draft, by="ann")
                elif action == "redo":
                    done = drafts.redo(session, draft, by="ann")
                elif action == "back":
                    done = drafts.roll_back(session, draft, data.draw(st.sampled_from(sorted(states))), by="ann")
                else:
                    done = drafts.edit(session, draft, an_edit(action, data), by="ann")
            except (NothingToUndo, NothingToRedo, EditNotPossible):
                assert everything(session, draft) == states[at]
                continue
            if done.event is None:
                continue
            at = done.event.state
            assert everything(session, draft) == states.setdefault(at, everything(session, draft))
            assert store.head(session, draft.id).state == at
            faults = editions.check(session, "S001", draft.number)
            assert set(faults["kind"]) <= editions.HARMLESS, action
        everything_made.rollback()


def an_edit(action: str, data: st.DataObject) -> ops.Op:
    cells = ["A1", "A2", "B1", "B2"]
    if action == "move":
        dx, dy = (data.draw(st.floats(-0.3, 0.3)) for _ in range(2))
        return nudge(1, 0.5, dx, dy)
    if action == "give":
        return ops.Give((data.draw(st.sampled_from(cells)),), data.draw(st.sampled_from(["A", "B"])))
    if action == "rename":
        return ops.Rename(
            "grid_cell",
            data.draw(st.sampled_from(cells)),
            None,
            data.draw(st.text("甲乙丙", min_size=1, max_size=3)),
            "",
        )
    if action == "merge":
        pair = data.draw(st.sampled_from([("A1", "A2"), ("B1", "B2"), ("A1", "B1")]))
        return ops.Merge("grid_cell", pair, pair[0])
    x = data.draw(st.floats(0.2, 0.8))
    return ops.Split("grid_cell", data.draw(st.sampled_from(["A1", "A2"])), (corner(x, -0.1), corner(x, 1.1)))


def test_a_stale_version_is_refused_with_both_versions_and_what_happened_between(session, draft):
    drafts.edit(session, draft, CORNER, by="ann", version=0)
    before = everything(session, draft)
    with pytest.raises(DraftMoved, match="ann changed the draft") as refused:
        drafts.edit(session, draft, ops.Give(("A2",), "B"), by="bob", version=0)
    facts = refused.value.facts
    assert (facts["yours"], facts["present"]) == (0, 1)
    assert [(one["by"], one["action"]) for one in facts["events"]] == [("ann", "move")]
    assert everything(session, draft) == before


def test_of_many_planners_who_save_at_once_on_one_version_exactly_one_wins(sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        number = makers.make_draft(session).number
    won, lost = [], []

    def save(name: str) -> None:
        op = ops.Rename("beat", "A", None, name, name)
        try:
            with sessions.begin() as mine:
                edition = editions.editions.find(mine, "S001", number)
                drafts.edit(mine, edition, op, by=name, version=0)
            won.append(name)
        except DraftMoved:
            lost.append(name)

    crowd = [threading.Thread(target=save, args=(f"p{n}",)) for n in range(8)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert (len(won), len(lost)) == (1, 7)
    with sessions() as session:
        edition = editions.editions.find(session, "S001", number)
        assert [(one.seq, one.by) for one in store.events(session, edition.id)] == [(1, won[0])]
        assert everything(session, edition)["beat", "A"][0] == won[0]


def test_a_database_that_dies_in_the_middle_of_a_save_leaves_the_draft_as_it_was(sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        draft = makers.make_draft(session)
        before, number = everything(session, draft), draft.number
    with pytest.raises(DBAPIError) as died:
        save_while_the_database_dies(sessions, number)
    assert isinstance(died.value.orig, AdminShutdown)
    with sessions() as session:
        edition = editions.editions.find(session, "S001", number)
        assert everything(session, edition) == before
        assert store.head(session, edition.id) == Head()


def save_while_the_database_dies(sessions, number: int) -> None:
    with sessions.begin() as session:
        edition = editions.editions.find(session, "S001", number)
        drafts.edit(session, edition, CORNER, by="ann")
        session.flush()
        with sessions.begin() as other:
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        session.execute(text("SELECT 1"))


def test_a_zone_somebody_holds_is_changed_by_nobody_else_until_it_is_let_go(session, draft):
    drafts.lock_zone(session, draft, "grid_cell", "A1", by="ann")
    drafts.lock_zone(session, draft, "grid_cell", "A1", by="ann")
    before = everything(session, draft)
    with pytest.raises(ZoneLocked, match=r"A1 \(by ann\)"):
        drafts.edit(session, draft, CORNER, by="bob")
    with pytest.raises(ZoneLocked, match="ann has locked A1"):
        drafts.lock_zone(session, draft, "grid_cell", "A1", by="bob")
    with pytest.raises(ZoneLocked):
        drafts.unlock_zone(session, draft, "grid_cell", "A1", by="bob")
    assert everything(session, draft) == before
    drafts.edit(session, draft, CORNER, by="ann")
    with pytest.raises(ZoneLocked):
        drafts.undo(session, draft, by="bob")
    drafts.unlock_zone(session, draft, "grid_cell", "A1", by="ann")
    drafts.undo(session, draft, by="bob")
    assert everything(session, draft) == before


def test_an_edit_that_would_break_the_map_changes_nothing_and_says_where(session, draft):
    before = everything(session, draft)
    with pytest.raises(EditNotPossible) as refused:
        drafts.edit(session, draft, nudge(1, 0.5, 3, 0), by="ann")
    assert len(refused.value.facts["at"]) == 2
    assert everything(session, draft) == before
    assert store.head(session, draft.id) == Head()


def test_only_a_draft_is_changed(session, draft):
    editions.publish(session, "S001", draft.number, by="ann")
    with pytest.raises(EditionStepNotAllowed, match="open a draft"):
        drafts.edit(session, draft, CORNER, by="ann")
    with pytest.raises(EditionStepNotAllowed, match="open a draft"):
        drafts.undo(session, draft, by="ann")


def test_replacing_all_zones_is_one_event_of_those_that_differ(session, draft):
    opened = everything(session, draft)
    beats, cells = makers.two_squares()
    cells.loc[cells["code"] == "A1", "name_zh"] = "新"
    done = drafts.replace(session, draft, beats, cells, by="ann", note="file")
    assert done.changed == (("grid_cell", "A1"),)
    assert drafts.replace(session, draft, beats, cells, by="ann").event is None
    drafts.replace(session, draft, beats.iloc[:1], cells.iloc[:2], by="ann")
    assert set(everything(session, draft)) == {("beat", "A"), ("grid_cell", "A1"), ("grid_cell", "A2")}
    drafts.roll_back(session, draft, 0, by="ann")
    assert everything(session, draft) == opened
    with pytest.raises(EditionStepNotAllowed, match="changes on record"):
        editions.put_zones(session, draft, beats, cells)


def test_the_record_of_a_draft_cannot_be_rewritten_and_goes_with_the_draft(session, draft):
    drafts.edit(session, draft, CORNER, by="ann")
    late = (
        "INSERT INTO draft_event (edition_id, seq, station, by, action, parent, state) "
        f"VALUES ({draft.id}, 5, 'S001', 'bob', 'move', 1, 5)"
    )
    for statement in ("UPDATE draft_event SET by = 'bob'", "DELETE FROM draft_change", late):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))
    session.execute(text("DELETE FROM edition WHERE id = :id"), {"id": draft.id})
    assert session.scalar(text("SELECT count(*) FROM draft_change")) == 0


def test_who_has_a_draft_open_is_seen_by_the_others_until_they_leave(session, draft):
    drafts.keep_presence(session, draft, login="ann", name="Ann", kind="beat", code="A")
    there = drafts.keep_presence(session, draft, login="bob", name="Bob")
    assert [(one.login, one.code) for one, _ in there.present] == [("ann", "A"), ("bob", None)]
    session.execute(text("UPDATE presence SET seen_at = now() - interval '1 minute' WHERE login = 'ann'"))
    assert [one.login for one, _ in drafts.keep_presence(session, draft, login="bob", name="Bob").present] == ["bob"]


def test_ground_that_is_allowed_to_have_no_zone_is_no_gap(session):
    makers.make_station(session)
    beats, _ = makers.two_squares()
    lake = makers.square(0.2, 0.2, 0.1, 0.1).geoms[0]
    beats.loc[0, "geometry"] = shapely.MultiPolygon([beats.geometry[0].difference(lake)])
    draft = makers.make_draft(session, beats=beats, cells=makers.two_squares()[1].iloc[:0])
    assert "gap" in set(editions.check(session, "S001", draft.number)["kind"])
    number = gaps.add(session, "S001", lake, by="ann", name_zh="水库")
    assert editions.check(session, "S001", draft.number).empty
    gaps.drop(session, "S001", number, by="ann")
    assert "gap" in set(editions.check(session, "S001", draft.number)["kind"])
    with pytest.raises(gaps.BadGap, match="name the ground"):
        gaps.add(session, "S001", lake, by="ann", name_zh=" ")
