"""The private cluster: made once, kept through crashes, and every way it can fail told in one sentence."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gridmap.store import cluster as clusters
from gridmap.store import cluster_binaries, cluster_folder, cluster_process, databases

AS_ROOT = os.geteuid() == 0
PROGRAMS = cluster_binaries.find_binaries(cluster_folder.own_packages())


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that the cluster's own user may enter; its server is stopped at the end."""
    above = Path(tempfile.mkdtemp(prefix="gridmap-test-"))
    above.chmod(0o755)
    (above / "pytest.pid").write_text(str(os.getpid()))
    yield above / "db"
    if (above / "db" / "pg" / "PG_VERSION").exists():
        clusters.stop(clusters.describe(above / "db", binaries=PROGRAMS))
    shutil.rmtree(above)


@pytest.fixture
def mine(folder: Path) -> clusters.Cluster:
    return clusters.describe(folder, binaries=PROGRAMS, durable=False)


def ask(url: str, query: str) -> str:
    with databases.connect(url) as session:
        (answer,) = session.execute(query).fetchall()
    return str(answer[0])


def test_a_cluster_is_made_started_and_answers_as_its_owner(folder):
    mine = clusters.describe(folder, binaries=PROGRAMS)
    assert clusters.status(mine).state == "absent"
    url = clusters.ensure(mine)
    assert clusters.status(mine).state == "running"
    assert ask(url, "SELECT current_user || ' ' || current_database()") == "gridmap_owner gridmap"
    assert ask(url, "SELECT extname FROM pg_extension WHERE extname = 'postgis'") == "postgis"
    wanted = {"listen_addresses": "", "fsync": "on", "data_checksums": "on", "jit": "off", "TimeZone": "UTC"}
    assert {name: ask(url, f"SHOW {name}") for name in wanted} == wanted
    assert ask(url, "SELECT datcollate FROM pg_database WHERE datname = 'gridmap'") == "C.UTF-8"


def test_the_server_never_runs_as_root(cluster):
    pid = clusters.status(cluster).pid
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_rows_are_still_there_after_stop_and_start(mine):
    url = clusters.ensure(mine)
    with databases.connect(url) as session:
        session.execute("CREATE TABLE door AS SELECT 7 AS number")
    assert clusters.stop(mine)
    assert clusters.status(mine).state == "stopped"
    assert not clusters.stop(mine)
    assert ask(clusters.ensure(mine), "SELECT number FROM door") == "7"


def test_a_server_that_runs_is_attached_to_and_not_started_again(mine):
    clusters.ensure(mine)
    before = clusters.status(mine).pid
    clusters.ensure(mine)
    assert clusters.status(mine).pid == before


def test_committed_rows_survive_kill_9_and_the_next_start_waits_for_the_dead(folder):
    mine = clusters.describe(folder, binaries=PROGRAMS)  # durable: this is what the promise is about
    url = clusters.ensure(mine)
    with databases.connect(url) as session:
        session.execute("CREATE TABLE door AS SELECT 7 AS number")
    pid = clusters.status(mine).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert ask(clusters.ensure(mine), "SELECT number FROM door") == "7"


def test_a_server_that_replays_its_log_is_waited_for_and_not_started_twice(mine):
    clusters.start(mine)
    clusters.stop(mine)
    # A restore that answers late stands for a long log.
    (mine.data_dir / "recovery.signal").touch()
    with (mine.data_dir / "postgresql.auto.conf").open("a") as configuration:
        configuration.write("restore_command = 'sleep 1; false'\n")
    if AS_ROOT:
        shutil.chown(mine.data_dir / "recovery.signal", mine.owner)
    cluster_process.run(mine, "pg_ctl", "start", "-W", "-s", "-D", str(mine.data_dir), "-l", str(mine.start_log))
    ends = time.monotonic() + 60
    while (first := clusters.status(mine)).state != "starting" or first.pid is None:
        assert time.monotonic() < ends, first
        time.sleep(0.02)
    clusters.start(mine)
    assert (clusters.status(mine).state, clusters.status(mine).pid) == ("running", first.pid)


