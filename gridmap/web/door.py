"""The door page: the code on a plate, opened by an officer or grid member, leads to the door itself.

`page` draws it for whoever may see the door, and None for everybody else: they get the resident's page. A mediator sees of it
the disputes given to them, and nothing else. The forms record a visit, a note or what became of the plate, and lead back.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import PlateCodeNotValid, spaced
from gridmap.domain.plate_life import nearness
from gridmap.geo.datum import Datum
from gridmap.http.person import allowed
from gridmap.http.plate_limits import LimitsDep, plate_limits
from gridmap.http.session_dep import SessionDep
from gridmap.services import door_work, doors
from gridmap.services.door_work import LONGEST_NOTE, PURPOSES, DoorStep, PlateFarAway, Purpose
from gridmap.services.doors import DoorLook
from gridmap.services.scan import PlateNotFound
from gridmap.store import editions
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.words import Language, say

router = APIRouter(prefix="/door/{code}", include_in_schema=False)
VisitorDep = Annotated[Actor, Depends(allowed(Action.RECORD_VISITS))]
NoterDep = Annotated[Actor, Depends(allowed(Action.WRITE_NOTES))]
InstallerDep = Annotated[Actor, Depends(allowed(Action.INSTALL_PLATES))]
Code = Annotated[str, Path(max_length=40)]
Degrees = Annotated[float | None, Form(allow_inf_nan=False)]
#: This page alone may ask a phone where it is.
MAY_LOCATE: Final = "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), browsing-topics=()"
#: What the address says was just done is told only so long: an address alone must not claim it.
JUST_DONE: Final = timedelta(minutes=2)


def page(request: Request, session: Session, actor: Actor, code: str) -> Response | None:
    """Return the page of a door, or None where `actor` may not see that door or there is none; the look is on record."""
    if not actor.may(Action.READ_DOORS) and not actor.may(Action.USE_DESK):
        return None
    try:
        read = doors.look if actor.may(Action.READ_DOORS) else doors.disputes_only
        look = read(session, actor, code)
    except (PlateCodeNotValid, PlateNotFound):
        return None
    return _draw(request, session, actor, look)


@dataclass(frozen=True, slots=True)
class Told:
    """What a phone tells of its position, as it came: degrees of `datum`, and metres."""

    lon: float | None
    lat: float | None
    accuracy: float | None
    datum: Datum


def told_by_phone(
    lon: Degrees = None, lat: Degrees = None, accuracy: Degrees = None, datum: Annotated[Datum, Form()] = Datum.WGS84
) -> Told:
    """Return the fields of a form that tell where the phone is; empty where it does not say."""
    return Told(lon, lat, accuracy, datum)


ToldDep = Annotated[Told, Depends(told_by_phone)]


@router.post("/visit")
def visit(session: SessionDep, actor: VisitorDep, code: Code, purpose: Annotated[Purpose, Form()]) -> Response:
    """Record a visit and show the door again."""
    door, _, _ = door_work.visit(session, actor, code, purpose)
    return _back(door.code, "visit")


@router.post("/note")
def note(
    session: SessionDep,
    actor: NoterDep,
    code: Code,
    text: Annotated[str, Form(max_length=LONGEST_NOTE * 2, alias="note")],
) -> Response:
    """Add a note and show the door again."""
    return _back(door_work.note(session, actor, code, text).code, "note")


@router.post("/step")
def step(
    request: Request,
    session: SessionDep,
    actor: InstallerDep,
    code: Code,
    *,
    told: ToldDep,
    limits: LimitsDep,
    wanted: Annotated[DoorStep, Form(alias="step")],
    text: Annotated[str, Form(max_length=LONGEST_NOTE * 2, alias="note")] = "",
    elsewhere: Annotated[bool | None, Form()] = None,
) -> Response:
    """Record what became of the plate and show the door again; far from the door, ask first whether it hangs there."""
    spot = door_work.read_position(told.lon, told.lat, told.accuracy, told.datum)
    try:
        done = door_work.step(
            session, actor, code, wanted, text=text, position=spot, elsewhere=elsewhere, limits=limits
        )
    except PlateFarAway as far:
        if not actor.may(Action.READ_DOORS):
            raise
        fields = {"step": wanted, "note": text, **asdict(told)}
        kept = {name: value for name, value in fields.items() if value is not None}
        return _draw(
            request, session, actor, doors.look(session, actor, code), ask=kept, asked_m=far.facts["distance_m"]
        )
    return _back(done.plate, "step")


def _draw(
    request: Request,
    session: Session,
    actor: Actor,
    look: DoorLook,
    *,
    ask: dict[str, Any] | None = None,
    asked_m: object = None,
) -> Response:
    """Return the page; `ask` holds the fields of a step that waits for an answer, `asked_m` how far off it is [m]."""
    door = look.door
    station = editions.find_station(session, door.station)
    language = shell.language_of(request)
    reply = shell.page(
        request,
        "door.html",
        actor=actor,
        station=station,
        status=200 if ask is None else 409,
        look=look,
        door=door,
        code=spaced(door.code),
        spaced=spaced,
        beat={"code": door.beat, "name_zh": door.beat_zh, "name_en": door.beat_en},
        cell={"code": door.grid_cell, "name_zh": door.cell_zh, "name_en": door.cell_en},
        here=lambda at: shell.local_time(at, station),
        called=lambda login: look.called.get(login, login),
        may={
            "visit": actor.may(Action.RECORD_VISITS),
            "note": actor.may(Action.WRITE_NOTES),
            "step": actor.may(Action.INSTALL_PLATES),
            "desk": actor.may(Action.USE_DESK),
            "open": actor.may(Action.OPEN_DISPUTES),
        },
        purposes=PURPOSES,
        whole=actor.may(Action.READ_DOORS),
        steps=door_work.possible(door),
        datums=[one.value for one in Datum],
        most=doors.MOST,
        longest=LONGEST_NOTE,
        ask=ask,
        asked_m=asked_m,
        done="" if ask is not None else _done(request, actor, look, station, language),
    )
    reply.headers["Permissions-Policy"] = MAY_LOCATE
    return reply


def _done(request: Request, actor: Actor, look: DoorLook, station: Station, language: Language) -> str:
    """Return what was just done, if it is the last on record, of a moment ago and by this person."""
    done, lately = request.query_params.get("done", ""), datetime.now(UTC) - JUST_DONE
    if done == "visit" and look.visits and look.visits[0].at > lately:
        last = look.visits[0]
        at = shell.local_time(last.at, station)
        return say("door_did_visit", language, what=say(f"door_for_{last.purpose}", language), at=f"{at:%H:%M}")
    if done == "note" and look.notes and look.notes[0].at > lately and look.notes[0].by == actor.login:
        return say("door_did_note", language)
    if done == "step" and look.steps and look.steps[-1].at > lately and look.steps[-1].by == actor.login:
        step_ = look.steps[-1]
        near = nearness(step_.distance_m, step_.accuracy_m, plate_limits(request))
        told = say("door_did_step", language, what=say(f"door_state_{step_.step}", language))
        metres = f"{step_.distance_m or 0:,.0f}"
        return f"{told} {say(f'door_did_{near}', language, m=metres)}"
    return ""


def _back(code: str, done: str) -> Response:
    return RedirectResponse(f"/p/{code}?{urlencode({'done': done})}", 303)
