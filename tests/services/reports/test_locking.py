"""A step at a report and one at its dispute that meet wait for one another; neither is ended by the database."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Wish
from gridmap.services.disputes import acting
from gridmap.services.reports import desk, following
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests.services.reports.conftest import OFFICER

WAITS = text("""SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND pid <> pg_backend_pid()""")


def at_report(session: Any, receipt: Any) -> None:
    enter_scope(session, ["S001"])
    desk.step(session, OFFICER, "S001", receipt.report, "in_hand", expected_state="received")


def reopen(session: Any, receipt: Any) -> None:
    following.reopen(session, receipt.code, "还在")


@pytest.mark.parametrize(
    ("what", "twice", "told", "state"),
    [
        (lambda session, receipt: following.add(session, receipt.code, "还有"), False, [], "accepted"),
        (lambda session, receipt: following.withdraw(session, receipt.code), False, [], "withdrawn"),
        (reopen, False, [], "open"),
        (reopen, True, [], "open"),
        (at_report, False, ["ReportMoved"], "accepted"),
    ],
    ids=["added", "withdrawn", "reopened", "reopened by who was joined", "taken up elsewhere"],
)
def test_a_step_at_the_report_and_one_at_the_dispute_wait_for_one_another(
    what, twice, told, state, app_sessions, doors, report, staff, session
) -> None:
    first = report("邻居占用车位", "dispute")
    receipt = report("邻居占用车位", "dispute", device="another") if twice else first
    assert (receipt.joined_to is not None) == twice
    if what is reopen:
        staff(desk.step, first.report, "settled", "和好", expected_state="received")
        with app_sessions.begin() as ours:
            following.rate(ours, receipt.code, 1)
    dispute = session.scalar(text("SELECT dispute_id FROM report WHERE id = :id"), {"id": first.report})
    session.rollback()
    ended: list[str] = []

    def other() -> None:
        try:
            with app_sessions.begin() as theirs:
                what(theirs, receipt)
        except Exception as error:  # noqa: BLE001  # told below
            ended.append(type(error).__name__)

    thread = threading.Thread(target=other)
    with app_sessions.begin() as ours:
        enter_scope(ours, ["S001"])
        # As every step from the desk begins; the other comes while we hold it.
        row = dispute_rows.get(ours, "S001", dispute, acting.EVERYTHING, lock=True)
        thread.start()
        while not session.scalar(WAITS):
            assert thread.is_alive(), ended
            session.rollback()
        wish = Wish("accepted") if row.standing.state == "open" else Wish("note", "来过")
        acting.act(ours, OFFICER, "S001", dispute, wish, version=None)
    thread.join(60)
    assert ended == told
    assert session.scalar(text("SELECT state FROM dispute WHERE id = :id"), {"id": dispute}) == state


def test_a_report_that_comes_to_stand_for_another_while_one_waits_is_locked_with_its_dispute(
    app_sessions, doors, report, session
) -> None:
    """Whoever was joined becomes the one that stands for the matter; who waited for the old dispute sees that."""
    first = report("邻居占用车位", "dispute")
    second = report("邻居占用车位", "dispute", device="another")
    with app_sessions.begin() as ours:
        following.withdraw(ours, first.code)
    with app_sessions.begin() as ours:
        enter_scope(ours, ["S001"])
        seen = desk.step(ours, OFFICER, "S001", second.report, "accepted", expected_state="received")
    assert seen.line.state == "accepted"
    states = session.execute(
        text("SELECT d.state FROM dispute d JOIN report r ON r.dispute_id = d.id WHERE r.id = :id"),
        {"id": second.report},
    ).scalars()
    assert list(states) == ["accepted"]
