"""Retries, races and kills: what was answered is there once, what was not is there once or not at all."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Wish
from gridmap.errors import GridmapError
from gridmap.services.disputes import acting, opening
from gridmap.services.disputes.acting import DisputeMoved
from gridmap.store import dispute_rows
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import enter_scope

WORKER = Path(__file__).with_name("kill_worker.py")
AT_ONCE = 8


@pytest.fixture
def opened(app_sessions, town):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        return town.open(session)


def everybody(work):
    """Run `work(n)` eight times at the same moment; return what each gave, or its error."""
    start = threading.Barrier(AT_ONCE)

    def one(n):
        start.wait(60)
        try:
            with named_errors():
                return work(n)
        except GridmapError as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_of_many_at_once_one_takes_the_step_and_the_others_are_told(town, app_sessions, opened):
    def accept(_n):
        with app_sessions.begin() as session:
            enter_scope(session, [town.station])
            return town.step(session, town.officer, opened, "begun")

    told = everybody(accept)
    assert sum(not isinstance(one, GridmapError) for one in told) == 1
    assert sum(isinstance(one, DisputeMoved) for one in told) == AT_ONCE - 1


def test_one_request_sent_many_times_at_once_is_one_step_and_one_reply(town, app_sessions, opened, session):
    def accept(_n):
        with app_sessions.begin() as held:
            enter_scope(held, [town.station])
            wish = Wish("begun")
            return acting.act(held, town.officer, town.station, opened.dispute, wish, version=1, key="the same key")

    assert {(one.dispute, one.version) for one in everybody(accept)} == {(opened.dispute, 2)}
    assert session.scalar(text("SELECT count(*) FROM dispute_event WHERE what = 'begun'")) == 1


def test_one_dispute_sent_many_times_at_once_is_one_dispute(town, app_sessions, session):
    def send(_n):
        with app_sessions.begin() as held:
            enter_scope(held, [town.station])
            return town.open(held, key="one sending")

    assert len({one.dispute for one in everybody(send)}) == 1
    assert session.scalar(text("SELECT count(*) FROM dispute")) == 1


def test_notes_of_many_at_once_are_all_kept(town, app_sessions, opened, session):
    """A note needs no version: it overwrites nothing, and none is lost."""

    def write(n):
        with app_sessions.begin() as held:
            enter_scope(held, [town.station])
            return acting.act(held, town.officer, town.station, opened.dispute, Wish("note", f"第{n}条"), version=None)

    assert not [one for one in everybody(write) if isinstance(one, GridmapError)]
    notes = session.scalars(text("SELECT note FROM dispute_event WHERE what = 'note' ORDER BY note")).all()
    assert notes == [f"第{n}条" for n in range(AT_ONCE)]


def test_whoever_is_killed_loses_nothing_and_doubles_nothing(town, database_url, app_sessions, session, tmp_path):
    """Processes are killed, and the database's own, in the middle of their work; then every request is sent once more."""
    rng, journals = random.Random(6), []
    for n in range(5):
        journals.append(tmp_path / f"journal {n}")
        command = [
            sys.executable,
            str(WORKER),
            database_url,
            str(journals[-1]),
            str(town.officer.person_id),
            str(town.door),
        ]
        worker = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[3])
        deadline = time.monotonic() + 60
        while not (journals[-1].exists() and journals[-1].stat().st_size > 2_000) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.2))
        if n % 2:  # the database's side of it first: the process ends with an error, or goes on with another connection
            session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                                 "AND datname = current_database()"))  # fmt: skip
            session.rollback()
            time.sleep(rng.uniform(0.1, 0.3))
        worker.send_signal(signal.SIGKILL)
        worker.wait(60)
    lines = [line.split() for journal in journals for line in journal.read_text().splitlines()]
    answered = {words[1]: (int(words[2]), int(words[3])) for words in lines if words[0] == "done"}
    asked = {words[1]: words for words in lines if words[0] != "done"}
    assert len(asked) - len(answered) in range(6), "of each process at most the last request was not answered"
    with app_sessions.begin() as held:
        enter_scope(held, [town.station])
        for key, words in asked.items():
            if words[0] == "open":
                intake = opening.Intake(kind="neighbours", words="吵架", address_id=town.door)
                again = opening.open_dispute(held, town.officer, town.station, intake, key=key)
            else:
                dispute, version, step = int(words[2]), int(words[3]), words[4]
                wish = Wish(step, "记下")
                again = acting.act(held, town.officer, town.station, dispute, wish, version=version, key=key)
            if key in answered:
                assert again.again, "what was answered had been done"
                assert again.dispute == answered[key][0]
    kept = session.execute(text("SELECT count(*), count(DISTINCT key) FROM dispute_event")).one()
    assert kept == (len(asked), len(asked)), "each request is one step, no more and no less"
    assert session.scalar(text("SELECT count(*) FROM dispute d WHERE version <> (SELECT count(*) FROM dispute_event e "
                               "WHERE e.dispute_id = d.id)")) == 0  # fmt: skip
    assert dispute_rows.lost(session, [town.station]) == []
