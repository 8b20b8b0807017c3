"""One dispute's page: what, where, who holds it, its clocks and history, and a small form for each step one may take."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain import step_names
from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.dispute_words import MARKS, OVER
from gridmap.domain.disputes import REVIEW, awaits, visit_from
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import look as looking
from gridmap.services.disputes import receipts
from gridmap.services.disputes.acting import FOR_ALL, DisputeNotFound
from gridmap.services.disputes.answering import may_answer
from gridmap.services.disputes.look import Look, Named, Step
from gridmap.services.disputes.rules import sight_of
from gridmap.store import dispute_lists, dispute_rows, editions
from gridmap.store.tables import Station
from gridmap.web import desk_rows, shell
from gridmap.web.desk import TOLD
from gridmap.web.desk_languages import language_names
from gridmap.web.words import LANGUAGES, WORDS, Language, say

router = APIRouter(prefix="/desk", include_in_schema=False)
DeskDep = Annotated[Actor, Depends(allowed(Action.USE_DESK))]
LARGEST: Final = 2**31 - 1
#: Steps that come first as buttons, those behind "more"; what has a page of its own is in neither.
FIRST: Final = (
    "taken", "accepted", "begun", "resumed", "settled", "followed_up", "reviewed", "refused", "visited", "mediated",
    "passed_on", "note", "marked", "convened", "paused", "escalated",
)  # fmt: skip
REST: Final = ("told", "reassigned", "closed", "reopened", "withdrawn", "not_ours")
#: Steps that one tap takes: they ask for nothing and can be gone on from.
AT_ONCE: Final = frozenset({"taken", "accepted", "begun", "resumed"})
#: Steps that may follow any other: nobody has to read again what others did meanwhile.
LOOSE: Final = frozenset({"note", "visited"})
#: What the address says was just done is told only so long.
JUST_DONE: Final = timedelta(minutes=2)
#: Steps of the history that a page shows; people a form lists by name, the others are found by name or code.
SHOWN: Final = 30
LISTED: Final = 40
PAUSE_DAYS: Final = (1, 7, 180)
#: A step's form before anything is entered.
BLANK: Final[Mapping[str, Any]] = {
    "note": "", "phrase": "", "to": "", "whom": "", "bodies": (), "until": "", "outcome": None, "marks": (),
    "kind": "", "grade": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A step that was not taken: what to say, and what the person had entered."""

    step: str
    said: str
    status: int
    fields: Mapping[str, Any] = field(default_factory=lambda: BLANK)
    #: Steps others took since the person read the page.
    since: int = 0


@router.get("/{dispute:int}")
def work_page(
    request: Request,
    session: SessionDep,
    actor: DeskDep,
    dispute: int,
    station: Annotated[str, Query(max_length=16)],
    whole: Annotated[bool, Query(alias="history")] = False,
) -> Response:
    """Show one dispute and what can be done; the look goes on record."""
    code = require_station(actor, station)
    return draw(request, session, actor, code, dispute, whole=whole)


@router.get("/{dispute:int}/version")
def version(
    request: Request,
    session: SessionDep,
    actor: DeskDep,
    dispute: int,
    station: Annotated[str, Query(max_length=16)],
) -> Response:
    """Return how many steps a dispute has taken, for a page that wonders whether it is still as it was drawn."""
    sight = sight_of(session, actor, station)
    row = dispute_rows.get(session, station, _number(dispute), sight)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    return shell.data(request, {"version": row.version, "state": row.standing.state})


def draw(
    request: Request,
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    *,
    kept: Kept | None = None,
    whole: bool = False,
) -> Response:
    """Return the page of a dispute, with what was entered for a step that was not taken."""
    here = editions.find_station(session, station)
    seen = looking.look(session, actor, here.code, _number(dispute), zone=here.timezone)
    language, now = shell.language_of(request), datetime.now(UTC)
    standing = seen.row.standing
    if kept is not None and kept.step not in seen.can:
        kept = _to_note(kept, seen, language)
    today = shell.local_time(now, here).date()
    history = [_told(one, here, language) for one in (seen.steps if whole else seen.steps[:SHOWN])]
    return shell.page(
        request,
        "desk_work.html",
        actor=actor,
        station=here,
        status=200 if kept is None else kept.status,
        seen=seen,
        row=seen.row,
        standing=standing,
        detail=seen.detail,
        over=standing.state in OVER,
        kind_name=shell.name_of({"name_zh": seen.detail.kind_zh, "name_en": seen.detail.kind_en}, language),
        tier=shell.name_of(seen.loop.tier(standing.tier), language),
        grade=next((shell.name_of(one, language) for one in seen.loop.rules.grades if one.number == standing.grade), ""),
        zone_names=_zone_names(seen, language),
        due="" if standing.due_at is None else desk_rows.due_words(standing.due_at, now, here, language),
        late=standing.due_at is not None and standing.due_at < now,
        due_of="desk_review_due" if awaits(seen.loop, standing) == REVIEW else "desk_follow_ups" if standing.state in OVER else "desk_now_due",
        exact=standing.due_at is not None and standing.due_at < now + desk_rows.SOON,
        languages=language_names(receipts.languages(session, here.code)),
        follow_ups=seen.loop.follow_ups(standing.matter),
        visit_from=visit_from(seen.loop, standing),
        now=now,
        own=actor.person_id is not None and actor.person_id == standing.holder.person,
        at=lambda moment: shell.local_time(moment, here),
        day=lambda text: shell.local_time(datetime.fromisoformat(text), here).strftime("%Y-%m-%d"),
        look_only=not set(seen.can) - FOR_ALL,
        first=[step for step in FIRST if step in seen.can],
        rest=[step for step in REST if step in seen.can],
        at_once=AT_ONCE,
        loose=LOOSE,
        called=lambda step: step_name(seen, step, language),
        phrases={step: phrases(step, language) for step in seen.can},
        listed=_listed(seen.takers),
        bodies=[one for one in seen.takers if one.kind == "body"],
        marks=MARKS,
        kinds=dispute_lists.choices(session, here.code)["kinds"] if "marked" in seen.can else [],
        grades=seen.loop.rules.grades,
        days=[today + timedelta(days=days) for days in PAUSE_DAYS],
        new_key=lambda: secrets.token_urlsafe(12),
        kept=kept,
        blank=BLANK,
        moved=history[: kept.since] if kept is not None else [],
        done=_done(request, actor, seen, now, language),
        history=history,
        answers=_answers(session, actor, seen),
        left=0 if whole else max(len(seen.steps) - SHOWN, 0),
        may_parties=actor.may(Action.READ_PARTIES),
        facts=shell.in_script({
            "events": f"/api/v1/stations/{here.code}/events", "dispute": seen.row.id, "version": seen.row.version,
            "who": actor.login,
            "words": {key: say(key, language) for key in TOLD},
        }),
    )  # fmt: skip


