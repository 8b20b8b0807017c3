"""What becomes of a report that counts: an incident on the map, and for a quarrel a dispute that goes its way."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.reports import ROUTES, due
from gridmap.store import report_cases, reports
from gridmap.store.reports import Row

#: step of a report -> (state of its dispute, event, note, states from which it follows)
_FOLLOWS: Final = {
    "accepted": ("accepted", "accepted", "", ("open",)),
    "in_hand": ("in_hand", "note", "in hand", ("open", "accepted")),
    "settled": ("settled", "settled", "", ("open", "accepted", "in_hand")),
    "not_ours": ("withdrawn", "withdrawn", "not a matter of the station", ("open", "accepted", "in_hand")),
    "withdrawn": ("withdrawn", "withdrawn", "the reporter withdrew it", ("open",)),
    "closed": ("closed", "closed", "", ("settled",)),
    "reopened": ("in_hand", "reopened", "", ("settled", "closed", "withdrawn")),
}


def open_case(session: Session, report: Row, now: datetime) -> None:
    """Make the incident and the dispute of a report, where its kind becomes one, and set its clock.

    A category the database does not know is passed over; with none of them the report stands without an incident.
    """
    route = ROUTES[report.kind]
    facts: dict[str, object] = {"due_at": due(report.kind, "received", report.at, urgent=report.urgent)}
    category = reports.category_of(session, route.categories) if route.categories else None
    if category is not None:
        at = min(report.happened_at or report.at, now)
        incident = report_cases.add_incident(session, report.id, category, at)
        facts |= {"category": category, "incident_id": incident}
        if route.tier is not None:
            handled = due(report.kind, "accepted", report.at, urgent=report.urgent)
            facts["dispute_id"] = report_cases.add_dispute(session, report.id, category, incident, route.tier, handled)
    reports.change(session, report.id, **facts)


def take_step(session: Session, report: Row, step: str, *, by: str = "", note: str = "") -> None:
    """Add a step to a report, set its clock, and let its dispute follow; up to four statements.

    Raises
    ------
    RuleBroken
        If the database finds that the step does not follow (checked before by `next_state`).
    """
    reports.add_event(session, report.station, report.id, step, by=by, note=note)
    if step not in _FOLLOWS:
        return
    after = reports.get(session, report.id)
    if after is not None:
        reports.change(session, report.id, due_at=due(after.kind, after.state, after.at, urgent=after.urgent))
    if report.dispute_id is not None:
        state, what, remark, only_from = _FOLLOWS[step]
        report_cases.step_dispute(
            session, report.dispute_id, state, what, by=by or "resident", note=remark, only_from=only_from
        )
