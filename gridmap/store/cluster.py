"""gridmap's own PostgreSQL: make it, start it, stop it, ask how it is, and where to reach it.

The cluster listens on a socket in its own folder and on no port; who may log in is decided by the
operating-system user alone, so there is no password to keep. It never runs as root.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import URL

from gridmap.errors import Unavailable
from gridmap.store import databases
from gridmap.store.cluster_folder import (
    DATABASE,
    OWNER_ROLE,
    PORT,
    Cluster,
    NotOurFolder,
    check_run_folder,
    default_folder,
    describe,
    made_by,
    own_packages,
    user_name,
    write_configuration,
)
from gridmap.store.cluster_process import (
    DidNotStart,
    FolderNotReachable,
    as_owner,
    greet,
    last_line,
    make_system_user,
    no_disk_space,
    postmaster_pid,
    run,
    start_server,
)

__all__ = [
    "Cluster",
    "ClusterBusy",
    "Status",
    "WrongVersion",
    "default_folder",
    "describe",
    "ensure",
    "own_packages",
    "start",
    "status",
    "stop",
    "url",
    "url_at",
]

ROOM_TO_MAKE = 256 * 2**20  # bytes; a new cluster takes 65 MB and grows its log at once
LOCK_PATIENCE_S = 180.0


class WrongVersion(Unavailable):
    """The data were made by a PostgreSQL of another major version."""

    slug, title = "wrong-postgres-version", "The data belong to another version of PostgreSQL"


class ClusterBusy(Unavailable):
    """Another gridmap command is making, starting or stopping the cluster and does not finish."""

    slug, title = "cluster-busy", "Another command holds the database folder"


@dataclass(frozen=True)
class Status:
    """How the cluster is: `absent` (never made), `stopped`, `starting` or `running`."""

    state: Literal["absent", "stopped", "starting", "running"]
    folder: Path
    socket: Path
    postgres: str
    postgis: str
    owner: str
    pid: int | None = None


def url(cluster: Cluster, role: str = OWNER_ROLE, database: str = DATABASE) -> str:
    """Return SQLAlchemy's address of `database` for `role`."""
    return url_at(cluster.run_dir, role, database)


def url_at(run_dir: Path, role: str = OWNER_ROLE, database: str = DATABASE) -> str:
    """Return the same for a cluster known by the folder of its socket alone: PostgreSQL need not be installed."""
    place = {"host": str(run_dir), "port": str(PORT)}
    return URL.create("postgresql+psycopg", username=role, database=database, query=place).render_as_string()


def ensure(cluster: Cluster) -> str:
    """Make the cluster and its database if they are missing, start it if it is down, and return the owner's URL.

    Safe to call from many processes at once: the first does the work, the others wait and attach.

    Raises
    ------
    Unavailable
        One of its kinds, each with the sentence that says what to do.
    """
    start(cluster)
    databases.create(url(cluster, database="postgres"), DATABASE, exist_ok=True)
    return url(cluster)


def start(cluster: Cluster) -> None:
    """Make the cluster if it is missing and start it if it is down; returns when it answers."""
    if greet(cluster) == "up":
        return
    make_system_user(cluster)
    _make_folders(cluster)
    with _locked(cluster):
        if greet(cluster) == "up":  # somebody else was first
            return
        if made_by(cluster.folder) is None:
            _make(cluster)
        _check_version(cluster)
        try:
            write_configuration(cluster, cluster.data_dir)
        except OSError as error:
            raise _name_write_fault(cluster, error) from error
        start_server(cluster)


def stop(cluster: Cluster) -> bool:
    """Stop the server, ending open sessions, and return whether it was running."""
    if status(cluster).state in {"absent", "stopped"}:
        return False
    with _locked(cluster):
        answer = run(cluster, "pg_ctl", "stop", "-D", str(cluster.data_dir), "-m", "fast", "-w", "-t", "60", "-s")
        if answer.returncode != 0 and greet(cluster) != "down":
            raise ClusterBusy(f"the server of {cluster.folder} did not stop within 60 s: {last_line(answer.stderr)}")
    return True


def status(cluster: Cluster) -> Status:
    """Return how the cluster is; starts and changes nothing."""
    state: Literal["absent", "stopped", "starting", "running"]
    pid = postmaster_pid(cluster)
    if made_by(cluster.folder) is None:
        state = "absent"
    elif (greeting := greet(cluster)) != "down":
        state = "running" if greeting == "up" else "starting"
    elif run(cluster, "pg_ctl", "status", "-D", str(cluster.data_dir)).returncode == 0:
        state = "starting"
    else:
        state, pid = "stopped", None
    programs = cluster.binaries
    return Status(state, cluster.folder, cluster.socket, programs.version, programs.postgis, cluster.owner, pid)


