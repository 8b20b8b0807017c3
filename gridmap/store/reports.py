"""Reports of residents, as rows; plain SQL, so that the lean public process loads no table classes.

Every function wants the transaction to be in the station's scope (`engine.enter_scope`), save `station_of_plate` and
`find_by_tracking`, which find it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.reports import Sent
from gridmap.store import hook_notes


@dataclass(frozen=True, slots=True)
class Door:
    """The door a plate leads to today; `plate` is the living one, which may have replaced the one scanned."""

    plate: str
    status: str
    station: str
    address_id: int
    address: str
    desk_phone: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Place:
    """What a reporter is told of the station."""

    code: str
    name_zh: str
    name_en: str
    desk_phone: str
    timezone: str
    synthetic: bool
    languages: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One report, as the table holds it."""

    id: int
    station: str
    plate: str
    address_id: int
    tracking: bytes
    send_key: str
    kind: str
    words: str
    happened_at: datetime | None
    at: datetime
    language: str
    state: str
    held: bool
    urgent: bool
    call_back: bool
    rating: int | None
    due_at: datetime | None
    joined_to: int | None
    incident_id: int | None
    dispute_id: int | None
    device: str


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a report; `by` is "role/login", or empty where the reporter or the program did it."""

    id: int
    report_id: int
    at: datetime
    by: str
    what: str
    note: str


_COLUMNS = ", ".join(f"r.{name}" for name in Row.__slots__)


def station_of_plate(session: Session, plate: str) -> str | None:
    """Return the station of a plate, for anybody; one query."""
    found: str | None = session.scalar(text("SELECT plate_station(:plate)"), {"plate": plate})
    return found


def find_by_tracking(session: Session, tracking: bytes) -> tuple[str, int] | None:
    """Return station and id of the report with the hash of a receipt's code, for anybody; one query."""
    row = session.execute(text("SELECT station, id FROM report_door(:tracking)"), {"tracking": tracking}).one_or_none()
    return None if row is None else (str(row[0]), int(row[1]))


def door(session: Session, plate: str) -> Door | None:
    """Return the door of a plate, or of the one that replaced it (and so on); one query."""
    row = session.execute(
        text("""WITH RECURSIVE chain AS (
                  SELECT code, status, station, address_id, replaced_by, 1 AS n FROM plate WHERE code = :plate
                  UNION ALL
                  SELECT p.code, p.status, p.station, p.address_id, p.replaced_by, c.n + 1
                  FROM chain c JOIN plate p ON p.code = c.replaced_by WHERE c.n < 20)
                SELECT c.code, c.status, c.station, c.address_id, a.full_text, s.desk_phone, s.timezone
                FROM chain c JOIN address a ON a.id = c.address_id JOIN station s ON s.code = c.station
                WHERE c.replaced_by IS NULL"""),
        {"plate": plate},
    ).one_or_none()
    return None if row is None else Door(*row)


def place(session: Session, station: str) -> Place:
    """Return what a reporter is told of a station; one query."""
    row = session.execute(
        text("""SELECT code, name_zh, name_en, desk_phone, timezone, synthetic, languages FROM station
                WHERE code = :station"""),
        {"station": station},
    ).one()
    return Place(*row)


def of_dispute(session: Session, dispute: int) -> Row | None:
    """Return the report a dispute came from, locked; None where it came from none. One query."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM report r WHERE r.dispute_id = :id AND r.joined_to IS NULL LIMIT 1 FOR UPDATE"),
        {"id": dispute},
    ).one_or_none()
    return None if row is None else Row(*row)


def dispute_for(session: Session, report: int) -> int | None:
    """Return the dispute that stands for a report, its own or that of the one it was joined to; one query."""
    found: int | None = session.scalar(
        text("""SELECT coalesce(r.dispute_id, o.dispute_id) FROM report r LEFT JOIN report o ON o.id = r.joined_to
                WHERE r.id = :id"""),
        {"id": report},
    )
    return found


def lock_door(session: Session, address_id: int) -> None:
    """Let reports of one door be written one after the other until the transaction ends; one statement."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('report of address ' || :id, 0))"), {"id": address_id}
    )


def sent_before(session: Session, station: str, plate: str, device: str, block: str) -> Sent:
    """Return how many reports came from the plate, the device and the block lately; one query."""
    row = session.execute(
        text("""SELECT count(*) FILTER (WHERE plate = :plate AND at > now() - interval '1 hour'),
                       count(*) FILTER (WHERE device = :device AND device <> ''),
                       count(*) FILTER (WHERE block = :block AND block <> '' AND at > now() - interval '1 hour')
                FROM report WHERE station = :station AND at > now() - interval '1 day'"""),
        {"station": station, "plate": plate, "device": device, "block": block},
    ).one()
    return Sent(int(row[0]), int(row[1]), int(row[2]))


