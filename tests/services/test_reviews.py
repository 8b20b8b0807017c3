"""Review of an edition: steps by different people, comments, and publishing at a set time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.domain.codes import new_plate_code
from gridmap.domain.editions import EditionStepNotAllowed, TimeNotPossible
from gridmap.services import comments, editions, reviews
from gridmap.services.editions import DraftNotValid, FaultNotAcceptable
from gridmap.settings import Settings
from gridmap.store import editions as store
from gridmap.store.driver_errors import DatabaseAway, NeedsSecondPerson, named_errors
from tests import makers
from tests.scanned import own_folder

SECRET = "a secret of thirty-two characters or more"
SOON = timedelta(hours=1)


@pytest.fixture
def draft(sessions):
    """S001 with edition 1 in force, one door, and draft 2, opened by ann."""
    with sessions.begin() as session:
        makers.make_station(session)
        first = makers.make_draft(session)
        makers.make_plate(session, new_plate_code(), makers.make_door(session, 0.5, 0.5))
        editions.publish(session, "S001", first.number, by="test")
        return editions.open_draft(session, "S001", by="ann").number


@pytest.fixture
def strict(sessions, draft):
    """Let the same station want two people."""
    with sessions.begin() as session:
        reviews.set_two_person(session, "S001", wanted=True, by="test")
    return draft


def state(sessions, number):
    with sessions() as session:
        return store.find(session, "S001", number)


def approved(session, number, by="bob"):
    reviews.hand_in(session, "S001", number, by="ann")
    return reviews.approve(session, "S001", number, by=by)


def make_due(sessions, number, station="S001"):
    """Let the set time of an approved edition be a second ago."""
    with sessions.begin() as session:
        session.execute(
            text("UPDATE edition SET publish_at = now() - interval '1 s' WHERE station = :s AND number = :n"),
            {"s": station, "n": number},
        )


def publish_and_be_killed(sessions, app_sessions):
    """Publish what is due, and lose the connection before it is kept."""
    with app_sessions.begin() as session:
        assert reviews.publish_next_due(session).published is not None
        backend = session.scalar(text("SELECT pg_backend_pid()"))
        with sessions.begin() as owner:
            owner.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})


def spoil(sessions, number):
    """Let an approved edition lose half of its ground behind the back of everybody."""
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text("""UPDATE beat SET geom = ST_Multi(ST_Translate(ST_Scale(geom, 0.5, 1), 0, 0)) FROM edition e
                    WHERE e.id = beat.edition_id AND e.number = :n AND beat.code = 'A'"""),
            {"n": number},
        )


class TestSteps:
    def test_hand_in_approve_and_publish_are_told_with_who_and_when(self, session, draft):
        handed = reviews.hand_in(session, "S001", draft, by="ann")
        assert (handed.status, handed.submitted_by) == ("in_review", "ann")
        done = reviews.approve(session, "S001", draft, by="bob", seen=handed.submitted_at)
        assert (done.status, done.approved_by) == ("approved", "bob")
        assert done.submitted_at <= done.approved_at <= datetime.now(UTC)
        editions.publish(session, "S001", draft, by="cat")
        found = store.find(session, "S001", draft)
        assert (found.status, found.published_by) == ("published", "cat")
        assert store.in_force(session, "S001").number == draft

    def test_a_station_for_one_person_publishes_a_draft_at_once(self, session, draft):
        assert editions.publish(session, "S001", draft, by="ann").number == draft

    def test_a_draft_of_a_station_for_two_is_not_published_by_one(self, session, strict):
        with pytest.raises(NeedsSecondPerson, match="hand edition 2 in"):
            editions.publish(session, "S001", strict, by="bob")

    @pytest.mark.parametrize("who", ["ann", "bob", "eve"])
    def test_nobody_approves_what_they_opened_drew_or_handed_in(self, session, strict, who):
        edition = store.find(session, "S001", strict)
        session.execute(
            text("""INSERT INTO draft_event (edition_id, seq, station, by, action, parent, state)
                    VALUES (:e, 1, 'S001', 'eve', 'move', 0, 1)"""),
            {"e": edition.id},
        )
        reviews.hand_in(session, "S001", strict, by="bob")
        with pytest.raises(NeedsSecondPerson, match="another person"):
            reviews.approve(session, "S001", strict, by=who)
        assert reviews.approve(session, "S001", strict, by="cat").status == "approved"
        assert editions.publish(session, "S001", strict, by="ann").number == strict

    def test_the_database_itself_refuses_four_eyes_of_one_person(self, sessions, strict):
        with sessions.begin() as session:
            reviews.hand_in(session, "S001", strict, by="ann")
        with pytest.raises(NeedsSecondPerson), named_errors(), sessions.begin() as session:
            session.execute(
                text(
                    "UPDATE edition SET status = 'approved', approved_at = now(), approved_by = 'ann' WHERE number = 2"
                )
            )

    @pytest.mark.parametrize("from_approved", [False, True])
    def test_given_back_it_is_a_draft_that_was_never_handed_in(self, session, draft, from_approved):
        reviews.hand_in(session, "S001", draft, by="ann")
        if from_approved:
            reviews.approve(session, "S001", draft, by="bob")
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON)
        back = reviews.give_back(session, "S001", draft, by="bob", reason="the market")
        assert (back.status, back.submitted_by, back.approved_by, back.publish_at) == ("draft", None, None, None)
        assert reviews.hand_in(session, "S001", draft, by="ann").status == "in_review"

    def test_zones_stand_still_from_handing_in_until_given_back(self, session, draft):
        edition = reviews.hand_in(session, "S001", draft, by="ann")
        with pytest.raises(EditionStepNotAllowed):
            editions.put_zones(session, edition, *makers.two_squares())
        reviews.give_back(session, "S001", draft, by="bob", reason="the market")
        editions.put_zones(session, edition, *makers.two_squares())

    def test_what_was_handed_in_anew_since_it_was_seen_is_not_approved(self, session, draft):
        seen = reviews.hand_in(session, "S001", draft, by="ann").submitted_at
        reviews.give_back(session, "S001", draft, by="bob", reason="the market")
        reviews.hand_in(session, "S001", draft, by="ann")
        with pytest.raises(reviews.HandedInAgain, match="look at it once more"):
            reviews.approve(session, "S001", draft, by="bob", seen=seen)

    def test_a_draft_with_a_hole_is_not_handed_in(self, session, draft):
        beats, cells = makers.two_squares()
        beats.loc[0, "geometry"] = makers.square(0, 0, 0.9)
        editions.put_zones(session, store.find(session, "S001", draft), beats, cells)
        with pytest.raises(DraftNotValid, match="1 gap") as refused:
            reviews.hand_in(session, "S001", draft, by="ann")
        assert refused.value.facts["issues"][0]["kind"]
        assert store.find(session, "S001", draft).status == "draft"

    def test_steps_out_of_order_are_refused_by_name(self, session, draft):
        for step in (
            lambda: reviews.approve(session, "S001", draft, by="bob"),
            lambda: reviews.give_back(session, "S001", draft, by="bob", reason="why"),
            lambda: reviews.hand_in(session, "S001", 1, by="bob"),
            lambda: reviews.give_back(session, "S001", 1, by="bob", reason="why"),
            lambda: reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON),
            lambda: reviews.unschedule(session, "S001", draft, by="bob"),
        ):
            with pytest.raises(EditionStepNotAllowed, match=r"is (draft|published)"):
                step()

    def test_withdrawing_brings_the_former_edition_back(self, session, draft):
        approved(session, draft)
        editions.publish(session, "S001", draft, by="bob")
        assert editions.withdraw(session, "S001", draft, by="bob", reason="wrong").number == 1

    def test_every_step_is_on_record(self, session, draft):
        reviews.hand_in(session, "S001", draft, by="ann")
        reviews.give_back(session, "S001", draft, by="bob", reason="the market")
        approved(session, draft)
        reviews.schedule(session, "S001", draft, by="cat", at=datetime.now(UTC) + SOON, accept=frozenset({"spike"}))
        reviews.unschedule(session, "S001", draft, by="cat")
        reviews.unschedule(session, "S001", draft, by="cat")
        editions.publish(session, "S001", draft, by="cat")
        steps = [(row.action, row.by) for row in reviews.reviews.history(session, "S001", draft)]
        assert steps == [
            ("open draft", "ann"), ("hand in", "ann"), ("give back", "bob"), ("hand in", "ann"), ("approve", "bob"),
            ("schedule", "cat"), ("unschedule", "cat"), ("publish", "cat"),
        ]  # fmt: skip


class TestSchedule:
    @pytest.mark.parametrize("after", [timedelta(0), timedelta(days=400)])
    def test_a_time_that_is_past_or_too_far_is_refused(self, session, draft, after):
        approved(session, draft)
        with pytest.raises(TimeNotPossible):
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + after)

    def test_a_fault_that_can_never_be_published_cannot_be_accepted_ahead(self, session, draft):
        approved(session, draft)
        with pytest.raises(FaultNotAcceptable, match="gap cannot"):
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON, accept=frozenset({"gap"}))

    def test_what_would_be_refused_at_night_is_refused_now(self, sessions, draft):
        with sessions.begin() as session:
            approved(session, draft)
        spoil(sessions, draft)
        with sessions() as session, pytest.raises(DraftNotValid):
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON)

    def test_nothing_is_published_before_its_time(self, sessions, app_sessions, draft):
        with sessions.begin() as session:
            approved(session, draft)
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON)
        with app_sessions.begin() as session:
            assert reviews.publish_next_due(session) is None
        assert state(sessions, draft).status == "approved"

    def test_the_service_sees_and_publishes_what_is_due_at_any_station(self, sessions, app_sessions, draft):
        with sessions.begin() as session:
            makers.make_station(session, "S002")
            other = makers.make_draft(session, "S002").number
            for station, number in (("S001", draft), ("S002", other)):
                reviews.hand_in(session, station, number, by="ann")
                reviews.approve(session, station, number, by="bob")
                reviews.schedule(session, station, number, by="bob", at=datetime.now(UTC) + SOON)
        make_due(sessions, draft)
        make_due(sessions, other, "S002")
        done = []
        for _ in range(3):
            with app_sessions.begin() as session:
                done.append(reviews.publish_next_due(session))
        assert {(one.station, one.number) for one in done[:2]} == {("S001", draft), ("S002", other)}
        assert done[2] is None
        found = state(sessions, draft)
        assert (found.status, found.published_by) == ("published", reviews.CLOCK)

    def test_of_two_workers_one_publishes(self, sessions, app_sessions, draft):
        with sessions.begin() as session:
            approved(session, draft)
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON)
        make_due(sessions, draft)
        with app_sessions.begin() as one:
            assert reviews.publish_next_due(one) is not None
            with app_sessions.begin() as other:
                assert reviews.publish_next_due(other) is None
        with app_sessions.begin() as session:
            assert reviews.publish_next_due(session) is None

    def test_a_refusal_takes_it_off_the_schedule_and_says_why(self, sessions, app_sessions, draft):
        with sessions.begin() as session:
            approved(session, draft)
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON)
        make_due(sessions, draft)
        spoil(sessions, draft)
        with app_sessions.begin() as session:
            due = reviews.publish_next_due(session)
        assert due.published is None
        found = state(sessions, draft)
        assert (found.status, found.publish_at) == ("approved", None)
        assert "gap" in found.publish_problem
        assert due.problem == found.publish_problem
        with sessions() as session:
            assert store.in_force(session, "S001").number == 1
            last = reviews.reviews.history(session, "S001", draft)[-1]
            assert (last.action, last.by) == ("publish failed", reviews.CLOCK)
        with app_sessions.begin() as session:
            assert reviews.publish_next_due(session) is None

    def test_an_accepted_fault_passes_when_the_time_comes(self, sessions, app_sessions, draft):
        with sessions.begin() as session:
            beats = makers.zones({"A": makers.square(0, 0).difference(makers.square(0.2, 0.2, 0.4, 0.4)),
                                  "B": makers.square(1, 0).union(makers.square(0.2, 0.2, 0.4, 0.4))})  # fmt: skip
            editions.put_zones(session, store.find(session, "S001", draft), beats, makers.two_squares()[1].iloc[:0])
            approved(session, draft)
            with pytest.raises(DraftNotValid, match="detached"):
                reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON)
            reviews.schedule(
                session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON, accept=frozenset({"detached"})
            )
        make_due(sessions, draft)
        with app_sessions.begin() as session:
            assert reviews.publish_next_due(session).published.number == draft


class TestClock:
    """The thread of the service."""

    @pytest.fixture
    def service(self, app_sessions):
        settings = Settings(secret=SECRET, log_level="warning", database_url=None, scan=own_folder())
        app = create_app(settings, app_sessions)
        app.state.publish_every_s = 0.1
        return app

    @staticmethod
    def wait_for(sessions, number, status, seconds=60):
        """Wait until an edition is in a state or off the schedule; return its state, and why it was refused if it was."""
        until = time.monotonic() + seconds
        while (found := state(sessions, number)).status != status and time.monotonic() < until:
            if found.publish_problem:
                return f"{found.status}: {found.publish_problem}"
            time.sleep(0.1)
        return found.status

    def test_a_running_service_publishes_when_the_time_comes(self, sessions, service, draft):
        others = set(threading.enumerate())  # services that other tests of this process keep running
        with TestClient(service):
            with sessions.begin() as session:
                approved(session, draft)
                at = datetime.now(UTC) + timedelta(seconds=1.5)
                reviews.schedule(session, "S001", draft, by="bob", at=at)
            assert self.wait_for(sessions, draft, "published") == "published"
        assert state(sessions, draft).published_at >= at
        clocks = [one for one in set(threading.enumerate()) - others if one.name == "gridmap-clock"]
        for one in clocks:  # it ends by itself, when what it was at is done
            one.join(60)
        assert not [one for one in clocks if one.is_alive()]

    def test_what_was_due_while_the_service_was_killed_in_the_middle_is_published_once_it_is_back(
        self, sessions, app_sessions, service, draft
    ):
        with sessions.begin() as session:
            approved(session, draft)
            reviews.schedule(session, "S001", draft, by="bob", at=datetime.now(UTC) + SOON)
        make_due(sessions, draft)
        with pytest.raises(DatabaseAway), named_errors():
            publish_and_be_killed(sessions, app_sessions)
        assert state(sessions, draft).status == "approved"
        with TestClient(service):
            assert self.wait_for(sessions, draft, "published") == "published"
        with sessions() as session:
            assert store.in_force(session, "S001").number == draft

    def test_a_refusal_does_not_end_the_clock(self, sessions, service, draft):
        with sessions.begin() as session:
            second = editions.open_draft(session, "S001", by="ann").number
            for number in (draft, second):
                approved(session, number)
                reviews.schedule(session, "S001", number, by="bob", at=datetime.now(UTC) + SOON)
        make_due(sessions, draft)
        spoil(sessions, draft)
        with TestClient(service):
            until = time.monotonic() + 60
            while not state(sessions, draft).publish_problem and time.monotonic() < until:
                time.sleep(0.1)
            make_due(sessions, second)
            assert self.wait_for(sessions, second, "published") == "published"
        assert "gap" in state(sessions, draft).publish_problem


class TestComments:
    @pytest.fixture
    def edition(self, session, draft):
        return store.find(session, "S001", draft)

    def test_a_comment_is_pinned_answered_and_resolved(self, session, edition):
        first = comments.add(session, edition, by="bob", text=" move it ", place=(112.905, 35.805))
        answer = comments.add(session, edition, by="ann", text="done", reply_to=first.id)
        deeper = comments.add(session, edition, by="bob", text="thanks", reply_to=answer.id)
        comments.resolve(session, edition, answer.id, by="ann")
        rows = comments.list_page(session, edition)
        assert [(row.by, row.text, row.reply_to) for row in rows] == [
            ("bob", "move it", None), ("ann", "done", first.id), ("bob", "thanks", first.id),
        ]  # fmt: skip
        assert (rows[0].lon, rows[0].lat) == (112.905, 35.805)
        assert [row.resolved_by for row in rows] == ["ann", None, None]
        assert deeper.reply_to == first.id

    def test_an_answer_opens_a_resolved_comment_again(self, session, edition):
        first = comments.add(session, edition, by="bob", text="move it")
        comments.resolve(session, edition, first.id, by="ann")
        comments.add(session, edition, by="bob", text="not yet", reply_to=first.id)
        assert comments.list_page(session, edition)[0].resolved_at is None
        comments.resolve(session, edition, first.id, by="ann")
        comments.resolve(session, edition, first.id, by="bob", resolved=False)
        assert comments.list_page(session, edition)[0].resolved_by is None

    def test_a_comment_of_another_edition_is_not_answered(self, session, edition):
        other = editions.open_draft(session, "S001", by="ann")
        there = comments.add(session, other, by="bob", text="here")
        for act in (
            lambda: comments.add(session, edition, by="bob", text="x", reply_to=there.id),
            lambda: comments.resolve(session, edition, there.id, by="bob"),
        ):
            with pytest.raises(comments.CommentNotFound):
                act()

    @pytest.mark.parametrize(
        ("text_", "place", "reply"), [("  ", None, False), ("x\0", None, False), ("x", (1.0, 2.0), True)]
    )
    def test_a_comment_says_something_in_one_place(self, session, edition, text_, place, reply):
        first = comments.add(session, edition, by="bob", text="here")
        with pytest.raises(comments.CommentNotValid):
            comments.add(session, edition, by="bob", text=text_, place=place, reply_to=first.id if reply else None)

    def test_nothing_is_said_of_what_is_published(self, session, edition, draft):
        first = comments.add(session, edition, by="bob", text="here")
        editions.publish(session, "S001", draft, by="ann")
        for act in (
            lambda: comments.add(session, edition, by="bob", text="late"),
            lambda: comments.resolve(session, edition, first.id, by="bob"),
        ):
            with pytest.raises(comments.CommentNotPossible):
                act()
        assert len(comments.list_page(session, edition)) == 1