def _make_folders(cluster: Cluster) -> None:
    """Make the cluster's folders with the right owner, and see that the server's user can enter them."""
    try:
        if not cluster.folder.exists():
            cluster.folder.mkdir(parents=True)
            cluster.folder.chmod(0o755)  # whatever the umask: the server's user must pass; its data stay 0700
        for folder in (cluster.run_dir, cluster.log_dir):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            if os.geteuid() == 0 and folder.lstat().st_uid == 0:
                # Made now, or by another start that was interrupted or is not yet here: only root can have made it.
                owner = pwd.getpwnam(cluster.owner)
                os.chown(folder, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    except OSError as error:
        raise _name_write_fault(cluster, error) from error
    check_run_folder(cluster)
    enter = [*as_owner(cluster), "test", "-w", str(cluster.log_dir)]
    if subprocess.run(enter, check=False).returncode != 0:  # noqa: S603 -- constant words
        raise FolderNotReachable(
            f"the user {cluster.owner}, as whom PostgreSQL runs, cannot enter {cluster.folder} "
            f"({_closed_parent(cluster.folder)} is closed to others); choose another folder with GRIDMAP_DATA, "
            "for root best /var/lib/gridmap",
        )


def _closed_parent(folder: Path) -> Path:
    """Return the highest folder on the way to `folder` that others may not enter."""
    way = [*reversed(folder.parents), folder]
    return next((one for one in way if not one.stat().st_mode & stat.S_IXOTH), folder)


def _name_write_fault(cluster: Cluster, error: OSError) -> Unavailable:
    if error.errno in {28, 122}:  # ENOSPC, EDQUOT
        return no_disk_space(cluster.folder if cluster.folder.exists() else Path("/"))
    return FolderNotReachable(
        f"the user {user_name()} cannot write {error.filename or cluster.folder} ({error.strerror}); "
        "choose a folder of your own with GRIDMAP_DATA",
    )


@contextlib.contextmanager
def _locked(cluster: Cluster) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when the holder ends, however it ends."""
    try:
        handle = os.open(cluster.lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _name_write_fault(cluster, error) from error
    try:
        give_up = time.monotonic() + LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up:
                    holder = os.pread(handle, 20, 0).decode("ascii", errors="replace").strip() or "unknown"
                    raise ClusterBusy(
                        f"another gridmap command (process {holder}) has held {cluster.lock_file} for "
                        f"{LOCK_PATIENCE_S:.0f} s; wait for it or end it, then try again",
                    ) from None
                time.sleep(0.1)
        with contextlib.suppress(OSError):  # the number is a courtesy; a full disk must not stop us here
            os.pwrite(handle, f"{os.getpid():<20}".encode("ascii"), 0)
        yield
    finally:
        os.close(handle)


def _make(cluster: Cluster) -> None:
    """Make the data folder beside its place and move it there, so that a half-made one is never taken for whole."""
    if shutil.disk_usage(cluster.folder).free < ROOM_TO_MAKE:
        raise no_disk_space(cluster.folder)
    half = cluster.folder / "pg.half"
    if half.exists():
        shutil.rmtree(half)
    if cluster.data_dir.exists() and any(cluster.data_dir.iterdir()):
        raise NotOurFolder(f"{cluster.data_dir} is not empty and no PostgreSQL data; move it away or set GRIDMAP_DATA")
    half.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(half, cluster.owner, pwd.getpwnam(cluster.owner).pw_gid)
    words = ["-D", str(half), "-U", OWNER_ROLE, "-E", "UTF8", "--locale=C.UTF-8", "-A", "peer", "--data-checksums"]
    answer = run(cluster, "initdb", *words, *(() if cluster.durable else ("--no-sync",)), timeout_s=300)
    if answer.returncode != 0:
        shutil.rmtree(half, ignore_errors=True)
        if "No space left on device" in answer.stderr:
            raise no_disk_space(cluster.folder)
        raise DidNotStart(f"PostgreSQL could not make its data in {cluster.folder}: {last_line(answer.stderr)}")
    if cluster.data_dir.exists():
        cluster.data_dir.rmdir()
    half.rename(cluster.data_dir)


def _check_version(cluster: Cluster) -> None:
    made = made_by(cluster.folder)
    have = cluster.binaries.major
    if made != have:
        raise WrongVersion(
            f"the data in {cluster.data_dir} were made by PostgreSQL {made}, and this machine has {have}; "
            f"install PostgreSQL {made} with PostGIS beside it, or load a dump of the old data into a new folder "
            "(GRIDMAP_DATA)",
            made=made,
            have=have,
        )
