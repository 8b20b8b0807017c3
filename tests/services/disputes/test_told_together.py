"""A clock that was off for weeks tells of what fell due meanwhile in one mail a reader and one message a hook; nothing is left out."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Wish
from gridmap.domain.mails import message, subject
from gridmap.services.disputes import acting, clock, lists
from gridmap.store import mails
from gridmap.store.engine import enter_scope
from tests.disputes import make_town
from tests.houses import house_of
from tests.mailed import add_account

GO = threading.Event()
DAY = timedelta(days=1)


@pytest.fixture
def house(server_url, template_database):
    with house_of(server_url, template_database) as made:
        with made.owner.begin() as session:
            town = make_town(session)
            for actor in (town.officer, town.grid):
                add_account(session, actor)
            session.execute(
                text("""INSERT INTO web_hook (station, url, events, sealed_secret, by)
                        VALUES ('S001', 'http://h.lan', '{dispute_reminded,dispute_escalated}', '', 't')""")
            )
        yield made, town


def settled(house, many):
    """Settle some disputes now; their first visits are due in 30 days."""
    made, town = house
    for _ in range(many):
        with made.service.begin() as session:
            enter_scope(session, [town.station])
            done = town.open(session)
            for step in ("accepted", "begun", "settled"):
                done = town.step(session, town.grid, done, step, "和好")
    forget(house)
    return done


def forget(house):
    with house[0].owner.begin() as session:
        session.execute(text("DELETE FROM mail"))
        session.execute(text("DELETE FROM web_hook_delivery"))


def told(house):
    """Return the mails (login, event, body) and the messages (event, body) that were written."""
    with house[0].owner() as session:
        query = "SELECT a.login, m.event, m.body FROM mail m JOIN account a ON a.id = m.account_id ORDER BY m.id"
        written = [tuple(row) for row in session.execute(text(query))]
        query = "SELECT event, body FROM web_hook_delivery ORDER BY id"
        return written, [tuple(row) for row in session.execute(text(query))]


def listed(house, actor, address):
    """Return how many disputes a list holds for somebody, as its address asks."""
    made, town = house
    with made.service() as session:
        enter_scope(session, [town.station])
        wanted = lists.filter_of(dict(parse_qsl(urlsplit(address).query)))
        return lists.count(session, actor, town.station, wanted, now=datetime.now(UTC) + 60 * DAY)


def test_visits_that_fell_due_long_ago_are_one_mail_and_one_message_and_all_are_in_the_list(house):
    settled(house, 23)
    town, later = house[1], datetime.now(UTC) + 60 * DAY
    assert clock.sweep(house[0].service, later, stop=GO) == Counter(told=23)
    assert clock.sweep(house[0].service, later + DAY, stop=GO) == Counter(), "each is told of once"
    ((login, event, body),), ((what, sent),) = told(house)
    assert (login, event, body["count"]) == ("grid", "visit", 23)
    assert (what, sent["why"], sent["count"], len(sent["disputes"]), "dispute" in sent) == (
        "dispute_reminded", "visit", 23, 23, False,
    )  # fmt: skip
    assert (
        subject(event, body)
        == "[gridmap]（演示数据 synthetic） 23 件回访已到期多日，请回访 / 23 follow-up visits have been due for days"
    )
    letter = message(event, body, "https://map.lan", "S001")
    assert "https://map.lan/desk/list?station=S001&holder=mine&due=follow" in letter
    assert listed(house, town.grid, body["list"]) == listed(house, town.officer, sent["list"]) == 23


def test_a_single_one_and_what_is_fresh_is_told_by_its_number(house):
    done = settled(house, 1)
    assert clock.sweep(house[0].service, datetime.now(UTC) + 60 * DAY, stop=GO) == Counter(told=1)
    ((_, event, body),), ((_, sent),) = told(house)
    assert (event, body["dispute"], sent["dispute"]) == ("visit", done.dispute, done.dispute)
    assert "/desk/" + str(done.dispute) in message(event, body, "https://map.lan", "S001")
    settled(house, 3)
    assert clock.sweep(house[0].service, datetime.now(UTC) + 32.9 * DAY, stop=GO) == Counter(told=3)
    written, sent = told(house)
    assert len({body["dispute"] for _, _, body in written}) == len({body["dispute"] for _, body in sent}) == 3


def test_what_is_being_sent_is_not_changed_and_another_round_begins_its_own(house):
    settled(house, 2)
    now = datetime.now(UTC)
    clock.sweep(house[0].service, now + 60 * DAY, stop=GO)
    with house[0].service.begin() as session:
        enter_scope(session, ["S001"])
        assert mails.take(session, now + DAY / 24, limit=5)
    settled_before = told(house)[0]
    with house[0].service.begin() as session:
        enter_scope(session, ["S001"])
        done = house[1].open(session)
        for step in ("accepted", "begun", "settled"):
            done = house[1].step(session, house[1].grid, done, step, "和好")
    clock.sweep(house[0].service, now + 60 * DAY, stop=GO)
    written = [row for row in told(house)[0] if row[1] == "visit"]
    assert written[0] == settled_before[0]
    assert [body["count"] for _, _, body in written] == [2, 1]


def test_what_is_late_for_long_goes_up_and_is_reminded_of_in_one_mail_a_round(house):
    made, town = house
    with made.service.begin() as session:
        enter_scope(session, [town.station])
        for _ in range(12):
            town.open(session)
        top = town.open(session)
        for note in ("一", "二"):
            top = town.step(session, town.officer, top, "escalated", note)
        acting.act(session, town.officer, town.station, top.dispute, Wish("begun"), version=None)
    forget(house)
    now = datetime.now(UTC)
    assert clock.run_due(made.service, now + 40 * DAY, stop=GO) == Counter(escalated=12, reminded=1)
    written, sent = told(house)
    assert [(login, event, body["count"]) for login, event, body in written if event == "given"] == [
        ("officer", "given", 12)
    ]
    assert [(event, body["dispute"]) for _, event, body in written if event == "overdue"] == [("overdue", top.dispute)]
    assert sorted((event, body["count"]) for event, body in sent) == [
        ("dispute_escalated", 12),
        ("dispute_reminded", 1),
    ]
    given = next(body for _, event, body in written if event == "given")
    assert listed(house, town.officer, given["list"]) >= 12


def test_two_clocks_at_once_write_one_mail(house):
    settled(house, 30)
    later, begin, counts = datetime.now(UTC) + 60 * DAY, threading.Barrier(2), []

    def work():
        begin.wait(60)
        counts.append(clock.sweep(house[0].service, later, stop=GO))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sum(counts, Counter()) == Counter(told=30)
    written, sent = told(house)
    assert ([body["count"] for _, _, body in written], [body["count"] for _, body in sent]) == ([30], [30])
