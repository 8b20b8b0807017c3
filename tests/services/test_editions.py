"""Publishing: one step, never with a fault, never in between."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from shapely import MultiPolygon
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.services import editions, look_up, plates
from gridmap.store import editions as store
from gridmap.store.editions import EditionNotFound, StationNotFound
from gridmap.store.tables import Assignment, Audit, Edition
from tests.makers import (
    SIDE,
    SOUTH,
    WEST,
    make_door,
    make_draft,
    make_person,
    make_plate,
    make_station,
    square,
    two_squares,
    zones,
)

SOUTH_WEST, EAST, LINE, OUT = "000000000000", "111111111111", "222222222222", "333333333333"


@pytest.fixture
def station(session):
    """One station of two squares, four doors: in A1, in B2, on the line between A1 and B1, and outside."""
    made = make_station(session)
    for code, x, y in ((SOUTH_WEST, 0.2, 0.2), (EAST, 1.6, 0.8), (LINE, 1.0, 0.25), (OUT, 2.5, 0.5)):
        make_plate(session, code, make_door(session, x, y))
    return made


def answers(session, number):
    """Return plate -> (beat, cell, tie) of an edition."""
    query = select(Assignment).join(Edition, Edition.id == Assignment.edition_id).where(Edition.number == number)
    return {one.plate: (one.beat, one.grid_cell, one.tie) for one in session.scalars(query)}


def test_publishing_answers_for_every_plate(session, station):
    make_draft(session)
    done = editions.publish(session, "S001", 1, by="test")
    assert answers(session, 1) == {
        SOUTH_WEST: ("A", "A1", False),
        EAST: ("B", "B2", False),
        LINE: ("A", "A1", True),  # the line A and B share: the lowest code, and told as a tie
        OUT: (None, None, False),
    }
    assert (done.plates, done.without_beat, done.without_cell, done.ties, done.moved) == (4, 1, 1, 1, 0)
    assert store.in_force(session, "S001").number == 1


def test_a_door_on_a_border_stays_where_it_was(session, station):
    make_draft(session)
    editions.publish(session, "S001", 1, by="test")
    renamed_beats, renamed_cells = two_squares()
    swap = {"A": "B", "B": "A", "A1": "B1", "A2": "B2", "B1": "A1", "B2": "A2"}
    renamed_beats["code"] = renamed_beats["code"].map(swap)
    renamed_cells["code"], renamed_cells["beat"] = renamed_cells["code"].map(swap), renamed_cells["beat"].map(swap)
    make_draft(session, beats=renamed_beats, cells=renamed_cells)
    done = editions.publish(session, "S001", 2, by="test")
    assert answers(session, 2)[LINE] == ("A", "A1", True)  # A lies east of the line now, and the door keeps it
    assert done.moved == 2


def test_history_says_which_edition_was_in_force_when(session, station):
    first, second = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    for number, since in ((1, first), (2, second)):
        make_draft(session)
        editions.publish(session, "S001", number, by="test", since=since)
    asked = [
        store.in_force(session, "S001", at)
        for at in (datetime(2024, 6, 1, tzinfo=UTC), first, datetime(2025, 6, 1, tzinfo=UTC), second)
    ]
    assert [None if one is None else one.number for one in asked] == [None, 1, 1, 2]
    assert store.find(session, "S001", 1).published_at > second  # dated back, and still told when it was published


@pytest.mark.parametrize("since", [datetime(2024, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)])
def test_an_edition_is_not_dated_before_the_one_it_follows_or_into_the_future(session, station, since):
    make_draft(session)
    editions.publish(session, "S001", 1, by="test", since=datetime(2025, 1, 1, tzinfo=UTC))
    make_draft(session)
    with pytest.raises(editions.SinceNotPossible):
        editions.publish(session, "S001", 2, by="test", since=since)


def test_withdrawing_brings_back_the_edition_before(session, station):
    for number in (1, 2):
        make_draft(session)
        editions.publish(session, "S001", number, by="test")
    again = editions.withdraw(session, "S001", 2, by="test", reason="a mistake")
    assert (again.number, again.status) == (1, "published")
    assert store.in_force(session, "S001").number == 1
    assert editions.withdraw(session, "S001", 1, by="test", reason="all of it") is None
    assert store.in_force(session, "S001") is None
    with pytest.raises(EditionStepNotAllowed):
        editions.publish(session, "S001", 2, by="test")


def hole(beats, cells):
    """Take the cell A1 away, and its ground from beat A."""
    beats.geometry = [square(0, 0.5, 1, 0.5), square(1, 0)]
    return beats, cells[cells["code"] != "A1"]


def overlap(beats, cells):
    """Let A reach into B."""
    beats.geometry = [square(0, 0, 1.2), square(1, 0)]
    return beats, cells


def leak(beats, cells):
    """Let B reach past the jurisdiction."""
    beats.geometry = [square(0, 0), square(1, 0, 1.5)]
    return beats, cells


def duplicate(beats, cells):
    """Draw A twice."""
    return zones({"A": square(0, 0), "A_": square(0, 0), "B": square(1, 0)}), cells


def orphan(beats, cells):
    """Leave A1 in no beat."""
    cells.loc[0, "beat"] = None
    return beats, cells


def crossing(beats, cells):
    """Let A cross itself like a bow tie."""
    w, s, d = WEST, SOUTH, SIDE
    beats.geometry = [MultiPolygon([[[(w, s), (w + d, s + d), (w + d, s), (w, s + d), (w, s)], []]]), square(1, 0)]
    return beats, cells


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (hole, "gap"),
        (overlap, "overlap"),
        (leak, "leak"),
        (duplicate, "duplicate"),
        (orphan, "orphan_cell"),
        (crossing, "self_crossing"),
    ],
)
def test_a_draft_with_a_fault_is_refused_with_its_place_and_nothing_changes(session, station, fault, kind):
    beats, cells = fault(*two_squares())
    make_draft(session, beats=beats, cells=cells)
    with pytest.raises(editions.DraftNotValid) as caught:
        editions.publish(session, "S001", 1, by="test")
    found = [issue for issue in caught.value.facts["issues"] if issue["kind"] == kind]
    assert found, caught.value.facts["issues"]
    assert WEST <= found[0]["lon"] <= WEST + 3 * SIDE
    assert SOUTH <= found[0]["lat"] <= SOUTH + SIDE
    assert answers(session, 1) == {}
    assert store.find(session, "S001", 1).status == "draft"


def test_a_sliver_is_published_only_when_it_is_accepted_by_name(session, station):
    beats, cells = two_squares()
    width = 0.5 / 90_000 / SIDE  # half a metre at this latitude
    beats.geometry = [square(0, 0, 1 - width), square(1, 0)]
    cells.geometry = [square(0, 0, 1 - width, 0.5), square(0, 0.5, 1 - width, 0.5), *cells.geometry[2:]]
    make_draft(session, beats=beats, cells=cells)
    with pytest.raises(editions.DraftNotValid, match="sliver_gap"):
        editions.publish(session, "S001", 1, by="test")
    editions.publish(session, "S001", 1, by="test", accept=frozenset({"sliver_gap"}))
    row = session.scalars(select(Audit).where(Audit.action == "publish")).one()
    assert row.after["accepted"] == ["sliver_gap"]


def test_a_hole_can_never_be_accepted(session, station):
    make_draft(session)
    with pytest.raises(editions.FaultNotAcceptable, match="gap cannot be accepted"):
        editions.publish(session, "S001", 1, by="test", accept=frozenset({"gap"}))


def test_a_draft_holds_the_zones_in_force_and_leaves_them_alone(session, station):
    make_draft(session)
    editions.publish(session, "S001", 1, by="test")
    draft = editions.open_draft(session, "S001", by="test")
    beats, cells = two_squares()
    editions.put_zones(session, draft, beats.iloc[:1], cells.iloc[:2])
    counts = session.execute(text("SELECT edition_id, count(*) FROM grid_cell GROUP BY 1 ORDER BY 1")).all()
    assert [tuple(row) for row in counts] == [(draft.id - 1, 4), (draft.id, 2)]
    with pytest.raises(EditionStepNotAllowed):
        editions.put_zones(session, store.find(session, "S001", 1), beats, cells)


def test_what_is_not_there_is_named(session, station):
    with pytest.raises(StationNotFound, match="S999"):
        editions.publish(session, "S999", 1, by="test")
    with pytest.raises(EditionNotFound, match="edition 7"):
        editions.publish(session, "S001", 7, by="test")


def test_two_planners_publish_the_same_draft_and_one_wins(sessions):
    with sessions.begin() as session:
        make_station(session)
        make_draft(session)
    outcomes: list[str] = []

    def run() -> None:
        try:
            with sessions.begin() as session:
                editions.publish(session, "S001", 1, by="test")
            outcomes.append("published")
        except EditionStepNotAllowed:
            outcomes.append("refused")

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["published", "refused", "refused", "refused"]


def test_a_database_killed_while_publishing_loses_nothing(sessions):
    with sessions.begin() as session:
        make_station(session)
        make_draft(session)
        make_plate(session, SOUTH_WEST, make_door(session, 0.2, 0.2))
    session = sessions()
    editions.publish(session, "S001", 1, by="test")
    with sessions.begin() as other:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
    with pytest.raises(DBAPIError):
        session.execute(text("SELECT 1"))
    session.close()
    with sessions.begin() as session:
        assert store.find(session, "S001", 1).status == "draft"
        assert answers(session, 1) == {}
        editions.publish(session, "S001", 1, by="test")
        assert answers(session, 1) == {SOUTH_WEST: ("A", "A1", False)}


def test_a_fresh_plate_answers_like_an_old_one(session, station):
    make_draft(session)
    editions.publish(session, "S001", 1, by="test")
    make_person(session, "甲", "officer", beat="B")
    make_door(session, 1.4, 0.4, code="NEW")
    assert plates.issue(session, "S001", by="test") == 1
    code = session.scalar(text("SELECT p.code FROM plate p JOIN address a ON a.id = p.address_id WHERE a.code = 'NEW'"))
    answer = look_up.look(session, code)
    assert (answer.beat.code, answer.grid_cell.code, answer.officers[0].name) == ("B", "B1", "甲")
    assert plates.issue(session, "S001", by="test") == 0


def test_the_service_publishes_inside_its_own_scope_only(sessions, app_sessions):
    from gridmap.store.engine import enter_scope

    with sessions.begin() as session:
        make_station(session)
        make_station(session, "S002", x=5)
        make_draft(session)
        make_plate(session, SOUTH_WEST, make_door(session, 0.2, 0.2))
    with app_sessions.begin() as session:
        enter_scope(session, ["S002"])
        with pytest.raises(StationNotFound):
            editions.publish(session, "S001", 1, by="test")
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        assert editions.publish(session, "S001", 1, by="test").plates == 1


def test_changing_hands_is_compared_by_beat(session, station):
    make_draft(session)
    beats, cells = two_squares()
    beats.geometry = [square(0, 0, 1.5), square(1.5, 0, 0.5)]
    make_draft(session, beats=beats, cells=cells)
    table = editions.compare(session, "S001", 1, 2)
    assert len(table) == 2
