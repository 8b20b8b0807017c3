"""Staged people, postings and leave: what clashes among themselves or with what is there, and putting them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.loading import Outcome, Stage

#: The first row of each person in a file: who they are, told once.
ONE_TELLING: Final = Stage("stage_one_telling", {})
_OPEN: Final = "daterange(s.since, s.until, '[]')"
_SAME: Final = """s.code = f.code AND s.role = f.role AND s.beat IS NOT DISTINCT FROM f.beat
                  AND s.grid_cell IS NOT DISTINCT FROM f.grid_cell"""


def refuse_two_tellings(session: Session, stage: Stage) -> list[tuple[int, str, str]]:
    """Take rows out that give a person another name than the person's first row; return (line, reason, name)."""
    rows = session.execute(
        text(f"""DELETE FROM {stage.name} s USING (SELECT DISTINCT ON (code) code, name, line FROM {stage.name}
                   ORDER BY code, line) f
                 WHERE s.code = f.code AND s.name <> f.name RETURNING s.line, f.line, f.name, s.name""")
    )
    return sorted(
        (int(line), f"{first} has called this person {one!r}", str(other)) for line, first, one, other in rows
    )


def refuse_overlaps(session: Session, stage: Stage, station: str) -> list[tuple[int, str, str]]:
    """Take postings out that overlap an earlier row, or one that is there and began on another day."""
    within = session.execute(
        text(f"""DELETE FROM {stage.name} s USING {stage.name} f
                 WHERE {_SAME} AND f.line < s.line AND {_OPEN} && daterange(f.since, f.until, '[]')
                 RETURNING s.line, f.line, s.code""")
    ).all()
    there = session.execute(
        text(f"""DELETE FROM {stage.name} s USING posting po, person pe
                 WHERE pe.station = :station AND pe.code = s.code AND po.person_id = pe.id AND po.role = s.role
                   AND po.beat IS NOT DISTINCT FROM s.beat AND po.grid_cell IS NOT DISTINCT FROM s.grid_cell
                   AND po.during && {_OPEN} AND lower(po.during) IS DISTINCT FROM s.since
                 RETURNING s.line, po.during::text, s.code"""),
        {"station": station},
    ).all()
    found = {
        int(line): (f"the same posting overlaps the one in row {first}", str(code)) for line, first, code in within
    }
    found |= {int(line): (f"the same posting is there already, {during}", str(code)) for line, during, code in there}
    return sorted((line, reason, code) for line, (reason, code) in found.items())


def keep_one_telling(session: Session, stage: Stage) -> None:
    """Make the stage of people, each once."""
    session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{ONE_TELLING.name}"))
    session.execute(
        text(f"""CREATE TEMPORARY TABLE {ONE_TELLING.name} ON COMMIT DROP AS
                 SELECT DISTINCT ON (code) * FROM {stage.name} ORDER BY code, line""")
    )


def put_postings(session: Session, stage: Stage, station: str) -> Outcome:
    """Add the staged postings, or give the ones that began on the same day their new end and trade."""
    return _outcome(
        session,
        f"""WITH given AS (
              SELECT s.line, pe.id AS person_id, s.role, s.beat, s.grid_cell, s.trade, {_OPEN} AS during
              FROM {stage.name} s JOIN person pe ON pe.station = :station AND pe.code = s.code
              WHERE s.role IS NOT NULL),
            there AS (
              SELECT g.line, po.id, po.during IS DISTINCT FROM g.during OR po.trade IS DISTINCT FROM g.trade AS differs
              FROM given g JOIN posting po ON po.person_id = g.person_id AND po.role = g.role
                AND po.beat IS NOT DISTINCT FROM g.beat AND po.grid_cell IS NOT DISTINCT FROM g.grid_cell
                AND lower(po.during) IS NOT DISTINCT FROM lower(g.during)),
            changed AS (
              UPDATE posting po SET during = g.during, trade = g.trade FROM given g JOIN there h USING (line)
              WHERE po.id = h.id AND h.differs RETURNING 1),
            fresh AS (
              INSERT INTO posting (station, person_id, role, beat, grid_cell, trade, during)
              SELECT :station, person_id, role, beat, grid_cell, trade, during FROM given
              WHERE line NOT IN (SELECT line FROM there) ORDER BY line RETURNING 1)
            SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM changed), (SELECT count(*) FROM given)""",
        station,
    )


