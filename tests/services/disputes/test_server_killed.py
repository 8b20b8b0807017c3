"""The database's server is killed in the middle of everything: what was answered is there once, and nothing is there by half."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gridmap.domain.dispute_words import Holder, Wish
from gridmap.errors import Conflict, Forbidden, GridmapError, Invalid, NotFound, Stale
from gridmap.services import open311, open311_filing, open311_keys
from gridmap.services.disputes import acting, answering, clock
from gridmap.services.open311_filing import Filing
from gridmap.services.sealing import Sealer
from gridmap.store import cluster as clusters
from gridmap.store import databases, dispute_rows, migrate
from gridmap.store.engine import APP_ROLE, enter_scope, make_engine, make_sessions
from tests.disputes import make_town
from tests.postgis import ANY_DAY

KILLS = 2
#: What a request may be refused with: it was answered, and nothing was to be done.
REFUSED = (Conflict, Forbidden, Invalid, NotFound, Stale)
SEALER = Sealer(bytes(range(32)))
#: So far ahead the clock looks that every offer and every time to accept is over.
AHEAD = timedelta(days=3)


@pytest.fixture
def cluster() -> Iterator[clusters.Cluster]:
    """Return a durable cluster of the test's own: what it promises is to be tried."""
    above = Path(tempfile.mkdtemp(prefix="gridmap-test-"))
    above.chmod(0o755)
    (above / "pytest.pid").write_text(str(os.getpid()))
    made = clusters.describe(above / "db")
    clusters.start(made)
    yield made
    clusters.stop(made)
    shutil.rmtree(above, ignore_errors=True)


class Crowd:
    """People, an application and the clock, each at work until told to stop; a request is sent again until it is answered."""

    def __init__(self, sessions, town, api_key):
        self.sessions, self.town, self.api_key = sessions, town, api_key
        self.stop = threading.Event()
        #: key -> what was asked; what was answered: the dispute, or None where it was refused.
        self.asked, self.answered, self.cut = {}, {}, 0
        self.refused: dict[str, str] = {}
        self.clocked = 0
        self.faults: list[BaseException] = []
        self.threads = [
            threading.Thread(target=self._run, args=(work,)) for work in (self.work, self.work, self.file, self.time)
        ]

    def _run(self, work):
        while not self.stop.is_set():
            try:
                work()
            except Exception as fault:  # noqa: BLE001 -- told at the end of the test
                self.faults.append(fault)
                return

    def ask(self, what, *facts):
        """Send a request with a new key until it is answered, and return its answer; None once it is refused."""
        key = f"{what} {uuid.uuid4().hex}"
        self.asked[key] = (what, *facts)
        while True:
            try:
                self.answered[key] = self.send(key)
            except REFUSED as refused:
                self.answered[key] = None
                self.refused[what] = str(refused)
            except (SQLAlchemyError, GridmapError):  # the database is away
                self.cut += 1
                if self.stop.is_set():
                    return None
                time.sleep(0.02)
            else:
                return self.answered[key]
            if key in self.answered:
                return None

    def send(self, key):
        what, *facts = self.asked[key]
        with self.sessions.begin() as session:
            if what == "file":
                caller = open311.enter(session, None, self.api_key, with_key=True)
                filing = Filing(
                    "neighbours", "楼上漏水", lat="35.8025", lon="112.905", phone="13800000000", key=key[:40]
                )
                return open311_filing.file(session, SEALER, caller, filing, "zh", datetime.now(UTC)).request_id
            enter_scope(session, [self.town.station])
            if what == "open":
                return self.town.open(session, key=key).dispute
            who, dispute, *more = facts
            if what == "answer":
                answering.answer(session, who, self.town.station, dispute, "court", "joined", key=key)
                return dispute
            return acting.act(session, who, self.town.station, dispute, *more, version=None, key=key).dispute

    def work(self):
        town, court = self.town, Holder(body="court")
        dispute = self.ask("open")
        if dispute is None:
            return
        for who, wish in (
            (town.officer, Wish("begun")), (town.officer, Wish("passed_on", "请接手", to=court)), (town.mediator, Wish("taken")),
            (town.mediator, Wish("convened", bodies=("court", "desk"))), (town.officer, Wish("note", "记下")),
        ):  # fmt: skip
            self.ask("step", who, dispute, wish)
        self.ask("answer", town.mediator, dispute)
        self.ask("step", town.officer, dispute, Wish("passed_on", "请接手", to=court))  # is left to the clock

    def file(self):
        self.ask("file")

    def time(self):
        try:
            done = clock.run_due(self.sessions, datetime.now(UTC) + AHEAD, stop=self.stop)
            self.clocked += done.total() - done["failed"]
        except (SQLAlchemyError, GridmapError):
            self.cut += 1
        time.sleep(0.02)


