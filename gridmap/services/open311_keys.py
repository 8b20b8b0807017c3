"""Keys of neighbours' applications: made, shown once, ended. Whoever has one files requests and reads what it filed."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import KINDS
from gridmap.errors import Invalid, NotFound
from gridmap.store import audit, editions, open311_keys
from gridmap.store.open311_keys import Key

LONGEST_NAME = 100


class Open311KeyNotFound(NotFound):
    """There is no such key of Open311."""

    slug, title = "open311-key-not-found", "No such key"


class Open311KeyNotNamed(Invalid):
    """A key has the name of the application it is given to."""

    slug, title = "open311-key-not-named", "The key needs a name"


def digest(key: str) -> bytes:
    """Return what is kept of a key: with 256 random bits it needs no salt and no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def add(session: Session, station: str, name: str, *, by: str) -> tuple[int, str]:
    """Add a key for an application and return its number and itself, which is shown this once.

    The kinds of dispute that every station knows are added where the database lacks them.

    Raises
    ------
    StationNotFound, Open311KeyNotNamed
    """
    told = " ".join(name.split())
    if not 0 < len(told) <= LONGEST_NAME:
        raise Open311KeyNotNamed(f"name the application the key is for, in at most {LONGEST_NAME} letters")
    place = editions.find_station(session, station)
    open311_keys.add_kinds(session, KINDS)
    key = secrets.token_urlsafe(32)
    number = open311_keys.add(session, place.code, told, digest(key), by=by)
    audit.write(session, [station], by=by, action="add key", thing=f"open311 key {number}", after={"name": told})
    return number, key


def listing(session: Session, station: str | None = None) -> list[Key]:
    """Return the keys of a station, or of all, and how much each filed."""
    return open311_keys.listing(session, station)


def end(session: Session, number: int, *, by: str) -> None:
    """End a key: nothing is filed or read with it any more; what it filed stays.

    Raises
    ------
    Open311KeyNotFound
    """
    station = open311_keys.end(session, number)
    if station is None:
        raise Open311KeyNotFound(f"there is no key {number}; `gridmap open311 key list` shows all", number=number)
    audit.write(session, [station], by=by, action="end key", thing=f"open311 key {number}")
