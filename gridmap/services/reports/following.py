"""Follow a report with its receipt: each step in turn, and what the reporter can still do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.receipts import receipt_hash
from gridmap.domain.report_words import redact
from gridmap.domain.reports import DONE, LONGEST, OPEN, TOLD, ReportStepNotPossible, next_state, queue_of
from gridmap.errors import NotFound
from gridmap.services.disputes import reported
from gridmap.services.disputes.rules import loop_of
from gridmap.services.reports import walk_in
from gridmap.services.reports.cases import take_step
from gridmap.services.reports.keys import parse_receipt
from gridmap.services.reports.locking import locked
from gridmap.services.reports.sending import CONTACT_LONGEST, Contact, context, put_away
from gridmap.services.reports.tracked import ReportNotValid, Step, Tracked
from gridmap.services.sealing import Sealer
from gridmap.store import dispute_rows, reports
from gridmap.store.dispute_rows import Sight
from gridmap.store.engine import enter_scope
from gridmap.store.reports import Event, Row

#: More additions than these a report does not take.
MOST_ADDED: Final = 20
#: A rating up to this asks whether to open the matter again.
POOR: Final = 2
#: Steps of one's own report that its page shows, and steps of the one it was joined to.
OWN: Final = frozenset({"received", "added", "withdrawn", "rated", "call_back", "called_back", "released"})
SHARED: Final = frozenset({"accepted", "in_hand", "settled", "not_ours", "closed", "reopened"})


class ReceiptNotFound(NotFound):
    """The code is well formed, but no report has it."""

    slug, title = "receipt-not-found", "No such receipt"


@dataclass(frozen=True, slots=True)
class _Found:
    own: Row
    root: Row
    events: list[Event]

    @property
    def state(self) -> str:
        return "withdrawn" if self.own.state == "withdrawn" else self.root.state


def track(session: Session, typed: str) -> Tracked:
    """Return how a report stands; eight queries at most.

    Raises
    ------
    ReceiptCodeNotValid
        If the code is mistyped; the fact `suggestion` may name the right one.
    ReceiptNotFound
        If no report has it.
    """
    code = parse_receipt(typed)
    dispute = walk_in.find(session, code)
    return (
        _told(session, code, _find(session, code, lock=False))
        if dispute is None
        else walk_in.told(session, code, dispute)
    )


def add(session: Session, typed: str, words: str) -> Tracked:
    """Add something to an open report.

    Raises
    ------
    ReceiptCodeNotValid, ReceiptNotFound
    ReportNotValid
        If there are no words, too many, or too many additions.
    ReportStepNotPossible
        If the report is no longer open.
    """
    code = parse_receipt(typed)
    if (dispute := walk_in.find(session, code, lock=True)) is not None:
        walk_in.add(session, dispute, words)
        return track(session, code)
    found = _find(session, code, lock=True)
    said = words.strip()
    if not 0 < len(said) <= LONGEST:
        raise ReportNotValid(f"write 1 to {LONGEST} letters", field="words")
    _require(found, "add")
    if sum(event.what == "added" for event in _of(found.events, found.own.id)) >= MOST_ADDED:
        raise ReportNotValid(f"{MOST_ADDED} additions are enough; call the duty desk", field="words")
    take_step(session, found.own, "added", note=redact(said))
    return _told(session, code, _find(session, code, lock=False))


def withdraw(session: Session, typed: str) -> Tracked:
    """Withdraw an open report: how to reach the reporter and the pictures are deleted at once.

    Where others reported the same, the oldest of them takes its place and the matter goes on.

    Raises
    ------
    ReceiptCodeNotValid, ReceiptNotFound, ReportStepNotPossible
    """
    code = parse_receipt(typed)
    door = _find(session, code, lock=False).own.address_id
    reports.lock_door(session, door)  # nobody joins a report that is being withdrawn
    found = _find(session, code, lock=True)
    _require(found, "withdraw")
    own = found.own
    heirs = reports.joined(session, own.id)
    if heirs:
        _hand_over(session, own, heirs[0])
        own = reports.get(session, own.id) or own
    take_step(session, own, "withdrawn")
    reports.forget_person(session, own.id)
    return _told(session, code, _find(session, code, lock=False))


def rate(session: Session, typed: str, stars: int, words: str = "") -> Tracked:
    """Say how it went, 1 (badly) to 5 (well), once for each time it was done.

    Raises
    ------
    ReceiptCodeNotValid, ReceiptNotFound, ReportNotValid, ReportStepNotPossible
    """
    code = parse_receipt(typed)
    if (dispute := walk_in.find(session, code, lock=True)) is not None:
        walk_in.rate(session, dispute, stars, words)
        return track(session, code)
    found = _find(session, code, lock=True)
    if not 1 <= stars <= 5:
        raise ReportNotValid("a rating is 1, 2, 3, 4 or 5", field="rating")
    _require(found, "rate")
    note = f"{stars} {redact(words.strip()[: LONGEST - 2])}".strip()
    take_step(session, found.own, "rated", note=note)
    reports.change(session, found.own.id, rating=stars)
    return _told(session, code, _find(session, code, lock=False))


def reopen(session: Session, typed: str, words: str = "") -> Tracked:
    """Open a matter again after a poor rating; a reporter can do so once.

    Raises
    ------
    ReceiptCodeNotValid, ReceiptNotFound, ReportStepNotPossible
    """
    code = parse_receipt(typed)
    found = _find(session, code, lock=True)
    _require(found, "reopen")
    root = reports.get(session, found.root.id, lock=True) or found.root
    next_state(root.state, "reopened")
    take_step(session, root, "reopened", note=redact(words.strip()[:LONGEST]))
    return _told(session, code, _find(session, code, lock=False))


def ask_call_back(session: Session, typed: str, sealer: Sealer, contact: Contact | None = None) -> Tracked:
    """Ask for a call back, at the number given before or a new one.

    Raises
    ------
    ReceiptCodeNotValid, ReceiptNotFound, ReportStepNotPossible
    ReportNotValid
        If no number is known.
    """
    code = parse_receipt(typed)
    found = _find(session, code, lock=True)
    _require(found, "call_back")
    given = contact or Contact()
    if any(len(one) > CONTACT_LONGEST for one in (given.name, given.phone, given.when)):
        raise ReportNotValid(f"this is longer than {CONTACT_LONGEST} letters", field="phone")
    sealed = reports.contact(session, found.own.id)
    told = {} if sealed is None else json.loads(sealer.open(sealed, context(found.own.id)))
    phone = given.phone or told.get("phone", "")
    if not phone:
        raise ReportNotValid("tell us the number to call", field="phone")
    if given:
        full = Contact(given.name or told.get("name", ""), phone, given.when or told.get("when", ""))
        put_away(session, sealer, found.own.station, found.own.id, full, told.get("texts", []))
    take_step(session, found.own, "call_back")
    reports.change(session, found.own.id, call_back=True)
    return _told(session, code, _find(session, code, lock=False))


def _find(session: Session, code: str, *, lock: bool) -> _Found:
    there = reports.find_by_tracking(session, receipt_hash(code))
    if there is None:
        raise ReceiptNotFound("no report has this code: read it again, or call the station")
    enter_scope(session, [there[0]])
    own = locked(session, *there) if lock else reports.get(session, there[1])
    if own is None:
        raise ReceiptNotFound("no report has this code: read it again, or call the station")
    root = own if own.joined_to is None else reports.get(session, own.joined_to) or own
    return _Found(own, root, reports.events(session, sorted({own.id, root.id})))


def _of(events: Sequence[Event], report: int) -> list[Event]:
    return [event for event in events if event.report_id == report]


def _can(found: _Found) -> frozenset[str]:
    """Return what the reporter may do now, as far as the report goes."""
    own = _of(found.events, found.own.id)
    can = set()
    if found.state in OPEN:
        can |= {"add", "withdraw"}
    if found.state != "withdrawn" and not found.own.call_back:
        can.add("call_back")
    if found.state in DONE:
        rated = max((event.at for event in own if event.what == "rated"), default=None)
        again = max((event.at for event in found.events if event.what == "reopened"), default=None)
        if rated is None or (again is not None and again > rated):
            can.add("rate")
        mine = any(event.what == "reopened" and not event.by for event in found.events)
        if rated is not None and not mine and (found.own.rating or 5) <= POOR and "rate" not in can:
            can.add("reopen")
    return frozenset(can)


def _offered(session: Session, found: _Found) -> frozenset[str]:
    """Return what the page offers: what its dispute's loop forbids would be refused, and is not there to be tried."""
    own, root, can = found.own, found.root, set(_can(found))
    asked = [(root, "reopen", "reopened")] if "reopen" in can else []
    if "withdraw" in can and own.dispute_id is not None and not reports.joined(session, own.id):
        asked.append(
            (own, "withdraw", "withdrawn")
        )  # of others who reported the same one takes its place, whatever the loop
    for report, what, step in asked:
        row = dispute_rows.get(session, report.station, report.dispute_id or 0, Sight(whole=True))
        if row is not None:
            loop = loop_of(session, report.station)
            if not reported.could(loop, report.state, row.standing, step, "resident", datetime.now(UTC)):
                can.discard(what)
    return frozenset(can)


