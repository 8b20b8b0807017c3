"""A report and its dispute never tell different stories, whoever does what at either of them, in whatever order."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import OPEN, STATES, Holder, Taker, Wish
from gridmap.domain.reports import STAFF
from gridmap.domain.reports import STATES as REPORT_STATES
from gridmap.errors import GridmapError
from gridmap.services.disputes import acting
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.reported import DisputeCannotFollow, ReportCannotFollow, agree
from gridmap.services.reports import desk, following
from gridmap.services.reports.sending import send
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests.services.reports.conftest import KEYS, OFFICER, SEALER, sending

COMMANDER = Actor(3, "li", "李", Role.COMMANDER, ("S001",))
AT_DESK = (
    "accepted", "begun", "passed_on", "taken", "refused", "convened", "paused", "resumed", "escalated", "settled",
    "followed_up", "closed", "reopened", "withdrawn", "not_ours", "note",
)  # fmt: skip
BY_CLOCK = ("escalated", "lapsed", "resumed", "closed", "reassigned", "reminded")
BY_REPORTER = ("withdraw", "rate", "reopen", "add")
DEEDS = st.one_of(
    st.tuples(st.just("staff"), st.sampled_from(STAFF)), st.tuples(st.just("desk"), st.sampled_from(AT_DESK)),
    st.tuples(st.just("desk"), st.sampled_from(("accepted", "begun", "settled", "closed", "reopened"))),
    st.tuples(st.just("clock"), st.sampled_from(BY_CLOCK)), st.tuples(st.just("reporter"), st.sampled_from(BY_REPORTER)),
)  # fmt: skip
#: How often a dispute stood in a state, and a step was refused with an error.
SEEN: Counter[str] = Counter()
HELD = text("""SELECT r.state AS report, d.state AS dispute, d.version, (SELECT count(*) FROM report_event e
                WHERE e.report_id = r.id) FROM report r JOIN dispute d ON d.id = :dispute WHERE r.id = :report""")


def done(session, doors, receipt, dispute, deed, member):
    """Do one thing at the report or at the dispute, as whoever may try it."""
    side, what = deed
    if side == "reporter":
        match what:
            case "withdraw":
                following.withdraw(session, receipt.code)
            case "rate":
                following.rate(session, receipt.code, 1)
            case "reopen":
                following.reopen(session, receipt.code, "还在")
            case _:
                following.add(session, receipt.code, "还有")
        return
    enter_scope(session, ["S001"])
    row = dispute_rows.get(session, "S001", dispute, EVERYTHING)
    if side == "staff":
        state = session.scalar(text("SELECT state FROM report WHERE id = :id"), {"id": receipt.report})
        actor = doors.member if member else OFFICER
        desk.step(session, actor, "S001", receipt.report, what, "已办", expected_state=state)
        return
    until = datetime.now(UTC) + timedelta(days=3)
    to = Holder(body="desk") if member else Holder(person=doors.member.person_id)
    wish = Wish(what, "说明", to, ("desk",), until, 4, None)
    if side == "clock":
        acting.take(session, row, wish, Taker("clock"), by="gridmap")
    else:
        acting.act(session, COMMANDER if member else OFFICER, "S001", dispute, wish, version=row.version)


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(st.lists(st.tuples(DEEDS, st.booleans()), min_size=6, max_size=16))
def test_whatever_is_done_at_either_side_both_tell_the_same(app_sessions, doors, deeds):
    # Each example in a transaction of its own, taken back: many reports from one door would be joined, or held.
    with app_sessions.kw["bind"].connect() as connection, connection.begin() as outer:
        sessions = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        with sessions.begin() as session:
            receipt = send(session, doors.plate, sending("邻居占用车位", "dispute"), KEYS, SEALER)
            dispute = session.scalar(text("SELECT dispute_id FROM report WHERE id = :id"), {"id": receipt.report})
        before = None
        for deed, member in deeds:
            with sessions.begin() as session:
                try:
                    done(session, doors, receipt, dispute, deed, member)
                    refused = False
                except GridmapError as error:  # the page that shows it goes on with the session, and commits
                    SEEN[type(error).__name__] += 1
                    refused = True
            with sessions.begin() as session:
                enter_scope(session, ["S001"])
                after = session.execute(HELD, {"dispute": dispute, "report": receipt.report}).one()
                assert dispute_rows.lost(session, ["S001"]) == []
            SEEN[after.dispute] += 1
            assert agree(after.report, after.dispute), (deed, before, after)
            if refused and before is not None:
                assert after == before, (deed, "what is refused leaves nothing at either side")
            before = after
        outer.rollback()


def test_the_walk_above_comes_far():
    """It would prove little if everything were refused, or nothing."""
    assert {"open", "in_hand", "handed", "settled", "withdrawn"} <= set(SEEN)
    assert SEEN["DisputeCannotFollow"]


def test_agreement_is_of_what_is_open_and_of_how_it_ended():
    assert {dispute for dispute in STATES if agree("in_hand", dispute)} == set(OPEN)
    assert {report for report in REPORT_STATES if agree(report, "not_ours")} == {"not_ours", "closed"}
    assert [report for report in REPORT_STATES if agree(report, "withdrawn")] == ["withdrawn"]


@pytest.mark.parametrize("kind", [DisputeCannotFollow, ReportCannotFollow])
def test_both_refusals_have_a_name_of_their_own(kind):
    assert kind.slug not in {parent.slug for parent in kind.__mro__[1:] if hasattr(parent, "slug")}
