"""Web hooks against a real server that answers, fails, hangs, drips and redirects."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text

from gridmap.domain.hooks import HookNotValid
from gridmap.services import hooks
from gridmap.services.hook_clock import keep_sending
from gridmap.services.hooks import HookNotFound, deliver
from gridmap.services.sealing import Sealer
from gridmap.store import reports
from gridmap.store.driver_errors import AlreadyThere
from gridmap.store.engine import enter_scope
from gridmap.store.hooks import Message
from gridmap.store.tables import WebHook, WebHookDelivery
from tests.houses import copy_of
from tests.reported import WORDS, make_report
from tests.served import OWN, filled_template, two_stations

__all__ = ["filled_template", "two_stations"]
SEALER = Sealer(bytes(range(32)))
WANTED = ("received", "settled")


@pytest.fixture
def database_url(server_url: str, filled_template) -> Iterator[str]:
    yield from copy_of(server_url, filled_template[0])


class Messenger(ThreadingHTTPServer):
    """A station's messenger; the path says how it behaves: /ok, /fails, /hangs, /drips, /moves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.release = threading.Event()
        self.sick = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def at(self, path: str) -> list[tuple[str, dict[str, str], bytes]]:
        return [one for one in self.got if one[0] == path]


class Handler(BaseHTTPRequestHandler):
    server: Messenger

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if self.path == "/hangs":
            self.server.release.wait(60)
            return
        if self.path == "/drips":
            for _ in range(120):
                if self.server.release.wait(0.5):
                    return
                self.wfile.write(b"H")
                self.wfile.flush()
        status = 500 if self.path == "/fails" and self.server.sick else 302 if self.path == "/moves" else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"{self.server.url}/ok")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def messenger() -> Iterator[Messenger]:
    server = Messenger()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


@pytest.fixture
def hook(sessions, messenger, two_stations):
    def add(path: str, events: tuple[str, ...] = WANTED, secret: str = "") -> tuple[int, str]:
        with sessions.begin() as session:
            made, key = hooks.add(session, SEALER, OWN, messenger.url + path, events, by="test", secret=secret)
            return made.id, key

    return add


@pytest.fixture
def report(sessions, two_stations):
    """Return what adds a report with its first step, as the service itself adds steps."""

    def send() -> int:
        with sessions.begin() as session:
            number = make_report(session, two_stations[OWN].plate, first=False).id
            reports.add_event(session, OWN, number, "received")
            return number

    return send


def deliver_all(app_sessions, pool, **facts):
    jobs = hooks.send_due(app_sessions, SEALER, pool, **facts)
    wait(jobs, 60)
    return [sent for job in jobs for sent in job.result()]


def test_a_step_is_told_signed_and_says_nothing_of_a_person(hook, report, messenger, app_sessions, pool, sessions):
    _, secret = hook("/ok")
    number = report()
    (sent,) = deliver_all(app_sessions, pool, link="https://map.station.lan")
    assert sent.problem == ""
    ((_, headers, body),) = messenger.at("/ok")
    signed = f"{headers['x-gridmap-timestamp']}.".encode() + body
    assert headers["x-gridmap-signature"] == "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(int(headers["x-gridmap-timestamp"]) - time.time()) < 30
    assert (headers["x-gridmap-event"], headers["content-type"]) == ("received", "application/json")
    told = json.loads(body)
    assert headers["x-gridmap-delivery"] == str(told["id"])
    assert set(told) == {
        "id", "station", "event", "at", "report", "kind", "state", "urgent", "held", "beat", "grid_cell", "synthetic", "link",
    }  # fmt: skip
    assert (told["report"], told["beat"], told["grid_cell"], told["state"]) == (number, "A", "A1", "received")
    assert told["link"] == f"https://map.station.lan/reports/{number}?station={OWN}"
    assert WORDS.split()[1].encode() not in body
    assert deliver_all(app_sessions, pool) == [], "and never again"
    with sessions() as session:
        (kept,) = session.query(WebHookDelivery).all()
        assert (kept.due_at, kept.problem, kept.tries) == (None, "", 1)
        assert kept.arrived_at is not None
        assert secret.encode() not in session.query(WebHook).one().sealed_secret


