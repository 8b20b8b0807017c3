"""The forms of a dispute's page: each takes one step, once, and never over what others did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.dispute_words import MARKS, NOBODY, STEPS, Holder, Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.errors import GridmapError
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import acting
from gridmap.services.disputes.acting import DisputeMoved, HolderUnknown, KeyUsed
from gridmap.services.disputes.answering import require_bodies
from gridmap.services.disputes.look import Named, holder_of
from gridmap.services.disputes.reported import ReportCannotFollow
from gridmap.store import dispute_look, editions
from gridmap.web import shell
from gridmap.web.desk_work import LOOSE, Kept, draw
from gridmap.web.words import Language, say

router = APIRouter(prefix="/desk", include_in_schema=False)
WorkerDep = Annotated[Actor, Depends(allowed(Action.WORK_DISPUTES))]
LARGEST: Final = 2**31 - 1
LONGEST: Final = 4_000
#: On the day a pause ends its holder is to find it at the beginning of the work day.
MORNING: Final = time(9)
Word = Annotated[str, Form(max_length=100)]
Text = Annotated[str, Form(max_length=LONGEST)]


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person entered for a step, as it came."""

    note: str
    phrase: str
    to: str
    whom: str
    bodies: tuple[str, ...]
    until: str
    outcome: int | None
    marks: tuple[str, ...]
    kind: str = ""
    grade: int = 0
    off: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The note: the sentence that was chosen, and what was written beside it."""
        return "；".join(part for part in (self.phrase.strip(), self.note.strip()) if part).replace("\0", "")


@dataclass(frozen=True, slots=True)
class Known:
    """What a dispute turned out to be, as it came."""

    marks: tuple[str, ...] = ()
    kind: str = ""
    grade: int = 0
    off: tuple[str, ...] = ()


def known(
    marks: Annotated[list[str] | None, Form(max_length=10)] = None,
    kind: Word = "",
    grade: Annotated[int, Form(ge=0, le=9)] = 0,
    off: Annotated[list[str] | None, Form(max_length=10)] = None,
) -> Known:
    """Return the fields that tell what a dispute turned out to be; `off`: marks of gridmap's own that are taken off."""
    return Known(tuple(marks or ()), kind, grade, tuple(off or ()))


def entered(
    *,
    note: Text = "",
    phrase: Annotated[str, Form(max_length=200)] = "",
    to: Word = "",
    whom: Word = "",
    straight: Word = "",
    bodies: Annotated[list[str] | None, Form(max_length=40)] = None,
    until: Annotated[str, Form(max_length=10)] = "",
    outcome: Annotated[int | None, Form(ge=1, le=5)] = None,
    graver: Annotated[Known, Depends(known)],
) -> Entered:
    """Return the fields of a step's form; `straight`: whom a button names, before whoever was chosen in the list."""
    return Entered(
        note, phrase, straight or to, "" if straight else whom, tuple(bodies or ()), until, outcome, graver.marks,
        graver.kind, graver.grade, graver.off,
    )  # fmt: skip


@router.post("/{dispute:int}/step")
def step(
    request: Request,
    session: SessionDep,
    actor: WorkerDep,
    dispute: Annotated[int, Path(ge=1, le=LARGEST)],
    *,
    station: Annotated[str, Form(max_length=16)],
    what: Annotated[str, Form(max_length=20, alias="step")],
    version: Annotated[int, Form(ge=0, le=LARGEST)],
    key: Annotated[str, Form(min_length=8, max_length=100)],
    told: Annotated[Entered, Depends(entered)],
) -> Response:
    """Take a step and lead back to the page; what goes wrong is told there, with everything that was entered."""
    code = require_station(actor, station)
    language = shell.language_of(request)
    try:
        wish = _wish(session, code, what, told)
        done = acting.act(session, actor, code, dispute, wish, version=None if what in LOOSE else version, key=key)
    except tuple(WRONG) as error:
        kept = _kept(error, what, version, told, language)
        return draw(request, session, actor, code, dispute, kept=kept)
    if done.left:  # it went to somebody else, and with it the right to see it
        return RedirectResponse(f"/desk?station={code}&done={what}", 303)
    return RedirectResponse(f"/desk/{dispute}?station={code}&done={what}", 303)


