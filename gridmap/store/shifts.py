"""Staged shifts: which overlap one another or what is there, and putting them."""

from __future__ import annotations

from bisect import bisect
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.loading import Outcome, Stage

_DURING = "tstzrange(s.since, s.until)"


def match_people(session: Session, stage: Stage, station: str) -> None:
    """Set `person_id` of staged rows that name a person by code; one statement."""
    session.execute(
        text(f"""UPDATE {stage.name} s SET person_id = pe.id FROM person pe
                 WHERE pe.station = :station AND pe.code = s.person"""),
        {"station": station},
    )


def refuse_overlaps(session: Session, stage: Stage) -> list[tuple[int, str, str]]:
    """Take shifts out that overlap one of the same person, in the file or in the database; return (line, reason, person).

    A shift that is there and begins at the same moment is no overlap: it is the one to be changed. Of two rows that
    overlap the first stands; a row that was refused refuses no other.
    """
    there = session.execute(
        text(f"""DELETE FROM {stage.name} s USING shift sh
                 WHERE sh.person_id = s.person_id AND sh.during && {_DURING} AND lower(sh.during) <> s.since
                 RETURNING s.line, sh.during::text, s.person""")
    ).all()
    found = {
        int(line): (f"overlaps a shift that is there already, {during}", str(code)) for line, during, code in there
    }
    query = text(f"SELECT line, person_id, since, until, person FROM {stage.name} ORDER BY line")
    taken: dict[int, list[tuple[datetime, datetime, int]]] = {}
    within = {}
    for line, person, since, until, code in session.execute(query):
        spans = taken.setdefault(person, [])
        at = bisect(spans, since, key=lambda span: span[0])
        # Spans of one person never overlap, so only the two beside this one can meet it.
        met = next((span for span in spans[max(at - 1, 0) : at + 1] if span[0] < until and since < span[1]), None)
        if met is None:
            spans.insert(at, (since, until, line))
        else:
            within[int(line)] = (f"overlaps the shift in row {met[2]}", str(code))
    session.execute(text(f"DELETE FROM {stage.name} WHERE line = ANY (:lines)"), {"lines": list(within)})
    return sorted((line, reason, code) for line, (reason, code) in (found | within).items())


def unknown_beats(session: Session, stage: Stage, station: str) -> list[str]:
    """Return the beats that staged shifts name and no edition of the station has; one query."""
    rows = session.execute(
        text(f"""SELECT DISTINCT named.code FROM {stage.name} s
                 CROSS JOIN LATERAL unnest(string_to_array(s.beats, ',')) AS named (code)
                 WHERE named.code <> '*' AND NOT EXISTS (
                   SELECT FROM beat b WHERE b.station = :station AND b.code = named.code) ORDER BY 1"""),
        {"station": station},
    )
    return [str(code) for (code,) in rows]


def put_shifts(session: Session, stage: Stage, station: str, *, with_beats: bool) -> Outcome:
    """Add the staged shifts, or give those that began at the same moment their new end and beats; one statement.

    Without `with_beats` the file says nothing of beats, and a shift that is there keeps its own.
    """
    beats = "g.beats" if with_beats else "sh.beats"
    added, updated, given = session.execute(
        text(f"""
            WITH given AS (
              SELECT s.line, s.person_id, s.since, {_DURING} AS during, string_to_array(s.beats, ',') AS beats
              FROM {stage.name} s),
            there AS (
              SELECT g.line, sh.id, ROW(sh.during, sh.beats) IS DISTINCT FROM ROW(g.during, {beats}) AS differs
              FROM given g JOIN shift sh ON sh.person_id = g.person_id AND lower(sh.during) = g.since),
            changed AS (
              UPDATE shift sh SET during = g.during, beats = {beats} FROM given g JOIN there h USING (line)
              WHERE sh.id = h.id AND h.differs RETURNING 1),
            fresh AS (
              INSERT INTO shift (station, person_id, during, beats)
              SELECT :station, g.person_id, g.during, g.beats FROM given g
              WHERE NOT EXISTS (SELECT FROM there h WHERE h.line = g.line) ORDER BY g.line RETURNING 1)
            SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM changed), (SELECT count(*) FROM given)"""),
        {"station": station},
    ).one()
    return Outcome(int(added), int(updated), int(given) - int(added) - int(updated))
