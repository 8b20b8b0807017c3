"""Residents report at a door and follow their report: forms that work without script, account or cookie.

A sending that fails shows the page again with all that was typed and the same send key, so nothing is entered twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gridmap.domain.plates import PlateAnswer
from gridmap.domain.report_words import is_urgent
from gridmap.domain.reports import KINDS, MOST_PHOTOS, ReportStepNotPossible, queue_of
from gridmap.errors import Conflict, GridmapError, NotFound, Unavailable
from gridmap.http.limits import TooManyTries
from gridmap.http.report_form import Typed, TypedDep
from gridmap.http.reports import ReportDesk, TooManySent, desk_of
from gridmap.services.disputes.reported import DisputeCannotFollow
from gridmap.services.reports import following, photo
from gridmap.services.reports.keys import FormTokenOld, ReceiptCodeNotValid, new_send_key, parse_receipt
from gridmap.services.reports.photo import PhotoNotReadable, PhotoTooLarge
from gridmap.services.reports.sending import (
    LONGEST_KEY,
    SHORTEST_KEY,
    Contact,
    PlateRetired,
    Receipt,
    Sending,
    SentBefore,
)
from gridmap.services.reports.tracked import ReportNotValid, Tracked
from gridmap.web.report_page import draw, follows_in, language_of, local_minute
from gridmap.web.resident_shell import beside

router = APIRouter(include_in_schema=False)

EMPTY: Final = Typed({})
#: Fields beside which the form tells what is wrong; anything else is mended by sending once more.
TOLD: Final = frozenset({"kind", "words", "happened_at", "phone", "name", "when", "photos"})
#: What went wrong with a sending as a whole -> status and words; anything else: not available now.
TROUBLES: Final[dict[type[GridmapError], tuple[int, str]]] = {
    TooManySent: (429, "flood"),
    SentBefore: (409, "before"),
    FormTokenOld: (422, "bad_form"),
}


@router.get("/p/{code}/report", response_class=HTMLResponse)
def form(code: str, request: Request, kind: str = "", lang: str | None = None) -> Response:
    """Show the form for a door; a plate out of use leads to its page, which says so."""
    found = _door(request, code, lang)
    if isinstance(found, Response):
        return found
    return _form(request, found, language_of(lang), 200, Typed({"kind": kind}))


@router.post("/p/{code}/report", response_class=HTMLResponse)
def send(code: str, request: Request, typed: TypedDep) -> Response:
    """Keep a report and show its receipt, or show the form again with what was typed."""
    language = language_of(typed["lang"])
    found = _door(request, code, typed["lang"])
    if isinstance(found, Response):
        return found
    wrong = set[str]()
    try:
        receipt = _send(request, found, typed, language, wrong)
    except ReportNotValid as error:
        wrong.add(str(error.facts.get("field", "form")))
    except PlateRetired:
        return RedirectResponse(f"/p/{found.plate}{_more(language)}", 303)
    except (TooManySent, FormTokenOld, Unavailable, Conflict) as error:
        # Away, too slow, or two at once: sending again is safe.
        status, words = next((told for kind, told in TROUBLES.items() if isinstance(error, kind)), (503, "away"))
        return _form(request, found, language, status, typed, trouble=words)
    if wrong:
        return _form(request, found, language, 422, typed, wrong=wrong)
    if receipt is None:
        return _form(request, found, language, 422, typed, urgent=True)
    queue = queue_of(receipt.kind, urgent=receipt.urgent)
    facts = {"receipt": receipt, "queue": queue, "plate": found.plate, "synthetic": found.synthetic}
    return _page(request, "report_receipt.html", language, 200, **facts)


def _send(request: Request, answer: PlateAnswer, typed: Typed, language: str, wrong: set[str]) -> Receipt | None:
    """Keep what was typed and return its receipt; None where fields are `wrong`, or an emergency must be confirmed."""
    desk = desk_of(request)
    photos = _photos(typed, wrong)
    # What nobody sees only programs fill in; a person need only send once more.
    desk.keys.check_form("" if typed["website"] else typed["token"], answer.plate, datetime.now(UTC))
    at = _when(typed, answer, wrong)
    if typed["kind"] not in KINDS:
        wrong.add("kind")
    if wrong or (is_urgent(typed["words"]) and typed["confirm"] != "yes"):
        return None
    sending = Sending(
        kind=typed["kind"], words=typed["words"], send_key=typed["send_key"], happened_at=at, language=language,
        contact=Contact(typed["name"], typed["phone"], typed["when"]), photos=photos, **desk.whence(request),
    )  # fmt: skip
    return desk.send(answer.plate, sending)


@router.get("/r", response_class=HTMLResponse)
def find(request: Request, code: str = "", lang: str | None = None) -> Response:
    """Ask for a receipt's code, and lead to its page."""
    if code:
        symbols = "".join(symbol for symbol in code if symbol.isascii() and symbol.isalnum())[:24].upper()
        return RedirectResponse(f"/r/{symbols or '-'}{_more(language_of(lang))}", 303)
    return _page(request, "report_find.html", language_of(lang), 200, trouble="", suggestion=None, typed="")