def _wish(session: SessionDep, station: str, what: str, told: Entered) -> Wish:
    """Return the step that was entered.

    Raises
    ------
    HolderUnknown, DisputeStepNotPossible
    """
    if what not in STEPS:
        raise DisputeStepNotPossible(f"there is no step {what!r}", step=what)
    here = editions.find_station(session, station)
    require_bodies(session, station, told.bodies)
    to: Holder = NOBODY
    if told.to or told.whom.strip():
        takers = dispute_look.takers(session, station, here.timezone, beat=None, cell=None)
        to = _whom(told.whom.strip(), takers) if told.whom.strip() else holder_of(told.to, takers)
    return Wish(
        what,
        told.sentence,
        to=to,
        bodies=told.bodies,
        until=_until(told.until, here.timezone),
        outcome=told.outcome,
        marks=tuple(mark for mark in told.marks if mark in MARKS) if what == "marked" else None,
        kind=told.kind or None if what == "marked" else None,
        grade=told.grade or None if what == "marked" else None,
        off=tuple(mark for mark in told.off if mark in MARKS) if what == "marked" else (),
    )


def _whom(typed: str, takers: list[Named]) -> Holder:
    """Return whom a name or a code means, if it means one alone.

    Raises
    ------
    HolderUnknown
    """
    found = [
        one
        for one in takers
        if typed.casefold() in {one.code.casefold(), one.name_zh.casefold(), one.name_en.casefold()}
    ]
    if len(found) != 1:
        raise HolderUnknown("nobody posted here, or more than one, is called that")
    return holder_of(f"{found[0].kind}:{found[0].code}", takers)


def _until(typed: str, zone: str) -> datetime | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    if not 1900 <= day.year <= 2200:
        return None
    return datetime.combine(day, MORNING, ZoneInfo(zone)).astimezone(UTC)


#: What can go wrong with a step without anything being wrong with the page -> the word for it, and the status.
WRONG: Final[dict[type[GridmapError], tuple[str, int]]] = {
    DisputeMoved: ("desk_wrong_moved", 412),
    DisputeStepNotPossible: ("desk_wrong_step", 409),
    ReportCannotFollow: ("desk_wrong_report", 409),
    DisputeStepNotYours: ("desk_wrong_yours", 403),
    DisputeStepNeeds: ("desk_wrong_needs", 422),
    HolderUnknown: ("desk_wrong_whom", 422),
    KeyUsed: ("desk_wrong_key", 409),
}


def _kept(error: GridmapError, what: str, version: int, told: Entered, language: Language) -> Kept:
    """Return what to say of an error, and what was entered."""
    word, status = WRONG[type(error)]
    fields = {
        "note": told.note, "phrase": told.phrase, "to": told.to, "whom": told.whom, "bodies": told.bodies, "until": told.until,
        "outcome": told.outcome, "marks": told.marks, "kind": told.kind, "grade": told.grade or None,
    }  # fmt: skip
    since = 0
    said = ""
    if isinstance(error, DisputeMoved):
        now_at = error.facts.get("version")
        since = max(int(now_at) - version, 0) if isinstance(now_at, int) else 0
    if isinstance(error, DisputeStepNeeds):
        needs = error.facts.get("needs")
        needs = needs if isinstance(needs, list) else []
        names = [say(f"desk_need_{need}", language) for need in needs]
        if "until" in needs and told.until:
            said = say("desk_wrong_until", language)
        else:
            said = say(word, language, what="、".join(names) if language == "zh" else ", ".join(names))
    if isinstance(error, HolderUnknown) and isinstance(body := error.facts.get("body"), str):
        said = say("desk_wrong_body", language, body=body)
    return Kept(what, said or say(word, language), status, fields, since)
