"""The forms of a report's page: each takes one step, releases what is held, or opens how to reach the reporter."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.reports import ReportStepNotPossible
from gridmap.errors import GridmapError
from gridmap.http.person import allowed
from gridmap.http.sealed import sealer_of
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes.reported import DisputeCannotFollow
from gridmap.services.reports import desk
from gridmap.services.reports.desk import NeedsReason, ReportJoined, StepNeedsNote
from gridmap.services.reports.locking import ReportMoved
from gridmap.web.reports import LARGEST, work_page

router = APIRouter(prefix="/reports", include_in_schema=False)
WorkerDep = Annotated[Actor, Depends(allowed(Action.WORK_REPORTS))]
ContactDep = Annotated[Actor, Depends(allowed(Action.READ_CONTACTS))]
StationField = Annotated[str, Form(max_length=16)]
ReportField = Annotated[int, Form(ge=1, le=LARGEST)]
WordField = Annotated[str, Form(max_length=20)]
NoteField = Annotated[str, Form(max_length=4_000)]
#: What can go wrong with a step without anything being wrong with the page -> the word for it, and the status.
WRONG: Final[dict[type[GridmapError], tuple[str, int]]] = {
    ReportMoved: ("report_wrong_moved", 412),
    StepNeedsNote: ("report_wrong_note", 422),
    ReportStepNotPossible: ("report_wrong_step", 409),
    DisputeCannotFollow: ("report_wrong_tied", 409),
    ReportJoined: ("report_wrong_step", 409),
}


@router.post("/step")
def step(
    request: Request,
    session: SessionDep,
    actor: WorkerDep,
    *,
    station: StationField,
    report: ReportField,
    what: Annotated[str, Form(max_length=20, alias="step")],
    state: WordField,
    note: NoteField = "",
) -> Response:
    """Take a step in the state the page showed; where somebody was first, show the report as it is now, note kept."""
    code = require_station(actor, station)
    try:
        desk.step(session, actor, code, report, what, note.replace("\0", ""), expected_state=state)
    except tuple(WRONG) as error:
        word, status = WRONG[type(error)]
        seen = desk.look(session, actor, code, report)
        return work_page(request, session, actor, code, seen, wrong=word, note=note, status=status)
    return _back(code, report)


@router.post("/release")
def release(
    request: Request, session: SessionDep, actor: WorkerDep, station: StationField, report: ReportField
) -> Response:
    """Let a held report count."""
    code = require_station(actor, station)
    try:
        desk.release(session, actor, code, report)
    except ReportMoved:
        seen = desk.look(session, actor, code, report)
        return work_page(request, session, actor, code, seen, wrong="report_wrong_moved", status=412)
    return _back(code, report)


@router.post("/contact")
def contact(
    request: Request,
    session: SessionDep,
    actor: ContactDep,
    station: StationField,
    report: ReportField,
    reason: NoteField = "",
) -> Response:
    """Show how to reach the reporter on this one page, with the reason on record."""
    code = require_station(actor, station)
    seen = desk.look(session, actor, code, report)
    try:
        opened = desk.contact(session, actor, code, report, sealer_of(request.app), reason=reason.replace("\0", ""))
    except NeedsReason:
        return work_page(request, session, actor, code, seen, wrong="report_contact_short", status=422)
    return work_page(request, session, actor, code, seen, opened=opened)


def _back(station: str, report: int) -> Response:
    return RedirectResponse(f"/reports/{report}?station={station}&done=1", 303)
