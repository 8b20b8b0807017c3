"""The audit: who did or looked at what, when; rows are added in the transaction of the act and never changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from gridmap.store.tables import Audit

TABLE: Table = Audit.__table__  # type: ignore[assignment]  # the declarative stub is wider than what it always is


def write(  # one argument a column
    session: Session,
    stations: Iterable[str | None],
    *,
    by: str,
    action: str,
    thing: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add one row for each of `stations` (None: a matter of the whole); one statement.

    The table is written as such, without RETURNING: a row of the whole is invisible to whoever writes it.
    """
    rows = [
        {"station": station, "by": by, "action": action, "thing": thing, "before": before, "after": after}
        for station in stations
    ]
    if rows:
        session.execute(insert(TABLE), rows)


def list_page(session: Session, station: str, *, before_id: int | None, limit: int) -> list[Audit]:
    """Return at most `limit` rows of `station`, newest first, older than row `before_id`; one query."""
    query = select(Audit).where(Audit.station == station).order_by(Audit.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Audit.id < before_id)
    return list(session.scalars(query))
