"""Run PostgreSQL's programs as the user that owns the cluster, and tell in one sentence why one failed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path
from typing import Literal

import psycopg

from gridmap.errors import Unavailable
from gridmap.store.cluster_folder import OWNER_ROLE, PORT, SYSTEM_USER, Cluster

PATIENCE_S = 30.0  # after a crash the dead server's processes take 2 to 5 s to go
RECOVERY_S = 600.0  # a log of 4 GB, the most that is kept, is replayed well within this


class CannotSwitchUser(Unavailable):
    """Root started gridmap, and the program that changes user is missing."""

    slug, title = "cannot-switch-user", "PostgreSQL may not run as root"


class FolderNotReachable(Unavailable):
    """The cluster's user may not enter the folder, or nobody may write there."""

    slug, title = "folder-not-reachable", "The database folder cannot be used"


class NoDiskSpace(Unavailable):
    """The disk of the data folder is full."""

    slug, title = "no-disk-space", "No space left for the database"


class StaleLock(Unavailable):
    """A dead server's lock is still there."""

    slug, title = "stale-lock", "The database was not shut down, and its lock is still there"


class SocketRefused(Unavailable):
    """The server could not make its socket."""

    slug, title = "socket-refused", "The database could not open its socket"


class DidNotStart(Unavailable):
    """The server did not start, for a reason gridmap knows no sentence for."""

    slug, title = "database-did-not-start", "The database did not start"


def run(cluster: Cluster, program: str, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the cluster's user and return what it said; never raises on its exit code.

    Raises
    ------
    CannotSwitchUser
        If root started gridmap and `setpriv` is missing.
    """
    command = [*as_owner(cluster), str(cluster.binaries.bin_dir / program), *arguments]
    return subprocess.run(  # noqa: S603 -- PostgreSQL's own programs, no shell
        command,
        env=cluster.binaries.environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def as_owner(cluster: Cluster) -> list[str]:
    """Return the words before a command that make it run as the cluster's user; none where that is ourselves."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotSwitchUser(
            f"gridmap runs as root, PostgreSQL may not, and the program `setpriv` that starts it as the user "
            f"{cluster.owner} is missing; install the package util-linux, or run gridmap as an ordinary user",
        )
    return [setpriv, f"--reuid={cluster.owner}", f"--regid={_group(cluster.owner)}", "--init-groups", "--"]


def _group(user: str) -> str:
    return str(pwd.getpwnam(user).pw_gid)


def make_system_user(cluster: Cluster) -> None:
    """Make the system user the server runs as, where root starts gridmap and it is missing.

    Raises
    ------
    CannotSwitchUser
        If it cannot be made.
    """
    if os.geteuid() != 0 or cluster.owner != SYSTEM_USER or _exists(SYSTEM_USER):
        return
    tool = shutil.which("useradd") or "/usr/sbin/useradd"
    home = ("--home-dir", "/var/lib/gridmap", "--no-create-home", "--shell", "/usr/sbin/nologin")
    try:
        said = subprocess.run(  # noqa: S603 -- constant words
            [tool, "--system", "--user-group", *home, SYSTEM_USER], capture_output=True, text=True, check=False
        ).stderr
    except OSError as error:
        said = str(error)
    if not _exists(SYSTEM_USER):
        raise CannotSwitchUser(
            f"gridmap runs as root, PostgreSQL may not, and the system user {SYSTEM_USER} could not be made "
            f"({said.strip()}); make it (useradd --system {SYSTEM_USER}), or run gridmap as an ordinary user",
        )


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def start_server(cluster: Cluster) -> None:
    """Start the server and wait until it answers; after a crash, try again for up to 30 s.

    `postmaster.pid` is never removed: only PostgreSQL knows when that is safe.

    Raises
    ------
    NoDiskSpace, StaleLock, SocketRefused, DidNotStart
        If it does not start.
    """
    give_up = time.monotonic() + PATIENCE_S
    recovered_by = time.monotonic() + RECOVERY_S
    pause = 0.2
    while (state := greet(cluster)) != "up":
        if state == "starting":
            if time.monotonic() > recovered_by:
                raise DidNotStart(
                    f"PostgreSQL in {cluster.folder} has been replaying its log for {RECOVERY_S / 60:.0f} minutes and is "
                    f"not done; leave it at work and try again later (its account is in {cluster.log_dir})",
                )
            time.sleep(0.5)
            continue
        began = time.time()
        cluster.start_log.unlink(missing_ok=True)
        waiting = ("-D", str(cluster.data_dir), "-l", str(cluster.start_log), "-w", "-t", "120", "-s")
        answer = run(cluster, "pg_ctl", "start", *waiting, timeout_s=150)
        if answer.returncode == 0 or greet(cluster) != "down":
            continue
        fault = _name_fault(cluster, answer.stderr + _newest_words(cluster, began))
        if not isinstance(fault, StaleLock) or fault.facts.get("stranger") or time.monotonic() > give_up:
            raise fault
        time.sleep(pause)
        pause = min(pause * 1.6, 3.0)


