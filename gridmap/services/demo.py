"""The demo: one made-up station, loaded through the same functions as a real one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.access import Role
from gridmap.domain.loop_file import LoopFile
from gridmap.domain.loop_zones import beats_of, cells_of, with_zones
from gridmap.errors import Unavailable
from gridmap.services import accounts, editions, imports, plates
from gridmap.services.disputes import configure
from gridmap.store.tables import Account, AccountStation

BY = "demo"
#: When the first edition of the made-up station came in force: before its first incident.
SINCE = datetime(2023, 10, 31, 16, tzinfo=UTC)
#: The end of its last year: what the demo adds to the desk is of later, and leaves that year's figures as they are.
UNTIL = datetime(2026, 10, 31, 16, tzinfo=UTC)

#: Log-in -> the role in which its person is posted; the first by code who is not away.
POSTED = {"officer": "officer", "grid": "grid_member"}
#: Log-in -> role and name shown. They exist only in the demo.
LOG_INS: dict[str, tuple[Role, str]] = {
    "planner": (Role.PLANNER, "演示·规划员"),
    "officer": (Role.OFFICER, "演示·民警"),
    "grid": (Role.GRID_MEMBER, "演示·网格员"),
    "mediator": (Role.MEDIATOR, "演示·调解员"),
    "commander": (Role.COMMANDER, "演示·指挥员"),
    "auditor": (Role.AUDITOR, "演示·审计员"),
    "admin": (Role.ADMIN, "演示·管理员"),
}


class FixtureMissing(Unavailable):
    """The folder of the made-up station is not where it should be."""

    slug, title = "fixture-missing", "The made-up station is missing"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo holds: a station and one of its plates to scan."""

    station: str
    plate: str


def find(session: Session) -> Demo | None:
    """Return the demo in a database, or None where it has none; two queries."""
    station = session.scalar(
        select(AccountStation.station)
        .join(Account, Account.id == AccountStation.account_id)
        .where(Account.demo)
        .order_by(AccountStation.station)
        .limit(1)
    )
    if station is None:
        return None
    # A door whose beat has an officer today shows the page as it mostly is.
    plate = session.scalar(
        text("""SELECT a.plate FROM assignment a JOIN edition e ON e.id = a.edition_id AND e.status = 'published'
                CROSS JOIN LATERAL responsible(a.station, a.beat, a.grid_cell, now()) r
                WHERE a.station = :station AND r.role = 'officer' AND r.via = 'posting' LIMIT 1"""),
        {"station": station},
    )
    return None if plate is None else Demo(station, plate)


def build(
    session: Session, folder: Path, *, password: str, say: Callable[[str], None], loop: LoopFile | None = None
) -> Demo:
    """Load the made-up station of `folder`, publish its first edition, leave a draft with faults, add the log-ins.

    Parameters
    ----------
    loop
        What its disputes follow; the zones it names are the station's first, in order. None: the standard loop.

    Raises
    ------
    FixtureMissing
        If `folder` holds no made-up station.
    """
    if not (folder / "station.geojson").is_file():
        raise FixtureMissing(f"{folder} holds no station.geojson; `gridmap fixture --out {folder}` makes a station")
    station = str(
        json.loads((folder / "station.geojson").read_text(encoding="utf-8"))["features"][0]["properties"]["code"]
    )

    def load(kind: str, name: str) -> None:
        say(f"{kind} from {name}")
        if kind == "zones":
            report = imports.load_zones(session, folder / name, station=station, by=BY)
        else:
            report = imports.load_file(session, kind, folder / name, station=station)
        if report.refused:
            raise FixtureMissing(f"{name} has {report.refused} rows that cannot be loaded: {report.rejected[0]}")

    load("stations", "station.geojson")
    load("places", "places.geojson")
    load("roads", "roads.geojson")
    load("zones", "zones.geojson")
    load("addresses", "addresses.csv.gz")
    load("people", "people.csv.gz")
    load("leave", "leave.csv.gz")
    load("shifts", "shifts.csv.gz")
    load("categories", "categories.csv")
    load("incidents", "incidents.csv.gz")
    if loop is not None:  # before the disputes: its bodies and mediators have settled some of them
        say(f"loop {loop.loop.code}")
        follow(session, station, loop)
    load("disputes", "disputes.csv.gz")
    load("visits", "visits.csv.gz")
    load("facilities", "facilities.csv")
    say("plates for every door")
    plates.issue(session, station, by=BY)
    say("edition 1: check, resolve every plate, publish")
    editions.publish(session, station, 1, by=BY, since=SINCE)
    load("zones", "zones_draft.geojson")
    say("log-ins")
    for login, (role, name) in LOG_INS.items():
        accounts.add(
            session, login=login, display_name=name, role=role, password=password, stations=(station,), by=BY, demo=True,
            person_id=_posted(session, station, POSTED[login]) if login in POSTED else None,
        )  # fmt: skip
    # Statistics before the first reader: the planner guesses badly on tables that were filled a second ago.
    session.execute(text("ANALYZE"))
    found = find(session)
    assert found is not None  # noqa: S101  # built above
    return found


