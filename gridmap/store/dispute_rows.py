"""One dispute, its steps, and who may be given it: plain SQL, one statement a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import OPEN, Holder, Standing
from gridmap.domain.report_words import redact


@dataclass(frozen=True, slots=True)
class Row:
    """A dispute as it is locked for a step. `version`: how many steps it has taken."""

    id: int
    station: str
    number: str
    version: int
    standing: Standing
    source: str
    beat: str | None
    grid_cell: str | None
    opened_by: str
    address_id: int | None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see of a station's disputes: all (`whole`), or what is theirs, their bodies' or in their cells."""

    whole: bool
    login: str = ""
    person: int | None = None
    bodies: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """Return the parameters of `SEEN`."""
        return {
            "whole": self.whole, "me": self.person, "my_login": self.login, "my_bodies": list(self.bodies),
            "my_cells": list(self.cells),
        }  # fmt: skip


_OPEN: Final = ", ".join(f"'{state}'" for state in OPEN)
#: How long a body that was asked to a joint table goes on seeing what was settled there: to write and send its papers.
TABLE_STAYS: Final = timedelta(days=14)


def at_table(body: str, dispute: str) -> str:
    """Return the condition on which who was asked to a joint table (row `body`) sees its dispute (row `dispute`).

    Asked or joined, it sees what is open, and for `TABLE_STAYS` what is settled; who declined sees nothing from then on, and
    nobody what was withdrawn or is not the station's.
    """
    return f"""{body}.answer <> 'declined' AND ({dispute}.state IN ({_OPEN})
      OR {dispute}.settled_at > now() - interval '{TABLE_STAYS.days} days')"""


#: What lets a dispute `d` pass for a `Sight`; what one has opened one may go on seeing.
SEEN: Final = f"""(CAST(:whole AS boolean) OR d.holder_id = CAST(:me AS int) OR d.offered_id = CAST(:me AS int)
    OR d.body = ANY (CAST(:my_bodies AS text[])) OR d.offered_body = ANY (CAST(:my_bodies AS text[]))
    OR d.grid_cell = ANY (CAST(:my_cells AS text[])) OR d.opened_by = :my_login
    OR EXISTS (SELECT FROM dispute_body b WHERE b.dispute_id = d.id AND b.body = ANY (CAST(:my_bodies AS text[]))
      AND {at_table("b", "d")}))"""

#: The same, found from indexes: for lists that do not end at what is open.
SEEN_OF_ALL: Final = f"""d.id IN (
    SELECT id FROM dispute WHERE station = :station AND holder_id = CAST(:me AS int)
    UNION SELECT id FROM dispute WHERE station = :station AND body = ANY (CAST(:my_bodies AS text[]))
    UNION SELECT id FROM dispute WHERE station = :station AND state = 'handed'
      AND (offered_id = CAST(:me AS int) OR offered_body = ANY (CAST(:my_bodies AS text[])))
    UNION SELECT id FROM dispute WHERE station = :station AND grid_cell = ANY (CAST(:my_cells AS text[]))
    UNION SELECT id FROM dispute WHERE station = :station AND opened_by = :my_login
    UNION SELECT b.dispute_id FROM dispute_body b JOIN dispute t ON t.id = b.dispute_id
      WHERE b.station = :station AND b.body = ANY (CAST(:my_bodies AS text[])) AND {at_table("b", "t")})"""

_ROW: Final = """d.id, d.station, d.number, d.version, d.state, d.tier, d.holder_id, d.body, d.opened_at, d.due_at, d.settle_by,
    d.matter, d.kind, d.grade, d.offered_id, d.offered_body, d.resume, d.settled_at, d.followed, d.marks, d.source, d.beat,
    d.grid_cell, d.opened_by, d.address_id, d.language"""