def greet(cluster: Cluster) -> Literal["up", "starting", "down"]:
    """Return whether the server takes a session now, or will when it has replayed its log."""
    if not cluster.socket.exists():
        return "down"
    try:
        psycopg.connect(
            host=str(cluster.run_dir), port=PORT, user=OWNER_ROLE, dbname="postgres", connect_timeout=5
        ).close()
    except psycopg.OperationalError as error:
        said = str(error)
        if "starting up" in said or "not yet accepting connections" in said or "in recovery mode" in said:
            return "starting"
        # A server that is full is up all the same, and must not be started again.
        return "up" if "too many clients" in said or "remaining connection slots" in said else "down"
    return "up"


def _newest_words(cluster: Cluster, since: float) -> str:
    """Return the end of what the server wrote since `since` [s of the epoch]."""
    logs = [path for path in cluster.log_dir.glob("*.log") if path.stat().st_mtime >= since - 1]
    return "".join(path.read_text("utf-8", errors="replace")[-4000:] for path in sorted(logs))


def _name_fault(cluster: Cluster, said: str) -> Unavailable:
    folder = cluster.folder
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return no_disk_space(folder)
    if "postmaster.pid" in said or "pre-existing shared memory block" in said:
        return _stale_lock(cluster)
    if "Unix-domain socket" in said or "Unix socket" in said:
        return SocketRefused(
            f"PostgreSQL could not make its socket {cluster.socket}: {last_line(said)}; "
            "choose another folder with GRIDMAP_DATA",
        )
    if "Permission denied" in said:
        return FolderNotReachable(
            f"PostgreSQL, as the user {cluster.owner}, may not use {folder}: {last_line(said)}; "
            "give the folder back to that user, or choose another with GRIDMAP_DATA",
        )
    return DidNotStart(
        f"PostgreSQL {cluster.binaries.version} on {folder} did not start: {last_line(said)}; "
        f"its own account is in {cluster.log_dir}",
    )


def no_disk_space(folder: Path) -> NoDiskSpace:
    """Return the error for a full disk under `folder`."""
    free_mb = shutil.disk_usage(folder).free / 1e6
    return NoDiskSpace(
        f"the disk of {folder} is full ({free_mb:.0f} MB free); free some space there, "
        "or choose a folder on another disk with GRIDMAP_DATA",
        folder=str(folder),
    )


def _stale_lock(cluster: Cluster) -> StaleLock:
    pid = postmaster_pid(cluster)
    lock = cluster.data_dir / "postmaster.pid"
    who = _program_of(pid) if pid else ""
    if who and who != "postgres":
        return StaleLock(
            f"{lock} was left by a crash and now names process {pid}, which is `{who}`, not PostgreSQL; "
            f"if no PostgreSQL runs on that folder, remove the file (rm {lock}) and start again",
            stranger=who,
        )
    return StaleLock(
        f"the server of {cluster.folder} crashed, and after {PATIENCE_S:.0f} s its processes are still not gone "
        f"(process {pid}); end them or restart the machine or container, then start again",
    )


def postmaster_pid(cluster: Cluster) -> int | None:
    """Return the process id that `postmaster.pid` names, or None."""
    try:
        return abs(int((cluster.data_dir / "postmaster.pid").read_text("ascii").split("\n", maxsplit=1)[0]))
    except (OSError, ValueError):
        return None


def _program_of(pid: int) -> str:
    """Return the name of the program that runs as `pid`; "" where nothing does or that is not told."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except OSError:
        return ""


def last_line(said: str) -> str:
    """Return the most telling line of a program's complaint: its last FATAL, else its last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    return (fatal or lines or ["it said nothing"])[-1]
