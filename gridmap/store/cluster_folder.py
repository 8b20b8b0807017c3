"""Where the private cluster lives: its folders, their owner, the socket's path, and its configuration files."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import Unavailable
from gridmap.store.cluster_binaries import Binaries, find_binaries

SYSTEM_USER = "gridmap"
DATABASE = "gridmap"
OWNER_ROLE = "gridmap_owner"
ROLES = (OWNER_ROLE, "gridmap_app")
PORT = 5432  # only names the socket's file; no port is opened
LONGEST_SOCKET_PATH = 107  # bytes; sockaddr_un holds 108 with the closing zero


class UnnamedUser(Unavailable):
    """The user id has no name, and PostgreSQL needs one."""

    slug, title = "unnamed-user", "This user has no name"


class NotOurFolder(Unavailable):
    """A folder of the cluster belongs to another user."""

    slug, title = "not-our-folder", "The database folder belongs to another user"


@dataclass(frozen=True)
class Cluster:
    """A private PostgreSQL: folders, programs and the operating-system user it runs as.

    `durable` is False only in tests: nothing is flushed to disk, so a crash of the machine loses the data.
    """

    folder: Path
    run_dir: Path
    binaries: Binaries
    owner: str
    durable: bool = True

    @property
    def data_dir(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "pg"

    @property
    def log_dir(self) -> Path:
        """The folder of the server's logs: one file a weekday, overwritten a week later."""
        return self.folder / "log"

    @property
    def start_log(self) -> Path:
        """What the server said while it last started."""
        return self.log_dir / "start.log"

    @property
    def lock_file(self) -> Path:
        """The file that whoever makes, starts or stops the cluster holds locked."""
        return self.folder / "lock"

    @property
    def socket(self) -> Path:
        """The socket the server listens on; it listens on nothing else."""
        return self.run_dir / f".s.PGSQL.{PORT}"


def default_folder() -> Path:
    """Return where gridmap keeps its data unless told otherwise: `/var/lib/gridmap` for root, else the user's own."""
    if os.geteuid() == 0:
        return Path("/var/lib/gridmap")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "gridmap"


def own_packages() -> Path:
    """Return where `make setup` unpacks PostGIS where it may not install it."""
    return default_folder() / "postgis"


def describe(folder: Path | None = None, *, binaries: Binaries | None = None, durable: bool = True) -> Cluster:
    """Return the cluster that lives (or will live) in `folder`; nothing is made or started.

    Raises
    ------
    BinariesMissing, BinariesTooOld
        If no usable PostgreSQL with PostGIS is on this machine.
    UnnamedUser
        If the present user id has no name.
    """
    folder = (folder or default_folder()).expanduser().absolute()
    binaries = binaries or find_binaries(own_packages(), major=made_by(folder))
    return Cluster(folder, run_folder(folder), binaries, _owner(folder), durable)


def made_by(folder: Path) -> int | None:
    """Return the major version of PostgreSQL that made the data in `folder`, or None where there is none."""
    try:
        return int((folder / "pg" / "PG_VERSION").read_text("ascii"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def run_folder(folder: Path) -> Path:
    """Return the folder of the socket: in `folder`, or under /tmp where that path is too long for a socket.

    Not $XDG_RUNTIME_DIR: it goes when the user logs out, under a server that goes on.
    """
    near = folder / "run"
    if len(os.fsencode(near / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
        return near
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(f"/tmp/gridmap-{name}")  # noqa: S108 -- fixed on purpose, made 0700 and checked for its owner


def check_run_folder(cluster: Cluster) -> None:
    """Make sure that nobody else made the socket's folder.

    Raises
    ------
    NotOurFolder
        If it is a link or another user's.
    """
    facts = cluster.run_dir.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != pwd.getpwnam(cluster.owner).pw_uid:
        raise NotOurFolder(
            f"{cluster.run_dir} should be a folder of the user {cluster.owner} and is not; "
            "somebody else made it: move it away, or choose a shorter GRIDMAP_DATA",
        )


def user_name() -> str:
    """Return the name of the user gridmap runs as.

    Raises
    ------
    UnnamedUser
        If the id has no name (a container started with a bare number).
    """
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise UnnamedUser(
            f"the user id {os.geteuid()} has no name in /etc/passwd and PostgreSQL will not run without one; "
            "run as a user with a name, or set GRIDMAP_DATABASE_URL to another server",
        ) from None


def _owner(folder: Path) -> str:
    """Return the user the server runs as: the data's owner, else gridmap's system user for root, else ourselves."""
    me = user_name()
    if os.geteuid() != 0:
        return me
    try:
        return pwd.getpwuid((folder / "pg").stat().st_uid).pw_name
    except (FileNotFoundError, NotADirectoryError, KeyError):
        return SYSTEM_USER


def write_configuration(cluster: Cluster, data_dir: Path) -> None:
    """Write gridmap's part of the configuration and who may log in as whom; done anew at every start."""
    _write(data_dir / "gridmap.conf", _settings(cluster), cluster)
    _write(
        data_dir / "pg_hba.conf",
        "# Only the socket, only known users, no password.\nlocal all all peer map=gridmap\n",
        cluster,
    )
    users = dict.fromkeys((cluster.owner, "root", user_name()))
    lines = [f'gridmap "{user}" {role}\n' for user in users for role in ROLES]
    _write(data_dir / "pg_ident.conf", "# map, operating-system user, role\n" + "".join(lines), cluster)
    main = data_dir / "postgresql.conf"
    include = "include 'gridmap.conf'\n"
    if include not in main.read_text("utf-8"):
        with main.open("a", encoding="utf-8") as out:
            out.write(f"\n# gridmap's settings win over those above.\n{include}")


def _settings(cluster: Cluster) -> str:
    socket_folder = '"' + str(cluster.run_dir).replace('"', '""') + '"'  # a list, so its items are quoted too
    values: dict[str, str | int] = {
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": socket_folder,
        "max_connections": 100,
        "shared_buffers": "256MB" if cluster.durable else "64MB",
        "maintenance_work_mem": "256MB",
        "work_mem": "16MB",
        "max_wal_size": "4GB" if cluster.durable else "1GB",
        "jit": "off",  # compiling costs more than these short queries, and LLVM is not unpacked without root
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",
        "fsync": "on" if cluster.durable else "off",
        "synchronous_commit": "on" if cluster.durable else "off",
        "full_page_writes": "on" if cluster.durable else "off",
        "logging_collector": "on",
        "log_directory": str(cluster.log_dir),
        "log_filename": "postgres-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        # An error's statement and its detail hold rows, and rows hold people.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    lines = "".join(f"{name} = '{str(value).replace(chr(39), chr(39) * 2)}'\n" for name, value in values.items())
    return f"# Written by gridmap at every start: change postgresql.auto.conf (ALTER SYSTEM) instead.\n{lines}"


def _write(path: Path, text: str, cluster: Cluster) -> None:
    """Replace `path` whole; never through a link, for the folder is another user's when root writes."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(handle, "w", encoding="utf-8") as out:  # noqa: PTH123 -- a handle, not a path
        out.write(text)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(cluster.owner)
            os.fchown(handle, owner.pw_uid, owner.pw_gid)
    fresh.replace(path)
