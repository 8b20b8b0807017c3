"""The rules of loops, read from and written to the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.loops import Loop, Move, Tier


def version(session: Session, station: str) -> tuple[str, datetime] | None:
    """Return the loop of a station and when its rules were loaded; None where the station is not in scope."""
    found = session.execute(
        text("SELECT l.code, l.loaded_at FROM station s JOIN loop l ON l.code = s.loop WHERE s.code = :station"),
        {"station": station},
    ).one_or_none()
    return None if found is None else (found.code, found.loaded_at)


def read(session: Session, code: str) -> tuple[str, str, list[Tier], list[Move], dict[str, Any]] | None:
    """Return names, tiers, moves and further rules of a loop; three queries."""
    found = session.execute(
        text("SELECT name_zh, name_en, rules FROM loop WHERE code = :code"), {"code": code}
    ).one_or_none()
    if found is None:
        return None
    tiers = [
        Tier(row.tier, row.name_zh, row.name_en, row.holder, row.accept_within, row.settle_within, row.on_late)
        for row in session.execute(text("SELECT * FROM loop_tier WHERE loop = :code ORDER BY tier"), {"code": code})
    ]
    moves = [
        Move(
            row.step, row.state, row.after, tuple(row.roles), tuple(row.needs),
            None if row.tiers is None else tuple(row.tiers),
        )
        for row in session.execute(text("SELECT * FROM loop_move WHERE loop = :code"), {"code": code})
    ]  # fmt: skip
    return found.name_zh, found.name_en, tiers, moves, dict(found.rules)


def put(session: Session, loop: Loop, rules: dict[str, Any], *, by: str) -> None:
    """Write a loop in place of the one of its code; a few statements. Only the owner of the data may."""
    session.execute(
        text("""INSERT INTO loop (code, name_zh, name_en, rules, by) VALUES (:code, :zh, :en, CAST(:rules AS jsonb), :by)
                ON CONFLICT (code) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
                  rules = excluded.rules, by = excluded.by, loaded_at = clock_timestamp()"""),
        {"code": loop.code, "zh": loop.name_zh, "en": loop.name_en, "rules": orjson.dumps(rules).decode(), "by": by},
    )
    session.execute(text("DELETE FROM loop_tier WHERE loop = :code"), {"code": loop.code})
    session.execute(text("DELETE FROM loop_move WHERE loop = :code"), {"code": loop.code})
    session.execute(
        text("""INSERT INTO loop_tier (loop, tier, name_zh, name_en, holder, accept_within, settle_within, on_late)
                VALUES (:loop, :number, :zh, :en, :holder, :accept, :settle, :on_late)"""),
        [{"loop": loop.code, "number": tier.number, "zh": tier.name_zh, "en": tier.name_en, "holder": tier.holder,
          "accept": tier.accept, "settle": tier.settle, "on_late": tier.on_late} for tier in loop.tiers.values()],
    )  # fmt: skip
    session.execute(
        text("""INSERT INTO loop_move (loop, step, state, after, tiers, roles, needs)
                VALUES (:loop, :step, :state, :after, :tiers, :roles, :needs)"""),
        [{"loop": loop.code, "step": move.step, "state": move.state, "after": move.after, "roles": list(move.roles),
          "needs": list(move.needs), "tiers": None if move.tiers is None else list(move.tiers)}
         for move in loop.moves.values()],
    )  # fmt: skip


def follow(session: Session, station: str, code: str) -> None:
    """Let a station follow a loop; only the owner of the data may."""
    session.execute(text("UPDATE station SET loop = :code WHERE code = :station"), {"code": code, "station": station})


def hold_disputes(session: Session) -> None:
    """Let no step be taken and nothing be opened until the end of the transaction, once those under way are done.

    Nothing else keeps a dispute from coming to a state or tier that the rules about to be loaded do not know.
    """
    session.execute(text("LOCK TABLE dispute IN EXCLUSIVE MODE"))


def followers(session: Session, code: str) -> list[str]:
    """Return the stations that follow a loop."""
    return list(session.scalars(text("SELECT code FROM station WHERE loop = :code ORDER BY code"), {"code": code}))


def standings(session: Session, stations: Sequence[str]) -> list[tuple[str, str, str | None, int, int, str]]:
    """Return where disputes stand that are not through: station, state, state before, tier, how many, a number."""
    rows = session.execute(
        text("""SELECT station, state, resume, tier, count(*) AS n, min(number) AS number FROM dispute
                WHERE station = ANY (:stations) AND state NOT IN ('closed', 'withdrawn', 'not_ours')
                GROUP BY station, state, resume, tier ORDER BY station, state, resume, tier"""),
        {"stations": list(stations)},
    )
    return [(row.station, row.state, row.resume, row.tier, row.n, row.number) for row in rows]


def known_kinds(session: Session, codes: Sequence[str]) -> set[str]:
    """Return which kinds the database knows."""
    return set(
        session.scalars(text("SELECT code FROM incident_category WHERE code = ANY (:codes)"), {"codes": list(codes)})
    )


def add_kinds(session: Session, kinds: Sequence[tuple[str, str, str, bool]]) -> list[str]:
    """Add the kinds that are missing: code, Chinese, English, whether it is a dispute; return which were added."""
    added: list[str] = []
    for code, name_zh, name_en, dispute in kinds:
        added += session.scalars(
            text("""INSERT INTO incident_category (code, name_zh, name_en, is_dispute) VALUES (:code, :zh, :en, :dispute)
                    ON CONFLICT DO NOTHING RETURNING code"""),
            {"code": code, "zh": name_zh, "en": name_en, "dispute": dispute},
        )
    return added


def listing(session: Session) -> list[tuple[str, str, str, datetime, str, list[str]]]:
    """Return every loop: code, Chinese, English name, when and by whom it was loaded, the stations that follow it."""
    rows = session.execute(
        text("""SELECT l.code, l.name_zh, l.name_en, l.loaded_at, l.by,
                  array_remove(array_agg(s.code ORDER BY s.code), NULL) AS stations
                FROM loop l LEFT JOIN station s ON s.loop = l.code GROUP BY l.code ORDER BY l.code""")
    )
    return [(row.code, row.name_zh, row.name_en, row.loaded_at, row.by, list(row.stations)) for row in rows]
