"""A dispute's page says that its review is due or overdue, and its history what the clock told."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Taker, Wish
from gridmap.domain.loop_file import read_loop
from gridmap.services.disputes import acting, clock, configure, opening
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.opening import Intake
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests.disputes import add_kinds
from tests.services.disputes.test_after_settled import REVIEWED


@pytest.mark.parametrize(("ago", "told"), [(5, []), (8, ["reminded: its review is due"])])
def test_a_review_is_shown_with_its_day_and_once_it_is_late_with_what_was_told(
    as_role, held, sessions, app_sessions, ago, told
):
    then = datetime.now(UTC) - timedelta(days=ago)
    with sessions.begin() as session:
        add_kinds(session)
        configure.load(session, read_loop(REVIEWED.format(late="desk")), ["S001"], by="test")
        door = session.scalar(text("SELECT address_id FROM plate WHERE code = :code"), {"code": held.plate})
        intake = Intake(kind="neighbours", address_id=door, opened_at=then - timedelta(hours=1))
        number = opening.take_in(session, "S001", intake, by="demo", role="officer", now=then).dispute
        for step in ("accepted", "settled"):
            row = dispute_rows.get(session, "S001", number, EVERYTHING, lock=True)
            acting.take(session, row, Wish(step, "和好"), Taker("officer"), by="demo", now=then)
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
    assert clock.sweep(app_sessions, datetime.now(UTC), stop=threading.Event())["told"] == len(told)
    page = as_role(Role.OFFICER).get(f"/desk/{number}?station=S001&lang=en").text
    assert "Review due" in page
    assert ('<p class="clock over">' in page) is bool(told)
    assert all(words in page for words in told)
    told_in_the_list = as_role(Role.OFFICER, login="other").get("/desk/list?station=S001&lang=en&state=any").text
    assert "Review: " in told_in_the_list
    assert "Visit: " not in told_in_the_list
    with sessions.begin() as session:
        row = dispute_rows.get(session, "S001", number, EVERYTHING, lock=True)
        acting.take(session, row, Wish("reviewed", "都守约"), Taker("officer"), by="demo", now=datetime.now(UTC))
    told_in_the_list = as_role(Role.OFFICER, login="third").get("/desk/list?station=S001&lang=en&state=any").text
    assert "Visit: " in told_in_the_list
    assert "Review: " not in told_in_the_list
