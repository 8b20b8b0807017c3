"""What falls due after a dispute was settled: its review (评晒) and its follow-up visits (回访), told by the clock.

A visit is told of once, on its day, to whoever holds the dispute. A review that is late is the loop's matter: its holder is
told; a day later it goes to who holds the next tier, or to the desk, or stays; whoever has it then is told every day. The
dispute stays settled, at its tier: what changes is who has the review to do.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_clock import CLOCK, review_holders
from gridmap.domain.dispute_words import DESK, Holder, Taker, Wish
from gridmap.domain.disputes import REVIEW, awaits
from gridmap.domain.loops import Loop
from gridmap.services.disputes import acting
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_clock, dispute_rows
from gridmap.store.dispute_rows import Row

#: Who takes the clock's steps, as the record has it.
BY: Final = "gridmap"
TAKER: Final = Taker(CLOCK)


def remind(session: Session, row: Row, now: datetime) -> str:
    """Tell of a review or a visit that is due, or give a late review on; return the step, for a dispute that is locked.

    Where whoever holds it has left, it goes first to who has their place now: somebody is told in any case. A dispute whose
    loop asks for nothing any more is freed of its day, and nobody is told.
    """
    loop = loop_of(session, row.station)
    what = awaits(loop, row.standing)
    if what is not None and not (
        row.standing.holder and dispute_rows.known_holder(session, row.station, row.standing.holder)
    ):
        left = Wish("reassigned", to=holder_now(session, loop, row, now))
        done = acting.take(session, row, left, TAKER, by=BY, now=now, facts={"why": "lost"})
        row = replace(row, version=done.version, standing=done.standing)
    wish = Wish("reminded")
    if what == REVIEW and (to := _next(session, loop, row, now)):
        wish = Wish("reassigned", to=to)
    acting.take(session, row, wish, TAKER, by=BY, now=now, facts={} if what is None else {"why": what})
    return {"reminded": "told", "reassigned": "given_on"}[wish.step]


def holder_now(session: Session, loop: Loop, row: Row, now: datetime) -> Holder:
    """Return who holds a dispute's tier now; the desk where that is nobody who may, or who holds it already."""
    to = _of_tier(session, row, loop.tier(row.standing.tier).holder, now)
    return to if to != row.standing.holder and dispute_rows.known_holder(session, row.station, to) else DESK


def _next(session: Session, loop: Loop, row: Row, now: datetime) -> Holder | None:
    """Return to whom a late review goes, None while it stays: nobody was told yet, or nobody comes after who has it."""
    if row.standing.due_at is None:
        return None
    told = dispute_clock.told_of(session, row.id, row.standing.due_at)
    if not told:
        return None
    for wanted in review_holders(loop, row.standing.tier)[told.count("reassigned") :]:
        to = _of_tier(session, row, wanted, now)
        if to != row.standing.holder and dispute_rows.known_holder(session, row.station, to):
            return to
    return None


def _of_tier(session: Session, row: Row, wanted: str, now: datetime) -> Holder:
    return dispute_rows.holder_at(session, row.station, wanted, beat=row.beat, cell=row.grid_cell, at=now)
