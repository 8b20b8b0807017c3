"""The bodies and mediators of a station, as its loop's file names them: put, and let go of who is no longer named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import OVER
from gridmap.domain.loop_file import BodyGiven, MediatorGiven

_OVER: Final = ", ".join(repr(state) for state in OVER)
_TODAY: Final = "(SELECT (now() AT TIME ZONE timezone)::date FROM station WHERE code = :station)"


def put_bodies(session: Session, station: str, bodies: Sequence[BodyGiven]) -> None:
    """Add bodies or write them anew, active; one statement."""
    if bodies:
        session.execute(
            text("""INSERT INTO body (station, code, name_zh, name_en, trades, phone)
                    VALUES (:station, :code, :zh, :en, :trades, :phone)
                    ON CONFLICT (station, code) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
                      trades = excluded.trades, phone = excluded.phone, active = true"""),
            [{"station": station, "code": one.code, "zh": one.name_zh, "en": one.name_en, "trades": list(one.trades),
              "phone": one.phone} for one in bodies],
        )  # fmt: skip


def drop_bodies(session: Session, station: str, keep: Sequence[str]) -> list[str]:
    """Make the bodies that are not among `keep` inactive, but the desk; return their codes."""
    rows = session.scalars(
        text("""UPDATE body SET active = false WHERE station = :station AND active AND code <> 'desk'
                  AND NOT code = ANY (:keep) RETURNING code"""),
        {"station": station, "keep": list(keep)},
    )
    return sorted(rows)


def active_bodies(session: Session, station: str) -> set[str]:
    """Return the codes of a station's active bodies."""
    return set(session.scalars(text("SELECT code FROM body WHERE station = :station AND active"), {"station": station}))


def empty_bodies(session: Session, station: str) -> set[str]:
    """Return the codes of a station's active bodies that have no mediator, but the desk."""
    rows = session.scalars(
        text("""SELECT b.code FROM body b WHERE b.station = :station AND b.active AND b.code <> 'desk' AND NOT EXISTS (
                  SELECT FROM mediator m WHERE m.station = b.station AND m.body = b.code AND m.active)"""),
        {"station": station},
    )
    return set(rows)


def held_by_bodies(session: Session, station: str, keep: Sequence[str]) -> list[tuple[str, int, str]]:
    """Return active bodies not among `keep` that hold open disputes or are offered some: code, how many, a number."""
    rows = session.execute(
        text(f"""SELECT b.code, count(*) AS n, min(d.number) AS number FROM body b
                 JOIN dispute d ON d.station = b.station AND b.code IN (d.body, d.offered_body)
                 WHERE b.station = :station AND b.active AND b.code <> 'desk' AND NOT b.code = ANY (:keep)
                   AND d.state NOT IN ({_OVER}) GROUP BY b.code ORDER BY b.code"""),
        {"station": station, "keep": list(keep)},
    )
    return [(row.code, row.n, row.number) for row in rows]


def put_mediator(session: Session, station: str, one: MediatorGiven) -> None:
    """Add a mediator or write them anew: the person, their posting from today, what they mediate; four statements."""
    person = session.scalar(
        text("""INSERT INTO person (station, code, name, name_en, phone) VALUES (:station, :code, :name, :en, :phone)
                ON CONFLICT (station, code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en,
                  phone = coalesce(excluded.phone, person.phone) RETURNING id"""),
        {"station": station, "code": one.code, "name": one.name, "en": one.name_en, "phone": one.phone},
    )
    zone = {"station": station, "people": [person], "beat": one.beat, "cell": one.cell}
    _end_postings(session, zone, elsewhere=True)
    same = "station = :station AND person_id = :person AND role = 'mediator' AND beat IS NOT DISTINCT FROM :beat AND grid_cell IS NOT DISTINCT FROM :cell"  # fmt: skip
    session.execute(
        text(f"""INSERT INTO posting (station, person_id, role, beat, grid_cell, during)
                 SELECT :station, :person, 'mediator', CAST(:beat AS text), CAST(:cell AS text),
                   daterange({_TODAY}, (SELECT min(lower(during)) FROM posting WHERE {same} AND lower(during) > {_TODAY}))
                 WHERE NOT EXISTS (SELECT FROM posting WHERE {same} AND during @> {_TODAY})"""),
        {"station": station, "person": person, "beat": one.beat, "cell": one.cell},
    )
    session.execute(
        text("""INSERT INTO mediator (person_id, station, body, type, trades, languages, most)
                VALUES (:person, :station, :body, :type, :trades, :languages, :most)
                ON CONFLICT (person_id) DO UPDATE SET body = excluded.body, type = excluded.type, trades = excluded.trades,
                  languages = excluded.languages, most = excluded.most, active = true"""),
        {"person": person, "station": station, "body": one.body, "type": one.type, "trades": list(one.trades),
         "languages": list(one.languages), "most": one.most},
    )  # fmt: skip