def unknown_zones(session: Session, stage: Stage, station: str) -> list[str]:
    """Return the beats and grid cells that staged postings name and no edition of the station has."""
    rows = session.execute(
        text(f"""SELECT DISTINCT zone FROM (
                   SELECT s.beat AS zone FROM {stage.name} s WHERE s.beat IS NOT NULL AND NOT EXISTS (
                     SELECT FROM beat b WHERE b.station = :station AND b.code = s.beat)
                   UNION ALL SELECT s.grid_cell FROM {stage.name} s WHERE s.grid_cell IS NOT NULL AND NOT EXISTS (
                     SELECT FROM grid_cell g WHERE g.station = :station AND g.code = s.grid_cell)) z ORDER BY 1"""),
        {"station": station},
    )
    return [str(zone) for (zone,) in rows]


def match_people(session: Session, stage: Stage, station: str) -> None:
    """Set `person_id` and `substitute_id` of staged leave by code; two statements."""
    for code in ("person", "substitute"):
        session.execute(
            text(f"""UPDATE {stage.name} s SET {code}_id = pe.id FROM person pe
                     WHERE pe.station = :station AND pe.code = s.{code}"""),
            {"station": station},
        )


def refuse_leave_overlaps(session: Session, stage: Stage) -> list[tuple[int, str, str]]:
    """Take leave out that overlaps an earlier row, or leave that is there and began on another day."""
    within = session.execute(
        text(f"""DELETE FROM {stage.name} s USING {stage.name} f
                 WHERE s.person_id = f.person_id AND f.line < s.line
                   AND {_OPEN} && daterange(f.since, f.until, '[]') RETURNING s.line, f.line, s.person""")
    ).all()
    there = session.execute(
        text(f"""DELETE FROM {stage.name} s USING leave l WHERE l.person_id = s.person_id AND l.during && {_OPEN}
                   AND lower(l.during) <> s.since RETURNING s.line, l.during::text, s.person""")
    ).all()
    found = {int(line): (f"overlaps the leave in row {first}", str(code)) for line, first, code in within}
    found |= {int(line): (f"overlaps leave that is there already, {during}", str(code)) for line, during, code in there}
    return sorted((line, reason, code) for line, (reason, code) in found.items())


def put_leave(session: Session, stage: Stage, station: str) -> Outcome:
    """Add the staged leave, or change the spells that began on the same day."""
    return _outcome(
        session,
        f"""WITH given AS (SELECT s.*, {_OPEN} AS during FROM {stage.name} s),
            there AS (
              SELECT g.line, l.id, ROW(l.during, l.substitute_id, l.reason)
                IS DISTINCT FROM ROW(g.during, g.substitute_id, g.reason) AS differs
              FROM given g JOIN leave l ON l.person_id = g.person_id AND lower(l.during) = g.since),
            changed AS (
              UPDATE leave l SET during = g.during, substitute_id = g.substitute_id, reason = g.reason
              FROM given g JOIN there h USING (line) WHERE l.id = h.id AND h.differs RETURNING 1),
            fresh AS (
              INSERT INTO leave (station, person_id, substitute_id, during, reason)
              SELECT :station, person_id, substitute_id, during, reason FROM given
              WHERE line NOT IN (SELECT line FROM there) ORDER BY line RETURNING 1)
            SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM changed), (SELECT count(*) FROM given)""",
        station,
    )


def cells_of(session: Session, station: str, person_id: int, at: datetime) -> list[str]:
    """Return the grid cells a person is posted to at a moment, or stands in for while a colleague is away; one query."""
    rows = session.scalars(
        text("""WITH day AS (SELECT (CAST(:at AS timestamptz) AT TIME ZONE timezone)::date AS d FROM station WHERE code = :station)
                SELECT DISTINCT po.grid_cell FROM posting po CROSS JOIN day
                WHERE po.station = :station AND po.grid_cell IS NOT NULL AND po.during @> day.d
                  AND (po.person_id = :person OR po.person_id IN (
                    SELECT le.person_id FROM leave le WHERE le.substitute_id = :person AND le.during @> day.d))
                ORDER BY 1"""),
        {"station": station, "person": person_id, "at": at},
    )
    return [str(code) for code in rows]


def _outcome(session: Session, query: str, station: str) -> Outcome:
    added, updated, given = (int(n) for n in session.execute(text(query), {"station": station}).one())
    return Outcome(added, updated, given - added - updated)
