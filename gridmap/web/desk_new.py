"""Take in a dispute, a tip, a hazard or a fresh case in a few taps: what, where, a few words."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.dispute_words import MARKS, MATTERS, NOBODY, Holder
from gridmap.domain.parties import PartyNotValid, check
from gridmap.http.person import allowed
from gridmap.http.sealed import sealer_of
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import opening, parties, places, receipts
from gridmap.services.disputes.acting import KeyUsed
from gridmap.services.disputes.opening import DisputeNotValid, Intake
from gridmap.services.disputes.places import Spot
from gridmap.services.disputes.rules import loop_of
from gridmap.services.reports import desk as reports_desk
from gridmap.store import dispute_lists
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.desk import TOLD
from gridmap.web.desk_languages import language_names
from gridmap.web.door import MAY_LOCATE
from gridmap.web.entry import choose_station
from gridmap.web.words import say

router = APIRouter(prefix="/desk", include_in_schema=False)
OpenerDep = Annotated[Actor, Depends(allowed(Action.OPEN_DISPUTES))]
LARGEST: Final = 2**31 - 1
#: How one learns of a matter when one enters it by hand.
SOURCES: Final = ("visit", "call", "patrol", "tip")
SIDES: Final = (1, 2)
Word = Annotated[str, Form(max_length=100)]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person has entered so far. `address`: an address's id, or "here" for the position itself."""

    key: str
    matter: str = "dispute"
    kind: str = ""
    find: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    words: str = ""
    marks: tuple[str, ...] = ()
    grade: int | None = None
    source: str = "visit"
    language: str = "zh"
    sides: tuple[str, ...] = ("", "")
    mine: bool = False
    incident: str = ""
    report: int | None = None


def entry_of(
    *,
    key: Annotated[str, Form(min_length=8, max_length=100)],
    matter: Word = "dispute",
    kind: Word = "",
    find: Word = "",
    address: Annotated[str, Form(max_length=12)] = "",
    lon: Annotated[str, Form(max_length=24)] = "",
    lat: Annotated[str, Form(max_length=24)] = "",
    words: Annotated[str, Form(max_length=4_000)] = "",
    marks: Annotated[list[str] | None, Form(max_length=10)] = None,
    grade: Annotated[str, Form(max_length=2)] = "",
) -> Entry:
    """Return the fields of the form that say what and where."""
    return Entry(
        key, matter if matter in MATTERS else "dispute", kind, find.strip(), address, _degrees(lon, 180), _degrees(lat, 90),
        words.replace("\0", ""), tuple(mark for mark in marks or () if mark in MARKS),
        int(grade) if grade.isascii() and grade.isdecimal() else None,
    )  # fmt: skip


def beside(
    entry: Annotated[Entry, Depends(entry_of)],
    *,
    source: Word = "visit",
    language: Annotated[str, Form(max_length=3)] = "zh",
    side_1: Word = "",
    side_2: Word = "",
    mine: Annotated[bool, Form()] = False,
    incident: Annotated[str, Form(max_length=64)] = "",
    report: Annotated[str, Form(max_length=10)] = "",
) -> Entry:
    """Return all fields of the form."""
    return replace(
        entry, source=source if source in SOURCES else "visit", sides=(side_1.strip(), side_2.strip()), mine=mine,
        incident=incident, report=_number(report), language=language,
    )  # fmt: skip


EntryDep = Annotated[Entry, Depends(beside)]


