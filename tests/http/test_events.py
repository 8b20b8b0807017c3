"""Server-sent events of reports: a real server, real readers, and the database in between."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Role
from gridmap.http.event_bus import MOST_EACH, QUEUE
from gridmap.http.events import Rhythm, bus_of, close_bus
from gridmap.services.accounts import token_hash
from gridmap.settings import Settings
from gridmap.store import accounts
from gridmap.store.report_events import ReportStep
from tests import makers
from tests.houses import copy_of
from tests.reported import WORDS, make_report
from tests.scanned import own_folder
from tests.served import (
    FOREIGN,
    NO_HASH,
    OWN,
    SECRET,
    Standing,
    filled_template,
    make_app,
    signed,
    two_stations,
)
from tests.serving import serving_app

__all__ = ["filled_template", "two_stations"]
URL = f"/api/v1/stations/{OWN}/events"


class Reader:
    """Somebody who reads a stream on a thread: every event, and every heartbeat."""

    def __init__(self, origin: str, cookie: str, *, query: str = "", last: int | bytes | None = None) -> None:
        self.events: list[tuple[str, int | str | None, dict[str, object]]] = []
        self.beats, self.status, self.headers, self.over = 0, 0, {}, False
        self._reply: http.client.HTTPResponse | None = None
        self._connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=30)
        headers = {"Cookie": f"gridmap={cookie}"} | (
            {} if last is None else {"Last-Event-ID": last if isinstance(last, bytes) else str(last)}
        )
        self._connection.request("GET", URL + query, headers=headers)
        self._socket = self._connection.sock
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        told: dict[str, str] = {}
        try:
            reply = self._connection.getresponse()
            self._reply = reply
            self.status, self.headers = reply.status, dict(reply.getheaders())
            while raw := reply.readline():
                name, _, value = raw.decode().rstrip("\n").partition(":")
                if raw == b":\n":
                    self.beats += 1
                elif name:
                    told[name] = value.strip()
                else:
                    if "event" in told:
                        number = told.get("id")
                        number = int(number) if number is not None and number.isdecimal() else number
                        self.events.append((told["event"], number, json.loads(told["data"])))
                    told = {}
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        self.over = True

    def wait(self, condition: Callable[[], object], seconds: float = 30.0) -> float:
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds, (self.status, self.events, self.beats, self.over)
            time.sleep(0.01)
        return time.monotonic() - began

    def reports(self) -> list[tuple[object, object]]:
        return [(data["report"], data["what"]) for name, _, data in self.events if name == "report"]

    def leave(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        if self._reply is not None:
            self._reply.close()
        self._socket.close()
        self._connection.close()


@pytest.fixture
def database_url(server_url: str, filled_template: tuple[str, object]) -> Iterator[str]:
    yield from copy_of(server_url, filled_template[0])


@pytest.fixture
def app(app_sessions):
    made = make_app(
        Settings(secret=SECRET, secure_cookies=False, log_level="error", database_url=None, scan=own_folder()),
        app_sessions,
    )
    made.state.event_rhythm = Rhythm(heartbeat_s=0.3, check_s=0.5, check_again_s=0.2)
    yield made
    close_bus(made)


@pytest.fixture
def origin(app) -> Iterator[str]:
    with serving_app(app) as address:
        yield address


@pytest.fixture
def cookie(sessions: sessionmaker[Session]) -> Callable[..., str]:
    def log_in(role: Role = Role.OFFICER, *, login: str = "", station: str = OWN, cell: str = "") -> str:
        token = secrets.token_urlsafe(16)
        with sessions.begin() as session:
            person = makers.make_person(session, login, "grid_member", cell=cell).id if cell else None
            account = accounts.add(
                session, login=login or f"{role}-{token[:6].lower()}", display_name="x", role=role,
                password_hash=NO_HASH, stations=(station,), person_id=person,
            )  # fmt: skip
            accounts.add_log_in(session, account, token_hash(token), timedelta(hours=1))
        return signed({"token": token, "csrf": "x" * 43})

    return log_in


@pytest.fixture
def reader(origin: str, app) -> Iterator[Callable[..., Reader]]:
    """Return what opens a stream and comes back when every step from now on is heard there, or when it is over."""
    opened: list[Reader] = []

    def read(cookie: str, **wishes: object) -> Reader:
        opened.append(Reader(origin, cookie, **wishes))
        opened[-1].wait(lambda: opened[-1].beats or opened[-1].over)
        opened[-1].wait(lambda: opened[-1].over or all(seat.heard.is_set() for seat in bus_of(app).seats()))
        return opened[-1]

    yield read
    for one in opened:
        one.leave()


@pytest.fixture
def report(sessions, two_stations: dict[str, Standing]) -> Callable[..., int]:
    def make(station: str = OWN, **facts: object) -> int:
        with sessions.begin() as session:
            return make_report(session, two_stations[station].plate, **facts).id

    return make


def test_two_readers_hear_of_a_report_at_once_and_of_no_other_stations(reader, cookie, report):
    readers = [reader(cookie()), reader(cookie())]
    report(FOREIGN)
    number = report(kind="dispute", urgent=True)
    for one in readers:
        one.wait(one.reports)
    for one in readers:
        assert one.reports() == [(number, "received")]
        assert one.headers["content-type"].startswith("text/event-stream")
        assert one.headers["cache-control"] == "no-store"
        ((_, event, data),) = one.events
        assert event is not None
        assert (data["kind"], data["beat"], data["grid_cell"], data["urgent"], data["state"]) == (
            "dispute", "A", "A1", True, "received",
        )  # fmt: skip
        assert WORDS not in str(one.events)
    took = []  # right after a look: without a notice the next is 2 s off, each time; a busy machine is late now and then
    for told in range(2, 5):
        report()
        took.append(max(one.wait(lambda one=one, told=told: len(one.reports()) == told) for one in readers))
    assert min(took) < 1.5


def test_a_notice_that_is_lost_costs_two_seconds(reader, cookie, report, sessions):
    with sessions.begin() as session:  # the trigger as it is, but silent
        body = session.execute(text("SELECT pg_get_functiondef('guard_report_event'::regproc)")).scalar_one()
        assert "PERFORM pg_notify" in body
        session.execute(text(body.replace("PERFORM pg_notify", "PERFORM concat").replace(":", "\\:")))
    one = reader(cookie())
    number = report()
    took = [one.wait(one.reports)]
    assert one.reports() == [(number, "received")]
    while took[-1] > 3.5 and len(took) < 3:  # a busy machine may be late once
        report()
        took.append(one.wait(lambda: len(one.reports()) > len(took)))
    assert min(took) < 3.5


def test_the_last_event_id_brings_what_was_missed_and_nothing_twice(reader, cookie, report, sessions):
    first = report()
    mine = cookie()
    one = reader(mine, query="?after=0")
    one.wait(one.reports)
    seen = one.events[-1][1]
    one.leave()
    second, third = report(), report()
    again = reader(mine, last=seen)
    again.wait(lambda: len({number for number, _ in again.reports()} - {first}) == 2)
    later = report()
    again.wait(lambda: (later, "received") in again.reports())
    told = [one for one in again.reports() if one[0] != first]
    assert told == [(second, "received"), (third, "received"), (later, "received")]


def test_a_step_that_commits_after_later_ones_is_told_too(reader, cookie, report, sessions, two_stations):
    one = reader(cookie())
    with sessions() as slow:
        late = make_report(slow, two_stations[OWN].plate)
        early = report()
        one.wait(lambda: (early, "received") in one.reports())
        slow.commit()
    one.wait(lambda: (late.id, "received") in one.reports())
    after = max(number for _, number, _ in one.events)
    other = reader(cookie(), query=f"?after={after}")
    other.wait(other.reports)
    assert (late.id, "received") in other.reports()


def test_a_grid_member_hears_of_their_own_cells_alone(reader, cookie, report):
    here, elsewhere = (
        reader(cookie(Role.GRID_MEMBER, login="m1", cell="A1")),
        reader(cookie(Role.GRID_MEMBER, login="m2", cell="B2")),
    )
    officer = reader(cookie())
    number = report()
    here.wait(here.reports)
    officer.wait(officer.reports)
    time.sleep(0.3)
    assert here.reports() == [(number, "received")]
    assert elsewhere.reports() == []


def test_who_is_logged_out_is_told_and_hears_no_more(reader, cookie, report, sessions):
    one = reader(cookie(login="leaver"))
    with sessions.begin() as session:
        session.execute(text("DELETE FROM log_in"))
    one.wait(lambda: one.over)
    assert [(name, data) for name, _, data in one.events] == [("end", {"why": "nobody-logged-in"})]


def test_who_may_not_read_reports_gets_no_stream(reader, cookie):
    assert reader(cookie(Role.AUDITOR)).status == 403
    assert reader(cookie(station=FOREIGN)).status == 404


def test_one_person_has_a_few_streams_and_gets_them_back(reader, cookie, app):
    mine = cookie()
    opened = [reader(mine) for _ in range(MOST_EACH)]
    assert reader(mine).status == 429
    assert reader(cookie()).status == 200, "somebody else"
    opened[0].leave()
    opened[1].wait(lambda: len(bus_of(app).seats()) == MOST_EACH)
    assert reader(mine).status == 200


def test_a_stream_holds_no_connection_and_no_thread(reader, cookie, sessions, app):
    others = set(threading.enumerate())  # of services that other tests of this process keep running
    for _ in range(4):
        mine = cookie()
        for _ in range(MOST_EACH):
            last = reader(mine)
    size = app.state.settings.pool_size
    assert len(bus_of(app).seats()) == 4 * MOST_EACH > size
    last.wait(lambda: app.state.seats.value == size)
    lent = sum(one.name.startswith("AnyIO worker") for one in set(threading.enumerate()) - others)
    assert lent <= size + 2, "threads are lent for a moment, a seat each"
    with sessions() as session:
        query = text(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gridmap-events' AND datname = current_database()"
        )
        assert 1 <= session.scalar(query) <= 2


def test_the_connection_may_break_and_nothing_is_lost(reader, cookie, report, sessions):
    one = reader(cookie())
    kill = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'gridmap-events' AND datname = current_database()"
    )
    with sessions() as session:
        assert session.scalar(kill) >= 1
    number = report()
    one.wait(lambda: (number, "received") in one.reports())
    assert len(one.reports()) == 1


def test_a_reader_who_is_too_slow_is_sent_away_with_what_they_have(app, reader, cookie, report):
    one = reader(cookie())
    (seat,) = bus_of(app).seats()
    step = ReportStep(1, OWN, 1, "note", datetime.now(UTC), "other", "received", False, False, None, None)

    def flood() -> None:
        for number in range(QUEUE + 5):
            seat.tell(replace(step, id=10_000 + number))

    seat.loop.call_soon_threadsafe(flood)
    one.wait(lambda: one.over)
    assert [number for _, number, _ in one.events] == list(range(10_000, 10_000 + QUEUE))


def test_only_what_was_missed(reader, cookie, report):
    number = report()
    one = reader(cookie(), query="?after=0&lasts=0")
    one.wait(lambda: one.over)
    assert one.reports() == [(number, "received")]


@pytest.mark.parametrize(
    "query", ["?after=-1", "?after=x", "?after=99999999999", "?lasts=nan", "?lasts=-1", "?lasts=1e9"]
)
def test_what_is_no_number_is_refused(reader, cookie, query):
    assert reader(cookie(), query=query).status == 422


@pytest.mark.parametrize("last", ["", "x", "-1", "9" * 19, "\u00b2"])
def test_a_last_event_id_that_is_none_of_ours_begins_somewhere(reader, cookie, report, last):
    report()
    one = reader(cookie(), query="?lasts=0", last=last.encode())
    one.wait(lambda: one.over)
    assert one.status == 200


PROGRAM = """
import socket, sys, uvicorn
from gridmap.app import create_app
from gridmap.settings import Settings
app = create_app(Settings(database_url=sys.argv[1], secret=sys.argv[2], secure_cookies=False, log_level="error"))
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[socket.socket(fileno=int(sys.argv[3]))])
"""


def test_a_service_that_is_told_to_stop_ends_its_streams_and_stops(cookie, database_url, tmp_path):
    with socket.socket() as seat:
        seat.bind(("127.0.0.1", 0))
        port, handed = seat.getsockname()[1], seat.fileno()
        words = [sys.executable, "-c", PROGRAM, database_url, SECRET, str(handed)]
        service = subprocess.Popen(words, env={**os.environ, "GRIDMAP_DATA": str(tmp_path)}, pass_fds=[handed])
    mine, one = cookie(), None
    try:
        began = time.monotonic()
        while one is None:
            assert service.poll() is None
            assert time.monotonic() - began < 120
            try:
                one = Reader(f"http://127.0.0.1:{port}", mine)
            except OSError:
                time.sleep(0.2)
        one.wait(lambda: one.status == 200)
        service.send_signal(signal.SIGTERM)
        service.wait(60)  # it would wait for the stream for ever
        one.wait(lambda: one.over)
    finally:
        service.kill()
        service.wait()
        if one is not None:
            one.leave()