def get(session: Session, station: str, dispute: int, sight: Sight, *, lock: bool = False) -> Row | None:
    """Return a dispute somebody may see, None where there is none; locked until the end of the transaction if asked."""
    query = f"SELECT {_ROW} FROM dispute d WHERE d.station = :station AND d.id = :id AND {SEEN}"
    found = session.execute(
        text(query + (" FOR UPDATE OF d" if lock else "")),
        {"station": station, "id": dispute, **sight.facts()},
    ).one_or_none()
    if found is None:
        return None
    standing = Standing(
        found.state, found.tier, Holder(found.holder_id, found.body), found.opened_at, found.due_at, found.settle_by,
        found.matter, found.kind, found.grade, Holder(found.offered_id, found.offered_body), found.resume,
        found.settled_at, found.followed, tuple(found.marks),
    )  # fmt: skip
    return Row(
        found.id, found.station, found.number, found.version, standing, found.source, found.beat, found.grid_cell,
        found.opened_by, found.address_id, found.language,
    )  # fmt: skip


def add(session: Session, values: Mapping[str, object]) -> int:
    """Add a dispute and return its id; the database fills in its number, place, and beat and cell as of its day.

    `values`: columns of table `dispute`; `lon` and `lat` (EPSG:4326) give it a place without an address.
    """
    given = dict(values)
    lon, lat = given.pop("lon", None), given.pop("lat", None)
    columns, places = list(given), [f":{name}" for name in given]
    if lon is not None and lat is not None:
        columns.append("geom")
        places.append("ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)")
        given |= {"lon": lon, "lat": lat}
    statement = text(f"INSERT INTO dispute ({', '.join(columns)}) VALUES ({', '.join(places)}) RETURNING id")
    return int(session.execute(statement, given).scalar_one())


def add_step(
    session: Session,
    row: Row,
    step: str,
    after: Standing,
    *,
    by: str,
    role: str,
    note: str,
    key: str | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> int:
    """Add a step to a dispute that is locked, and return the event's id; the database sets the dispute to `after`.

    Numbers of telephones and identity cards in the note are masked: who a party is stands sealed, with the parties alone.
    What is written to a group keeps the numbers of offices, which it may be told to call.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        If the step is not possible, or its number or key was used: nothing is changed.
    """
    return int(session.execute(
        text("""INSERT INTO dispute_event (station, dispute_id, at, by, what, note, role, seq, key, facts, tier, after,
                  holder_id, body, offered_id, offered_body, due_at, settle_by)
                VALUES (:station, :id, :at, :by, :what, :note, :role, :seq, :key, CAST(:facts AS jsonb), :tier, :after,
                  :holder, :body, :offered, :offered_body, :due, :settle_by) RETURNING id"""),
        {
            "station": row.station, "id": row.id, "at": now, "by": by, "what": step, "note": redact(note, offices=step == "told"), "role": role,
            "seq": row.version + 1, "key": key, "facts": orjson.dumps(dict(facts)).decode(), "tier": after.tier,
            "after": after.state, "holder": after.holder.person, "body": after.holder.body, "offered": after.offered.person,
            "offered_body": after.offered.body, "due": after.due_at, "settle_by": after.settle_by,
        },
    ).scalar_one())  # fmt: skip


class Done(NamedTuple):
    """A step that a request took: its dispute, what it was, the event's id, and the digest of what was asked."""

    dispute: int
    what: str
    event: int
    asked: str | None


def of_key(session: Session, station: str, key: str) -> Done | None:
    """Return what a request did before, by its key."""
    found = session.execute(
        text(
            "SELECT dispute_id, what, id, facts ->> 'asked' FROM dispute_event WHERE station = :station AND key = :key"
        ),
        {"station": station, "key": key},
    ).one_or_none()
    return None if found is None else Done(*found)


def hold_key(session: Session, key: str) -> None:
    """Let requests with one key wait for one another until the end of the transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 6))"), {"key": key})


def ask_bodies(session: Session, row: Row, bodies: Sequence[str], *, by: str) -> None:
    """Note the bodies asked to a joint mediation; one asked before is not asked twice, but where it declined."""
    session.execute(
        text("""INSERT INTO dispute_body (dispute_id, station, body, by)
                SELECT :id, :station, code, :by FROM unnest(CAST(:bodies AS text[])) AS code
                ON CONFLICT (dispute_id, body) DO UPDATE SET answer = 'asked', by = EXCLUDED.by, at = clock_timestamp()
                  WHERE dispute_body.answer = 'declined'"""),
        {"id": row.id, "station": row.station, "bodies": list(bodies), "by": by},
    )


def bodies_of(session: Session, station: str, person: int | None) -> tuple[str, ...]:
    """Return the bodies a person works for."""
    if person is None:
        return ()
    found = session.scalar(
        text(
            "SELECT body FROM mediator WHERE person_id = :person AND station = :station AND active AND body IS NOT NULL"
        ),
        {"person": person, "station": station},
    )
    return () if found is None else (str(found),)


_HOLDER: Final = text("""
    WITH day AS (SELECT (CAST(:at AS timestamptz) AT TIME ZONE timezone)::date AS d FROM station WHERE code = :station),
    posted AS (
      SELECT CASE WHEN po.role = 'grid_member' THEN 1 ELSE 2 END AS rank, po.person_id, l.person_id AS away, l.substitute_id
      FROM posting po CROSS JOIN day LEFT JOIN leave l ON l.person_id = po.person_id AND l.during @> day.d
      WHERE po.station = :station AND po.during @> day.d
        AND (:wish = 'cell' AND po.role = 'grid_member' AND po.grid_cell = :cell OR po.role = 'officer' AND po.beat = :beat))
    SELECT CASE WHEN away IS NULL THEN person_id ELSE substitute_id END AS person FROM posted CROSS JOIN day
    WHERE (away IS NULL OR substitute_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM leave a WHERE a.person_id = posted.substitute_id AND a.during @> day.d))
    ORDER BY rank, person_id LIMIT 1
