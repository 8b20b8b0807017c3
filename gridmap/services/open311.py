"""Open311 GeoReport v2 for neighbours' applications: what may be filed at a station, and how requests stand.

Privacy: a list shows what was filed with the key that asks. A single request is read by its number, twelve random
symbols, and tells how it stands; what it is about and where, only to the key that filed it. Parties are never told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain import open311 as words
from gridmap.domain.loops import Loop
from gridmap.domain.open311 import KINDS_OF, OTHERS, OpenRequestNotValid, Service
from gridmap.errors import Forbidden, NotFound
from gridmap.services.disputes.rules import loop_of
from gridmap.services.open311_keys import digest
from gridmap.store import open311 as store
from gridmap.store.engine import enter_scope
from gridmap.store.open311 import Filed, Place
from gridmap.store.scan_source import stations

#: The number of a request.
NUMBER: Final = re.compile("[0-9A-Za-z]{12}")


class JurisdictionNotFound(NotFound):
    """No station has this code."""

    slug, title = "jurisdiction-not-found", "No such jurisdiction"


class Open311ServiceNotFound(NotFound):
    """The station offers no such service."""

    slug, title = "open311-service-not-found", "No such service"


class Open311RequestNotFound(NotFound):
    """No request has this number."""

    slug, title = "open311-request-not-found", "No such request"


class Open311KeyNotValid(Forbidden):
    """The key is missing, has ended, or is another station's."""

    slug, title = "open311-key-not-valid", "The api_key is not valid"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: at which station, with which key (None: without one)."""

    place: Place
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A request as it is told; what is None is not for whoever asks, or is not known."""

    request_id: str
    status: str
    status_notes: str | None
    service_name: str
    service_code: str
    agency: str
    requested: datetime
    updated: datetime
    expected: datetime | None
    description: str | None = None
    address: str | None = None
    address_id: str | None = None
    lat: float | None = None
    lon: float | None = None


def key_of(session: Session, key: str | None) -> tuple[str, int] | None:
    """Return station and number of a key, None where none is given.

    Raises
    ------
    Open311KeyNotValid
        If it is given and is none.
    """
    if not key:
        return None
    found = store.door(session, digest(key))
    if found is None:
        raise Open311KeyNotValid("the api_key is not known here, or has ended; ask the station for one")
    return found


def enter(session: Session, jurisdiction: str | None, key: str | None, *, with_key: bool = False) -> Caller:
    """Return who asks, and let the transaction see their station.

    A key alone names its station; where one station alone is served, nobody need name it.

    Raises
    ------
    OpenRequestNotValid
        If neither a jurisdiction nor a key is given, and several stations are served.
    JurisdictionNotFound, Open311KeyNotValid
    """
    place = store.place(session, jurisdiction) if jurisdiction else None
    if jurisdiction and place is None:
        raise JurisdictionNotFound("jurisdiction_id is the code of no station here", jurisdiction_id=jurisdiction[:40])
    if with_key and not key:
        raise Open311KeyNotValid("api_key is missing; ask the station for one")
    held = key_of(session, key)
    if place is None and held is not None:
        place = store.place(session, held[0])
    if place is None and len(codes := stations(session)) == 1:
        place = store.place(session, codes[0])
    if place is None:
        raise OpenRequestNotValid("jurisdiction_id is missing: the code of a station")
    if held is not None and held[0] != place.code:
        raise Open311KeyNotValid("the api_key is another station's", jurisdiction_id=place.code)
    enter_scope(session, [place.code])
    return Caller(place, None if held is None else held[1])


def services(session: Session, caller: Caller, language: str) -> tuple[Service, ...]:
    """Return what residents may file at the caller's station; five small queries."""
    loop = loop_of(session, caller.place.code)
    names = store.dispute_kinds(session, words.dispute_kinds(loop))
    found = {matter: store.first_kind(session, KINDS_OF[matter]) for matter in OTHERS}
    kinds = {matter: kind for matter, kind in found.items() if kind is not None}
    return words.services(loop, names, kinds, language)