@router.get("/r/{tracking}", response_class=HTMLResponse)
def track(tracking: str, request: Request, lang: str | None = None) -> Response:
    """Show how a report stands."""
    language = language_of(lang)
    try:
        with desk_of(request).follow(request) as session:
            seen = following.track(session, tracking[:40])
    except (NotFound, ReceiptCodeNotValid, TooManyTries, Unavailable) as error:
        return _no_receipt(request, language, tracking, error)
    return _track(request, seen, follows_in(lang, seen.language), 200)


@router.post("/r/{tracking}", response_class=HTMLResponse)
def act(tracking: str, request: Request, typed: TypedDep) -> Response:
    """Do what the reporter asks: add, withdraw, rate, reopen, call_back; then show how the report stands."""
    language, desk = follows_in(typed["lang"], "zh"), desk_of(request)
    try:
        code = parse_receipt(tracking[:40])
        wrong, refused = "", ""
        try:
            desk.keys.check_form(typed["token"], code, datetime.now(UTC))
            with desk.follow(request) as session:
                _do(desk, session, code, typed)
            return RedirectResponse(f"/r/{code}{_more(language)}", 303)
        except ReportNotValid as error:
            wrong = str(error.facts.get("field", "form"))
        except FormTokenOld:
            wrong = "form"
        except DisputeCannotFollow:
            refused = "tied"
        except ReportStepNotPossible:
            refused = "not_possible"
        with desk.follow(request) as session:
            seen = following.track(session, code)
    except (NotFound, ReceiptCodeNotValid, TooManyTries, Unavailable) as error:
        return _no_receipt(request, language, tracking, error)
    status, trouble = (422, "") if wrong else (409, refused)
    return _track(request, seen, language, status, typed=typed, wrong=wrong, trouble=trouble)


def _do(desk: ReportDesk, session: Any, code: str, typed: Typed) -> None:
    match typed["do"]:
        case "add":
            following.add(session, code, typed["words"])
        case "withdraw":
            if typed["sure"] != "yes":
                raise ReportNotValid("tick the box to withdraw", field="sure")
            following.withdraw(session, code)
        case "rate":
            stars = typed["rating"]
            following.rate(session, code, int(stars) if stars in {"1", "2", "3", "4", "5"} else 0, typed["words"])
        case "reopen":
            following.reopen(session, code, typed["words"])
        case "call_back":
            contact = Contact(typed["name"], typed["phone"], typed["when"])
            following.ask_call_back(session, code, desk.sealer, contact)
        case _:
            raise ReportNotValid("a form of this page does add, withdraw, rate, reopen or call_back", field="form")