""")
_BODY_HOLDS: Final = text("""
    SELECT b.code FROM body b
    CROSS JOIN LATERAL (
      SELECT (CAST(:at AS timestamptz) AT TIME ZONE s.timezone)::date AS d, l.rules -> 'grounds' AS grounds
      FROM station s JOIN loop l ON l.code = s.loop WHERE s.code = b.station) day
    LEFT JOIN jsonb_array_elements(coalesce(day.grounds, '[]')) g ON g ->> 'body' = b.code AND g ->> 'of' = :code
    WHERE b.station = :station AND b.active
      AND (b.code = :code OR g -> 'cells' ? CAST(:cell AS text) OR g -> 'beats' ? CAST(:beat AS text))
      AND (b.code = 'desk' OR EXISTS (
      SELECT FROM mediator m JOIN posting po ON po.person_id = m.person_id AND po.during @> day.d
      LEFT JOIN leave l ON l.person_id = m.person_id AND l.during @> day.d
      WHERE m.station = b.station AND m.body = b.code AND m.active
        AND (l.person_id IS NULL OR l.substitute_id IS NOT NULL AND NOT EXISTS (
          SELECT FROM leave a WHERE a.person_id = l.substitute_id AND a.during @> day.d))))
    ORDER BY b.code = :code, g -> 'cells' ? CAST(:cell AS text) DESC LIMIT 1
