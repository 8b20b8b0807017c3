"""Whoever has the receipt sees each step, can still act on it, and learns nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.codes import new_plate_code, spaced
from gridmap.domain.reports import ReportStepNotPossible
from gridmap.services.disputes.reported import DisputeCannotFollow
from gridmap.services.reports import desk
from gridmap.services.reports.following import (
    MOST_ADDED,
    ReceiptNotFound,
    Tracked,
    add,
    ask_call_back,
    rate,
    reopen,
    track,
    withdraw,
)
from gridmap.services.reports.keys import ReceiptCodeNotValid
from gridmap.services.reports.sending import Contact
from gridmap.services.reports.tracked import ReportNotValid
from tests.services.reports.conftest import SEALER


@pytest.fixture
def follow(app_sessions: sessionmaker[Session]) -> Callable[..., Tracked]:
    """Return the function that does something with a receipt as a stranger does."""

    def done(what: Callable[..., Tracked], *args: Any, **facts: Any) -> Tracked:
        with app_sessions.begin() as session:
            return what(session, *args, **facts)

    return done


def told(tracked: Tracked) -> list[tuple[str, str]]:
    return [(step.what, step.role) for step in tracked.steps]


def test_each_step_is_told_with_the_role_that_took_it_and_no_name(report, follow, staff) -> None:
    receipt = report("邻居占用车位", "dispute")
    staff(desk.step, receipt.report, "accepted", expected_state="received")
    staff(desk.step, receipt.report, "note", "内部备注：联系李某", expected_state="accepted")
    staff(
        desk.step,
        receipt.report,
        "settled",
        "双方达成一致，可致电 0351-1234567，李某 13900139000",
        expected_state="accepted",
    )
    seen = follow(track, spaced(receipt.code).lower())
    assert told(seen) == [("received", ""), ("accepted", "officer"), ("settled", "officer")]
    assert seen.steps[-1].note == "双方达成一致，可致电 0351-1234567，李某 ***"
    assert "zhang" not in repr(seen)
    assert "内部备注" not in repr(seen)
    assert (seen.state, seen.due_at, seen.can) == ("settled", None, {"rate", "call_back"})


def test_the_clock_is_told_while_it_is_open(report, follow, staff) -> None:
    receipt = report()
    first = follow(track, receipt.code)
    assert (first.due_at - first.at).total_seconds() == 30 * 60
    staff(desk.step, receipt.report, "accepted", expected_state="received")
    second = follow(track, receipt.code)
    assert (second.due_at - second.at).days == 3


def test_the_reporter_adds_and_it_is_shown_without_numbers(report, follow) -> None:
    receipt = report()
    seen = follow(add, receipt.code, " 现在更严重，打13800138000 ")
    assert [(step.what, step.note) for step in seen.steps] == [("received", ""), ("added", "现在更严重，打***")]
    for words in ("", "  ", "x" * 2001):
        with pytest.raises(ReportNotValid):
            follow(add, receipt.code, words)


def test_additions_have_an_end(report, follow) -> None:
    receipt = report()
    for n in range(MOST_ADDED):
        follow(add, receipt.code, f"{n}")
    with pytest.raises(ReportNotValid):
        follow(add, receipt.code, "one more")


def test_withdrawing_forgets_the_person_and_the_pictures_and_ends_the_dispute(report, follow, session: Session) -> None:
    receipt = report("邻居占用车位", "dispute", contact=Contact(phone="0000-119"), photos=(b"one",))
    seen = follow(withdraw, receipt.code)
    assert (seen.state, seen.photos, seen.can) == ("withdrawn", 0, frozenset())
    assert session.scalar(text("SELECT count(*) FROM report_contact")) == 0
    assert session.scalar(text("SELECT state FROM dispute")) == "withdrawn"
    for what, args in (
        (withdraw, ()),
        (add, ("more",)),
        (rate, (5,)),
        (reopen, ()),
        (ask_call_back, (SEALER, Contact(phone="1"))),
    ):
        with pytest.raises(ReportStepNotPossible):
            follow(what, receipt.code, *args)


def test_a_joined_report_follows_the_other_and_tells_nothing_of_it(report, follow, staff) -> None:
    first = report("楼道堆满杂物", device="a", contact=Contact(name="王某"))
    staff(desk.step, first.report, "accepted", expected_state="received")
    second = report("楼道堆满杂物！", device="b")
    follow(add, first.code, "是三楼的王某放的")
    staff(desk.step, first.report, "settled", "已清理", expected_state="accepted")
    seen = follow(track, second.code)
    assert told(seen) == [("received", ""), ("accepted", "officer"), ("settled", "officer")]
    assert all(step.at >= seen.at for step in seen.steps)
    assert "王某" not in repr(seen)
    assert str(first.code) not in repr(seen)
    follow(rate, second.code, 1)
    assert "rate" in follow(track, first.code).can


def test_whoever_withdraws_leaves_the_matter_to_the_next(report, follow, staff, session: Session) -> None:
    first, second, third = (report("邻居占用车位", "dispute", device=device) for device in "abc")
    staff(desk.step, first.report, "in_hand", expected_state="received")
    follow(withdraw, first.code)
    rows = session.execute(
        text("SELECT id, state, joined_to, incident_id IS NOT NULL, dispute_id IS NOT NULL FROM report ORDER BY id")
    )
    assert rows.all() == [
        (first.report, "withdrawn", None, False, False),
        (second.report, "in_hand", None, True, True),
        (third.report, "received", second.report, False, False),
    ]
    assert session.scalar(text("SELECT state FROM dispute")) == "in_hand"
    assert follow(track, third.code).state == "in_hand"
    assert "withdrawn" not in repr(follow(track, third.code))


def test_who_was_joined_withdraws_alone(report, follow) -> None:
    first, second = (report(device=device) for device in "ab")
    assert follow(withdraw, second.code).state == "withdrawn"
    assert follow(track, first.code).state == "received"


def test_a_rating_comes_after_the_end_and_a_poor_one_opens_it_once_more(report, follow, staff) -> None:
    receipt = report()
    with pytest.raises(ReportStepNotPossible):
        follow(rate, receipt.code, 5)
    staff(desk.step, receipt.report, "settled", "已清理", expected_state="received")
    with pytest.raises(ReportStepNotPossible):
        follow(reopen, receipt.code)
    for stars in (0, 6, -1):
        with pytest.raises(ReportNotValid):
            follow(rate, receipt.code, stars)
    seen = follow(rate, receipt.code, 2, "还是老样子")
    assert (seen.rating, seen.can) == (2, {"reopen", "call_back"})
    with pytest.raises(ReportStepNotPossible):
        follow(rate, receipt.code, 1)
    seen = follow(reopen, receipt.code, "还在")
    assert (seen.state, told(seen)[-1]) == ("in_hand", ("reopened", ""))
    staff(desk.step, receipt.report, "settled", "再次清理", expected_state="in_hand")
    assert follow(rate, receipt.code, 1).can == {"call_back"}  # opened once: no second time
    with pytest.raises(ReportStepNotPossible):
        follow(reopen, receipt.code)


def test_a_good_rating_leaves_it_closed(report, follow, staff) -> None:
    receipt = report()
    staff(desk.step, receipt.report, "not_ours", "属住建局", expected_state="received")
    assert "reopen" not in follow(rate, receipt.code, 3).can


def test_a_call_back_needs_a_number_and_is_asked_for_once(report, follow, staff, session: Session) -> None:
    receipt = report("找我13800138000")
    with pytest.raises(ReportNotValid) as missing:
        follow(ask_call_back, receipt.code, SEALER)
    assert missing.value.facts["field"] == "phone"
    with pytest.raises(ReportNotValid):
        follow(ask_call_back, receipt.code, SEALER, Contact(phone="1" * 101))
    assert follow(ask_call_back, receipt.code, SEALER, Contact(phone="0000-119")).call_back
    with pytest.raises(ReportStepNotPossible):
        follow(ask_call_back, receipt.code, SEALER)
    opened = staff(desk.contact, receipt.report, SEALER, reason="回访居民")
    assert (opened.contact.phone, opened.texts) == ("0000-119", ("找我13800138000",))
    staff(desk.step, receipt.report, "called_back", "已回访", expected_state="received")
    seen = follow(track, receipt.code)
    assert (seen.call_back, told(seen)[-1]) == (False, ("called_back", "officer"))


@pytest.mark.parametrize("typed", ["", "ABC", "!!!!!!!!!!!!", "<script>1234"])
def test_what_is_no_code_is_told_apart_from_what_nobody_has(follow, doors, typed: str) -> None:
    with pytest.raises(ReceiptCodeNotValid):
        follow(track, typed)
    with pytest.raises(ReceiptNotFound):
        follow(track, new_plate_code())


def test_the_plate_s_code_is_no_receipt(report, follow, doors) -> None:
    report()
    with pytest.raises(ReceiptNotFound):
        follow(track, doors.plate)


def forbid(sessions: sessionmaker[Session], step: str) -> None:
    """Let the loop leave a step to staff."""
    with sessions.begin() as session:
        session.execute(
            text("UPDATE loop_move SET roles = array_remove(roles, 'resident') WHERE step = :step"), {"step": step}
        )
        session.execute(text("UPDATE loop SET loaded_at = clock_timestamp()"))


def test_what_the_loop_forbids_a_resident_is_not_offered_and_is_refused_all_the_same(
    report, follow, staff, sessions
) -> None:
    receipt = report("邻居占用车位", "dispute")
    assert follow(track, receipt.code).can == {"add", "withdraw", "call_back"}
    forbid(sessions, "withdrawn")
    assert follow(track, receipt.code).can == {"add", "call_back"}
    with pytest.raises(DisputeCannotFollow):
        follow(withdraw, receipt.code)
    staff(desk.step, receipt.report, "settled", "和好", expected_state="received")
    assert "reopen" in follow(rate, receipt.code, 1).can
    forbid(sessions, "reopened")
    assert follow(track, receipt.code).can == {"call_back"}
    with pytest.raises(DisputeCannotFollow):
        follow(reopen, receipt.code)


def test_who_leaves_the_matter_to_the_next_may_always_withdraw(report, follow, sessions) -> None:
    first, second = (report("邻居占用车位", "dispute", device=device) for device in "ab")
    forbid(sessions, "withdrawn")
    assert "withdraw" in follow(track, first.code).can
    assert "withdraw" in follow(track, second.code).can
    assert follow(withdraw, first.code).state == "withdrawn"
    assert "withdraw" not in follow(track, second.code).can
