"""A million plates in use: the snapshot made, an edition published, the database killed, codes forged and guessed.

What must never happen fails; how long things take is printed.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.http.scan import PlateDesk
from gridmap.services import editions
from gridmap.services.snapshot_keeper import Keeper
from gridmap.store import cluster as clusters
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions
from tests.benchmarks.conftest import MILLION, TEN_MILLION, City
from tests.benchmarks.scan import forged, load, ours, processes, town
from tests.benchmarks.scan.asking import Answer, Crowd, Phone, one_phone_a_worker, until_all_say

pytestmark = pytest.mark.benchmark
WORKERS = 2
#: The station that changes, and how many of its plates phones ask for all the time.
STATION, WATCHED = "S007", 200


@pytest.fixture(scope="module")
def sessions(million: City) -> Iterator[sessionmaker[Session]]:
    """Return the owner's sessions on the city."""
    engine = make_engine(million.url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def kept(million: City) -> City:
    """Return the city with its snapshot made; say what that took."""
    engine = make_engine(million.url, role=APP_ROLE)
    folder = million.data / "scan"
    began, own, theirs = time.perf_counter(), time.process_time(), processes.postgres_us(million.name)
    Keeper(engine, folder).once()
    own, theirs = time.process_time() - own, (processes.postgres_us(million.name) - theirs) / 1e6
    engine.dispose()
    line(
        f"Snapshot of {MILLION:,} plates from PostgreSQL",
        f"{time.perf_counter() - began:.1f} s; CPU-s: {own:.1f} own, {theirs:.1f} PostgreSQL; {size_mb(folder):.0f} MB",
    )
    return million


@pytest.fixture(scope="module")
def server(kept: City) -> Iterator[processes.Server]:
    """Return the service for residents in two workers."""
    how = ours.public(kept.url, kept.data, WORKERS)
    with processes.running(how.pop("command"), ours.PAGE + kept.some[0], **how) as running:
        yield running


def line(what: str, found: str) -> None:
    """Print one finding."""
    print(f"\n  {what:<76}{found}", end="")


def size_mb(folder: Any) -> float:
    """Return what the files of a folder take [MB]."""
    return float(sum(one.stat().st_size for one in folder.iterdir()) / 1e6)


@contextmanager
def under_load(server: processes.Server, city: City, *, seconds: float) -> Iterator[dict[str, Any]]:
    """Let wrk ask for pages at full speed meanwhile; what it found is in the dictionary afterwards."""
    found: dict[str, Any] = {}
    run = threading.Thread(target=lambda: found.update(load.drive(server.root, ours.PAGE, city.asked, seconds=seconds)))
    run.start()
    yield found
    run.join()


def failed(found: dict[str, Any]) -> int:
    """Return how many of wrk's requests had no good answer."""
    return int(found["bad"] + found["lost"] + found["late"])


def watched(sessions: sessionmaker[Session]) -> list[str]:
    """Return the addresses of the answers of some plates of the station."""
    with sessions() as session:
        found = session.scalars(
            text("SELECT code FROM plate WHERE station = :station ORDER BY code LIMIT :most"),
            {"station": STATION, "most": WATCHED},
        )
        return [ours.JSON + code for code in found]


def told(answer: Answer) -> tuple[object, ...]:
    """Return all of an answer that hangs on its edition."""
    assert answer.status == 200, (answer.path, answer.status)
    facts = json.loads(answer.body)
    return facts["edition"], facts["beat"]["name_zh"], facts["grid_cell"]["name_zh"], len(facts["people"]) > 0


def at_rest(server: processes.Server, paths: list[str]) -> dict[str, tuple[object, ...]]:
    """Return what plates tell while nothing happens."""
    with Phone(server.root) as phone:
        return {path: told(phone.ask(path)) for path in paths}


class Publishing(threading.Thread):
    """Publishes an edition of the station; `committed` is when it had (monotonic clock) [s]."""

    def __init__(self, sessions: sessionmaker[Session], number: int) -> None:
        super().__init__()
        self.sessions, self.number, self.committed = sessions, number, float("nan")

    def run(self) -> None:
        """Publish."""
        with self.sessions.begin() as session:
            editions.publish(session, STATION, self.number, by="bench")
        self.committed = time.monotonic()


def test_snapshots_are_made(kept, ten_million):
    line(
        f"Snapshot of {TEN_MILLION:,} plates from arrays (no database)",
        f"{ten_million.made_s:.1f} s; CPU-s: {ten_million.made_cpu:.1f}; {size_mb(ten_million.data / 'scan'):.0f} MB",
    )
    assert size_mb(ten_million.data / "scan") < 300


def test_small_changes_reach_every_worker(server, sessions):
    path, took = watched(sessions)[0], []
    with one_phone_a_worker(server, path, count=WORKERS) as phones:
        for k in range(9):
            with sessions.begin() as session:
                session.execute(
                    text("UPDATE station SET desk_phone = :n WHERE code = :s"), {"n": f"777-{k}", "s": STATION}
                )
            committed = time.monotonic()
            new = f"777-{k}"
            took.append(
                until_all_say(phones, path, lambda one, new=new: json.loads(one.body)["desk_phone"] == new, within_s=20)
                - committed
            )
    line(
        "A desk's number changed: committed to every worker, of 9",
        f"median {statistics.median(took):.2f} s, worst {max(took):.2f} s",
    )
    assert max(took) < 10


def test_an_edition_published_under_load(server, kept, sessions):
    paths = watched(sessions)
    before = at_rest(server, paths)
    answers: list[Answer] = []

    def right(answer: Answer) -> str:
        answers.append(answer)
        return "" if answer.status == 200 else f"{answer.path}: {answer.status}"

    with sessions.begin() as session:
        number = editions.open_draft(session, STATION, by="bench").number
        for table in ("beat", "grid_cell"):
            session.execute(
                text(
                    f"UPDATE {table} z SET name_zh = z.name_zh || '新' FROM edition e WHERE e.id = z.edition_id AND e.station = :s AND e.number = :n"
                ),
                {"s": STATION, "n": number},
            )
    with (
        under_load(server, kept, seconds=12) as found,
        Crowd(server.root, paths, right, phones=4, pause_s=0.005) as crowd,
        one_phone_a_worker(server, paths[0], count=WORKERS) as phones,
    ):
        began, publishing = time.monotonic(), Publishing(sessions, number)
        publishing.start()  # beside us, who keep asking: a connection that rests is closed by the server
        everywhere = until_all_say(phones, paths[0], lambda one: told(one)[0] == number, within_s=120)
        publishing.join()
        committed = publishing.committed
        time.sleep(0.5)
    after = at_rest(server, paths)
    mixed = sum(told(one) not in {before[one.path], after[one.path]} for one in answers)
    late = sum(one.asked > everywhere and told(one) != after[one.path] for one in answers)
    line(
        f"An edition of {town.PER_STATION:,} plates under load: checked, resolved, committed",
        f"{committed - began:.1f} s",
    )
    line("  committed to every worker answering anew", f"{everywhere - committed:.2f} s")
    line(
        "  answers compared with the edition before and after",
        f"{len(answers):,}: {mixed} mixed, {late} late, {len(crowd.wrong)} failed",
    )
    line("  pages asked for meanwhile", f"{found['requests']:,}: {failed(found)} failed, p99 {found['p99_ms']:.1f} ms")
    assert {one[0] for one in before.values()} == {number - 1}
    assert {one[0] for one in after.values()} == {number}
    assert (mixed, late, failed(found), crowd.wrong) == (0, 0, 0, [])


@pytest.mark.skipif("GRIDMAP_TEST_DATABASE_URL" in os.environ, reason="kills the server; somebody else's is left alone")
def test_the_database_killed_and_started_under_load(server, kept, sessions, cluster):
    paths = watched(sessions)
    before = at_rest(server, paths)

    def right(answer: Answer) -> str:
        return "" if answer.status == 200 and told(answer) == before[answer.path] else f"{answer.path}: {answer.status}"

    with (
        under_load(server, kept, seconds=12) as found,
        Crowd(server.root, paths, right, phones=4, pause_s=0.005) as crowd,
    ):
        time.sleep(2)
        pid = clusters.status(cluster).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        time.sleep(4)
        clusters.start(cluster)
    line(
        "Database killed (-9) and started again under load",
        f"{found['requests']:,} pages, {failed(found)} failed; {crowd.answered:,} answers, {len(crowd.wrong)} wrong; p99 {found['p99_ms']:.1f} ms",
    )
    assert (failed(found), crowd.wrong) == (0, [])


def test_a_thousand_codes_that_no_plate_bears(server, kept):
    made = forged.codes(kept.some)
    statuses: Counter[int] = Counter()
    slow: list[float] = []
    phones = 0
    for kind, texts in made.items():
        for each in texts:
            phones += 1
            # Each from a neighbourhood of its own, so that what is measured is no refusal.
            with Phone(server.root, source=f"127.{phones >> 8 & 255}.{phones & 255}.1") as phone:
                answers = [phone.ask(forged.path(start, each)) for start in (ours.PAGE, ours.JSON)]
            for answer in answers:
                statuses[answer.status] += 1
                slow.append(answer.ms)
                shown = answer.body.decode("utf-8", "replace")
                assert 400 <= answer.status < 500, (kind, each[:60], answer.status)
                assert "号警格" not in shown, (kind, each[:60])
                if answer.media not in {"application/json", "application/problem+json"}:  # which no browser draws
                    assert not any(harm in shown for harm in forged.HARM if "<" in harm), (kind, each[:60], answer.path)
    assert phones == 1_000
    slow.sort()
    line(
        "1,000 forged codes, page and JSON: resolved, reflected unescaped",
        f"0, 0; p99 {slow[-len(slow) // 100]:.1f} ms, worst {slow[-1]:.0f} ms; "
        + ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items())),
    )