""")


def holder_at(session: Session, station: str, wish: str, *, beat: str | None, cell: str | None, at: datetime) -> Holder:
    """Return who holds what comes to a tier at a moment: the cell's grid member, the beat's officer, a body, or the desk.

    `wish`: "cell", "beat", "desk" or the code of a body; where another body stands for that one at this place, as the
    station's loop says (a cell's goes before a beat's), that one holds it. Who is away is stood in for; where nobody is
    posted, or nobody who is there works for the body, the desk holds it: never nobody.
    """
    if wish in {"cell", "beat"}:
        person = session.scalar(
            _HOLDER, {"station": station, "wish": wish, "beat": beat or "", "cell": cell or "", "at": at}
        )
        return Holder(body="desk") if person is None else Holder(person=int(person))
    found = session.scalar(
        _BODY_HOLDS, {"station": station, "code": wish, "beat": beat or "", "cell": cell or "", "at": at}
    )
    return Holder(body=str(found or "desk"))


def steps_of(session: Session, dispute: int, what: Sequence[str]) -> list[tuple[datetime, str, str]]:
    """Return when, what and in which role of a dispute's steps, oldest first, of those named."""
    rows = session.execute(
        text("SELECT at, what, role FROM dispute_event WHERE dispute_id = :id AND what = ANY (:what) ORDER BY id"),
        {"id": dispute, "what": list(what)},
    )
    return [(row.at, row.what, row.role) for row in rows]


def known_holder(session: Session, station: str, holder: Holder) -> bool:
    """Return whether somebody can be given a dispute: posted at the station, or a body that is active."""
    if holder.body is not None:
        query = "SELECT EXISTS (SELECT FROM body WHERE station = :station AND code = :body AND active)"
    else:
        query = """SELECT EXISTS (SELECT FROM posting p JOIN station s ON s.code = p.station
                   WHERE p.person_id = :person AND p.station = :station AND p.during @> (now() AT TIME ZONE s.timezone)::date)"""
    found = session.scalar(text(query), {"station": station, "body": holder.body, "person": holder.person})
    return bool(found)


def paused_for(session: Session, dispute: int) -> timedelta:
    """Return how long a dispute stood still since it was taken in or opened again, pauses that have ended alone; one query."""
    found: timedelta | None = session.scalar(
        text("""SELECT sum(least(ended.at, e.due_at) - e.at) FROM dispute_event e
                CROSS JOIN LATERAL (SELECT min(n.at) AS at FROM dispute_event n WHERE n.dispute_id = e.dispute_id
                  AND n.seq > e.seq AND n.after <> 'paused') AS ended
                WHERE e.dispute_id = :id AND e.what = 'paused' AND e.seq > coalesce((
                  SELECT max(r.seq) FROM dispute_event r WHERE r.dispute_id = :id AND r.what = 'reopened'), 0)"""),
        {"id": dispute},
    )
    return found or timedelta(0)


#: Whoever is away past what is due, for more than a day, or for more than two weeks: as the view `lost_dispute` has it.
_AWAY: Final = (
    "until > now() + interval '14 days' OR until > now() + interval '1 day' AND until > CAST(:due AS timestamptz)"
)


def absence(session: Session, station: str, holder: Holder, due: datetime | None) -> str:
    """Return why nobody could do what a holder is given: "gone", "empty" (a body), "away"; "" where somebody can.

    `due`: until when the next thing is to happen; who is back before that is not away. One query.
    """
    if holder.body is not None:
        query = f"""SELECT CASE WHEN NOT active THEN 'gone' WHEN until = 'infinity' THEN 'empty' WHEN {_AWAY} THEN 'away'
                      ELSE '' END FROM body_there WHERE station = :station AND code = :body"""
    else:
        query = f"""SELECT CASE WHEN NOT posted THEN 'gone' WHEN {_AWAY} THEN 'away' ELSE '' END
                    FROM person_there WHERE station = :station AND person_id = :person"""
    facts = {"station": station, "body": holder.body, "person": holder.person, "due": due}
    found = session.scalar(text(query), facts)
    return "gone" if found is None else str(found)


def lost(session: Session, stations: Sequence[str]) -> list[tuple[str, int, str]]:
    """Return the open disputes nobody would see again: station, id, why. It is empty, or somebody must look."""
    rows = session.execute(
        text(
            "SELECT station, id, why FROM lost_dispute WHERE station = ANY (:stations) ORDER BY station, id LIMIT 1000"
        ),
        {"stations": list(stations)},
    )
    return [(row.station, row.id, row.why) for row in rows]
