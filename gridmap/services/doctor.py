"""What `gridmap doctor` looks at: each check returns a finding, and one that is not ok says the mend."""

from __future__ import annotations

import difflib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement
from psycopg import Connection

from gridmap.errors import GridmapError
from gridmap.store import databases, mails, migrate
from gridmap.store.engine import APP_ROLE

Grade = Literal["ok", "warn", "FAIL"]

EXTENSIONS = ("postgis", "btree_gist")
OLDEST_GEOS = (3, 12)  # the first with operations on whole coverages
CLOCK_TOLERANCE_S = 2.0
LITTLE_ROOM, NO_ROOM = 2_000_000_000, 300_000_000  # bytes free on the data folder's disk
CHINESE_FONTS = ("wqy", "cjk", "sourcehan", "droidsansfallback", "uming", "ukai", "pingfang", "simsun", "msyh", "heiti")

#: Variables of the set-up and the tests, beside those of the settings.
TOOL_VARIABLES = (
    "GRIDMAP_SETUP",
    "GRIDMAP_VENV",
    "GRIDMAP_CHROMIUM",
    "GRIDMAP_TEST_DATABASE_URL",
    "GRIDMAP_AGENCY_DATA",
    "GRIDMAP_FRESH",
    "GRIDMAP_FRESH_KEEP",
)

