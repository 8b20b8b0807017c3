"""Server-sent events of disputes: told to whom they are for, without a word or a name, and gone on with after a break."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from gridmap.domain.access import Actor, Role, RoleMayNot
from gridmap.domain.codes import new_plate_code
from gridmap.domain.dispute_words import Holder
from gridmap.http.event_source import Source
from gridmap.services import report_feed
from gridmap.services.accounts import token_hash
from gridmap.services.report_feed import Begin, position
from gridmap.store import accounts, dispute_events, report_events
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Address
from tests import makers
from tests.disputes import make_town, person
from tests.houses import house_of
from tests.mailed import NO_HASH
from tests.reported import make_report


@pytest.fixture(scope="module")
def house(server_url, template_database):
    """Give one database with the town to every test here; each looks at its own disputes alone."""
    with house_of(server_url, template_database) as made:
        with made.owner.begin() as session:
            town = make_town(session)
            other = makers.make_person(session, "other", "grid_member", cell="B2")
            plate = makers.make_plate(session, new_plate_code(), session.get(Address, town.door)).code
        yield SimpleNamespace(town=town, plate=plate, other=other.id, owner=made.owner, service=made.service)


@pytest.fixture
def town(house):
    return house.town


@pytest.fixture
def act(house):
    def do(function):
        with house.owner.begin() as session:
            return function(session)

    return do


def watch(house, actor, **facts):
    with house.service() as session:
        enter_scope(session, ["S001"])
        return report_feed.watcher_of(session, actor, "S001", **facts)


def told(house, actor, after, **facts):
    """Return what somebody is told after events: (id, event, data)."""
    watcher = watch(house, actor, **facts)
    with house.service() as session:
        enter_scope(session, ["S001"])
        steps = report_feed.missed(session, "S001", after)
    return [one for step in steps if (one := watcher.told(step)) is not None]


def newest(house):
    with house.service() as session:
        enter_scope(session, ["S001"])
        begin = position(f"d{dispute_events.newest(session, 'S001')}")
    assert begin is not None
    return begin


def after(found, dispute):
    """Return what is told of one dispute; steps of a minute before come along."""
    return [data for _, event, data in found if event == "dispute" and data["dispute"] == dispute]


def test_a_step_says_what_and_where_and_whose_and_no_word_or_name(house, town, act):
    begin = newest(house)
    done = act(lambda s: town.open(s, words="canary-words"))
    act(lambda s: town.step(s, town.grid, done, "passed_on", "canary-note", to=person(town.officer)))
    found = told(house, town.grid, begin)
    opened, passed = after(found, done.dispute)
    assert set(passed) == {
        "id", "dispute", "what", "at", "number", "state", "tier", "matter", "kind", "beat", "grid_cell", "due_at", "mine", "offered",
    }  # fmt: skip
    assert (opened["what"], opened["state"], opened["mine"], opened["offered"]) == ("opened", "open", True, False)
    assert (passed["what"], passed["state"], passed["grid_cell"], passed["mine"]) == ("passed_on", "handed", "A1", True)
    (_, officers) = after(told(house, town.officer, begin), done.dispute)
    assert (officers["mine"], officers["offered"]) == (False, True)
    assert "canary" not in json.dumps(found, default=str)


def test_nobody_hears_of_what_is_not_in_their_sight_and_who_loses_it_hears_that_it_is_gone(house, town, act):
    begin = newest(house)
    done = act(town.open)
    done = act(lambda s: town.step(s, town.grid, done, "passed_on", "请法庭", to=Holder(body="court")))
    done = act(lambda s: town.step(s, town.mediator, done, "taken"))
    done = act(lambda s: town.step(s, town.mediator, done, "escalated", "谈不拢"))
    act(lambda s: town.step(s, town.officer, done, "note", "后来"))
    stranger = Actor(2, "b2", "b2", Role.GRID_MEMBER, ("S001",), house.other)
    assert after(told(house, stranger, begin), done.dispute) == []
    heard = after(told(house, town.mediator, begin), done.dispute)
    assert [(one["what"], one.get("gone", False)) for one in heard] == [
        ("passed_on", False),
        ("taken", False),
        ("escalated", True),
    ]
    assert set(heard[2]) == {"id", "dispute", "what", "at", "gone"}
    assert [one["offered"] for one in heard[:2]] == [True, False]
    assert len(after(told(house, town.grid, begin), done.dispute)) == 5, "it is in their cell all the while"
    with pytest.raises(RoleMayNot):
        watch(house, Actor(3, "a", "a", Role.AUDITOR, ("S001",)))


def test_bodies_asked_to_a_joint_table_hear_of_it(house, town, act):
    begin = newest(house)
    done = act(town.open)
    for step, facts in (("accepted", {}), ("convened", {"bodies": ("court",)})):
        done = act(lambda s, step=step, facts=facts, done=done: town.step(s, town.officer, done, step, **facts))
    assert [one["what"] for one in after(told(house, town.mediator, begin), done.dispute)][-1] == "convened"


def test_a_reader_goes_on_after_an_event_of_either_kind_and_misses_neither(house, town, act):
    def send():
        return act(lambda s: make_report(s, house.plate).id)

    first = send()
    opened = act(town.open)
    with house.owner() as session:
        number = session.scalar(text("SELECT max(id) FROM report_event WHERE report_id = :id"), {"id": first})
    with house.owner.begin() as session:  # all of this was an hour ago, and the reader heard of it
        session.execute(text("ALTER TABLE report_event DISABLE TRIGGER USER"))
        session.execute(text("ALTER TABLE dispute_event DISABLE TRIGGER USER"))
        session.execute(text("UPDATE report_event SET at = at - interval '1 hour'"))
        session.execute(text("UPDATE dispute_event SET at = at - interval '1 hour'"))
        session.execute(text("ALTER TABLE report_event ENABLE TRIGGER USER"))
        session.execute(text("ALTER TABLE dispute_event ENABLE TRIGGER USER"))
    last = newest(house)
    second, later = send(), act(town.open)

    def resumed(begin):
        with house.service() as session:
            enter_scope(session, ["S001"])
            found = told(house, town.officer, report_feed.resumed(session, "S001", begin))
        return {(event, data.get("report") or data["dispute"]) for _, event, data in found}

    missed = {("report", second), ("dispute", later.dispute)}
    for begin in (Begin(report=number), last):
        heard = resumed(begin)
        assert missed <= heard
    assert ("dispute", later.dispute) not in resumed(Begin(report=2**31 - 1)), "an event there is not: from now on"
    assert {event for event, _ in resumed(Begin(dispute=opened.event))} == {"report", "dispute"}
    assert {event for _, event, _ in told(house, town.officer, Begin(0, 0), kinds=("report",))} == {"report"}
    assert {event for _, event, _ in told(house, town.mediator, Begin(0, 0))} <= {"dispute"}


def test_each_step_is_given_once_in_whatever_order_it_commits_and_what_was_imported_never(house, town, act):
    spots = iter((0.2, 0.3))  # two at one door would wait for one another
    for source, make in (
        (
            Source(dispute_events),
            lambda s: town.open(s, address_id=None, lon=(spot := makers.spot(next(spots), 0.25)).x, lat=spot.y).event,
        ),
        (
            Source(report_events),
            lambda s: s.scalar(text("SELECT max(id) FROM report_event")) if make_report(s, house.plate) else 0,
        ),
    ):

        def news(source=source):
            with house.service.begin() as session:
                enter_scope(session, ["S001"])
                return [step.id for step in source.news(session, ["S001"])]

        assert news() == [], "what was there is known"
        with house.owner() as slow:
            late = make(slow)
            early = act(make)
            assert news() == [early]
            slow.commit()
        assert news() == [late]
        assert news() == []
    with house.owner.begin() as session:
        dispute = town.open(session).dispute
        session.execute(
            text(
                "INSERT INTO dispute_event (station, dispute_id, at, by, what, role) VALUES ('S001', :id, '2020-01-01', 'x', 'visited', 'import')"
            ),
            {"id": dispute},
        )
    assert {one["what"] for one in after(told(house, town.officer, Begin(0, 0)), dispute)} == {"opened"}


def test_the_stream_itself_tells_of_both_and_goes_on_after_either(house, town, act):
    from gridmap.app import create_app
    from gridmap.http.events import close_bus
    from gridmap.settings import Settings
    from tests.http.test_events import Reader
    from tests.scanned import own_folder
    from tests.served import SECRET, signed
    from tests.serving import serving_app

    token = secrets.token_urlsafe(16)
    with house.owner.begin() as session:
        account = accounts.add(
            session, login="live", display_name="x", role=Role.OFFICER, password_hash=NO_HASH, stations=("S001",)
        )
        accounts.add_log_in(session, account, token_hash(token), timedelta(hours=1))
    settings = Settings(secret=SECRET, secure_cookies=False, log_level="error", database_url=None, scan=own_folder())
    app = create_app(settings, house.service)
    cookie = signed({"token": token, "csrf": "x" * 43})

    class Both(Reader):
        """One who takes ids as they are."""

        def ids(self):
            return [number for _, number, _ in self.events]

    try:
        with serving_app(app) as origin, ExitStack() as gone:
            begin = newest(house)
            done = act(town.open)
            one = Both(origin, cookie, query=f"?after=d{begin.dispute}&lasts=0&only=dispute")
            gone.callback(one.leave)
            one.wait(lambda: one.over)
            assert done.dispute in [data["dispute"] for _, _, data in one.events]
            assert all(number.startswith("d") for number in one.ids())
            again = Both(origin, cookie, last=f"d{done.event}".encode())
            gone.callback(again.leave)
            report = act(lambda s: make_report(s, house.plate).id)
            act(lambda s: town.step(s, town.grid, done, "accepted"))
            again.wait(lambda: any(data["what"] == "accepted" for _, _, data in again.events))
            again.wait(lambda: any(data.get("report") == report for _, _, data in again.events))
    finally:
        close_bus(app)


@pytest.mark.parametrize("said", ["", "d", "x1", "-1", "d-1", "1" * 19, "\u00b2", None])
def test_what_is_no_id_of_ours_is_no_position(said):
    assert position(said) is None


def test_a_number_beyond_the_last_is_the_last():
    assert position("9" * 18) == Begin(report=2**31 - 1)
