"""What a dispute has to do with earlier ones: at the same door, with the same party; never who somebody is."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from gridmap.store import dispute_links
from gridmap.store.dispute_rows import Row


def link_earlier(session: Session, row: Row, *, by: str) -> tuple[list[int], Row]:
    """Link a new dispute to the earlier ones at its door, of a year back; return their ids, and the row as marked.

    A door that had a dispute of the same kind within the year is marked as returning (反复).
    """
    found = dispute_links.link_door(session, row, by=by)
    if not any(same_kind for _, same_kind in found):
        return [earlier for earlier, _ in found], row
    marks = tuple(sorted({*row.standing.marks, "returning"}))
    return [earlier for earlier, _ in found], replace(row, standing=replace(row.standing, marks=marks))