BENCHMARKS = "GRIDMAP_BENCH_"
#: Why a mail was not sent -> what to do.
MAIL_MENDS = {
    "no mail server is set": "set GRIDMAP_SMTP_HOST to your network's mail server and start the service anew",
    "the account has no address any more": "give the accounts their addresses again (`gridmap account email`)",
    "the mail server does not take the user or the password": "mend GRIDMAP_SMTP_USER and GRIDMAP_SMTP_PASSWORD",
    "the mail server's certificate is not trusted": "let this machine trust the mail server's authority, or mend its name",
}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: what was looked at, how it is, and what to do where it is not well."""

    what: str
    grade: Grade
    says: str
    mend: str = ""


def examine(what: str, check: Callable[[], Finding | Iterable[Finding]]) -> list[Finding]:
    """Return what `check` finds; an error it raises is a finding too, so that the others still run."""
    try:
        found = check()
    except GridmapError as error:
        return [Finding(what, "FAIL", error.title, error.detail)]
    except Exception as error:  # noqa: BLE001 -- the doctor is called when things are broken
        return [Finding(what, "FAIL", f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0], "report this")]
    return [found] if isinstance(found, Finding) else list(found)


def packages() -> Finding:
    """Look at Python, and at every package gridmap requires."""
    try:
        lines = importlib.metadata.requires("gridmap") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding("packages", "warn", "gridmap is not installed in this Python", "run `make setup`")
    wanted = [Requirement(line) for line in lines if "extra ==" not in line]
    wrong = [fault for requirement in wanted if (fault := _unmet(requirement))]
    if wrong:
        return Finding("packages", "FAIL", "; ".join(wrong), "run `make setup`")
    import shapely  # noqa: PLC0415 -- a package that is missing or broken must not end the doctor

    if shapely.geos_version < OLDEST_GEOS:
        return Finding("packages", "FAIL", f"Shapely stands on GEOS {shapely.geos_version_string}", "run `make setup`")
    python = ".".join(map(str, sys.version_info[:3]))
    says = f"Python {python}, {len(wanted)} packages, Shapely {shapely.__version__}, GEOS {shapely.geos_version_string}"
    return Finding("packages", "ok", says)


def _unmet(requirement: Requirement) -> str:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return ""
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(version, prereleases=True):
        return ""
    return f"{requirement.name} is {version}, needed {requirement.specifier}"


def settings(known: Iterable[str], environ: Mapping[str, str]) -> Finding:
    """Look for GRIDMAP_* variables that nothing reads: a misspelt setting is a setting not made.

    Parameters
    ----------
    known
        Names of all settings, as in the environment.
    """
    names = [*known, *TOOL_VARIABLES]
    given = sorted(name for name in environ if name.startswith("GRIDMAP_"))
    strange = [name for name in given if name not in names and not name.startswith(BENCHMARKS)]
    if not strange:
        return Finding(
            "settings", "ok", f"{len(given)} set: {', '.join(given)}" if given else "none set, all as shipped"
        )
    close = {name: difflib.get_close_matches(name, names, n=1) for name in strange}
    mend = "; ".join(f"{name}: did you mean {near[0]}?" if near else f"unset {name}" for name, near in close.items())
    return Finding("settings", "warn", f"nothing reads {', '.join(strange)}", mend)


def folder(place: Path, secrets: Iterable[str]) -> list[Finding]:
    """Look at the data folder: who else may write to it or read its secrets, and how much room is left."""
    if not place.exists():
        return [Finding("folder", "ok", f"{place} is not there yet; it is made when it is needed")]
    found = [
        Finding("folder", "FAIL", f"others may read {secret}", f"chmod 600 {secret}")
        for secret in (place / name for name in secrets)
        if secret.exists() and secret.stat().st_mode & 0o077
    ]
    if place.stat().st_mode & 0o022:
        found.append(Finding("folder", "FAIL", f"others may write to {place}", f"chmod go-w {place}"))
    free = shutil.disk_usage(place).free
    room = f"{place}, {free / 1e9:.1f} GB free"
    mend = "free some space there, or move the folder and set GRIDMAP_DATA"
    if free < LITTLE_ROOM:
        found.append(Finding("folder", "FAIL" if free < NO_ROOM else "warn", room, mend))
    return found or [Finding("folder", "ok", room)]


def fonts(own: Path) -> Finding:
    """Look for a font that has Chinese: without one, plates and printed maps show empty boxes."""
    for font in _chinese_fonts(own):
        return Finding("fonts", "ok", f"Chinese in {font}")
    mend = "install one (Debian: apt-get install fonts-wqy-microhei, or fonts-noto-cjk)"
    return Finding("fonts", "warn", "no font with Chinese, so prints would show empty boxes", mend)


def _chinese_fonts(own: Path) -> Iterable[str]:
    lister = shutil.which("fc-list")
    if lister:
        said = subprocess.run(  # noqa: S603 -- constant words
            [lister, ":lang=zh", "family"], capture_output=True, text=True, timeout=20, check=False
        )
        yield from (line.split(",")[0] for line in sorted(said.stdout.splitlines()))
    home = Path(os.environ.get("HOME", "/nonexistent"))
    places = (
        own / "font/usr/share/fonts",
        own / "browser/usr/share/fonts",
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path("/System/Library/Fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
    )
    for place in places:
        for path in sorted(place.rglob("*.[ot]t[fc]")):
            if any(name in path.name.lower() for name in CHINESE_FONTS):
                yield path.stem


def clock(oldest: datetime) -> Finding:
    """Look at this machine's clock and its time zones.

    Parameters
    ----------
    oldest
        A moment that is surely past, with its zone: when gridmap's files were written.
    """
    now = datetime.now(UTC)
    if now < oldest:
        says = f"the clock says {now:%Y-%m-%d %H:%M} UTC, before gridmap itself was written"
        return Finding("clock", "FAIL", says, "set the clock (timedatectl set-ntp true)")
    try:
        offset = now.astimezone(ZoneInfo("Asia/Shanghai")).utcoffset()
    except ZoneInfoNotFoundError:
        return Finding("clock", "FAIL", "time zones are not known here", "run `make setup` (the package tzdata)")
    hours = 0 if offset is None else offset.total_seconds() / 3600
    if hours != 8:
        return Finding("clock", "FAIL", f"Asia/Shanghai is taken for UTC{hours:+g}", "update the package tzdata")
    return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC, {now.astimezone():%H:%M} here")


def database(url: str) -> list[Finding]:
    """Look at the server and the tables behind `url`, a finding for each thing that can be wrong."""
    server = databases.require(url)
    place = f"PostgreSQL {server.postgres.split()[0]}, PostGIS {server.postgis}, {databases.shown(url)}"
    found = [Finding("database", "ok", place)]
    with databases.connect(url) as session:
        found += [_durable(session), _extensions(session), _server_clock(session)]
        found += [_migrations(url), _leakproof(session), _role(session), *_hooks(session), *_mails(session)]
    return found


def _ask(session: Connection, query: str, *values: object) -> list[str]:
    """Return the first column of what `query` finds, as text."""
    return [str(row[0]) for row in session.execute(query, values or None).fetchall()]


def _durable(session: Connection) -> Finding:
    off = _ask(
        session,
        "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'data_checksums') AND setting = 'off' "
        "ORDER BY name = 'data_checksums', name",
    )
    if not off:
        return Finding("durability", "ok", "every commit is on disk, pages have checksums")
    if off == ["data_checksums"]:
        mend = "stop the server and run pg_checksums --enable on its data"
        return Finding("durability", "warn", "pages have no checksums, so a bad disk goes unnoticed", mend)
    mend = "set it on in postgresql.conf"
    return Finding("durability", "FAIL", f"{off[0]} is off: a power cut loses the data", mend)


def _extensions(session: Connection) -> Finding:
    there = _ask(session, "SELECT extname FROM pg_extension WHERE extname = ANY(%s) ORDER BY 1", list(EXTENSIONS))
    missing = sorted(set(EXTENSIONS) - set(there))
    if missing:
        return Finding("extensions", "FAIL", f"{', '.join(missing)} not in this database", "run `gridmap db upgrade`")
    return Finding("extensions", "ok", ", ".join(there))


def _server_clock(session: Connection) -> Finding:
    sent = time.time()
    theirs = float(_ask(session, "SELECT extract(epoch FROM clock_timestamp())")[0])
    answered = time.time()
    apart = theirs - (sent + answered) / 2
    if abs(apart) - (answered - sent) / 2 > CLOCK_TOLERANCE_S:
        says = f"the database's clock is {apart:+.1f} s off ours"
        return Finding("its clock", "FAIL", says, "set both machines' clocks (timedatectl set-ntp true)")
    return Finding("its clock", "ok", f"{abs(apart) * 1000:.0f} ms from ours")


def _migrations(url: str) -> Finding:
    at, head = migrate.current(url), migrate.head()
    if at != head:
        return Finding("tables", "FAIL", f"at revision {at or 'none'}, needed {head}", "run `gridmap db upgrade`")
    return Finding("tables", "ok", f"at revision {head}")


def _leakproof(session: Connection) -> Finding:
    query = "SELECT proleakproof FROM pg_proc WHERE oid = to_regprocedure('geometry_overlaps(geometry, geometry)')"
    if _ask(session, query) == ["True"]:
        return Finding("index", "ok", "spatial indexes serve queries under row-level security")
    return Finding(
        "index",
        "warn",
        "spatial indexes are not used under row-level security: maps are slow",
        "a superuser runs: ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF",
    )


def _hooks(session: Connection) -> list[Finding]:
    """Look for messages of web hooks that were given up or wait for long; nothing where there is no hook."""
    if _ask(session, "SELECT count(*) FROM pg_class WHERE oid = to_regclass('web_hook_delivery')") != ["1"]:
        return []  # the finding about the tables says what to do
    hooks = int(_ask(session, "SELECT count(*) FROM web_hook")[0])
    if not hooks:
        return []
    given_up, late = (
        int(_ask(session, f"SELECT count(*) FROM web_hook_delivery WHERE {condition}")[0])
        for condition in (
            "due_at IS NULL AND arrived_at IS NULL",
            "due_at IS NOT NULL AND at < clock_timestamp() - interval '15 minutes'",
        )
    )
    if given_up or late:
        says = f"{given_up} messages of web hooks given up, {late} waiting for 15 minutes or more"
        return [Finding("hooks", "warn", says, "see `gridmap hooks list`; try `gridmap hooks test NUMBER`")]
    return [Finding("hooks", "ok", f"{hooks} web hooks, no message waits for long")]


def _mails(session: Connection) -> list[Finding]:
    """Look for mails that wait for long or were given up lately; nothing where none was ever written."""
    if _ask(session, "SELECT count(*) FROM pg_class WHERE oid = to_regclass('mail')") != ["1"]:
        return []  # the finding about the tables says what to do
    found = mails.backlog(session)
    if not found.kept:
        return []
    if not found.waiting and not found.given_up:
        return [Finding("mails", "ok", f"{found.kept} mails of late, none waits for long or was given up")]
    why = f"; mostly: {found.problem}" if found.problem else ""
    says = f"{found.waiting} mails waiting for 15 minutes or more, {found.given_up} given up in the last 7 days{why}"
    mend = MAIL_MENDS.get(found.problem, "look at the mail server and GRIDMAP_SMTP_HOST, _PORT, _USER, _PASSWORD, _TLS")
    if not found.problem:
        mend = "see that `gridmap serve` runs, and that GRIDMAP_SMTP_HOST names the mail server"
    return [Finding("mails", "warn", says, f"{mend}; what was given up stands on the desk all the same")]


def _role(session: Connection) -> Finding:
    query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s"
    there = _ask(session, query, APP_ROLE)
    if not there:
        return Finding("role", "FAIL", f"the role {APP_ROLE} is missing", "run `gridmap db upgrade`")
    if there == ["True"]:
        mend = f"a superuser runs: ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS"
        return Finding("role", "FAIL", f"{APP_ROLE} passes row-level security by: everyone sees every station", mend)
    if _ask(session, "SELECT pg_has_role(current_user, %s, 'MEMBER')", APP_ROLE) != ["True"]:
        return Finding("role", "FAIL", f"we may not act as {APP_ROLE}", "run `gridmap db upgrade` as the owner")
    return Finding("role", "ok", f"the service acts as {APP_ROLE}, under row-level security")