def _require(found: _Found, what: str) -> None:
    if what not in _can(found):
        step = {"add": "added", "withdraw": "withdrawn", "rate": "rated", "reopen": "reopened"}.get(what, what)
        state = found.state
        if step in {"withdrawn", "reopened"}:
            next_state(state, step)
        raise ReportStepNotPossible(
            f"the report is {state.replace('_', ' ')}: it cannot be {step.replace('_', ' ')} now",
            state=state,
            step=step,
        )


def _told(session: Session, code: str, found: _Found) -> Tracked:
    own, root = found.own, found.root
    steps = [
        Step(event.at, event.what, event.by.partition("/")[0], event.note if event.what == "added" or event.by else "")
        for event in _of(found.events, own.id)
        if event.what in OWN or (event.what in SHARED and root.id == own.id)
    ]
    if root.id != own.id:  # what was done before is told as of one's own report: nobody learns that there was another
        since = max((step.at for step in steps if step.what == "received"), default=own.at)
        steps += [
            Step(max(event.at, since), event.what, event.by.partition("/")[0], event.note)
            for event in _of(found.events, root.id)
            if event.what in SHARED and own.state != "withdrawn"
        ]
    told = [Step(step.at, step.what, step.role, _note(step)) for step in steps]
    if root.dispute_id is not None and own.state != "withdrawn":
        told += _of_dispute(session, root, own)
    told.sort(key=lambda one: one.at)
    return Tracked(
        code=code, report=own.id, place=reports.place(session, own.station), kind=own.kind, words=own.words, at=own.at,
        happened_at=own.happened_at, language=own.language, state=found.state, held=own.held, urgent=own.urgent,
        queue=queue_of(own.kind, urgent=own.urgent), due_at=root.due_at if found.state in OPEN else None,
        call_back=own.call_back, rating=own.rating, photos=reports.photos(session, own.id), steps=tuple(told),
        can=_offered(session, found),
    )  # fmt: skip


def _of_dispute(session: Session, root: Row, own: Row) -> list[Step]:
    """Return the steps at the desk that the report itself does not show, in sentences for residents; never a note."""
    loop = loop_of(session, root.station)
    return [
        Step(max(at, own.at), what, role, reported.sentence(loop, what, own.language))
        for at, what, role in dispute_rows.steps_of(session, root.dispute_id or 0, sorted(reported.FOLLOWED))
    ]


def _note(step: Step) -> str:
    """Return what of a step's note the reporter reads: their own words, and the staff's answers without numbers of people."""
    if step.what == "added":
        return step.note
    return redact(step.note, offices=True) if step.what in TOLD and step.role else ""


def _hand_over(session: Session, old: Row, heir: int) -> None:
    """Let the oldest of those who reported the same stand for the matter, in the state it has reached."""
    reports.hand_over(session, old.id, heir)
    new = reports.get(session, heir)
    reports.change(session, old.id, incident_id=None, dispute_id=None)
    if new is not None and old.state != new.state and old.state in OPEN:
        reports.add_event(session, new.station, new.id, old.state, by="gridmap/gridmap")