def test_of_two_starts_at_once_one_makes_it_and_both_get_in(mine):
    code = (
        "import sys; from pathlib import Path; from gridmap.store import cluster as c;"
        "m = c.describe(Path(sys.argv[1]), durable=False); c.ensure(m); print(c.status(m).pid)"
    )
    command = [sys.executable, "-c", code, str(mine.folder)]
    root = Path(clusters.__file__).parents[2]
    runs = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    said = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], said
    assert len({out for out, _ in said}) == 1


def test_a_folder_too_long_for_a_socket_gets_a_short_one_of_its_own(folder):
    long = folder / ("x" * 100)
    mine = clusters.describe(long, binaries=PROGRAMS, durable=False)
    assert len(os.fsencode(folder / "run" / ".s.PGSQL.5432")) <= 107
    assert mine.run_dir.parent == Path("/tmp")  # noqa: S108 -- fixed on purpose
    try:
        assert ask(clusters.ensure(mine), "SELECT 1") == "1"
        assert mine.run_dir.stat().st_mode & 0o777 == 0o700
    finally:
        clusters.stop(mine)
        shutil.rmtree(mine.run_dir)


def test_a_socket_folder_that_somebody_else_made_is_refused(folder):
    mine = clusters.describe(folder / ("x" * 100), binaries=PROGRAMS)
    mine.run_dir.symlink_to(tempfile.gettempdir())
    try:
        with pytest.raises(cluster_folder.NotOurFolder, match="somebody else made it: move it away"):
            clusters.ensure(mine)
    finally:
        mine.run_dir.unlink()


def test_without_postgis_the_sentence_says_how_to_get_it(tmp_path):
    with pytest.raises(cluster_binaries.BinariesMissing, match=r"found nowhere on this machine; run `make setup`"):
        cluster_binaries.find_binaries(tmp_path / "own", system=tmp_path)


def fake_postgres(root: Path, version: str, postgis: str) -> None:
    """Lay out PostgreSQL's folders as Debian does, with programs that only tell their version."""
    major = version.split(".", maxsplit=1)[0]
    bin_dir = root / "usr/lib/postgresql" / major / "bin"
    extension = root / "usr/share/postgresql" / major / "extension"
    bin_dir.mkdir(parents=True)
    extension.mkdir(parents=True)
    for program in ("postgres", "initdb", "pg_ctl"):
        (bin_dir / program).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (bin_dir / program).chmod(0o755)
    (extension / "postgis.control").write_text(f"default_version = '{postgis}'\n")


def test_a_postgis_too_old_is_named_with_what_is_needed(tmp_path):
    fake_postgres(tmp_path, "12.9", "3.0.1")
    with pytest.raises(cluster_binaries.BinariesTooOld, match=r"only PostgreSQL 12.9 with PostGIS 3.0.1 .* was found"):
        cluster_binaries.find_binaries(system=tmp_path)


def test_the_version_that_made_the_data_is_taken_before_a_newer_one(tmp_path):
    fake_postgres(tmp_path / "system", "17.2", "3.5.0")
    fake_postgres(tmp_path / "own", "15.9", "3.3.2")
    both = {"own": tmp_path / "own", "system": tmp_path / "system"}
    assert cluster_binaries.find_binaries(**both).version == "17.2"
    older = cluster_binaries.find_binaries(**both, major=15)
    assert (older.version, older.unpacked) == ("15.9", tmp_path / "own")
    assert str(tmp_path / "own/usr/lib") in older.environment["LD_LIBRARY_PATH"]


