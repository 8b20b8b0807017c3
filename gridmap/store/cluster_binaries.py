"""Find PostgreSQL with PostGIS on this machine: the system's, or the one unpacked into gridmap's own folder."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import Unavailable

OLDEST_POSTGRES = 13
OLDEST_POSTGIS = (3, 3)

# Debian, PGDG's RPMs, Homebrew on both kinds of Mac, Postgres.app; all relative to "/".
SYSTEM_PLACES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/local/pgsql/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)

MEND = (
    "run `make setup`, which installs it (no root needed); or set GRIDMAP_DATABASE_URL to a server that has "
    f"PostgreSQL {OLDEST_POSTGRES}+ and PostGIS {OLDEST_POSTGIS[0]}.{OLDEST_POSTGIS[1]}+"
)


class BinariesMissing(Unavailable):
    """No PostgreSQL with PostGIS was found."""

    slug, title = "postgis-not-installed", "PostgreSQL with PostGIS is not installed"


class BinariesTooOld(Unavailable):
    """PostgreSQL with PostGIS was found, but too old."""

    slug, title = "postgis-too-old", "PostgreSQL or PostGIS is too old"


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL with PostGIS on disk.

    `unpacked` is the root of packages unpacked without installing (their libraries are found through the
    environment), None for a system's own.
    """

    bin_dir: Path
    version: str
    postgis: str
    unpacked: Path | None = None

    @property
    def major(self) -> int:
        """PostgreSQL's major version: the first number."""
        return int(self.version.split(".", maxsplit=1)[0])

    @property
    def environment(self) -> dict[str, str]:
        """The variables the programs run with: nothing of the caller's PG*, and libraries of unpacked packages."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | {"LC_ALL": "C.UTF-8"} | _library_variables(self.unpacked)


def find_binaries(own: Path | None = None, *, major: int | None = None, system: Path | None = Path("/")) -> Binaries:
    """Return the newest PostgreSQL that has PostGIS, or the one of `major` where it is there.

    Parameters
    ----------
    own
        Root of gridmap's own unpacked packages (it holds `usr/lib/postgresql/...`), or None.
    major
        The major version an existing data folder needs.
    system
        Where the system's places start; None leaves the system out.

    Raises
    ------
    BinariesMissing
        If there is none.
    BinariesTooOld
        If all that is there is older than PostgreSQL 13 or PostGIS 3.3.
    """
    found = [*_look_in_system(system), *_look_in_own(own)]
    if not found:
        raise BinariesMissing(f"PostgreSQL with PostGIS was found nowhere on this machine; {MEND}", own=str(own))
    usable = [one for one in found if _is_new_enough(one)]
    if not usable:
        seen = ", ".join(f"PostgreSQL {one.version} with PostGIS {one.postgis} in {one.bin_dir}" for one in found)
        raise BinariesTooOld(f"only {seen} was found; {MEND}")
    # `min` takes the first of equals, so of two the same the system's, which gets security updates, comes first.
    return min(usable, key=lambda one: (one.major != major, -one.major))


def _look_in_system(system: Path | None) -> list[Binaries]:
    if system is None:
        return []
    folders = [folder for pattern in SYSTEM_PLACES for folder in sorted(system.glob(pattern))]
    config = shutil.which("pg_config")
    if config and system == Path("/"):
        folders.append(Path(_say(Path(config), "--bindir", unpacked=None)))
    return _look(folders, unpacked=None)


def _look_in_own(own: Path | None) -> list[Binaries]:
    return [] if own is None else _look(sorted(own.glob("usr/lib/postgresql/*/bin")), unpacked=own)


def _look(folders: list[Path], unpacked: Path | None) -> list[Binaries]:
    found = []
    for folder in dict.fromkeys(folders):
        control = _postgis_control(folder)
        needed = ("postgres", "initdb", "pg_ctl")
        if control is None or not all((folder / program).is_file() for program in needed):
            continue
        version = re.search(r"\d+(\.\d+)?", _say(folder / "postgres", "--version", unpacked=unpacked))
        postgis = re.search(r"default_version\s*=\s*'([^']+)'", control.read_text("utf-8"))
        if version and postgis:
            found.append(Binaries(folder, version[0], postgis[1], unpacked))
    return found


def _postgis_control(bin_dir: Path) -> Path | None:
    """Return PostGIS's control file beside `bin_dir`; PostgreSQL finds its files relative to its programs too."""
    major = bin_dir.parent.name
    places = (
        bin_dir.parents[3] / "share" / "postgresql" / major if len(bin_dir.parents) > 3 else bin_dir,  # Debian
        bin_dir.parent / "share",
        bin_dir.parent / "share" / "postgresql",
        bin_dir.parent / "share" / major,  # Homebrew: postgresql@15
    )
    controls = (place / "extension" / "postgis.control" for place in places)
    return next((control for control in controls if control.is_file()), None)


@functools.lru_cache(maxsize=64)
def _say(program: Path, question: str, *, unpacked: Path | None) -> str:
    """Return what `program` answers to `question`, or "" where it cannot run here (a broken or foreign file)."""
    environment = os.environ | _library_variables(unpacked)
    try:
        answer = subprocess.run(  # noqa: S603 -- a program found by name in known places
            [program, question], env=environment, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()


def _library_variables(unpacked: Path | None) -> dict[str, str]:
    if unpacked is None:
        return {}
    libraries = [unpacked / "usr/lib", unpacked / "lib"]
    libraries += [folder for base in libraries for folder in sorted(base.glob("*-linux-gnu*"))]
    proj = str(unpacked / "usr/share/proj")
    return {"LD_LIBRARY_PATH": ":".join(map(str, libraries)), "PROJ_DATA": proj, "PROJ_LIB": proj}


def _is_new_enough(one: Binaries) -> bool:
    postgis = tuple(int(part) for part in re.findall(r"\d+", one.postgis)[:2])
    return one.major >= OLDEST_POSTGRES and postgis >= OLDEST_POSTGIS
