"""The rules of loops, read from and written to the database."""

from __future__ import annotations

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