def test_data_of_another_version_are_left_alone(mine):
    clusters.start(mine)
    clusters.stop(mine)
    (mine.data_dir / "PG_VERSION").write_text("14\n")
    try:
        with pytest.raises(clusters.WrongVersion, match=r"made by PostgreSQL 14, and this machine has 15; install"):
            clusters.start(mine)
    finally:
        (mine.data_dir / "PG_VERSION").write_text(f"{PROGRAMS.major}\n")


def test_a_folder_that_holds_something_else_is_not_touched(mine):
    clusters.start(mine)
    clusters.stop(mine)
    (mine.data_dir / "PG_VERSION").unlink()
    with pytest.raises(cluster_folder.NotOurFolder, match="not empty and no PostgreSQL data"):
        clusters.start(mine)
    assert (mine.data_dir / "base").is_dir()


def test_data_half_made_by_a_killed_start_are_made_anew(mine):
    half = mine.folder / "pg.half"
    half.mkdir(parents=True)
    (half / "base").mkdir()
    clusters.start(mine)
    assert clusters.status(mine).state == "running"
    assert not half.exists()


def test_a_lock_left_by_a_crash_that_names_a_stranger_is_told_and_not_removed(mine):
    clusters.start(mine)
    clusters.stop(mine)
    stranger = subprocess.Popen([*cluster_process.as_owner(mine), "sleep", "60"])
    while Path(f"/proc/{stranger.pid}/comm").read_text() != "sleep\n":  # until the user is changed
        assert stranger.poll() is None
        time.sleep(0.02)
    lock = mine.data_dir / "postmaster.pid"
    lock.write_text(f"{stranger.pid}\n{mine.data_dir}\n0\n5432\n{mine.run_dir}\n\n  0 0\nready   \n")
    if AS_ROOT:
        shutil.chown(lock, mine.owner)
    try:
        began = time.monotonic()
        with pytest.raises(cluster_process.StaleLock, match=r"which is `sleep`, not PostgreSQL; .*remove the file"):
            clusters.start(mine)
        assert time.monotonic() - began < cluster_process.PATIENCE_S / 2, "it was not waited for"
        assert lock.exists()
    finally:
        stranger.kill()
        stranger.wait()
        lock.unlink()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Return a disk of 400 MB of our own."""
    place = Path(tempfile.mkdtemp(prefix="gridmap-test-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(place)]
    if not AS_ROOT or subprocess.run(mount, check=False).returncode:
        place.rmdir()
        pytest.skip("a small disk can only be mounted by root")
    place.chmod(0o755)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)
    place.rmdir()


def fill(disk: Path, leave_mb: float) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb") as out:
        os.posix_fallocate(out.fileno(), 0, int(shutil.disk_usage(disk).free - leave_mb * 2**20))
    return ballast


def test_a_full_disk_is_named_before_anything_is_made(small_disk):
    fill(small_disk, leave_mb=20)
    mine = clusters.describe(small_disk / "db", binaries=PROGRAMS)
    with pytest.raises(cluster_process.NoDiskSpace, match=r"is full \(2\d MB free\); free some space there"):
        clusters.ensure(mine)
    assert not mine.data_dir.exists()


def test_a_disk_that_filled_up_is_named_at_start_and_room_mends_it(small_disk):
    mine = clusters.describe(small_disk / "db", binaries=PROGRAMS)
    with databases.connect(clusters.ensure(mine)) as session:
        session.execute("CREATE TABLE door AS SELECT 7 AS number")
    clusters.stop(mine)
    ballast = fill(small_disk, leave_mb=0)
    with pytest.raises(cluster_process.NoDiskSpace, match="free some space there"):
        clusters.ensure(mine)
    ballast.unlink()
    try:
        assert ask(clusters.ensure(mine), "SELECT number FROM door") == "7"
    finally:
        clusters.stop(mine)


@pytest.mark.skipif(not AS_ROOT, reason="only root changes user")
def test_root_without_setpriv_gets_one_sentence(mine, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(cluster_process.CannotSwitchUser, match="install the package util-linux, or run gridmap as an"):
        clusters.start(mine)


@pytest.mark.skipif(not AS_ROOT, reason="only root changes user")
def test_a_folder_behind_a_closed_door_is_named_with_the_door(folder):
    folder.parent.chmod(0o700)
    mine = clusters.describe(folder, binaries=PROGRAMS)
    with pytest.raises(cluster_process.FolderNotReachable, match=f"{folder.parent} is closed to others"):
        clusters.start(mine)


@pytest.mark.skipif(AS_ROOT, reason="root may write anywhere")
def test_a_folder_one_may_not_write_is_named():
    with pytest.raises(cluster_process.FolderNotReachable, match="cannot write"):
        clusters.start(clusters.describe(Path("/usr/gridmap"), binaries=PROGRAMS))


def test_a_user_id_without_a_name_gets_one_sentence(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(cluster_folder.UnnamedUser, match="54321 has no name in /etc/passwd"):
        clusters.describe(folder, binaries=PROGRAMS)


def test_a_command_that_holds_the_folder_is_named(mine, monkeypatch):
    monkeypatch.setattr(clusters, "LOCK_PATIENCE_S", 0.3)
    mine.folder.mkdir(parents=True)
    mine.lock_file.write_text("4711")
    with mine.lock_file.open() as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(clusters.ClusterBusy, match=r"\(process 4711\) has held .*; wait for it or end it"):
            clusters.start(mine)


@pytest.mark.skipif(not AS_ROOT, reason="only root can be somebody else")
def test_other_users_of_the_machine_are_refused(cluster):
    stranger = pwd.getpwnam("nobody")
    cluster.run_dir.chmod(0o755)  # even where the folder does not keep them out
    try:
        psql = str(cluster.binaries.bin_dir / "psql")
        words = ["-h", str(cluster.run_dir), "-U", "gridmap_owner", "-d", "postgres", "-c", "SELECT 1"]
        answer = subprocess.run([psql, *words], user=stranger.pw_uid, capture_output=True, text=True, check=False)
    finally:
        cluster.run_dir.chmod(0o700)
    assert answer.returncode != 0
    assert "Peer authentication failed" in answer.stderr


def test_a_password_is_never_shown_when_a_server_is_not_reached():
    url = "postgresql+psycopg://someone:secret-word@127.0.0.1:1/gridmap"
    with pytest.raises(databases.ServerNotReached) as caught:
        databases.require(url)
    assert "secret-word" not in caught.value.detail
    assert "correct GRIDMAP_DATABASE_URL" in caught.value.detail


def test_a_server_without_postgis_is_refused(server_url, monkeypatch):
    assert databases.require(server_url).postgres_number >= databases.OLDEST_POSTGRES
    server = databases.Server("15.1", 150001, "", has_postgis=False)
    for facts, sentence in [
        (server, "has no PostGIS; install PostGIS 3.3 or later"),
        (dataclasses.replace(server, postgis="3.1.4"), "has PostGIS 3.1.4; gridmap needs 3.3 or later"),
        (dataclasses.replace(server, postgres="12.2", postgres_number=120002), "is PostgreSQL 12.2; gridmap needs 13"),
    ]:
        monkeypatch.setattr(databases, "inspect", lambda _, facts=facts: facts)
        with pytest.raises(databases.ServerTooOld, match=sentence):
            databases.require(server_url)


def test_a_copy_of_a_database_holds_its_rows_and_is_dropped_under_open_sessions(server_url):
    first = databases.create(server_url, f"copy_me_{os.getpid()}")
    with databases.connect(first) as session:
        session.execute("CREATE TABLE door AS SELECT 7 AS number")
    second = databases.create(server_url, f"copy_{os.getpid()}", f"copy_me_{os.getpid()}")
    left_open = databases.connect(second)
    assert ask(second, "SELECT number FROM door") == "7"
    databases.drop(second)
    databases.drop(first)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()
    with pytest.raises(databases.ServerNotReached, match="does not exist"):
        databases.connect(second)
