"""Links between disputes: at one door, with one party."""

from __future__ import annotations

from collections.abc import Iterable

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


def link_door(session: Session, row: Row, *, by: str) -> list[tuple[int, bool]]:
    """Link a dispute to those of the year before at its address; return each one's id and whether it is of its kind."""
    if row.address_id is None:
        return []
    found = session.execute(
        text("""WITH earlier AS (
                  SELECT d.id, d.kind FROM dispute d
                  WHERE d.station = :station AND d.address_id = :address AND d.id < :id AND d.matter = :matter
                    AND d.state <> 'withdrawn' AND d.opened_at > CAST(:opened AS timestamptz) - interval '1 year'
                    AND d.opened_at <= :opened
                  ORDER BY d.opened_at DESC LIMIT 20),
                linked AS (
                  INSERT INTO dispute_link (dispute_id, earlier_id, station, why, by)
                  SELECT :id, id, :station, 'door', :by FROM earlier ON CONFLICT DO NOTHING)
                SELECT id, kind FROM earlier ORDER BY id DESC"""),
        {"station": row.station, "address": row.address_id, "id": row.id, "matter": row.standing.matter,
         "opened": row.standing.opened_at, "by": by},
    )  # fmt: skip
    return [(one.id, one.kind == row.standing.kind) for one in found]
