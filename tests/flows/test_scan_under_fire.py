"""Residents scan while an edition is published and while the database is killed: nobody gets a wrong answer or none.

The real service for residents with two workers, on a cluster of its own that may be killed.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.codes import new_plate_code
from gridmap.services import editions
from gridmap.store import cluster as clusters
from gridmap.store import databases, migrate
from gridmap.store.engine import make_engine, make_sessions
from gridmap.store.tables import Plate, Station
from tests import makers
from tests.benchmarks.scan import ours, processes
from tests.benchmarks.scan.asking import Answer, Crowd, Phone, one_phone_a_worker, until_all_say

WORKERS = 2
#: Every worker must answer anew within this after a commit [s]; 1.2 s is what it takes with a poll and a look.
SOON_S = 30.0
#: Doors east of the first border and west of the second, and on either side of both.
DOORS = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.2, 1.6)

Told = tuple[object, ...]


@dataclass
class Town:
    """A running service for residents, its database, and the plates it answers for."""

    cluster: clusters.Cluster
    sessions: sessionmaker[Session]
    server: processes.Server
    plates: list[str]

    def paths(self) -> list[str]:
        """Return the address of each plate's answer."""
        return [ours.JSON + code for code in self.plates]

    def at_rest(self) -> dict[str, Told]:
        """Return what each plate tells while nothing happens."""
        with Phone(self.server.root) as phone:
            return {path: told(phone.ask(path)) for path in self.paths()}


def told(answer: Answer) -> Told:
    """Return all of an answer that hangs on its edition."""
    assert answer.status == 200, (answer.path, answer.status, answer.body[:200])
    facts = json.loads(answer.body)
    people = tuple((one["role"], one["name"]) for one in facts["people"])
    return facts["plate"], facts["edition"], facts["beat"]["code"], facts["beat"]["name_zh"], facts["grid_cell"]["name_zh"], people  # fmt: skip


def lines(border: float, mark: str) -> dict[str, object]:
    """Return beats A and B that meet at `border`, with one cell each; names end in `mark`."""
    shapes = {"A": makers.square(0, 0, border), "B": makers.square(border, 0, 2 - border)}
    beats = makers.zones(shapes)
    cells = makers.zones({f"{code}1": shape for code, shape in shapes.items()}, beat=["A", "B"])
    for frame in (beats, cells):
        frame["name_zh"] = [code + mark for code in frame["code"]]
    return {"beats": beats, "cells": cells}


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[clusters.Cluster]:
    """Return a cluster that may be killed, with the database "town": a station whose first edition is in force."""
    above = Path(tempfile.mkdtemp(prefix="gridmap-test-"))
    above.chmod(0o755)
    (above / "pytest.pid").write_text(str(os.getpid()))
    cluster = clusters.describe(above / "db", durable=False)
    clusters.start(cluster)
    url = databases.create(clusters.url(cluster, database="postgres"), "town")
    migrate.upgrade(url)
    engine = make_engine(url)
    with make_sessions(engine).begin() as session:
        makers.make_station(session).published = ["names"]
        draft = makers.make_draft(session, **lines(1, "甲"))
        for x in DOORS:
            makers.make_plate(session, new_plate_code(), makers.make_door(session, x, 0.5))
        for beat in ("A", "B"):
            makers.make_person(session, f"officer of {beat}", beat=beat)
        editions.publish(session, "S001", draft.number, by="test")
    engine.dispose()
    yield cluster
    clusters.stop(cluster)
    rmtree(above, ignore_errors=True)