@router.get("/new")
def new_page(
    request: Request,
    session: SessionDep,
    actor: OpenerDep,
    *,
    station: Annotated[str | None, Query(max_length=16)] = None,
    matter: Annotated[str, Query(max_length=20)] = "dispute",
    kind: Annotated[str, Query(max_length=40)] = "",
    plate: Annotated[str, Query(max_length=40)] = "",
    address: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    incident: Annotated[str, Query(max_length=64)] = "",
    report: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
) -> Response:
    """Show the form, filled in with what the page it was opened from knows: a door, an incident, a report."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    entry = Entry(
        _key(), matter if matter in MATTERS else "dispute", kind, plate, "" if address is None else str(address)
    )
    if incident and (call := places.incident(session, actor, here.code, incident.replace("\0", ""))) is not None:
        entry = replace(
            entry, incident=call.number, source="call", address="" if call.address_id is None else str(call.address_id),
            lon=call.lon, lat=call.lat, kind=kind or (call.category if call.is_dispute else ""),
        )  # fmt: skip
    if report is not None and actor.may(Action.READ_REPORTS):
        line = reports_desk.look(session, actor, here.code, report).line
        entry = replace(
            entry, report=report, address=str(line.address_id), words=line.words,
            matter="hazard" if line.kind == "hazard" else entry.matter,
        )  # fmt: skip
    return _draw(request, session, actor, here, entry)


@router.post("/new")
def take_in(
    request: Request,
    session: SessionDep,
    actor: OpenerDep,
    entry: EntryDep,
    *,
    station: Annotated[str, Form(max_length=16)],
    do: Annotated[str, Form(max_length=10)] = "open",
) -> Response:
    """Look for the door, or take the matter in and lead to its page; sent twice, it is taken in once."""
    here = choose_station(session, actor, require_station(actor, station))
    if here is None or do == "find":
        return _draw(request, session, actor, here, replace(entry, address=""), asked=True)
    wrong = _lacks(session, actor, here.code, entry)
    if wrong:
        return _draw(request, session, actor, here, entry, wrong=wrong, asked=not entry.address)
    try:
        told = [(side, reference) for side, reference in zip(SIDES, entry.sides, strict=True) if reference]
        for side, reference in told:
            check(side, reference)
        intake = _intake(session, actor, here.code, entry)
        # A digest of a name tells it to whoever tries names, so that of a request holds a keyed one.
        beside = sealer_of(request.app).print(repr(told), f"desk new {here.code}").hex() if told else ""
        done = opening.open_dispute(session, actor, here.code, intake, key=entry.key, beside=(beside,))
    except PartyNotValid as error:
        wrong = f"party_wrong_{error.facts['reason']}"
        return _draw(request, session, actor, here, entry, wrong=wrong, asked=not entry.address)
    except (DisputeNotValid, KeyUsed) as error:
        again, status = replace(entry, key=_key()), 409 if isinstance(error, KeyUsed) else 422
        return _draw(request, session, actor, here, again, wrong="desk_wrong_key", status=status, asked=True)
    if not done.again:
        for side, reference in told:
            parties.add(session, actor, here.code, done.dispute, sealer_of(request.app), side=side, reference=reference)
    return RedirectResponse(f"/desk/{done.dispute}?station={here.code}&done=opened", 303)


def _draw(
    request: Request,
    session: Session,
    actor: Actor,
    here: Station | None,
    entry: Entry,
    *,
    wrong: str = "",
    status: int = 422,
    asked: bool = False,
) -> Response:
    """Return the form with what was entered and the doors it may mean."""
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    spots = _spots(session, actor, here.code, entry)
    if len(spots) == 1 and not entry.address:
        entry = replace(entry, address=str(spots[0].id))
    kinds = dispute_lists.choices(session, here.code)["kinds"]
    language = shell.language_of(request)
    facts: dict[str, Any] = {
        "who": actor.login,
        "words": {key: say(key, language) for key in (*TOLD, "desk_new_here_wait", "desk_new_here_none")},
    }
    reply = shell.page(
        request, "desk_new.html", actor=actor, station=here, status=status if wrong else 200, entry=entry, spots=spots,
        wrong=wrong, nothing=asked and not spots and bool(entry.find), kinds=kinds, matters=MATTERS, marks=MARKS,
        sources=SOURCES, sides=SIDES, grades=loop_of(session, here.code).rules.grades,
        languages=language_names(receipts.languages(session, here.code)), may_mine=actor.person_id is not None, facts=shell.in_script(facts),
    )  # fmt: skip
    reply.headers["Permissions-Policy"] = MAY_LOCATE
    return reply


def _spots(session: Session, actor: Actor, station: str, entry: Entry) -> list[Spot]:
    """Return the doors to choose from: the one chosen, what was searched for, and what is around the position."""
    found: list[Spot] = []
    if (number := _number(entry.address)) is not None and (
        chosen := places.door(session, actor, station, number, typed=entry.find)
    ):
        found.append(chosen)
    if entry.find and not found:
        found += places.find(session, actor, station, entry.find)
    if entry.lon is not None and entry.lat is not None and not entry.incident:
        near = places.around(session, actor, station, entry.lon, entry.lat)
        found += [one for one in near if one.id not in {known.id for known in found}]
    return found


def _lacks(session: Session, actor: Actor, station: str, entry: Entry) -> str:
    """Return the word for what the form still lacks, "" for nothing."""
    kinds = dispute_lists.choices(session, station)["kinds"]
    if entry.kind not in {one["code"] for one in kinds if one["dispute"] or entry.matter != "dispute"}:
        return "desk_new_kind_needed"
    if entry.address == "here" or (not entry.address and entry.incident):
        if entry.lon is None or entry.lat is None:
            return "desk_new_where_needed"
        return "" if places.inside(session, station, entry.lon, entry.lat) else "desk_new_outside"
    number = _number(entry.address)
    known = number is not None and places.door(session, actor, station, number, typed=entry.find) is not None
    return "" if known else "desk_new_where_needed"


def _intake(session: Session, actor: Actor, station: str, entry: Entry) -> Intake:
    at_door = _number(entry.address)
    call = places.incident(session, actor, station, entry.incident) if entry.incident else None
    grades = {one.number for one in loop_of(session, station).rules.grades}
    return Intake(
        entry.kind,
        entry.words,
        matter=entry.matter,
        source=entry.source,
        grade=entry.grade if entry.grade in grades else None,
        marks=entry.marks,
        address_id=at_door,
        lon=entry.lon if at_door is None else None,
        lat=entry.lat if at_door is None else None,
        language=entry.language if entry.language in receipts.languages(session, station) else "zh",
        incident_id=None if call is None else call.id,
        to=Holder(person=actor.person_id) if entry.mine and actor.person_id is not None else NOBODY,
    )


def _key() -> str:
    return secrets.token_urlsafe(12)


def _degrees(told: str, most: float) -> float | None:
    try:
        found = float(told)
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) <= most else None


def _number(told: str) -> int | None:
    if not told.isascii() or not told.isdecimal() or len(told) > 10:
        return None
    return int(told) if 1 <= int(told) <= LARGEST else None
