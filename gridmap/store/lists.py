"""Lists that are read page by page, in the order of a key; each function is one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, Row, and_, cast, func, null, select
from sqlalchemy.orm import Session, load_only

from gridmap.domain.editions import UNPUBLISHED
from gridmap.store.tables import Address, Assignment, Edition, EditionPeriod, Person, Plate, Posting, Station

Rows = Sequence[Row[*tuple[Any, ...]]]
STATION_COLUMNS = (
    Station.code,
    Station.name_zh,
    Station.name_en,
    Station.metric_epsg,
    Station.timezone,
    Station.desk_phone,
    Station.synthetic,
)


def stations(session: Session, only: str | None = None) -> list[Station]:
    """Return the stations in scope by code, or `only` one of them, without their jurisdictions."""
    query = select(Station).options(load_only(*STATION_COLUMNS, raiseload=True)).order_by(Station.code)
    return list(session.scalars(query if only is None else query.where(Station.code == only)))


def edition(session: Session, station: str, number: int | None) -> Edition | None:
    """Return one edition of a station, or the one in force now for None."""
    query = select(Edition).where(Edition.station == station)
    if number is None:
        query = query.join(EditionPeriod, EditionPeriod.edition_id == Edition.id).where(
            EditionPeriod.during.contains(func.now())
        )
    else:
        query = query.where(Edition.number == number)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def editions(
    session: Session, station: str, *, drafts: bool, status: str | None, after: int | None, limit: int
) -> list[Edition]:
    """Return at most `limit` editions with numbers below `after`, newest first; drafts only if asked for."""
    query = select(Edition).where(Edition.station == station).order_by(Edition.number.desc()).limit(limit)
    if not drafts:
        query = query.where(Edition.status.not_in(UNPUBLISHED))
    if status is not None:
        query = query.where(Edition.status == status)
    if after is not None:
        query = query.where(Edition.number < after)
    return list(session.scalars(query))


def addresses(session: Session, station: str, *, q: str | None, after: int | None, limit: int) -> Rows:
    """Return at most `limit` addresses with ids above `after`, whose text holds `q`; columns as `schemas.doors`."""
    query = (
        select(
            Address.id,
            Address.code,
            Address.full,
            Address.town,
            Address.village,
            Address.group,
            Address.street,
            Address.number,
            Address.households,
            func.ST_X(Address.geom).label("lon"),
            func.ST_Y(Address.geom).label("lat"),
        )
        .where(Address.station == station)
        .order_by(Address.id)
        .limit(limit)
    )
    if q:
        query = query.where(Address.full.contains(q, autoescape=True))
    if after is not None:
        query = query.where(Address.id > after)
    return session.execute(query).all()


def plates(session: Session, station: str, *, status: str | None, after: str | None, limit: int) -> Rows:
    """Return at most `limit` plates with codes above `after`, each with its address and its zones now."""
    in_force = select(EditionPeriod.edition_id).where(
        EditionPeriod.station == station, EditionPeriod.during.contains(func.now())
    )
    query = (
        select(
            Plate.code,
            Plate.status,
            Plate.issued_at,
            Plate.retired_at,
            Plate.replaced_by,
            Address.code.label("address"),
            Address.full.label("full"),
            Assignment.beat,
            Assignment.grid_cell,
            Assignment.tie,
        )
        .join(Address, Address.id == Plate.address_id)
        .outerjoin(
            Assignment, and_(Assignment.plate == Plate.code, Assignment.edition_id == in_force.scalar_subquery())
        )
        .where(Plate.station == station)
        .order_by(Plate.code)
        .limit(limit)
    )
    if status is not None:
        query = query.where(Plate.status == status)
    if after is not None:
        query = query.where(Plate.code > after)
    return session.execute(query).all()


def people(
    session: Session, station: str, *, on: date | None, role: str | None, phones: bool, after: int | None, limit: int
) -> Rows:
    """Return at most `limit` people with ids above `after` and their postings `on` a day (today in the station's zone).

    Without `phones` the numbers are never read.
    """
    today = select(cast(func.timezone(Station.timezone, func.now()), Date)).where(Station.code == station)
    day = today.scalar_subquery() if on is None else on
    postings = func.jsonb_agg(
        func.jsonb_build_object(
            "role",
            Posting.role,
            "beat",
            Posting.beat,
            "grid_cell",
            Posting.grid_cell,
            "trade",
            Posting.trade,
            "since",
            func.lower(Posting.during),
            "until",
            func.upper(Posting.during),
        )
    ).filter(Posting.id.is_not(None))
    query = (
        select(
            Person.id,
            Person.code,
            Person.name,
            Person.name_en,
            (Person.phone if phones else null()).label("phone"),
            Person.office,
            func.coalesce(postings, func.jsonb_build_array()).label("postings"),
        )
        .outerjoin(Posting, and_(Posting.person_id == Person.id, Posting.during.contains(day)))
        .where(Person.station == station)
        .group_by(Person.id)
        .order_by(Person.id)
        .limit(limit)
    )
    if role is not None:
        query = query.where(Posting.role == role)
    if after is not None:
        query = query.where(Person.id > after)
    return session.execute(query).all()