@pytest.fixture(scope="module")
def town(own_cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Return the town with the service for residents running; starting it takes longer than any of the tests."""
    url = clusters.url(own_cluster, database="town")
    engine = make_engine(url)
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        plates = list(session.scalars(select(Plate.code).order_by(Plate.address_id)))
    how = ours.public(url, tmp_path_factory.mktemp("town"), WORKERS)
    try:
        with processes.running(how.pop("command"), ours.JSON + plates[0], **how) as running:
            yield Town(own_cluster, sessions, running, plates)
    finally:
        engine.dispose()


@contextmanager
def asked_all_the_time(town: Town, right: Callable[[Answer], str]) -> Iterator[Crowd]:
    """Ask for every plate, as answer and as page, without a pause until the block ends."""
    paths = [start + code for code in town.plates for start in (ours.JSON, ours.PAGE)]
    with Crowd(town.server.root, paths, right, phones=6, pause_s=0.002) as crowd:
        yield crowd
    assert crowd.answered > 100


def page_marks(answer: Answer) -> set[str]:
    """Return which editions' names a page shows."""
    page = answer.body.decode()
    return {mark for mark in "甲乙" if f"A{mark}" in page or f"B{mark}" in page}


def test_an_edition_rolled_back_was_never_answered(town):
    before = town.at_rest()
    with town.sessions.begin() as session:
        draft = makers.make_draft(session, **lines(0.5, "乙"))
    with asked_all_the_time(town, lambda answer: "" if answer.path.startswith(ours.PAGE) or told(answer) == before[answer.path] else "new") as crowd:  # fmt: skip
        with town.sessions() as session:
            editions.publish(session, "S001", draft.number, by="test")
            time.sleep(1.2)
            session.rollback()
        time.sleep(1.2)
    assert crowd.wrong == []


def test_an_edition_published_under_load_is_answered_wholly_or_not_at_all(town):
    before = town.at_rest()
    kept: list[Answer] = []

    def right(answer: Answer) -> str:
        if answer.status != 200:
            return f"{answer.path}: {answer.status}"
        if answer.path.startswith(ours.PAGE):
            return "" if len(page_marks(answer)) == 1 else f"{answer.path}: {page_marks(answer)}"
        kept.append(answer)
        return ""

    with town.sessions.begin() as session:
        draft = makers.make_draft(session, **lines(0.5, "乙"))
    first = town.paths()[0]
    with asked_all_the_time(town, right) as crowd, one_phone_a_worker(town.server, first, count=WORKERS) as phones:
        with town.sessions.begin() as session:
            editions.publish(session, "S001", draft.number, by="test")
            time.sleep(1.5)  # longer than a poll: what is not committed is not answered
            committing = time.monotonic()
        new_everywhere = until_all_say(phones, first, lambda one: told(one)[1] == draft.number, within_s=SOON_S)
        time.sleep(0.3)
    after = town.at_rest()
    assert crowd.wrong == []
    assert all(before[path] != after[path] for path in before)
    assert {before[path][2] + "->" + after[path][2] for path in before} == {"A->A", "A->B", "B->B"}
    for answer in kept:
        assert told(answer) in {before[answer.path], after[answer.path]}
        if answer.had < committing:
            assert told(answer) == before[answer.path]
        if answer.asked > new_everywhere:
            assert told(answer) == after[answer.path]


def test_no_scan_fails_while_the_database_is_killed_and_comes_back(town):
    before = town.at_rest()
    marks = {str(one[3])[-1] for one in before.values()}

    def right(answer: Answer) -> str:
        if answer.status != 200:
            return f"{answer.path}: {answer.status}"
        if answer.path.startswith(ours.PAGE):
            return "" if page_marks(answer) == marks else f"{answer.path}: {page_marks(answer)}"
        return "" if told(answer) == before[answer.path] else f"{answer.path}: another answer"

    with asked_all_the_time(town, right) as crowd:
        pid = clusters.status(town.cluster).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        time.sleep(2)
        away = crowd.answered
        clusters.start(town.cluster)
        time.sleep(1)
    assert crowd.wrong == []
    assert away > 50
    # The service found the database again by itself: what changes is answered anew.
    with town.sessions.begin() as session:
        station = session.get(Station, "S001")
        assert station is not None
        station.desk_phone = "0000-119"
    path = town.paths()[0]
    with one_phone_a_worker(town.server, path, count=WORKERS) as phones:
        until_all_say(phones, path, lambda one: json.loads(one.body)["desk_phone"] == "0000-119", within_s=SOON_S)
