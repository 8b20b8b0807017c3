"""What becomes of a report that counts: an incident on the map, and for a quarrel or a hazard a dispute in the loop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import Taker
from gridmap.domain.report_words import redact
from gridmap.domain.reports import KEEPING, ROUTES, due, next_state
from gridmap.services.disputes import reported, telling
from gridmap.services.disputes.opening import Intake, take_in
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows, report_cases, reports
from gridmap.store.dispute_rows import Sight
from gridmap.store.reports import Row

#: kind of report -> what runs the loop.
MATTERS: Final = {"dispute": "dispute", "hazard": "hazard"}


def open_case(session: Session, report: Row, now: datetime) -> None:
    """Make the incident of a report and what runs the loop, where its kind becomes one, and set its clock.

    A category the database does not know is passed over; with none of them the report stands without an incident.
    """
    route = ROUTES[report.kind]
    facts: dict[str, object] = {"due_at": due(report.kind, "received", report.at, urgent=report.urgent)}
    category = reports.category_of(session, route.categories) if route.categories else None
    if category is not None:
        at = min(report.happened_at or report.at, now)
        incident = report_cases.add_incident(session, report.id, category, at)
        facts |= {"category": category, "incident_id": incident}
        if report.kind in MATTERS:
            facts["dispute_id"] = take_in(
                session, report.station,
                Intake(
                    kind=category, words=redact(report.words), matter=MATTERS[report.kind], source="plate",
                    address_id=report.address_id, incident_id=incident, language=report.language, number=f"R-{report.id}",
                ),
                by="resident", role="resident", now=now,
            ).dispute  # fmt: skip
    reports.change(session, report.id, **facts)


def take_step(
    session: Session, report: Row, step: str, *, by: str = "", note: str = "", person: int | None = None
) -> None:
    """Add a step to a report, set its clock, and let its dispute follow; a dozen small statements at most.

    Parameters
    ----------
    by
        "role/login" of staff; empty where the reporter does it.
    person
        The person of staff, who then holds the dispute.

    Raises
    ------
    RuleBroken
        If the database finds that the step does not follow (checked before by `next_state`).
    DisputeCannotFollow
        If its dispute cannot take the step as well; nothing was kept of it.
    """
    if report.dispute_id is None or step not in reported.FOLLOWS:
        _add(session, report, step, by=by, note=note)
        return
    with session.begin_nested():  # whoever asked may go on with the session: of a step that is refused nothing stays
        _add(session, report, step, by=by, note=note)
        role, _, login = by.partition("/")
        loop = loop_of(session, report.station)
        done = reported.follow(
            session, loop, report, step, Taker(role or "resident", person), by=login or "resident", note=redact(note),
            now=datetime.now(UTC),
        )  # fmt: skip
        row = dispute_rows.get(session, report.station, report.dispute_id, Sight(whole=True)) if done else None
        for one, event, standing in done:
            if row is not None:
                telling.note(session, loop, row, one, standing, event)


def _add(session: Session, report: Row, step: str, *, by: str, note: str) -> None:
    reports.add_event(session, report.station, report.id, step, by=by, note=note)
    if step in reported.FOLLOWS and step not in KEEPING:
        after = next_state(report.state, step)
        reports.change(session, report.id, due_at=due(report.kind, after, report.at, urgent=report.urgent))
