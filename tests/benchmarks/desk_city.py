"""A made-up city of 41 stations with a million disputes of three years, and fifty people who work them.

One station holds a fifth of all: what is slow there is slow for whoever works there, however quick the others are.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.access import Role
from gridmap.services.accounts import token_hash
from gridmap.services.disputes import days
from gridmap.store import accounts, editions
from gridmap.store.tables import Body
from tests import makers
from tests.disputes import add_kinds

BIG, BIG_ONE, SMALL, SMALL_ONES = "S000", 200_000, 20_000, 40
STATIONS = (BIG, *(f"S{n:03}" for n in range(1, SMALL_ONES + 1)))
COLUMNS, ROWS = 5, 4
#: As the table wants it; nobody logs in with it.
NO_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"


@dataclass(frozen=True)
class Worker:
    """Somebody at work: a station, a role, and the token and form token of a log-in."""

    station: str
    role: Role
    token: str
    csrf: str


def build(session: Session, *, share: float = 1.0) -> list[Worker]:
    """Fill a migrated database; return the fifty. `share` makes a smaller city for trying."""
    add_kinds(session)
    for n, station in enumerate(STATIONS):
        _station(session, station, n)
    _people(session)
    session.execute(text("SET session_replication_role = replica"))
    for station in STATIONS:
        _disputes(session, station, round((BIG_ONE if station == BIG else SMALL) * share))
    session.execute(text("SET session_replication_role = origin"))
    session.execute(text("SELECT setval('dispute_number', 10000000)"))
    days.recount(session, list(STATIONS))
    return _workers(session)


def _station(session: Session, station: str, n: int) -> None:
    makers.make_station(session, station, width=COLUMNS, x=n * 10)
    beats, cells, of = {}, {}, []
    for column in range(COLUMNS):
        for row in range(ROWS):
            beat = f"B{column}{row}"
            x, y = n * 10 + column, row / ROWS
            beats[beat] = makers.square(x, y, 1, 1 / ROWS)
            for part in range(4):
                cells[f"{beat}-{part}"] = makers.square(x + part / 4, y, 1 / 4, 1 / ROWS)
                of.append(beat)
    draft = makers.make_draft(session, station, beats=makers.zones(beats), cells=makers.zones(cells, beat=of))
    editions.set_published(session, draft, by="bench", at=datetime(2020, 1, 1, tzinfo=UTC))
    session.add(Body(station=station, code="court", name_zh="小法庭", name_en="Small court"))
    session.flush()


def _people(session: Session) -> None:
    """Add an officer to each beat, a grid member to each cell, and 2,000 doors to each station; three statements."""
    session.execute(
        text("""
        INSERT INTO person (station, code, name, name_en)
        SELECT station, 'O-' || code, '民警' || code, 'Officer ' || code FROM beat
        UNION ALL SELECT station, 'G-' || code, '网格员' || code, 'Grid member ' || code FROM grid_cell""")
    )
    session.execute(
        text("""
        INSERT INTO posting (station, person_id, role, beat, grid_cell, during)
        SELECT station, id, CASE left(code, 1) WHEN 'O' THEN 'officer' ELSE 'grid_member' END,
          CASE left(code, 1) WHEN 'O' THEN substr(code, 3) END, CASE left(code, 1) WHEN 'G' THEN substr(code, 3) END,
          daterange('2020-01-01', NULL) FROM person""")
    )
    judges = "SELECT code, 'J-1', '法官', 'Judge' FROM station"
    session.execute(text(f"INSERT INTO person (station, code, name, name_en) {judges}"))
    who = "SELECT station, id, 'mediator', daterange('2020-01-01', NULL) FROM person WHERE code = 'J-1'"
    session.execute(text(f"INSERT INTO posting (station, person_id, role, during) {who}"))
    seats = "SELECT id, station, 'court' FROM person WHERE code = 'J-1'"
    session.execute(text(f"INSERT INTO mediator (person_id, station, body) {seats}"))
    session.execute(
        text("""
        INSERT INTO address (station, code, full_text, street, house_number, geom, households)
        SELECT g.station, g.code || '-' || n, '合成路' || g.code || '号' || n, '合成路', n::text,
          ST_SetSRID(ST_MakePoint(ST_XMin(g.geom) + (ST_XMax(g.geom) - ST_XMin(g.geom)) * random(),
            ST_YMin(g.geom) + (ST_YMax(g.geom) - ST_YMin(g.geom)) * random()), 4326), 1
        FROM grid_cell g CROSS JOIN generate_series(1, 25) n""")
    )
    session.execute(text("ANALYZE"))


def _disputes(session: Session, station: str, count: int) -> None:
    """Add disputes as they stand: nearly all closed, of the last weeks four in ten still open; and their steps."""
    session.execute(text("""
        WITH door AS (SELECT a.id, a.geom, split_part(a.code, '-', 1) AS beat, split_part(a.code, '-', 1) || '-' || split_part(a.code, '-', 2) AS cell,
            row_number() OVER (ORDER BY a.id) - 1 AS n FROM address a WHERE station = :station),
        doors AS (SELECT count(*) AS n FROM door),
        drawn AS MATERIALIZED (SELECT i, random() AS a, random() AS b, random() AS c, random() AS d, floor(random() * doors.n) AS at_door,
            now() - random() * interval '1095 days' AS opened_at FROM generate_series(1, :count) i CROSS JOIN doors),
        told AS (SELECT w.*, door.id AS address_id, door.geom, door.beat, door.cell,
            CASE WHEN a < 0.78 THEN 1 WHEN a < 0.95 THEN 2 ELSE 3 END AS tier,
            CASE WHEN opened_at > now() - interval '21 days' AND b < 0.4 THEN (ARRAY['open', 'accepted', 'in_hand', 'joint'])[1 + floor(c * 4)::int]
                 WHEN opened_at > now() - interval '60 days' THEN 'settled' ELSE 'closed' END AS state,
            -- Visits come after one, three and twelve months; a few are overdue.
            CASE WHEN opened_at > now() - interval '60 days' THEN 0
                 ELSE greatest(1, (opened_at < now() - interval '110 days')::int + (opened_at < now() - interval '385 days')::int + 1
                   - (d < 0.005)::int) END AS followed
          FROM drawn w JOIN door ON door.n = w.at_door)
        INSERT INTO dispute (station, number, kind, opened_at, tier, state, settled_at, closed_at, due_at, settle_by, address_id, geom,
          beat, grid_cell, holder_id, body, source, followed, rating, words, opened_by)
        SELECT :station, 'D' || i, (ARRAY['neighbours', 'family', 'labour', 'debt', 'land', 'housing', 'traffic_dispute', 'consumer', 'school',
            'other_dispute'])[1 + floor(d * 10)::int], opened_at, tier, state,
          CASE WHEN state IN ('settled', 'closed') THEN least(opened_at + c * interval '20 days', now()) END,
          CASE WHEN state = 'closed' THEN opened_at + c * interval '20 days' + interval '31 days' END,
          CASE WHEN state NOT IN ('settled', 'closed') THEN opened_at + interval '30 days'
               WHEN followed < 3 THEN least(opened_at + c * interval '20 days', now())
                 + (ARRAY[interval '30 days', interval '90 days', interval '365 days'])[followed + 1] END,
          opened_at + interval '30 days', address_id, geom, t.beat, t.cell,
          CASE WHEN tier < 3 THEN p.id END, CASE WHEN tier = 3 THEN 'court' END, CASE WHEN a < 0.6 THEN 'call' ELSE 'visit' END,
          followed, CASE WHEN state = 'closed' THEN 1 + floor(b * 5)::int END, '合成数据：楼上漏水，说了几次没有结果', 'bench'
        FROM told t JOIN person p ON p.station = :station
          AND p.code = CASE tier WHEN 1 THEN 'G-' || t.cell ELSE 'O-' || t.beat END"""), {"station": station, "count": count})  # fmt: skip
    session.execute(
        text("""
        INSERT INTO dispute_event (station, dispute_id, at, by, what, role)
        SELECT station, id, at, 'bench', what, 'import' FROM dispute CROSS JOIN LATERAL (VALUES
          (opened_at, 'opened'), (CASE WHEN state <> 'open' THEN opened_at END, 'accepted'), (settled_at, 'settled'), (closed_at, 'closed')
        ) AS step (at, what) WHERE station = :station AND at IS NOT NULL"""),
        {"station": station},
    )
    # A service that ran all the time has told of every visit on its day.
    session.execute(
        text("""
        INSERT INTO dispute_event (station, dispute_id, at, by, what, role, due_at)
        SELECT station, id, due_at, 'gridmap', 'reminded', 'clock', due_at FROM dispute
        WHERE station = :station AND state IN ('settled', 'closed') AND due_at <= now()"""),
        {"station": station},
    )
    session.execute(text("""
        INSERT INTO incident (station, number, category, at, address_id, geom)
        SELECT station, 'C' || id, kind, opened_at, address_id, geom FROM dispute WHERE station = :station AND source = 'call'"""),
        {"station": station})  # fmt: skip


def _workers(session: Session) -> list[Worker]:
    """Add fifty log-ins: ten at the big station, one at each other; officers, grid members, and five commanders of all."""
    made = []
    for n in range(50):
        station = BIG if n < 10 else STATIONS[n - 9]
        role = Role.COMMANDER if n % 10 == 9 else Role.GRID_MEMBER if n % 3 == 2 else Role.OFFICER
        code = {
            Role.OFFICER: f"O-B{n % COLUMNS}{n % ROWS}",
            Role.GRID_MEMBER: f"G-B{n % COLUMNS}{n % ROWS}-{n % 4}",
        }.get(role)
        person = session.scalar(
            text("SELECT id FROM person WHERE station = :station AND code = :code"), {"station": station, "code": code}
        )
        scope = STATIONS if role is Role.COMMANDER else (station,)
        account = accounts.add(
            session, login=f"worker{n}", display_name=f"合成{n}", role=role, password_hash=NO_HASH, stations=scope,
            person_id=person,
        )  # fmt: skip
        worker = Worker(station, role, secrets.token_urlsafe(16), secrets.token_urlsafe(16))
        accounts.add_log_in(session, account, token_hash(worker.token), timedelta(hours=12))
        made.append(worker)
    return made
