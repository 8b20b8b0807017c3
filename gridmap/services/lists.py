"""What is read page by page: each look at personal data is put on record in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.domain.editions import UNPUBLISHED
from gridmap.store import audit, geojson, lists
from gridmap.store.editions import EditionNotFound
from gridmap.store.geojson import Bbox
from gridmap.store.tables import Audit, Edition

Rows = Sequence[Row[*tuple[Any, ...]]]


def edition(session: Session, actor: Actor, station: str, number: int | None) -> Edition:
    """Return one edition of a station, the one in force for None; one query.

    Raises
    ------
    EditionNotFound
        If there is none, or it is not published yet and the person may not read drafts: the reply is the same.
    """
    found = lists.edition(session, station, number)
    if found is None or (found.status in UNPUBLISHED and not actor.may(Action.READ_DRAFTS)):
        wanted = "edition in force" if number is None else f"edition {number}"
        raise EditionNotFound(f"station {station} has no {wanted}", station=station, number=number)
    return found


def editions(
    session: Session, actor: Actor, station: str, *, status: str | None, after: int | None, limit: int
) -> list[Edition]:
    """Return a page of a station's editions, newest first; drafts only to those who may read them."""
    drafts = actor.may(Action.READ_DRAFTS)
    return lists.editions(session, station, drafts=drafts, status=status, after=after, limit=limit)


def addresses(session: Session, actor: Actor, station: str, *, q: str | None, after: int | None, limit: int) -> Rows:
    """Return a page of standard addresses."""
    _looked(session, actor, station, "addresses", searched=q is not None)
    return lists.addresses(session, station, q=q, after=after, limit=limit)


def plates(session: Session, actor: Actor, station: str, *, status: str | None, after: str | None, limit: int) -> Rows:
    """Return a page of plates."""
    _looked(session, actor, station, "plates")
    return lists.plates(session, station, status=status, after=after, limit=limit)


def incidents(
    session: Session,
    actor: Actor,
    station: str,
    *,
    since: datetime | None,
    until: datetime | None,
    categories: Sequence[str],
    bbox: Bbox | None,
    after: int | None,
    limit: int,
) -> Rows:
    """Return a page of incidents, newest first."""
    _looked(session, actor, station, "incidents")
    return geojson.incidents(
        session, station, since=since, until=until, categories=categories, bbox=bbox, after=after, limit=limit
    )


def people(
    session: Session, actor: Actor, station: str, *, on: date | None, role: str | None, after: int | None, limit: int
) -> Rows:
    """Return a page of people with their postings of a day; telephone numbers only to those who may read them."""
    phones = actor.may(Action.READ_PHONES)
    _looked(session, actor, station, "people", phones=phones)
    return lists.people(session, station, on=on, role=role, phones=phones, after=after, limit=limit)


def audit_log(session: Session, actor: Actor, station: str, *, after: int | None, limit: int) -> list[Audit]:
    """Return a page of the audit, newest first; reading it is itself on record."""
    _looked(session, actor, station, "audit")
    return audit.list_page(session, station, before_id=after, limit=limit)


def _looked(session: Session, actor: Actor, station: str, things: str, **how: bool) -> None:
    """Put on record that somebody looked at `things`; never what they searched for, which may be a name."""
    audit.write(session, [station], by=actor.login, action="look", thing=things, after=dict(how) or None)
