"""Links between disputes: at one door, with one party."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.dispute_rows import SEEN, Row, Sight


def seen(session: Session, station: str, disputes: Iterable[int], sight: Sight) -> set[int]:
    """Return those of some disputes that a sight lets pass; one query."""
    rows = session.scalars(
        text(f"SELECT d.id FROM dispute d WHERE d.station = :station AND d.id = ANY (:ids) AND {SEEN}"),
        {"station": station, "ids": sorted(disputes), **sight.facts()},
    )
    return set(rows)


class Linked(NamedTuple):
    """A dispute at the same door. `later`: it was opened after the one that is linked."""

    id: int
    kind: str
    later: bool


def hold_door(session: Session, station: str, address: int) -> datetime | None:
    """Let those who take disputes in at one door wait for one another until the end of the transaction.

    Return when the newest dispute there was opened, as of now.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:door, 13))"), {"door": f"door {station} {address}"}
    )
    # A statement of its own: what the one before committed is seen by the next statement alone.
    found: datetime | None = session.scalar(
        text("SELECT max(opened_at) FROM dispute WHERE station = :station AND address_id = :address"),
        {"station": station, "address": address},
    )
    return found


def link_door(session: Session, row: Row, *, by: str) -> list[Linked]:
    """Link a dispute to the nearest in time at its address, of a year before it and a year after, twenty each at most."""
    if row.address_id is None:
        return []
    found = session.execute(
        text("""WITH here AS (
                  SELECT d.id, d.kind, d.opened_at FROM dispute d
                  WHERE d.station = :station AND d.address_id = :address AND d.id <> :id AND d.matter = :matter
                    AND d.state <> 'withdrawn'),
                near AS (
                  (SELECT id, kind, false AS later FROM here
                   WHERE (opened_at, id) < (:opened, :id) AND opened_at > CAST(:opened AS timestamptz) - interval '1 year'
                   ORDER BY opened_at DESC, id DESC LIMIT 20)
                  UNION ALL
                  (SELECT id, kind, true FROM here
                   WHERE (opened_at, id) > (:opened, :id) AND opened_at < CAST(:opened AS timestamptz) + interval '1 year'
                   ORDER BY opened_at, id LIMIT 20)),
                linked AS (
                  INSERT INTO dispute_link (dispute_id, earlier_id, station, why, by)
                  SELECT CASE WHEN later THEN id ELSE :id END, CASE WHEN later THEN :id ELSE id END, :station, 'door', :by
                  FROM near ON CONFLICT DO NOTHING)
                SELECT id, kind, later FROM near ORDER BY id DESC"""),
        {"station": row.station, "address": row.address_id, "id": row.id, "matter": row.standing.matter,
         "opened": row.standing.opened_at, "by": by},
    )  # fmt: skip
    return [Linked(*one) for one in found]