def _door(request: Request, typed: str, lang: str | None) -> PlateAnswer | Response:
    """Return who answers for the plate, or the reply that says why nobody can report there."""
    try:
        answer = desk_of(request).door(request, typed)
    except (GridmapError, TooManyTries):
        reply = request.app.state.plate_desk.page(typed, "", lang)
        response = Response(reply.body, reply.status)
        response.raw_headers = reply.headers
        return response
    if answer.status == "retired":
        return RedirectResponse(f"/p/{answer.plate}{_more(language_of(lang))}", 303)
    return answer


def _photos(typed: Typed, wrong: set[str]) -> tuple[bytes, ...]:
    """Return the pictures drawn anew; what cannot be read or is one too many is told."""
    try:
        pictures = tuple(photo.redraw(data) for data in typed.files[: MOST_PHOTOS + 1])
    except (PhotoTooLarge, PhotoNotReadable):
        wrong.add("photos")
        return ()
    if len(pictures) > MOST_PHOTOS:
        wrong.add("photos")
    return pictures


def _when(typed: Typed, answer: PlateAnswer, wrong: set[str]) -> datetime | None:
    try:
        return local_minute(typed["happened_at"][:40], answer.timezone)
    except (ValueError, OverflowError):
        wrong.add("happened_at")
        return None


def _form(
    request: Request,
    answer: PlateAnswer,
    language: str,
    status: int,
    typed: Typed,
    *,
    wrong: set[str] | None = None,
    trouble: str = "",
    urgent: bool = False,
) -> HTMLResponse:
    known = typed["send_key"]
    key = known if SHORTEST_KEY <= len(known) <= LONGEST_KEY else new_send_key()
    fields = ("kind", "words", "happened_at", "phone", "name", "when")
    return _page(
        request, "report_form.html", language, status, answer=answer, synthetic=answer.synthetic, kinds=KINDS,
        typed={name: typed[name] for name in fields}, wrong=wrong or set(), urgent=urgent, send_key=key,
        trouble=trouble or ("bad_form" if wrong and not wrong & TOLD else ""), had_photos=bool(typed.files),
        timezone=answer.timezone,
        token=desk_of(request).keys.form_token(answer.plate, datetime.now(UTC)),
    )  # fmt: skip


def _track(
    request: Request,
    seen: Tracked,
    language: str,
    status: int,
    *,
    typed: Typed = EMPTY,
    wrong: str = "",
    trouble: str = "",
) -> HTMLResponse:
    now = datetime.now(UTC)
    fields = ("words", "rating", "phone", "when")
    return _page(
        request, "report_track.html", language, status, seen=seen, synthetic=seen.place.synthetic, other=beside(language),
        timezone=seen.place.timezone, late=seen.due_at is not None and seen.due_at < now, doing=typed["do"], wrong=wrong,
        trouble=trouble, typed={name: typed[name] for name in fields},
        token=desk_of(request).keys.form_token(seen.code, now),
    )  # fmt: skip


def _no_receipt(request: Request, language: str, typed: str, error: GridmapError) -> HTMLResponse:
    """Return the page for a code that leads nowhere: mistyped, unknown, one try too many, or no database."""
    status, trouble = 404, "unknown"
    if isinstance(error, TooManyTries):
        status, trouble = 429, "wait"
    elif isinstance(error, Unavailable):
        status, trouble = 503, "no_answer"
    suggestion = error.facts.get("suggestion")
    shown = typed[:24] if status != 404 or typed != "-" else ""
    facts = {"trouble": trouble, "suggestion": suggestion, "typed": shown}
    return _page(request, "report_find.html", language, status, **facts)


def _page(request: Request, template: str, language: str, status: int, **facts: Any) -> HTMLResponse:
    settings = request.app.state.settings
    return draw(
        template, language, status, numbers=settings.emergency_numbers, secure=settings.secure_cookies, **facts
    )  # fmt: skip


def _more(language: str) -> str:
    return "" if language == "zh" else f"?lang={language}"