def test_a_step_that_is_rolled_back_or_not_wanted_is_told_to_nobody(
    hook, report, messenger, app_sessions, pool, sessions, two_stations
):
    hook("/ok", ("settled",))
    report()
    with sessions() as session:
        number = make_report(session, two_stations[OWN].plate, first=False).id
        reports.add_event(session, OWN, number, "received")
        reports.add_event(session, OWN, number, "settled", note="x")
        session.rollback()
    assert deliver_all(app_sessions, pool) == []
    assert messenger.got == []


def test_the_service_may_write_and_send_within_its_scope(hook, messenger, app_sessions, pool, two_stations):
    hook("/ok")
    with app_sessions.begin() as session:
        enter_scope(session, [OWN])
        number = make_report(session, two_stations[OWN].plate, first=False).id
        reports.add_event(session, OWN, number, "received")
    assert [sent.problem for sent in deliver_all(app_sessions, pool)] == [""]


def test_a_hook_that_fails_is_tried_later_in_order_and_then_gets_everything(
    hook, report, messenger, app_sessions, pool, sessions
):
    hook("/fails")
    numbers = [report(), report()]
    began = datetime.now(UTC)
    (first,) = deliver_all(app_sessions, pool)
    assert first.problem == "answered 500"
    assert began <= first.again - timedelta(seconds=10) <= datetime.now(UTC)
    assert deliver_all(app_sessions, pool) == [], "the second waits as long as the first"
    messenger.sick = False
    with sessions.begin() as session:
        session.execute(text("UPDATE web_hook_delivery SET due_at = now()"))
    assert [sent.problem for sent in deliver_all(app_sessions, pool)] == ["", ""]
    assert [json.loads(body)["report"] for _, _, body in messenger.at("/fails")] == [numbers[0], *numbers]


def test_after_a_day_a_message_is_given_up_and_the_list_says_why(hook, report, app_sessions, pool, sessions):
    number, _ = hook("/fails")
    report()
    with sessions.begin() as session:
        session.execute(text("UPDATE web_hook_delivery SET at = now() - interval '25 hours', tries = 30"))
    (sent,) = deliver_all(app_sessions, pool)
    assert sent.again is None
    with sessions() as session:
        (standing,) = hooks.listing(session, OWN)
        assert (standing.id, standing.waiting, standing.given_up, standing.problem) == (number, 0, 1, "answered 500")
    assert hooks.prune(app_sessions, [OWN], datetime.now(UTC) + timedelta(days=31)) == 1


def test_a_redirect_is_not_followed(hook, report, messenger, app_sessions, pool):
    hook("/moves")
    report()
    (sent,) = deliver_all(app_sessions, pool)
    assert sent.problem == "answered 302"
    assert messenger.at("/ok") == []


@pytest.mark.parametrize("path", ["/hangs", "/drips"])
def test_one_that_hangs_holds_up_no_other_and_is_cut_off(hook, report, messenger, app_sessions, pool, path):
    hook(path)
    hook("/ok")
    report()
    began = time.monotonic()
    jobs = hooks.send_due(app_sessions, SEALER, pool)
    assert held_up(jobs), "nobody waits for a hook"
    while not messenger.at("/ok"):
        assert held_up(jobs)
        time.sleep(0.02)
    report()
    jobs += hooks.send_due(app_sessions, SEALER, pool)  # or the job of the one that is well has seen it already
    while len(messenger.at("/ok")) < 2:
        assert held_up(jobs), "the one that hangs has its message still"
        time.sleep(0.02)
    wait(jobs, 40)
    assert 4 < time.monotonic() - began < 40, "it would have hung for 60 s"
    assert sorted(sent.problem for job in jobs for sent in job.result()) == ["", "", "no answer within 5 s"]


def held_up(jobs) -> bool:
    """Return whether a hook is waited for still."""
    return not all(job.done() for job in jobs)


