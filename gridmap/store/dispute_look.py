"""One dispute with all that hangs on it, its steps by name, and whom it can be given to: one statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.dispute_rows import SEEN, Sight

#: Steps, links and people of one dispute that are read at most.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Named:
    """A person or a body by code and names; `kind`: person or body; `of`: the person's role, or the body's trades."""

    kind: str
    code: str
    name_zh: str
    name_en: str
    of: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who took it (`by`, their name where there is one) in which role, and to whom the dispute went."""

    id: int
    at: datetime
    what: str
    by: str
    name: str | None
    role: str
    note: str
    facts: Mapping[str, Any]
    tier: int | None
    after: str | None
    due_at: datetime | None
    holder_zh: str | None
    holder_en: str | None
    offered_zh: str | None
    offered_en: str | None


@dataclass(frozen=True, slots=True)
class Detail:
    """What is told of a dispute beside its `Row`: its words, its place, names, and what hangs on it.

    `bodies`: code, name_zh, name_en, answer; `links`: id, number, kind_zh, kind_en, state, opened_at, why, later;
    `parties`: side, reference, known (something is sealed with it).
    """

    words: str
    language: str
    kind_zh: str
    kind_en: str
    address: str | None
    plate: str | None
    lon: float | None
    lat: float | None
    beat_zh: str | None
    beat_en: str | None
    cell_zh: str | None
    cell_en: str | None
    holder: Named | None
    offered: Named | None
    closed_at: datetime | None
    rating: int | None
    reopened: int
    incident: str | None
    report: int | None
    series_id: int | None
    series: str | None
    bodies: Sequence[Mapping[str, Any]]
    links: Sequence[Mapping[str, Any]]
    parties: Sequence[Mapping[str, Any]]


_DETAIL: Final = f"""
    WITH x AS (SELECT * FROM dispute WHERE station = :station AND id = :id),
    linked AS (
      SELECT d.id, d.number, d.state, d.opened_at, c.name_zh AS kind_zh, c.name_en AS kind_en, l.why, l.later
      FROM (SELECT earlier_id AS other, why, false AS later FROM dispute_link, x WHERE dispute_id = x.id
            UNION ALL SELECT dispute_id, why, true FROM dispute_link, x WHERE earlier_id = x.id) l
      JOIN dispute d ON d.id = l.other JOIN incident_category c ON c.code = d.kind
      WHERE {SEEN} ORDER BY d.opened_at DESC, d.id DESC LIMIT 20)
    SELECT x.words, x.language, c.name_zh AS kind_zh, c.name_en AS kind_en, a.full_text AS address,
      (SELECT p.code FROM plate p WHERE p.address_id = x.address_id AND p.retired_at IS NULL LIMIT 1) AS plate,
      ST_X(x.geom) AS lon, ST_Y(x.geom) AS lat, b.name_zh AS beat_zh, b.name_en AS beat_en, g.name_zh AS cell_zh,
      g.name_en AS cell_en, h.code AS h_code, h.name AS h_zh, h.name_en AS h_en, x.holder_id, hb.code AS hb_code,
      hb.name_zh AS hb_zh, hb.name_en AS hb_en, o.code AS o_code, o.name AS o_zh, o.name_en AS o_en, x.offered_id,
      ob.code AS ob_code, ob.name_zh AS ob_zh, ob.name_en AS ob_en, x.closed_at, x.rating, x.reopened,
      i.number AS incident, x.series_id, s.name AS series,
      (SELECT min(r.id) FROM report r WHERE r.address_id = x.address_id AND r.dispute_id = x.id) AS report,
      (SELECT jsonb_agg(jsonb_build_object('code', m.body, 'name_zh', n.name_zh, 'name_en', n.name_en, 'answer', m.answer)
         ORDER BY m.at, m.body) FROM dispute_body m JOIN body n ON n.station = m.station AND n.code = m.body
         WHERE m.dispute_id = x.id) AS bodies,
      (SELECT jsonb_agg(to_jsonb(linked)) FROM linked) AS links,
      (SELECT jsonb_agg(jsonb_build_object('side', q.side, 'reference', q.reference, 'known', q.sealed IS NOT NULL)
         ORDER BY q.side, q.id) FROM dispute_party q WHERE q.dispute_id = x.id) AS parties
    FROM x JOIN incident_category c ON c.code = x.kind
    LEFT JOIN address a ON a.id = x.address_id
    LEFT JOIN beat b ON b.edition_id = edition_in_force(x.station, x.opened_at) AND b.code = x.beat
    LEFT JOIN grid_cell g ON g.edition_id = edition_in_force(x.station, x.opened_at) AND g.code = x.grid_cell
    LEFT JOIN person h ON h.id = x.holder_id LEFT JOIN body hb ON hb.station = x.station AND hb.code = x.body
    LEFT JOIN person o ON o.id = x.offered_id LEFT JOIN body ob ON ob.station = x.station AND ob.code = x.offered_body
    LEFT JOIN incident i ON i.id = x.incident_id LEFT JOIN series s ON s.id = x.series_id"""