def test_guessing_codes(server, kept, tmp_path):
    desk = PlateDesk.__new__(PlateDesk)
    PlateDesk.__init__(desk, None, None)  # type: ignore[arg-type]  # its limits alone
    burst, every = desk.unknown.burst, desk.turns.every
    guesses = town.codes(town.numbers(400_000, seed=99))
    asked = load.write(tmp_path / "guesses.txt", guesses)
    found = load.drive(server.root, ours.PAGE, asked, seconds=5)
    per_s = found["requests"] / found["seconds"]
    assert found["bad"] == found["requests"], "a guess was right: look again"
    line(
        f"Guesses at full speed from one address (limit: {burst}, then one looked at in {every:g} s a worker)",
        f"{per_s:,.0f} replies a second, nearly all unlooked at",
    )
    for plates in (MILLION, TEN_MILLION):
        expected = 2**50 / plates
        years = expected * every / WORKERS / (365.25 * 86_400)
        line(
            f"  to hit one of {plates:,} plates: expected guesses",
            f"{expected:,.0f}: {years:,.1f} years at the limit, {WORKERS} workers",
        )
    held = [processes.memory(pid, kept.data) for pid in processes.workers(server)]
    line(
        "Each worker after all that: private, mapped",
        ", ".join(f"{one.private:.0f}, {one.mapped:.0f} MB" for one in held) + "\n",
    )