def test_several_workers_send_each_message_once(hook, report, messenger, app_sessions):
    hook("/ok")
    for _ in range(6):
        report()

    def work() -> None:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                wait(hooks.send_due(app_sessions, SEALER, pool), 60)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    told = [json.loads(body)["report"] for _, _, body in messenger.at("/ok")]
    assert len(told) == 6
    assert told == sorted(told), "in the order of what happened"


def test_a_worker_that_dies_leaves_its_message_to_the_others(hook, report, messenger, app_sessions, pool, sessions):
    hook("/ok")
    report()
    assert len(hooks._take(app_sessions, OWN)) == 1  # and dies here
    assert deliver_all(app_sessions, pool) == []
    with sessions.begin() as session:
        session.execute(text("UPDATE web_hook_delivery SET due_at = now() - interval '1 second'"))
    assert [sent.problem for sent in deliver_all(app_sessions, pool)] == [""]


def test_nobody_at_the_address_is_a_problem_in_words():
    message = Message(1, OWN, 1, "received", {}, datetime.now(UTC), 1, "http://127.0.0.1:9/x", b"")
    assert deliver(message, "key") == "Connection refused"
    nowhere = Message(1, OWN, 1, "received", {}, datetime.now(UTC), 1, "http://no-such-host.invalid/x", b"")
    assert deliver(nowhere, "key") not in {"", None}


def test_a_test_message_goes_out_at_once_and_is_not_kept(hook, messenger, sessions):
    number, _ = hook("/ok")
    bad, _ = hook("/moves")
    with sessions() as session:
        assert hooks.send_test(session, SEALER, number) == ""
        assert hooks.send_test(session, SEALER, bad) == "answered 302"
        assert session.query(WebHookDelivery).count() == 0
    assert json.loads(messenger.at("/ok")[0][2])["event"] == "test"


def test_a_hook_is_added_once_and_removed_with_its_messages(hook, report, sessions, messenger):
    number, key = hook("/fails", secret="chosen by the station")
    assert key == "chosen by the station"
    with pytest.raises(AlreadyThere):
        hook("/fails")
    report()
    with sessions.begin() as session:
        assert hooks.remove(session, number, by="test") == 1
        assert hooks.listing(session) == []
        with pytest.raises(HookNotFound):
            hooks.remove(session, number, by="test")


@pytest.mark.parametrize(
    ("url", "events"),
    [
        ("ftp://x/y", WANTED), ("http://", WANTED), ("http://me:secret@x/", WANTED), ("http://x/ y", WANTED),
        ("http://x:0/", WANTED), ("http://x:99999/", WANTED), ("http://x/#y", WANTED), ("http://x/\n", WANTED),
        ("http://x/", ()), ("http://x/", ("exploded",)), ("http://x/" + "y" * 500, WANTED),
    ],
)  # fmt: skip
def test_what_is_no_address_or_event_is_refused(sessions, two_stations, url, events):
    with sessions() as session, pytest.raises(HookNotValid):
        hooks.add(session, SEALER, OWN, url, events, by="test")


def test_the_clock_sends_by_itself_tells_what_was_given_up_and_stops(hook, report, messenger, app_sessions, sessions):
    hook("/ok")
    hook("/fails")
    report()
    with sessions.begin() as session:
        session.execute(text("UPDATE web_hook_delivery SET at = now() - interval '25 hours'"))
    stop, said = threading.Event(), []
    clock = threading.Thread(
        target=keep_sending,
        args=(app_sessions.kw["bind"], SEALER, stop),
        kwargs={"tell": lambda *one: said.append(one)},
    )
    clock.start()
    try:
        began = time.monotonic()
        while not (messenger.at("/ok") and said):
            assert time.monotonic() - began < 60
            time.sleep(0.05)
    finally:
        stop.set()
        clock.join(60)
    assert not clock.is_alive()
    ((event, facts),) = said
    assert (event, facts["station"], facts["problem"]) == ("hook_given_up", OWN, "answered 500")
