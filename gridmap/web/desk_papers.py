"""The page of a dispute's papers: the four accounts, the agreement, the record; written, kept as versions, printed."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Actor, require_station
from gridmap.domain.papers import ACCOUNTS, ASKS, KINDS, LONGEST, TITLES, PaperNotValid
from gridmap.http.sealed import sealer_of
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import papers
from gridmap.services.disputes.acting import KeyUsed
from gridmap.services.disputes.matching import LANGUAGES
from gridmap.services.disputes.papers import Paper
from gridmap.services.disputes.parties import PartyNeedsReason
from gridmap.store import dispute_parties
from gridmap.store.dispute_papers import Version
from gridmap.web import shell
from gridmap.web.desk_case import (
    LARGEST,
    Case,
    DisputePath,
    KeyField,
    LineField,
    PartyDep,
    Place,
    StationField,
    back,
    case_of,
    case_page,
    clean,
)
from gridmap.web.sheets.paper_sheet import PaperContent
from gridmap.web.words import Language, say

router = APIRouter(prefix="/desk", include_in_schema=False)
KindField = Annotated[str, Form(max_length=20)]
TongueField = Annotated[str, Form(max_length=20)]
TextField = Annotated[str, Form(max_length=2 * LONGEST)]
PaperPath = Annotated[int, Query(ge=1, le=LARGEST)]
#: Who signs what, besides the parties.
SIGNS: Final = {
    "accounts": ("paper_sign_mediator", "paper_sign_recorder"),
    "agreement": ("paper_sign_mediator", "paper_sign_recorder", "paper_sign_seal"),
    "record": ("paper_sign_mediator", "paper_sign_recorder"),
}
#: Both sides sign, even where nobody was entered; more than so many sign on paper of their own.
FEWEST_SIGN: Final = 2
MOST_SIGN: Final = 8


@router.get("/{dispute}/papers")
def papers_page(
    request: Request,
    session: SessionDep,
    actor: PartyDep,
    dispute: DisputePath,
    station: Place,
    *,
    kind: Annotated[str, Query(max_length=20)] = "",
    language: Annotated[str, Query(max_length=20)] = "",
    paper: PaperPath | None = None,
) -> Response:
    """Show which papers there are; with `paper` one of them, with `kind` one that is begun from the station's text."""
    case = case_of(session, actor, station, dispute)
    shown, sealer = None, sealer_of(request.app)
    if paper is not None:
        shown = papers.open_paper(session, actor, case.here.code, dispute, paper, sealer)
    elif kind in KINDS:
        known = papers.languages(session, case.here.code, kind)
        tongue = language if language in known else shell.language_of(request)
        shown = papers.begin(session, actor, case.here.code, dispute, sealer, kind=kind, language=tongue)
    done = request.query_params.get("done") == "1"
    return _page(request, session, actor, case, shown, done=done)


@router.post("/{dispute}/papers/begin")
def begin(
    request: Request,
    session: SessionDep,
    actor: PartyDep,
    dispute: DisputePath,
    *,
    station: StationField,
    kind: KindField,
    language: TongueField = "zh",
    reason: LineField = "",
) -> Response:
    """Begin a paper with the parties' names in it; why they were opened goes on record."""
    case = case_of(session, actor, require_station(actor, station), dispute)
    wish = {"kind": kind if kind in KINDS else KINDS[0], "language": language}
    why, sealer = clean(reason).strip() or "-", sealer_of(request.app)
    try:
        shown = papers.begin(session, actor, case.here.code, dispute, sealer, **wish, reason=why)
    except PartyNeedsReason:
        shown = papers.begin(session, actor, case.here.code, dispute, sealer, **wish)
        return _page(request, session, actor, case, shown, wrong="party_reason_short", status=422)
    return _page(request, session, actor, case, shown)


def accounts_of(
    heart: TextField = "", ties: TextField = "", consequences: TextField = "", interests: TextField = ""
) -> dict[str, str]:
    """Return the four accounts as typed."""
    return dict(zip(ACCOUNTS, map(clean, (heart, ties, consequences, interests)), strict=True))


