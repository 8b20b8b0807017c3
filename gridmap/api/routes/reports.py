"""Residents' reports for programs: send one at a plate, follow one with its receipt's code. No log-in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gridmap.api.schemas.reports import ReceiptBody, ReportToSend, TrackedBody
from gridmap.domain.codes import PlateCodeNotValid
from gridmap.domain.report_words import is_urgent
from gridmap.errors import Conflict
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.limits import TooManyTries
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.report_form import clean
from gridmap.http.reports import TooManySent, desk_of
from gridmap.services.reports import following
from gridmap.services.reports.following import ReceiptNotFound
from gridmap.services.reports.keys import ReceiptCodeNotValid
from gridmap.services.reports.sending import Contact, PlateRetired, Sending, SentBefore
from gridmap.services.reports.tracked import ReportNotValid
from gridmap.services.scan import PlateNotFound
from gridmap.store.driver_errors import DatabaseAway
from gridmap.store.snapshot.faults import SnapshotMissing

router = APIRouter(tags=["reports"])
Code = Annotated[str, Path(max_length=40, description="As people type it.", examples=["0123-4567-89AB"])]


class UrgentNotConfirmed(Conflict):
    """The text names an emergency: call 110, 119 or 120 first, then send it with `confirmed`."""

    slug, title = "urgent-not-confirmed", "This looks like an emergency: call first"


@router.post(
    "/plates/{code}/reports",
    summary="Report at a door",
    status_code=201,
    responses=problems(
        PlateCodeNotValid, PlateNotFound, PlateRetired, RequestNotValid, ReportNotValid, UrgentNotConfirmed, SentBefore,
        TooManySent, TooManyTries, DatabaseAway, SnapshotMissing, ForeignPage, NoCsrfToken,
    ),
)  # fmt: skip
def send_report(request: Request, response: Response, code: Code, report: ReportToSend) -> ReceiptBody:
    """Keep a report and return its receipt; sent again with the same key, nothing is entered twice (and 201 again).

    Far too many from one plate or address block are refused (429); many are kept and held until somebody has looked.
    """
    response.headers["Cache-Control"] = "no-store"
    desk = desk_of(request)
    plate = desk.door(request, code).plate
    words = clean(report.words)
    if is_urgent(words) and not report.confirmed:
        raise UrgentNotConfirmed("call 110, 119 or 120 first; then send it again with confirmed: true")
    given = report.contact
    sending = Sending(
        kind=report.kind, words=words, send_key=report.send_key, happened_at=report.happened_at,
        language=report.language, contact=Contact(clean(given.name), clean(given.phone), clean(given.when)), photos=(),
        **desk.whence(request),
    )  # fmt: skip
    receipt = desk.send(plate, sending)
    return ReceiptBody(
        code=receipt.code, held=receipt.held, urgent=receipt.urgent, again=receipt.again, desk_phone=receipt.desk_phone
    )


@router.get(
    "/reports/{tracking}",
    summary="Follow a report",
    responses=problems(ReceiptCodeNotValid, ReceiptNotFound, RequestNotValid, TooManyTries, DatabaseAway),
)
def follow_report(request: Request, response: Response, tracking: Code) -> TrackedBody:
    """Return how a report stands to whoever has its receipt's code; nobody is named."""
    response.headers["Cache-Control"] = "no-store"
    with desk_of(request).follow(request) as session:
        seen = following.track(session, tracking)
    return TrackedBody.model_validate(
        {**{name: getattr(seen, name) for name in TrackedBody.model_fields}, "can": sorted(seen.can)}
    )
