"""The page that proposes mediators for a dispute, with reasons; one tap hands it over, and a person makes it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Actor, require_station
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.disputes import DisputeStepNotPossible, DisputeStepNotYours
from gridmap.domain.matching import LEAST_CASES, WEIGHTS, Match
from gridmap.errors import GridmapError
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import acting, matching
from gridmap.services.disputes.acting import DisputeMoved, HolderUnknown, KeyUsed
from gridmap.services.disputes.matching import LANGUAGES, Proposal
from gridmap.web import shell
from gridmap.web.desk import TOLD
from gridmap.web.desk_case import (
    LARGEST,
    DisputePath,
    KeyField,
    LineField,
    Place,
    StationField,
    WorkerDep,
    back,
    case_of,
    case_page,
    clean,
)
from gridmap.web.words import Language, say

router = APIRouter(prefix="/desk", include_in_schema=False)
#: What can go wrong with a hand-over without anything being wrong with the page.
WRONG: Final[dict[type[GridmapError], tuple[str, int]]] = {
    DisputeMoved: ("case_wrong_moved", 412),
    DisputeStepNotPossible: ("case_wrong_step", 409),
    DisputeStepNotYours: ("case_wrong_step", 403),
    HolderUnknown: ("case_wrong_whom", 422),
    KeyUsed: ("case_wrong_key", 409),
}


@router.get("/{dispute}/match")
def match_page(
    request: Request, session: SessionDep, actor: WorkerDep, dispute: DisputePath, station: Place
) -> Response:
    """Show the mediators of the station in the order in which they fit, each with what speaks for and against."""
    return _page(request, session, actor, station, dispute)


@router.post("/{dispute}/match")
def hand_over(
    request: Request,
    session: SessionDep,
    actor: WorkerDep,
    dispute: DisputePath,
    *,
    station: StationField,
    person: Annotated[int, Form(ge=1, le=LARGEST)],
    version: Annotated[int, Form(ge=0, le=LARGEST)],
    key: KeyField,
    note: LineField = "",
) -> Response:
    """Offer the dispute to the mediator somebody picked; where that cannot be, show the proposal as it is now."""
    code = require_station(actor, station)
    said = clean(note).strip() or say("match_note_default", shell.language_of(request))
    wish = Wish("passed_on", said, to=Holder(person=person))
    try:
        acting.act(session, actor, code, dispute, wish, version=version, key=clean(key))
    except tuple(WRONG) as error:
        word, status = WRONG[type(error)]
        return _page(request, session, actor, code, dispute, wrong=word, status=status)
    return back(f"/desk/{dispute}", code, done="passed_on")


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    *,
    wrong: str = "",
    status: int = 200,
) -> Response:
    case = case_of(session, actor, station, dispute)
    found = matching.propose(session, actor, case.here.code, dispute)
    language = shell.language_of(request)
    rows = [_row(match, found, language) for match in found.matches]
    place = 0 if language == "zh" else 1
    return case_page(
        request, actor, case, "desk_match.html", status=status, wrong=wrong, may=found.may,
        ready=[row for row in rows if row["ready"]], later=[row for row in rows if not row["ready"]],
        asked_language=LANGUAGES.get(found.asked.language, (found.asked.language,) * 2)[place],
        asked_trades=[found.trades.get(code, (code, code))[place] for code in found.asked.trades],
        asked_body=next((row["body"] for row in rows if row["of_asked"]), found.asked.body or ""),
        facts=shell.in_script({"who": actor.login, "words": {key: say(key, language) for key in TOLD}}),
        weights={name: round(points) for name, points in WEIGHTS.items()}, least=LEAST_CASES,
    )  # fmt: skip


def _row(match: Match, found: Proposal, language: Language) -> dict[str, Any]:
    """Return a mediator as the page shows them."""
    who, place = match.who, 0 if language == "zh" else 1
    said = matching.told(match, found.trades, language)
    body = (who.body_zh, who.body_en or who.body_zh)[place]
    kind = found.trades.get(who.type, (who.type, who.type))[place]
    return {
        "id": who.person, "ready": match.ready, "name": (who.name, who.name_en or who.name)[place],
        "body": body, "of_asked": who.body is not None and who.body == found.asked.body,
        "of": " · ".join(filter(None, (body, kind))), "open": who.open, "most": who.most,
        "good": [words for good, words in said if good], "bad": [words for good, words in said if not good],
    }  # fmt: skip