def service(session: Session, caller: Caller, code: str, language: str) -> Service:
    """Return one service.

    Raises
    ------
    Open311ServiceNotFound
    """
    for one in services(session, caller, language):
        if one.code == code:
            return one
    raise Open311ServiceNotFound(
        f"station {caller.place.code} has no service {code[:40]}; services lists them", service_code=code[:40]
    )


def request(session: Session, request_id: str, jurisdiction: str | None, key: str | None, language: str) -> Told:
    """Return how a request stands to whoever knows its number; four or five small queries.

    Raises
    ------
    Open311RequestNotFound
        If no request has it, or it is another station's than `jurisdiction` says.
    JurisdictionNotFound, Open311KeyNotValid
    """
    found = store.request_door(session, request_id.upper()) if NUMBER.fullmatch(request_id) else None
    if jurisdiction and store.place(session, jurisdiction) is None:
        raise JurisdictionNotFound("jurisdiction_id is the code of no station here", jurisdiction_id=jurisdiction[:40])
    held = key_of(session, key)
    place = None if found is None else store.place(session, found[0])
    if found is None or place is None or (jurisdiction or place.code) != place.code:
        raise Open311RequestNotFound("no request has this service_request_id here: look whether it is copied whole")
    enter_scope(session, [place.code])
    loop = loop_of(session, place.code)
    row = store.filed(session, place.code, found[1], words.told_steps(loop))
    if row is None:
        raise Open311RequestNotFound("no request has this service_request_id here: look whether it is copied whole")
    return told(row, loop, Caller(place, held[1] if held is not None and held[0] == place.code else None), language)


def requests(
    session: Session,
    caller: Caller,
    language: str,
    *,
    ids: Sequence[str],
    codes: Sequence[str],
    statuses: Sequence[str],
    between: tuple[datetime, datetime],
    rows: tuple[int, int],
    updated: tuple[datetime, datetime] | None = None,
) -> list[Told]:
    """Return what was filed with the caller's key, newest first; two or three small queries.

    Parameters
    ----------
    ids, codes, statuses
        Narrow the list where they are not empty; with `ids` nothing else counts.
    between
        When it was filed, both included.
    rows
        How many, after how many.
    updated
        When it changed last, both included; None: whenever.
    """
    if caller.key is None:
        raise Open311KeyNotValid("api_key is missing: a list shows what was filed with a key")
    loop = loop_of(session, caller.place.code)
    matters = [code for code in codes if code in OTHERS]
    kinds = [code for code in codes if code not in OTHERS]
    found = store.filed_by(
        session, caller.place.code, caller.key, told=words.told_steps(loop), ids=[one.upper() for one in ids],
        services=(kinds, matters), closed=None if len(set(statuses)) != 1 else statuses[0] == "closed", between=between, updated=updated, rows=rows,
    )  # fmt: skip
    return [told(row, loop, caller, language) for row in found]


def told(row: Filed, loop: Loop, caller: Caller, language: str) -> Told:
    """Return what of a request is told to whoever asks."""
    place, own = caller.place, caller.key is not None and caller.key == row.filed_by
    name = (row.kind_zh, row.kind_en) if row.matter == "dispute" else words.group_of(row.matter)
    return Told(
        request_id=row.request_id, status=words.status_of(row.state),
        status_notes=None if row.said is None else words.note_of(loop, row.said, language),
        service_name=words.said(name, language), service_code=row.kind if row.matter == "dispute" else row.matter,
        agency=words.said((place.name_zh, place.name_en), language), requested=row.opened_at,
        updated=row.updated_at, expected=row.promised_by,
        description=(row.words or None) if own else None, address=row.address if own else None,
        address_id=row.address_code if own else None, lat=row.lat if own else None, lon=row.lon if own else None,
    )  # fmt: skip