def test_a_server_that_is_killed_loses_no_answer_and_leaves_nothing_half_done(cluster):
    url = databases.create(clusters.url(cluster, database="postgres"), "killed")
    migrate.upgrade(url)
    owner, service = make_engine(url), make_engine(url, role=APP_ROLE, pool_size=8)
    owners = make_sessions(owner)
    with owners.begin() as session:
        session.execute(text(ANY_DAY))
        town = make_town(session)
        api_key = open311_keys.add(session, town.station, "tests", by="test")[1]
    crowd = Crowd(make_sessions(service), town, api_key)
    try:
        for thread in crowd.threads:
            thread.start()
        for _ in range(KILLS):
            had = len(crowd.answered)
            deadline = time.monotonic() + 120
            while len(crowd.answered) < had + 25 and not crowd.faults and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(clusters.status(cluster).pid, signal.SIGKILL)
            clusters.start(cluster)
        time.sleep(0.2)
        crowd.stop.set()
        for thread in crowd.threads:
            thread.join(60)
        assert crowd.faults == []
        assert crowd.cut >= KILLS, "the server was away while somebody asked"
        service.dispose()
        owner.dispose()
        check(crowd, owners)
    finally:
        crowd.stop.set()
        service.dispose()
        owner.dispose()


def check(crowd, owners):
    kinds = {what for what, *_ in (crowd.asked[key] for key, done in crowd.answered.items() if done is not None)}
    assert kinds == {"open", "step", "answer", "file"}, crowd.refused
    assert crowd.clocked > 0
    before = count(owners)
    # Whatever was done is told again, and nothing is done anew.
    for key, done in crowd.answered.items():
        if done is not None:
            assert crowd.send(key) == done
    assert count(owners) == before
    with owners() as session:
        keys = session.execute(text("SELECT key, count(*) FROM dispute_event WHERE key IS NOT NULL GROUP BY key")).all()
        assert max(n for _, n in keys) == 1
        done = sum(one is not None for one in crowd.answered.values())
        open_still = len(crowd.asked) - len(crowd.answered)
        filed = session.scalar(text("SELECT count(*) FROM dispute WHERE source = 'open311'"))
        by_key = session.scalar(text("SELECT count(*) FROM dispute_event e JOIN dispute d ON d.id = e.dispute_id "
                                     "WHERE e.key IS NOT NULL AND NOT (e.what = 'opened' AND d.source = 'open311')"))  # fmt: skip
        assert done <= filed + by_key <= done + open_still
        assert session.scalar(text("SELECT count(*) FROM dispute d WHERE version <> (SELECT count(*) FROM dispute_event e "
                                   "WHERE e.dispute_id = d.id) OR version <> (SELECT max(seq) FROM dispute_event e "
                                   "WHERE e.dispute_id = d.id)")) == 0  # fmt: skip
        # An answer and its note are one; so are a filing, its number and who filed it.
        assert session.scalar(text("SELECT count(*) FROM dispute_body b WHERE (answer = 'joined') <> EXISTS (SELECT FROM "
                                   "dispute_event e WHERE e.dispute_id = b.dispute_id AND e.facts ->> 'body' = b.body)")) == 0  # fmt: skip
        assert session.scalar(text("SELECT count(*) FROM dispute d WHERE source = 'open311' AND (request_id IS NULL OR "
                                   "NOT EXISTS (SELECT FROM dispute_party p WHERE p.dispute_id = d.id))")) == 0  # fmt: skip
        assert session.scalar(text("SELECT count(*) FROM dispute_event WHERE role = 'clock'")) >= crowd.clocked
        assert dispute_rows.lost(session, ["S001"]) == []


def count(owners):
    with owners() as session:
        return session.execute(
            text("SELECT (SELECT count(*) FROM dispute), (SELECT count(*) FROM dispute_event)")
        ).one()
