"""Staged shifts: which overlap one another or what is there, and putting them."""

from __future__ import annotations

from bisect import bisect
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store import loading
from gridmap.store.loading import Outcome, Stage

_DURING = "tstzrange(s.since, s.until)"
_NOT_STAGED = "NOT EXISTS (SELECT FROM {} k WHERE k.person_id = sh.person_id AND k.since = lower(sh.during))"


def match_people(session: Session, stage: Stage, station: str) -> None:
    """Set `person_id` of staged rows that name a person by code; one statement."""
    session.execute(
        text(f"""UPDATE {stage.name} s SET person_id = pe.id FROM person pe
                 WHERE pe.station = :station AND pe.code = s.person"""),
        {"station": station},
    )


def remove_others(session: Session, stage: Stage) -> int:
    """Remove shifts of the staged people, between their first and last staged moment, that the stage has not; count them."""
    rows = session.execute(
        text(f"""DELETE FROM shift sh USING (
                   SELECT person_id, min(since) AS first, max(until) AS last FROM {stage.name} GROUP BY 1) f
                 WHERE sh.person_id = f.person_id AND sh.during && tstzrange(f.first, f.last) AND {_NOT_STAGED.format(stage.name)}
                 RETURNING 1""")
    )
    return len(rows.all())


def refuse_overlaps(session: Session, stage: Stage) -> list[tuple[int, str, str]]:
    """Take shifts out that overlap one of the same person, in the file or in the database; return (line, reason, person).

    Of two rows that overlap the first stands, and a row refused so refuses no other. A shift that is there and begins at
    the same moment as a row will be what the row says, so only shifts that no row changes are in the way.
    """
    query = text(f"SELECT line, person_id, since, until, person FROM {stage.name} ORDER BY line")
    taken: dict[int, list[tuple[datetime, datetime, int]]] = {}
    found: dict[int, tuple[str, str]] = {}
    for line, person, since, until, code in session.execute(query):
        spans = taken.setdefault(person, [])
        at = bisect(spans, since, key=lambda span: span[0])
        # Spans of one person never overlap, so only the two beside this one can meet it.
        met = next((span for span in spans[max(at - 1, 0) : at + 1] if span[0] < until and since < span[1]), None)
        if met is None:
            spans.insert(at, (since, until, line))
        else:
            found[int(line)] = (f"overlaps the shift in row {met[2]}", str(code))
    session.execute(text(f"DELETE FROM {stage.name} WHERE line = ANY (:lines)"), {"lines": list(found)})
    # One pass is enough: a row refused here is longer than the shift it would change, so no other row has its time.
    there = session.execute(
        text(f"""DELETE FROM {stage.name} s USING shift sh
                 WHERE sh.person_id = s.person_id AND sh.during && {_DURING} AND {_NOT_STAGED.format(stage.name)}
                 RETURNING s.line, sh.during::text, s.person""")
    ).all()
    found |= {
        int(line): (f"overlaps a shift that is there already, {during}", str(code)) for line, during, code in there
    }
    return sorted((line, reason, code) for line, (reason, code) in found.items())


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


def put_shifts(session: Session, stage: Stage, *, station: str, with_beats: bool) -> Outcome:
    """Give shifts that are there and begin at a staged moment their new end and beats, then add the others.

    Two statements: a shift that is cut short must be so before another takes the time it leaves. Without `with_beats`
    the file says nothing of beats, and a shift that is there keeps its own.
    """
    staged, beats = loading.count(session, stage), "string_to_array(s.beats, ',')"
    kept = beats if with_beats else "sh.beats"
    changed = session.execute(
        text(f"""UPDATE shift sh SET during = {_DURING}, beats = {kept} FROM {stage.name} s
                 WHERE sh.person_id = s.person_id AND lower(sh.during) = s.since
                   AND ROW(sh.during, sh.beats) IS DISTINCT FROM ROW({_DURING}, {kept}) RETURNING 1""")
    )
    updated = len(changed.all())
    fresh = session.execute(
        text(f"""INSERT INTO shift (station, person_id, during, beats)
                 SELECT :station, s.person_id, {_DURING}, {beats} FROM {stage.name} s
                 WHERE NOT EXISTS (
                   SELECT FROM shift sh WHERE sh.person_id = s.person_id AND lower(sh.during) = s.since)
                 ORDER BY s.line RETURNING 1"""),
        {"station": station},
    )
    added = len(fresh.all())
    return Outcome(added, updated, staged - added - updated)
