"""What a dispute has to do with others: at the same door, with the same party; never who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import Taker, Wish
from gridmap.domain.disputes import possible
from gridmap.domain.loops import Loop
from gridmap.services.disputes import acting
from gridmap.store import dispute_links, dispute_rows
from gridmap.store.dispute_rows import Row, Sight

RETURNING = "returning"


def link_door(session: Session, row: Row, *, by: str) -> tuple[list[int], list[int], Row]:
    """Link a new dispute to those at its door that were opened within a year of it, by the time they were opened.

    Returns
    -------
    earlier
        The ids of those before it.
    later
        The ids of those of its kind that came after it, though they were entered before: they are the returning ones.
    row
        It as marked: a door that had a dispute of the same kind before is one to which it returns (反复).
    """
    found = dispute_links.link_door(session, row, by=by)
    earlier = [one for one in found if not one.later]
    later = [one.id for one in found if one.later and one.kind == row.standing.kind]
    if any(one.kind == row.standing.kind for one in earlier):
        marks = tuple(sorted({*row.standing.marks, RETURNING}))
        row = replace(row, standing=replace(row.standing, marks=marks))
    return [one.id for one in earlier], later, row


def mark_returning(
    session: Session, loop: Loop, row: Row, later: Sequence[int], *, by: str, role: str, now: datetime
) -> None:
    """Mark those that came after `row` as returning, where they are open and `role` may mark them."""
    for other in sorted(later):
        found = dispute_rows.get(session, row.station, other, Sight(whole=True), lock=True)
        if found is None or RETURNING in found.standing.marks or "marked" not in possible(loop, found.standing, role):
            continue
        wish = Wish("marked", marks=(*found.standing.marks, RETURNING))
        acting.take(session, found, wish, Taker(role), by=by, now=now, facts={"links": [row.id], "why": "door"})
