"""The station's side of reports: the list, one report, its steps, and how to reach the reporter, with a reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import shapely
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.report_words import redact
from gridmap.domain.reports import (
    KINDS,
    LONGEST,
    NEEDS_NOTE,
    OPEN,
    ROUTES,
    STAFF,
    STATES,
    next_state,
    possible,
    queue_of,
)
from gridmap.errors import Conflict, Invalid, NotFound
from gridmap.services.own_ground import own_ground
from gridmap.services.reports.cases import open_case, take_step
from gridmap.services.reports.locking import ReportMoved, locked
from gridmap.services.reports.sending import Contact, context
from gridmap.services.sealing import Sealer
from gridmap.store import audit, report_lists, reports
from gridmap.store.report_lists import Line
from gridmap.store.reports import Event

SHORTEST_REASON: Final = 4
MOST_LINES: Final = 200


class ReportNotFound(NotFound):
    """There is no such report, or it is outside what the person may see; which of the two is not told."""

    slug, title = "report-not-found", "No such report"


class StepNeedsNote(Invalid):
    """The step needs a sentence: the reporter reads how it was settled, or whose matter it is instead."""

    slug, title = "step-needs-note", "Say a sentence with this step"


class NeedsReason(Invalid):
    """Whoever opens how to reach a reporter says why; the audit keeps it."""

    slug, title = "needs-reason", "Say why you need it"


class ReportJoined(Conflict):
    """The report was joined to another; its steps are taken there (the fact `report`)."""

    slug, title = "report-joined", "This report is part of another"


@dataclass(frozen=True, slots=True)
class Seen:
    """A report as staff see it: numbers of people are masked in every text.

    `queue`: who sees it first. `joined`: reports that say the same, with their texts. `can`: the steps that may be taken.
    """

    line: Line
    queue: str
    tier: int | None
    joined_to: int | None
    joined: tuple[tuple[int, str], ...]
    events: tuple[Event, ...]
    can: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """How to reach a reporter, and their texts as written where numbers in them were masked."""

    contact: Contact
    texts: tuple[str, ...]


def open_reports(
    session: Session,
    actor: Actor,
    station: str,
    *,
    states: tuple[str, ...] = tuple(sorted(OPEN)),
    kinds: tuple[str, ...] = KINDS,
    held: bool = False,
    zone: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> list[Line]:
    """Return a page of reports the actor may see, newest first, those joined to others left out; two queries or three.

    `zone`: only those of this beat or grid cell.

    Raises
    ------
    RoleMayNot, StationNotInScope
    NoCells
        If they may see their own grid cells only, and are posted to none.
    """
    ground = _ground(session, actor, station)
    most = max(1, min(limit, MOST_LINES))
    known = [state for state in states if state in STATES]
    return report_lists.page(
        session,
        station,
        states=known,
        kinds=kinds,
        held=held,
        ground=ground,
        zone=zone,
        before_id=before_id,
        limit=most,
    )


def waiting(session: Session, actor: Actor, station: str) -> dict[str, int]:
    """Return how many reports are `open`, `urgent`, `late`, `held` and wait for a `call_back`.

    Raises
    ------
    RoleMayNot, StationNotInScope, NoCells
    """
    return report_lists.waiting(session, station, _ground(session, actor, station))


def look(session: Session, actor: Actor, station: str, report: int) -> Seen:
    """Return one report with its steps; the audit keeps who looked.

    Raises
    ------
    RoleMayNot, StationNotInScope, NoCells, ReportNotFound
    """
    line = _line(session, actor, station, report)
    audit.write(session, [station], by=actor.login, action="look at report", thing=f"report {report}")
    return _seen(session, line)


def contact(session: Session, actor: Actor, station: str, report: int, sealer: Sealer, *, reason: str) -> Opened | None:
    """Return how to reach the reporter, None where they did not say; the audit keeps who asked and why.

    Raises
    ------
    RoleMayNot, StationNotInScope, NoCells, ReportNotFound, NeedsReason
    SealBroken
        If it was sealed with another key.
    """
    require_action(actor, Action.READ_CONTACTS)
    why = reason.strip()
    if len(why) < SHORTEST_REASON:
        raise NeedsReason(f"say why in {SHORTEST_REASON} letters or more; the audit keeps it")
    _line(session, actor, station, report)
    audit.write(
        session, [station], by=actor.login, action="open contact", thing=f"report {report}",
        after={"reason": why[:LONGEST]},
    )  # fmt: skip
    sealed = reports.contact(session, report)
    if sealed is None:
        return None
    told: dict[str, Any] = json.loads(sealer.open(sealed, context(report)))
    return Opened(Contact(told["name"], told["phone"], told["when"]), tuple(told["texts"]))


def photo(session: Session, actor: Actor, station: str, report: int, number: int) -> bytes:
    """Return a picture of a report (JPEG).

    Raises
    ------
    RoleMayNot, StationNotInScope, NoCells, ReportNotFound
    """
    _line(session, actor, station, report)
    jpeg = reports.photo(session, report, number)
    if jpeg is None:
        raise ReportNotFound(f"report {report} has no picture {number}", report=report)
    return jpeg


def step(
    session: Session, actor: Actor, station: str, report: int, what: str, note: str = "", *, expected_state: str
) -> Seen:
    """Take a step of a report in the state the actor has read; the audit and the report's steps keep who did it.

    Raises
    ------
    RoleMayNot, StationNotInScope, NoCells, ReportNotFound
    ReportMoved
        If the report is no longer in `expected_state`.
    ReportStepNotPossible, StepNeedsNote
    ReportJoined
        If the step belongs to the report that this one was joined to.
    """
    require_action(actor, Action.WORK_REPORTS)
    line = _line(session, actor, station, report)
    found = locked(session, station, report)
    if found is None:
        raise ReportNotFound(f"there is no report {report}", report=report)
    if found.state != expected_state:
        raise ReportMoved(
            f"report {report} is {found.state.replace('_', ' ')} by now, not {expected_state.replace('_', ' ')}: read it again",
            report=report,
            state=found.state,
        )
    if what not in STAFF:
        raise Invalid(f"staff can take the steps {', '.join(STAFF)}", step=what)
    after = next_state(found.state, what)
    if found.joined_to is not None and what not in {"note", "called_back"}:
        raise ReportJoined(f"take the step in report {found.joined_to}", report=found.joined_to)
    said = redact(note.strip(), offices=True)
    if len(said) > LONGEST or (what in NEEDS_NOTE and not said):
        raise StepNeedsNote(f"the step needs 1 to {LONGEST} letters that say what was done, or whose matter it is")
    take_step(session, found, what, by=f"{actor.role}/{actor.login}", note=said, person=actor.person_id)
    if what == "called_back":
        reports.change(session, report, call_back=False)
    audit.write(
        session, [station], by=actor.login, action=f"report {what.replace('_', ' ')}", thing=f"report {report}",
        before={"state": found.state}, after={"state": after},
    )  # fmt: skip
    return _seen(session, report_lists.one(session, station, report, None) or line)


def release(session: Session, actor: Actor, station: str, report: int) -> Seen:
    """Let a held report count: it becomes an incident or a dispute as if it had come now.

    Raises
    ------
    RoleMayNot, StationNotInScope, NoCells, ReportNotFound, ReportMoved
    """
    require_action(actor, Action.WORK_REPORTS)
    line = _line(session, actor, station, report)
    found = reports.get(session, report, lock=True)
    if found is None or not found.held or found.state not in OPEN:
        # What is settled already would open a dispute its reporter reads as through.
        raise ReportMoved(f"report {report} is not held, or through already: read it again", report=report)
    reports.change(session, report, held=False)
    reports.add_event(session, station, report, "released", by=f"{actor.role}/{actor.login}")
    open_case(session, found, datetime.now(UTC))
    audit.write(session, [station], by=actor.login, action="release report", thing=f"report {report}")
    return _seen(session, report_lists.one(session, station, report, None) or line)


def _ground(session: Session, actor: Actor, station: str) -> bytes | None:
    """Return the ground whose reports the actor may see (WKB), None for the whole station."""
    require_action(actor, Action.READ_REPORTS)
    require_station(actor, station)
    ground = own_ground(session, actor, station)
    return None if ground is None else shapely.to_wkb(ground)


def _line(session: Session, actor: Actor, station: str, report: int) -> Line:
    line = report_lists.one(session, station, report, _ground(session, actor, station))
    if line is None:
        raise ReportNotFound(f"there is no report {report} here for you", report=report)
    return line


def _seen(session: Session, line: Line) -> Seen:
    found = reports.get(session, line.id)
    others = reports.joined(session, line.id)
    rows = [row for one in others if (row := reports.get(session, one)) is not None]
    joined_to = None if found is None else found.joined_to
    events = tuple(
        Event(event.id, event.report_id, event.at, event.by, event.what, redact(event.note, offices=bool(event.by)))
        for event in reports.events(session, [line.id, *others])
    )
    can = (*(step for step in possible(line.state) if step in STAFF), "note", "called_back")
    return Seen(
        line, queue_of(line.kind, urgent=line.urgent), ROUTES[line.kind].tier, joined_to,
        tuple((row.id, row.words) for row in rows), events, can if joined_to is None else ("note", "called_back"),
    )  # fmt: skip