def detail(session: Session, station: str, dispute: int, sight: Sight) -> Detail:
    """Return what is told of a dispute; of its links only those the sight includes. One query."""
    row = session.execute(text(_DETAIL), {"station": station, "id": dispute, **sight.facts()}).one()
    return Detail(
        row.words, row.language, row.kind_zh, row.kind_en, row.address, row.plate, row.lon, row.lat, row.beat_zh, row.beat_en,
        row.cell_zh, row.cell_en, _named(row, "h", row.holder_id), _named(row, "o", row.offered_id), row.closed_at, row.rating,
        row.reopened, row.incident, row.report, row.series_id, row.series, row.bodies or [], row.links or [], row.parties or [],
    )  # fmt: skip


def steps(session: Session, dispute: int) -> list[Step]:
    """Return the steps of a dispute, newest first; one query."""
    rows = session.execute(
        text("""SELECT e.id, e.at, e.what, e.by, coalesce(nullif(c.display_name, ''), e.by) AS name, e.role, e.note, e.facts - 'asked' AS facts,
                  e.tier, e.after, e.due_at, coalesce(h.name, hb.name_zh), coalesce(h.name_en, hb.name_en),
                  coalesce(o.name, ob.name_zh), coalesce(o.name_en, ob.name_en)
                FROM dispute_event e
                LEFT JOIN account c ON c.login = e.by
                LEFT JOIN person h ON h.id = e.holder_id LEFT JOIN body hb ON hb.station = e.station AND hb.code = e.body
                LEFT JOIN person o ON o.id = e.offered_id LEFT JOIN body ob ON ob.station = e.station AND ob.code = e.offered_body
                WHERE e.dispute_id = :id ORDER BY e.at DESC, e.id DESC LIMIT :most"""),
        {"id": dispute, "most": MOST},
    )
    return [Step(*row) for row in rows]


_TAKERS: Final = text("""
    SELECT 'body' AS kind, b.code, b.name_zh, b.name_en, array_to_string(b.trades, ',') AS of, NULL::int AS id, 0 AS rank
    FROM body b WHERE b.station = :station AND b.active
    UNION ALL
    SELECT 'person', p.code, p.name, p.name_en, w.role, p.id, w.rank FROM person p
    JOIN LATERAL (
      SELECT po.role, CASE WHEN po.grid_cell = :cell OR po.beat = :beat THEN 1 ELSE 2 END AS rank FROM posting po
      WHERE po.person_id = p.id AND po.during @> (now() AT TIME ZONE :zone)::date
        AND po.role IN ('officer', 'auxiliary', 'grid_member', 'mediator')
      ORDER BY 2, po.role LIMIT 1) w ON true
    WHERE p.station = :station
    ORDER BY rank, kind, of, code LIMIT :most""")


def takers(session: Session, station: str, zone: str, *, beat: str | None, cell: str | None) -> list[Named]:
    """Return whom a dispute can be given to: the station's bodies, and the people posted today, those of its place first.

    One query.
    """
    rows = session.execute(
        _TAKERS, {"station": station, "zone": zone, "beat": beat or "", "cell": cell or "", "most": 2 * MOST}
    )
    return [Named(row.kind, row.code, row.name_zh, row.name_en, row.of, row.id) for row in rows]


def _named(row: Any, letter: str, person: int | None) -> Named | None:
    """Return the person or body of the columns that begin with `letter`."""
    for kind, start in (("person", letter), ("body", f"{letter}b")):
        if (code := getattr(row, f"{start}_code")) is not None:
            names = getattr(row, f"{start}_zh"), getattr(row, f"{start}_en")
            return Named(kind, code, *names, id=person if kind == "person" else None)
    return None
