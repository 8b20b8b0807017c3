"""Lists of reports for staff: plain SQL, by station, and narrower by ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Line:
    """One report in a list; `others` reported the same, `late`: its clock has run out."""

    id: int
    kind: str
    words: str
    at: datetime
    happened_at: datetime | None
    state: str
    held: bool
    urgent: bool
    call_back: bool
    rating: int | None
    due_at: datetime | None
    late: bool
    others: int
    photos: int
    contact: bool
    plate: str
    address_id: int
    address: str
    beat: str | None
    grid_cell: str | None
    incident_id: int | None
    dispute_id: int | None


_LINE = """
    SELECT r.id, r.kind, r.words, r.at, r.happened_at, r.state, r.held, r.urgent, r.call_back, r.rating, r.due_at,
           coalesce(r.due_at < now(), false) AS late,
           (SELECT count(*) FROM report j WHERE j.joined_to = r.id AND j.state <> 'withdrawn') AS others,
           (SELECT count(*) FROM report_photo f WHERE f.report_id = r.id) AS photos,
           EXISTS (SELECT FROM report_contact c WHERE c.report_id = r.id) AS contact,
           r.plate, r.address_id, a.full_text, z.beat, z.grid_cell, r.incident_id, r.dispute_id
    FROM report r JOIN address a ON a.id = r.address_id
    LEFT JOIN assignment z ON z.edition_id = edition_in_force(r.station, now()) AND z.plate = r.plate
    WHERE r.station = :station AND (CAST(:ground AS bytea) IS NULL OR ST_Covers(ST_GeomFromWKB(:ground, 4326), a.geom))"""


def page(
    session: Session,
    station: str,
    *,
    states: Sequence[str],
    kinds: Sequence[str],
    held: bool,
    ground: bytes | None,
    zone: str = "",
    before_id: int | None,
    limit: int,
) -> list[Line]:
    """Return at most `limit` reports that stand for themselves, newest first, older than `before_id`; one query.

    Parameters
    ----------
    ground
        Only reports of addresses on this ground (WKB, EPSG:4326); None: of the whole station.
    zone
        Only reports of this beat or grid cell, if one is named.
    """
    rows = session.execute(
        text(f"""{_LINE} AND r.joined_to IS NULL AND r.held = :held AND r.state = ANY (:states) AND r.kind = ANY (:kinds)
                 AND (:zone = '' OR z.beat = :zone OR z.grid_cell = :zone)
                 AND (CAST(:before AS int) IS NULL OR r.id < :before) ORDER BY r.id DESC LIMIT :limit"""),
        {"station": station, "states": list(states), "kinds": list(kinds), "held": held, "ground": ground,
         "zone": zone, "before": before_id, "limit": limit},
    )  # fmt: skip
    return [Line(*row) for row in rows]


def one(session: Session, station: str, report: int, ground: bytes | None) -> Line | None:
    """Return one report, if it stands on the ground; one query."""
    found = session.execute(
        text(f"{_LINE} AND r.id = :report"), {"station": station, "ground": ground, "report": report}
    ).one_or_none()
    return None if found is None else Line(*found)


def waiting(session: Session, station: str, ground: bytes | None) -> dict[str, int]:
    """Return how many reports are open, urgent, late, held, and wait for a call; one query."""
    row = session.execute(
        text("""SELECT count(*) FILTER (WHERE NOT r.held AND open) AS open,
                       count(*) FILTER (WHERE NOT r.held AND open AND r.urgent) AS urgent,
                       count(*) FILTER (WHERE NOT r.held AND open AND r.due_at < now()) AS late,
                       count(*) FILTER (WHERE r.held AND open) AS held,
                       count(*) FILTER (WHERE r.call_back) AS call_back
                FROM (SELECT *, state IN ('received', 'accepted', 'in_hand') AS open FROM report) r
                JOIN address a ON a.id = r.address_id
                WHERE r.station = :station AND r.state <> 'withdrawn' AND (r.joined_to IS NULL OR r.call_back)
                  AND (CAST(:ground AS bytea) IS NULL OR ST_Covers(ST_GeomFromWKB(:ground, 4326), a.geom))"""),
        {"station": station, "ground": ground},
    ).one()
    names = ("open", "urgent", "late", "held", "call_back")
    return dict(zip(names, map(int, row), strict=True))
