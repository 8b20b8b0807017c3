"""The grid cells of an edition by code, without their shapes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.store.tables import GridCell


@dataclass(frozen=True, slots=True)
class CellRow:
    """A grid cell, its names, and the beat it belongs to."""

    code: str
    name_zh: str
    name_en: str
    beat: str | None


def cell_rows(session: Session, edition_id: int) -> list[CellRow]:
    """Return the grid cells of an edition in the order of their codes; one query."""
    query = (
        select(GridCell.code, GridCell.name_zh, GridCell.name_en, GridCell.beat)
        .where(GridCell.edition_id == edition_id)
        .order_by(GridCell.code)
    )
    return [CellRow(*row) for row in session.execute(query)]
