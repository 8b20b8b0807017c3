"""What was done to a draft: events and the zones each changed, and the walk from one state to another.

The walk is the only thing that writes zones of a draft once it has events, and it is one statement: what an edit did is
put on record first and then applied from there, so record and zones cannot differ, and going back is the same statement
the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from gridmap.store.tables import DraftEvent, Edition

#: One zone as an event changes it: kind, code, the new ground as WKB and the new facts; None where it is gone.
Change = tuple[str, str, bytes | None, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a draft stands: its version (the newest event, and when it was) and its state (the event that made it so)."""

    version: int = 0
    state: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An event to be gone through, forwards or back."""

    seq: int
    back: bool


def head(session: Session, edition_id: int) -> Head:
    """Return where a draft stands; one query."""
    query = (
        select(DraftEvent.seq, DraftEvent.state, DraftEvent.at)
        .where(DraftEvent.edition_id == edition_id)
        .order_by(DraftEvent.seq.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return Head() if row is None else Head(row.seq, row.state, row.at)


def add_event(
    session: Session,
    edition: Edition,
    at: Head,
    *,
    by: str,
    action: str,
    state: int | None = None,
    zones: Sequence[str] = (),
    note: str = "",
) -> DraftEvent:
    """Add the event that follows `at`; `state` is the one it goes back to, None for an edit that makes a new one."""
    seq = at.version + 1
    values = {
        "edition_id": edition.id, "station": edition.station, "seq": seq, "by": by, "action": action, "parent": at.state,
        "state": seq if state is None else state, "zones": list(zones), "note": note,
    }  # fmt: skip
    return session.execute(insert(DraftEvent).values(values).returning(DraftEvent)).scalar_one()


def add_changes(session: Session, edition: Edition, seq: int, changes: Sequence[Change]) -> None:
    """Put on record what event `seq` does to each zone; what it was before is read from the tables. One statement."""
    kinds, codes, shapes, facts = zip(*changes, strict=True)
    told = [None if fact is None else orjson.dumps(fact).decode() for fact in facts]
    session.execute(
        text("""
            INSERT INTO draft_change (edition_id, seq, station, kind, code, before_geom, before_facts, after_geom, after_facts)
            SELECT :edition, :seq, :station, c.kind, c.code, z.geom, z.facts, ST_SetSRID(ST_GeomFromWKB(c.geom), 4326), c.facts::jsonb
            FROM unnest(CAST(:kinds AS text[]), CAST(:codes AS text[]), CAST(:shapes AS bytea[]), CAST(:facts AS text[]))
                 AS c(kind, code, geom, facts)
            LEFT JOIN (
              SELECT 'beat' AS kind, code, geom, jsonb_build_object('name_zh', name_zh, 'name_en', name_en) AS facts
              FROM beat WHERE edition_id = :edition AND code = ANY (CAST(:codes AS text[]))
              UNION ALL
              SELECT 'grid_cell', code, geom, jsonb_build_object('name_zh', name_zh, 'name_en', name_en, 'beat', beat)
              FROM grid_cell WHERE edition_id = :edition AND code = ANY (CAST(:codes AS text[]))
            ) z USING (kind, code)"""),
        {
            "edition": edition.id, "seq": seq, "station": edition.station, "kinds": list(kinds), "codes": list(codes),
            "shapes": list(shapes), "facts": told,
        },
    )  # fmt: skip


#: What each zone is at the end of a walk: the last step that touches it decides.
_NET = """
    WITH step AS (SELECT * FROM unnest(CAST(:seqs AS int[]), CAST(:backs AS bool[])) WITH ORDINALITY AS s(seq, back, place)),
    net AS (
      SELECT DISTINCT ON (c.kind, c.code) c.kind, c.code, c.station,
             CASE WHEN s.back THEN c.before_geom ELSE c.after_geom END AS geom,
             CASE WHEN s.back THEN c.before_facts ELSE c.after_facts END AS facts
      FROM draft_change c JOIN step s USING (seq) WHERE c.edition_id = :edition ORDER BY c.kind, c.code, s.place DESC)"""


def touched(session: Session, edition_id: int, steps: Sequence[Step]) -> list[tuple[str, str, bool]]:
    """Return kind, code and whether it is there afterwards, of every zone a walk changes; one query."""
    query = text(f"{_NET} SELECT kind, code, geom IS NOT NULL FROM net ORDER BY kind, code")
    return [tuple(row) for row in session.execute(query, _facts(edition_id, steps))]


def walk(session: Session, edition_id: int, steps: Sequence[Step]) -> None:
    """Change the zones of a draft as `steps` say, to the last bit; two statements for each kind of zone.

    Cells are told to belong to beats that come later in the same transaction: that key is checked at its end.
    """
    session.flush()
    facts = _facts(edition_id, steps)
    for kind, more, given in (("beat", "", ""), ("grid_cell", ", beat", ", facts ->> 'beat'")):
        session.execute(
            text(f"""{_NET} DELETE FROM {kind} z USING net
                 WHERE z.edition_id = :edition AND net.kind = '{kind}' AND net.code = z.code AND net.geom IS NULL"""),
            facts,
        )
        beat = ", beat = excluded.beat" if more else ""
        session.execute(
            text(f"""{_NET} INSERT INTO {kind} (edition_id, code, station, name_zh, name_en, geom{more})
                 SELECT :edition, code, station, facts ->> 'name_zh', facts ->> 'name_en', geom{given}
                 FROM net WHERE kind = '{kind}' AND geom IS NOT NULL
                 ON CONFLICT (edition_id, code) DO UPDATE
                 SET name_zh = excluded.name_zh, name_en = excluded.name_en, geom = excluded.geom{beat}"""),
            facts,
        )


def _facts(edition_id: int, steps: Sequence[Step]) -> dict[str, Any]:
    return {"edition": edition_id, "seqs": [one.seq for one in steps], "backs": [one.back for one in steps]}


def parents(session: Session, edition_id: int) -> dict[int, int]:
    """Return, for each state a draft ever had, the state it was made from; one query."""
    query = select(DraftEvent.seq, DraftEvent.parent).where(
        DraftEvent.edition_id == edition_id, DraftEvent.state == DraftEvent.seq
    )
    return {row.seq: row.parent for row in session.execute(query)}


def events(session: Session, edition_id: int, *, before: int | None = None, limit: int = 100) -> list[DraftEvent]:
    """Return at most `limit` events of a draft, newest first, older than `before`; one query."""
    query = select(DraftEvent).where(DraftEvent.edition_id == edition_id).order_by(DraftEvent.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(DraftEvent.seq < before)
    return list(session.scalars(query))


def events_since(session: Session, edition_id: int, version: int, limit: int = 50) -> list[DraftEvent]:
    """Return the first events of a draft that followed `version`, oldest first; one query."""
    query = select(DraftEvent).where(DraftEvent.edition_id == edition_id, DraftEvent.seq > version)
    return list(session.scalars(query.order_by(DraftEvent.seq).limit(limit)))


def redo_of(session: Session, edition_id: int, at: Head) -> int | None:
    """Return the newest state that was made from the present one, or None where there is none; one query."""
    query = (
        select(DraftEvent.seq)
        .where(DraftEvent.edition_id == edition_id, DraftEvent.parent == at.state, DraftEvent.state == DraftEvent.seq)
        .order_by(DraftEvent.seq.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()