def step_name(seen: Look, step: str, language: Language) -> str:
    """Return what a station calls a step, or what everybody calls it."""
    return step_names.step_name(seen.loop, step)[LANGUAGES.index(language)]


def phrases(step: str, language: Language) -> list[str]:
    """Return the sentences a step offers, so that nobody has to type on a telephone."""
    found = [f"desk_phrase_{step}_{n}" for n in range(1, 5)]
    return [say(key, language) for key in found if key in WORDS]


def _to_note(kept: Kept, seen: Look, language: Language) -> Kept:
    """Return the same for a dispute that can no longer take the step: what was written goes into a note."""
    fields = {**BLANK, "note": kept.fields["note"] or kept.fields["phrase"]}
    said = f"{kept.said} {say('desk_wrong_gone', language)}" if kept.since else kept.said
    return Kept("note" if "note" in seen.can and fields["note"] else "", said, kept.status, fields, kept.since)


def _listed(takers: Sequence[Named]) -> list[Named]:
    """Return whom a form lists by name: bodies, and people of the place first; the others are asked for by name."""
    people = [one for one in takers if one.kind == "person"]
    near = [one for one in people if one.of != "grid_member"] if len(people) > LISTED else people
    return [one for one in takers if one.kind == "body"] + (near or people)[:LISTED]


def _zone_names(seen: Look, language: Language) -> list[str]:
    found = seen.detail
    return [
        shell.name_of({"code": code, "name_zh": zh, "name_en": en}, language)
        for code, zh, en in (
            (seen.row.beat, found.beat_zh, found.beat_en),
            (seen.row.grid_cell, found.cell_zh, found.cell_en),
        )
        if code
    ]


def _told(one: Step, here: Station, language: Language) -> dict[str, Any]:
    """Return a step as the history tells it."""
    facts = one.facts
    role = f"desk_role_{one.role}"
    to = ""
    if one.what in {"passed_on", "reassigned", "escalated", "reopened", "taken", "lapsed"}:
        given = (one.offered_zh, one.offered_en) if one.what == "passed_on" else (one.holder_zh, one.holder_en)
        to = shell.name_of({"name_zh": given[0], "name_en": given[1]}, language)
    by_program = one.role in {"clock", "resident", "import"}
    until = facts.get("until")
    return {
        "at": shell.local_time(one.at, here),
        "what": one.what,
        "did": own if (own := f"desk_did_{one.what}_{facts.get('why')}") in WORDS else f"desk_did_{one.what}",
        "who": say(role, language) if by_program else one.name or one.by,
        "role": "" if by_program or role not in WORDS else say(role, language),
        "note": one.note,
        "to": to,
        "tier": one.tier if one.what in {"escalated", "reopened"} else None,
        "rating": facts.get("rating", facts.get("outcome")),
        "marks": [mark for mark in facts.get("marks", ()) if mark in MARKS] if one.what == "marked" else [],
        "bodies": facts.get("bodies", []),
        "until": "" if not until else f"{shell.local_time(datetime.fromisoformat(until), here):%m-%d}",
    }


def _done(request: Request, actor: Actor, seen: Look, now: datetime, language: Language) -> str:
    """Return what was just done, if it is the last on record, of a moment ago and by this person."""
    last = seen.steps[0] if seen.steps else None
    asked = request.query_params.get("done", "")
    if last is None or last.what != asked or last.by != actor.login or last.at < now - JUST_DONE:
        return ""
    name = say("desk_did_opened", language) if asked == "opened" else step_name(seen, asked, language)
    return say("desk_done", language, step=name)


def _answers(session: Session, actor: Actor, seen: Look) -> set[str]:
    """Return the bodies this person may answer for: asked to a joint mediation that is not over."""
    if not seen.detail.bodies or seen.row.standing.state in OVER or not actor.may(Action.WORK_DISPUTES):
        return set()
    sight = sight_of(session, actor, seen.row.station)
    return {one["code"] for one in seen.detail.bodies if may_answer(sight, one["code"])}


def _number(value: int) -> int:
    return value if 0 <= value <= LARGEST else 0
