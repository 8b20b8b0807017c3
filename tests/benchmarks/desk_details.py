"""What `desk_city` leaves out: marks, grades, other matters, series, parties, links, papers, and every state, at one station."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.access import Role
from gridmap.services.accounts import token_hash
from gridmap.store import accounts
from gridmap.store.tables import Body
from tests.benchmarks.desk_city import NO_HASH, Worker

#: One dispute in ten gets something rare; which, its id says.
_RARE: Final = "station = :station AND id % 10 = 3"
_STATEMENTS: Final = (
    # Marks and grades; tips, hazards and cases; sources; who took it in; opened again.
    f"""UPDATE dispute SET
      marks = CASE WHEN id % 400 = 3 THEN '{{threats,worse}}' WHEN id % 50 = 3 THEN '{{returning}}' ELSE marks END,
      grade = CASE WHEN id % 20 = 3 THEN 1 + id / 20 % 4 END,
      matter = CASE id % 70 WHEN 3 THEN 'tip' WHEN 13 THEN 'hazard' WHEN 23 THEN 'case' ELSE matter END,
      source = CASE id % 60 WHEN 3 THEN 'plate' WHEN 13 THEN 'patrol' WHEN 23 THEN 'import' WHEN 33 THEN 'open311' ELSE source END,
      opened_by = 'worker' || (id / 10 % 10), reopened = (id % 40 = 3)::int
    WHERE {_RARE}""",
    # Withdrawn, not ours, reviewed, handed over, paused.
    """UPDATE dispute SET state = CASE WHEN id % 200 = 7 THEN 'withdrawn' ELSE 'not_ours' END, settled_at = NULL, closed_at = NULL,
      due_at = NULL, rating = NULL WHERE station = :station AND id % 100 = 7 AND state = 'closed'""",
    """UPDATE dispute SET state = 'reviewed' WHERE station = :station AND id % 5 = 1 AND state = 'settled'""",
    """UPDATE dispute SET resume = state, state = 'paused' WHERE station = :station AND id % 10 = 1 AND state = 'in_hand'""",
    """UPDATE dispute SET resume = state, state = 'handed', offered_body = 'court' WHERE station = :station AND id % 10 = 2
      AND state = 'accepted'""",
    """INSERT INTO dispute_event (station, dispute_id, at, by, what, role)
      SELECT station, id, opened_at + interval '2 days', 'bench', 'escalated', 'import' FROM dispute
      WHERE station = :station AND tier > 1""",
    # 200 series of some ten disputes each.
    """INSERT INTO series (station, kind, name, by) SELECT :station, 'debt', '合成串并' || n, 'bench' FROM generate_series(1, 200) n""",
    """UPDATE dispute SET series_id = (SELECT min(id) FROM series WHERE station = :station) + id / 100 % 200
      WHERE station = :station AND id % 100 = 43""",
    # Bodies that were asked; parties of whom some come again; links to what was at the door before; papers.
    """INSERT INTO dispute_body (dispute_id, body, station, answer, by) SELECT id, 'court', station, 'joined', 'bench'
      FROM dispute WHERE station = :station AND id % 100 = 5""",
    """INSERT INTO dispute_party (station, dispute_id, side, reference, print)
      SELECT station, id, side, CASE side WHEN 1 THEN 'A' ELSE 'B' END,
        CASE WHEN id % 4 = side THEN decode(md5((id / 40)::text || side), 'hex') END
      FROM dispute CROSS JOIN generate_series(1, 2) side WHERE station = :station AND id % 4 < 3""",
    """INSERT INTO dispute_link (dispute_id, earlier_id, station, why, by)
      SELECT d.id, e.id, d.station, 'door', 'bench' FROM dispute d CROSS JOIN LATERAL (
        SELECT id FROM dispute e WHERE e.station = d.station AND e.address_id = d.address_id AND e.id < d.id
          AND e.opened_at BETWEEN d.opened_at - interval '1 year' AND d.opened_at ORDER BY e.opened_at DESC LIMIT 20) e
      WHERE d.station = :station AND d.opened_at > now() - interval '60 days'""",
    """INSERT INTO dispute_paper (station, dispute_id, kind, by, sealed) SELECT station, id, 'record', 'bench', decode(repeat('00', 500), 'hex')
      FROM dispute WHERE station = :station AND id % 20 = 9""",
)  # fmt: skip


def add(session: Session, station: str) -> Worker:
    """Give the disputes of a station what is rare; add a mediator of the court, and return them."""
    session.execute(text("SET session_replication_role = replica"))
    for statement in _STATEMENTS:
        session.execute(text(statement), {"station": station})
    session.execute(text("SET session_replication_role = origin"))
    session.merge(Body(station=station, code="committee", name_zh="调委会", name_en="Committee"))
    person = session.scalar(
        text("""INSERT INTO person (station, code, name, name_en) VALUES (:station, 'M-1', '合成调解员', 'Mediator') RETURNING id"""),
        {"station": station},
    )  # fmt: skip
    session.execute(
        text("""INSERT INTO posting (station, person_id, role, during) VALUES (:station, :person, 'mediator', daterange('2020-01-01', NULL))"""),
        {"station": station, "person": person},
    )  # fmt: skip
    session.execute(
        text("INSERT INTO mediator (person_id, station, body) VALUES (:person, :station, 'court')"),
        {"station": station, "person": person},
    )
    made = Worker(station, Role.MEDIATOR, secrets.token_urlsafe(16), secrets.token_urlsafe(16))
    account = accounts.add(
        session, login="mediator", display_name="合成调解员", role=Role.MEDIATOR, password_hash=NO_HASH, stations=(station,),
        person_id=person,
    )  # fmt: skip
    accounts.add_log_in(session, account, token_hash(made.token), timedelta(hours=12))
    return made