@router.post("/{dispute}/papers")
def write(
    request: Request,
    session: SessionDep,
    actor: PartyDep,
    dispute: DisputePath,
    accounts: Annotated[dict[str, str], Depends(accounts_of)],
    *,
    station: StationField,
    kind: KindField,
    key: KeyField,
    language: TongueField = "zh",
    text: TextField = "",
) -> Response:
    """Keep what was written as a new version; where it cannot be kept, show it again."""
    code = require_station(actor, station)
    try:
        paper = papers.write(
            session, actor, code, dispute, sealer_of(request.app), kind=kind, language=language,
            text="" if kind == "accounts" else clean(text), accounts=accounts, key=clean(key),
        )  # fmt: skip
    except (PaperNotValid, KeyUsed) as error:
        case = case_of(session, actor, code, dispute)
        shown = Paper(None, kind if kind in KINDS else KINDS[0], language, clean(text), accounts)
        word, status = ("paper_wrong", 422) if isinstance(error, PaperNotValid) else ("case_wrong_key", 409)
        return _page(request, session, actor, case, shown, wrong=word, status=status)
    return back(f"/desk/{dispute}/papers", code, done=1, **({} if paper is None else {"paper": paper}))


@router.get("/{dispute}/papers/{paper}.pdf")
def pdf(
    request: Request, session: SessionDep, actor: PartyDep, dispute: DisputePath, paper: int, station: Place
) -> Response:
    """Return a version as a PDF of A4, to be signed."""
    case, shown, version = _opened(request, session, actor, station, dispute, paper)
    made = request.app.state.printer.paper_sheet(_content(session, case, shown, version))
    headers = {
        "Content-Disposition": f'inline; filename="{case.row.id}-{shown.kind}-{version.number}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(made, media_type="application/pdf", headers=headers)


@router.get("/{dispute}/papers/{paper}/print")
def print_page(
    request: Request, session: SessionDep, actor: PartyDep, dispute: DisputePath, paper: int, station: Place
) -> Response:
    """Show a version as it is printed."""
    case, shown, version = _opened(request, session, actor, station, dispute, paper)
    content = _content(session, case, shown, version)
    return case_page(request, actor, case, "desk_papers_print.html", content=content, shown=shown, version=version)


def _opened(
    request: Request, session: Session, actor: Actor, station: str, dispute: int, paper: int
) -> tuple[Case, Paper, Version]:
    case = case_of(session, actor, station, dispute)
    number = paper if 0 < paper <= LARGEST else 0
    shown = papers.open_paper(session, actor, case.here.code, dispute, number, sealer_of(request.app))
    kept = papers.versions(session, actor, case.here.code, dispute)
    return case, shown, next(one for one in kept if one.id == paper)


def _content(session: Session, case: Case, shown: Paper, version: Version) -> PaperContent:
    """Return a version as it is printed, in the language it was written in."""
    tongue: Language = "en" if shown.language == "en" else "zh"
    place = 1 if tongue == "en" else 0
    parties = len(dispute_parties.listing(session, case.here.code, case.row.id))
    signs = [say("paper_sign_party", tongue)] * min(max(parties, FEWEST_SIGN), MOST_SIGN)
    at = f"{shell.local_time(version.at, case.here):%Y-%m-%d %H:%M}"
    return PaperContent(
        TITLES[shown.kind][place], case.known.station[place] or case.known.station[0], shown.text,
        (*signs, *(say(word, tongue) for word in SIGNS[shown.kind])), say("paper_sign_date", tongue),
        say("paper_foot", tongue, number=case.row.number, version=version.number, at=at), _page_of(tongue),
        say("synthetic", tongue) if case.here.synthetic else "",
    )  # fmt: skip


def _page_of(tongue: Language) -> str:
    return say("paper_page", tongue, n="{n}", of="{of}")


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    case: Case,
    shown: Paper | None,
    *,
    wrong: str = "",
    status: int = 200,
    done: bool = False,
) -> Response:
    place = 0 if shell.language_of(request) == "zh" else 1
    kept = papers.versions(session, actor, case.here.code, case.row.id)
    facts: dict[str, Any] = {
        "versions": [(one, shell.local_time(one.at, case.here)) for one in kept],
        "kinds": KINDS, "accounts": {name: (ACCOUNTS[name][place], ASKS[name][place]) for name in ACCOUNTS}, "longest": LONGEST,
    }  # fmt: skip
    if shown is not None:
        known = papers.languages(session, case.here.code, shown.kind)
        facts["languages"] = [(code, LANGUAGES.get(code, (code, code))[place]) for code in known]
    return case_page(
        request, actor, case, "desk_papers.html", status=status, shown=shown, wrong=wrong, done=done, **facts
    )