def drop_mediators(session: Session, station: str, keep: Sequence[str]) -> list[str]:
    """Make the mediators who are not among `keep` inactive, and end their postings as such; return their codes."""
    rows = session.execute(
        text("""UPDATE mediator m SET active = false FROM person p
                WHERE p.id = m.person_id AND m.station = :station AND m.active AND NOT p.code = ANY (:keep)
                RETURNING p.id, p.code"""),
        {"station": station, "keep": list(keep)},
    ).all()
    _end_postings(session, {"station": station, "people": [row.id for row in rows]}, elsewhere=False)
    return sorted(row.code for row in rows)


def held_by_mediators(session: Session, station: str, keep: Sequence[str]) -> list[tuple[str, int, str]]:
    """Return mediators not among `keep` who hold open disputes or are offered some: code, how many, a number."""
    rows = session.execute(
        text(f"""SELECT p.code, count(*) AS n, min(d.number) AS number FROM mediator m
                 JOIN person p ON p.id = m.person_id
                 JOIN dispute d ON d.station = m.station AND m.person_id IN (d.holder_id, d.offered_id)
                 WHERE m.station = :station AND m.active AND NOT p.code = ANY (:keep) AND d.state NOT IN ({_OVER})
                 GROUP BY p.code ORDER BY p.code"""),
        {"station": station, "keep": list(keep)},
    )
    return [(row.code, row.n, row.number) for row in rows]


def missing_zones(session: Session, station: str, *, beats: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return the beats and cells that the station's edition in force does not have; none where it has no edition."""
    rows = session.scalars(
        text("""WITH e AS (SELECT id FROM edition WHERE station = :station AND status = 'published')
                SELECT code FROM unnest(CAST(:beats AS text[])) AS code CROSS JOIN e
                  WHERE NOT EXISTS (SELECT FROM beat z WHERE z.edition_id = e.id AND z.code = code.code)
                UNION ALL
                SELECT code FROM unnest(CAST(:cells AS text[])) AS code CROSS JOIN e
                  WHERE NOT EXISTS (SELECT FROM grid_cell z WHERE z.edition_id = e.id AND z.code = code.code)"""),
        {"station": station, "beats": list(beats), "cells": list(cells)},
    )
    return sorted(rows)


def _end_postings(session: Session, zone: Mapping[str, object], *, elsewhere: bool) -> None:
    """End postings as mediator with yesterday; those that had not begun before today are taken back."""
    where = "station = :station AND person_id = ANY (CAST(:people AS int[])) AND role = 'mediator'"
    if elsewhere:
        where += " AND (beat IS DISTINCT FROM CAST(:beat AS text) OR grid_cell IS DISTINCT FROM CAST(:cell AS text))"
    session.execute(text(f"DELETE FROM posting WHERE {where} AND lower(during) >= {_TODAY}"), zone)
    session.execute(
        text(f"UPDATE posting SET during = daterange(lower(during), {_TODAY}) WHERE {where} AND during @> {_TODAY}"),
        zone,
    )