def follow(session: Session, station: str, loop: LoopFile) -> None:
    """Let the made-up station follow a loop: with its own zones, and with mediators who have been there from the start."""
    configure.load(session, with_zones(loop, first_zones(session, station, loop)), (station,), by=BY)
    session.execute(
        text("""UPDATE posting o SET during = daterange(:since, upper(o.during)) FROM person p
                WHERE p.id = o.person_id AND o.station = :station AND o.role = 'mediator' AND p.code = ANY (:codes)"""),
        {"station": station, "since": SINCE.date(), "codes": [one.code for one in loop.mediators]},
    )


def first_zones(session: Session, station: str, loop: LoopFile) -> dict[str, str]:
    """Return a beat or cell of the station's first edition for each that a loop's file names; one query.

    The file's areas (A of A, A1, A2) are the first beats whose officer is at work, an area's cells are the first of its beat.
    """
    own: dict[str, list[str]] = {}
    rows = session.execute(
        text("""SELECT b.code AS beat, g.code AS cell FROM edition e JOIN beat b ON b.edition_id = e.id
                JOIN grid_cell g ON g.edition_id = e.id AND g.beat = b.code
                WHERE e.station = :station AND e.number = 1
                ORDER BY NOT EXISTS (
                    SELECT FROM posting o WHERE o.station = e.station AND o.beat = b.code AND o.role = 'officer'
                      AND o.during @> current_date AND NOT EXISTS (
                        SELECT FROM leave l WHERE l.person_id = o.person_id AND l.during @> current_date)), 1, 2"""),
        {"station": station},
    )
    for row in rows:
        own.setdefault(row.beat, []).append(row.cell)
    areas = sorted({zone.rstrip("0123456789") for zone in (*beats_of(loop), *cells_of(loop))})
    beat_of = dict(zip(areas, own, strict=False))
    left = {area: iter(own[beat]) for area, beat in beat_of.items()}
    beats = {zone: beat_of[zone.rstrip("0123456789")] for zone in beats_of(loop)}
    return beats | {zone: next(left[zone.rstrip("0123456789")]) for zone in sorted(cells_of(loop))}


def loop_of(session: Session, station: str) -> str:
    """Return the code of the loop a station follows; one query."""
    return str(session.scalar(text("SELECT loop FROM station WHERE code = :station"), {"station": station}))


def _posted(session: Session, station: str, role: str) -> int | None:
    """Return the first person by code posted in a role to a beat or grid cell now, and not away."""
    found: int | None = session.scalar(
        text("""SELECT p.id FROM person p JOIN posting o ON o.person_id = p.id
                WHERE p.station = :station AND o.role = :role AND o.during @> current_date
                  AND coalesce(o.beat, o.grid_cell) IS NOT NULL AND NOT EXISTS (
                    SELECT FROM leave l WHERE l.person_id = p.id AND l.during @> current_date)
                ORDER BY p.code LIMIT 1"""),
        {"station": station, "role": role},
    )
    return found