def with_key(session: Session, plate: str, send_key: str) -> Row | None:
    """Return the report that was sent from a plate with this key; one query."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM report r WHERE r.plate = :plate AND r.send_key = :key"),
        {"plate": plate, "key": send_key},
    ).one_or_none()
    return None if row is None else Row(*row)


def same_door(session: Session, station: str, address_id: int, kind: str, since: timedelta) -> list[Row]:
    """Return the open reports of one kind at one address that others could be joined to, oldest first; one query."""
    rows = session.execute(
        text(f"""SELECT {_COLUMNS} FROM report r
                 WHERE r.station = :station AND r.address_id = :address AND r.kind = :kind AND r.joined_to IS NULL
                   AND NOT r.held AND r.state IN ('received', 'accepted', 'in_hand') AND r.at > now() - CAST(:since AS interval)
                 ORDER BY r.id"""),
        {"station": station, "address": address_id, "kind": kind, "since": since},
    )
    return [Row(*row) for row in rows]


def category_of(session: Session, wanted: Sequence[str]) -> str | None:
    """Return the first of the wanted categories that there is; one query."""
    found: str | None = session.scalar(
        text("""SELECT code FROM incident_category WHERE code = ANY (:wanted)
                ORDER BY array_position(CAST(:wanted AS text[]), code) LIMIT 1"""),
        {"wanted": list(wanted)},
    )
    return found


def add(session: Session, **facts: Any) -> int:
    """Add a report with these columns and its first event; return its id. Two statements."""
    names = ", ".join(facts)
    number = session.scalar(
        text(f"INSERT INTO report ({names}) VALUES ({', '.join(f':{name}' for name in facts)}) RETURNING id"), facts
    )
    add_event(session, facts["station"], int(number or 0), "received")
    return int(number or 0)


def add_event(session: Session, station: str, report: int, what: str, *, by: str = "", note: str = "") -> None:
    """Add a step, and what web hooks are to be told of it; the database checks that it follows and sets the report's state.

    Two statements.
    """
    number = session.scalar(
        text("""INSERT INTO report_event (station, report_id, at, by, what, note)
                VALUES (:station, :report, clock_timestamp(), :by, :what, :note) RETURNING id"""),
        {"station": station, "report": report, "by": by, "what": what, "note": note},
    )
    hook_notes.note(session, int(number or 0))


def change(session: Session, report: int, **facts: Any) -> None:
    """Set columns of a report; one statement."""
    columns = ", ".join(f"{name} = :{name}" for name in facts)
    session.execute(text(f"UPDATE report SET {columns} WHERE id = :report_id"), {**facts, "report_id": report})


def get(session: Session, report: int, *, lock: bool = False) -> Row | None:
    """Return a report; with `lock` nobody else changes it until the transaction ends. One query."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM report r WHERE r.id = :id {'FOR UPDATE' if lock else ''}"), {"id": report}
    ).one_or_none()
    return None if row is None else Row(*row)


def events(session: Session, reports: Sequence[int]) -> list[Event]:
    """Return the steps of some reports, oldest first; one query."""
    rows = session.execute(
        text("""SELECT id, report_id, at, by, what, note FROM report_event
                WHERE report_id = ANY (:reports) ORDER BY at, id"""),
        {"reports": list(reports)},
    )
    return [Event(*row) for row in rows]


def joined(session: Session, report: int) -> list[int]:
    """Return the reports joined to one and not withdrawn, oldest first; one query."""
    query = text("SELECT id FROM report WHERE joined_to = :id AND state <> 'withdrawn' ORDER BY id")
    return [int(one) for one in session.scalars(query, {"id": report})]


def hand_over(session: Session, from_report: int, to_report: int) -> None:
    """Make a joined report the one that the others are joined to; two statements."""
    ids = {"old": from_report, "new": to_report}
    session.execute(
        text("""UPDATE report n SET joined_to = NULL, incident_id = o.incident_id, dispute_id = o.dispute_id,
                  category = o.category, due_at = o.due_at FROM report o WHERE o.id = :old AND n.id = :new"""),
        ids,
    )
    session.execute(text("UPDATE report SET joined_to = :new WHERE joined_to = :old AND id <> :new"), ids)


def put_contact(session: Session, station: str, report: int, sealed: bytes) -> None:
    """Keep how to reach the reporter, sealed; one statement."""
    session.execute(
        text("""INSERT INTO report_contact (report_id, station, sealed) VALUES (:report, :station, :sealed)
                ON CONFLICT (report_id) DO UPDATE SET sealed = excluded.sealed"""),
        {"report": report, "station": station, "sealed": sealed},
    )


def contact(session: Session, report: int) -> bytes | None:
    """Return the sealed contact of a report; one query."""
    found: bytes | None = session.scalar(
        text("SELECT sealed FROM report_contact WHERE report_id = :report"), {"report": report}
    )
    return found


def add_photo(session: Session, station: str, report: int, number: int, jpeg: bytes) -> None:
    """Keep a picture; one statement."""
    session.execute(
        text("INSERT INTO report_photo (report_id, number, station, jpeg) VALUES (:report, :number, :station, :jpeg)"),
        {"report": report, "number": number, "station": station, "jpeg": jpeg},
    )


def photo(session: Session, report: int, number: int) -> bytes | None:
    """Return a picture (JPEG); one query."""
    found: bytes | None = session.scalar(
        text("SELECT jpeg FROM report_photo WHERE report_id = :report AND number = :number"),
        {"report": report, "number": number},
    )
    return found


def photos(session: Session, report: int) -> int:
    """Return how many pictures a report has; one query."""
    return int(session.scalar(text("SELECT count(*) FROM report_photo WHERE report_id = :id"), {"id": report}) or 0)


def forget_person(session: Session, report: int) -> None:
    """Delete how to reach the reporter and the pictures; two statements."""
    session.execute(text("DELETE FROM report_contact WHERE report_id = :report"), {"report": report})
    session.execute(text("DELETE FROM report_photo WHERE report_id = :report"), {"report": report})
