"""Follow a dispute that was told to an officer or a grid member, with the receipt they gave: step by step, as it goes.

It is told as a report is told: states and sentences for residents, never a note, never another party.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import ENDED, OPEN, Taker, Wish
from gridmap.domain.disputes import possible
from gridmap.domain.receipts import receipt_hash
from gridmap.domain.report_words import redact
from gridmap.domain.reports import LONGEST, ReportStepNotPossible
from gridmap.services.disputes import reported
from gridmap.services.disputes.acting import take
from gridmap.services.disputes.rules import loop_of
from gridmap.services.reports.tracked import ReportNotValid, Step, Tracked
from gridmap.store import dispute_receipts, dispute_rows, reports
from gridmap.store.dispute_rows import Row, Sight
from gridmap.store.engine import enter_scope

#: state of a dispute -> state of a report, as its reporter reads it.
STATES: Final = {
    "open": "received", "accepted": "accepted", "in_hand": "in_hand", "handed": "in_hand", "joint": "in_hand",
    "paused": "in_hand", "settled": "settled", "reviewed": "settled", "closed": "closed", "withdrawn": "withdrawn",
    "not_ours": "not_ours",
}  # fmt: skip
#: steps told under a report's name for them.
_NAMES: Final = {"opened": "received", "begun": "in_hand", "taken": "in_hand"}
_TOLD: Final = frozenset({
    "opened", "accepted", "begun", "taken", "settled", "closed", "reopened", "withdrawn", "not_ours", "added",
}) | reported.FOLLOWED  # fmt: skip
_KINDS: Final = {"dispute": "dispute", "hazard": "hazard"}
MOST_ADDED: Final = 20


def find(session: Session, code: str, *, lock: bool = False) -> Row | None:
    """Return the dispute of a receipt's code, and let the transaction see its station; None where no dispute has it."""
    there = dispute_receipts.door(session, receipt_hash(code))
    if there is None:
        return None
    enter_scope(session, [there[0]])
    return dispute_rows.get(session, *there, Sight(whole=True), lock=lock)


def told(session: Session, code: str, row: Row) -> Tracked:
    """Return a dispute as whoever holds its receipt sees it; four queries."""
    loop, standing = loop_of(session, row.station), row.standing
    events = dispute_receipts.events(session, row.id, sorted(_TOLD))
    language = row.language
    steps = tuple(
        Step(
            at, _NAMES.get(what, what), "" if role == "resident" else role,
            redact(note) if what == "added" else reported.sentence(loop, what, language),
        )
        for at, what, role, note, _ in events
    )  # fmt: skip
    rated = next((rating for _, what, role, _, rating in reversed(events) if rating and role == "resident"), None)
    since = max((at for at, what, *_ in events if what == "settled"), default=None)
    last = max((at for at, _, role, _, rating in events if rating and role == "resident"), default=None)
    can = set()
    hears = "added" in possible(loop, standing, "resident")
    if hears and standing.state in OPEN:
        can.add("add")
    if hears and standing.state in ENDED and (last is None or (since is not None and last < since)):
        can.add("rate")
    return Tracked(
        code=code, report=row.id, place=reports.place(session, row.station), kind=_KINDS.get(standing.matter, "other"),
        words="", at=standing.opened_at, happened_at=None, language=language, state=STATES[standing.state], held=False,
        urgent=False, queue="officer", due_at=standing.settle_by if standing.state in OPEN else None, call_back=False,
        rating=rated, photos=0, steps=steps, can=frozenset(can),
    )  # fmt: skip


def add(session: Session, row: Row, words: str) -> None:
    """Add what whoever holds the receipt has to say; whoever holds the dispute is told.

    Raises
    ------
    ReportNotValid
        If there are no words, or too many.
    ReportStepNotPossible
        If the dispute is no longer open.
    """
    said = words.strip()
    if not 0 < len(said) <= LONGEST:
        raise ReportNotValid(f"write 1 to {LONGEST} letters", field="words")
    if row.standing.state not in OPEN:
        raise ReportStepNotPossible("it is no longer open: nothing can be added now", state=row.standing.state)
    if len(dispute_receipts.events(session, row.id, ["added"])) >= MOST_ADDED:
        raise ReportNotValid(f"{MOST_ADDED} additions are enough; call the duty desk", field="words")
    take(session, row, Wish("added", redact(said)), Taker("resident"), by="resident")


def rate(session: Session, row: Row, stars: int, words: str = "") -> None:
    """Say how it went, 1 (badly) to 5 (well), once for each time it was settled.

    Raises
    ------
    ReportNotValid, ReportStepNotPossible
    """
    if not 1 <= stars <= 5:
        raise ReportNotValid("a rating is 1, 2, 3, 4 or 5", field="rating")
    if row.standing.state not in ENDED or "rate" not in told(session, "", row).can:
        raise ReportStepNotPossible("it was rated, or is not settled yet", state=row.standing.state)
    note = f"{stars} {redact(words.strip()[: LONGEST - 2])}".strip()
    take(
        session, row, Wish("added", note), Taker("resident"), by="resident", facts={"rating": stars},
        now=datetime.now(UTC),
    )  # fmt: skip
