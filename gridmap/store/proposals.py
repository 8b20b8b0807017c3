"""Proposals: what they are made from, read as arrays; and proposals kept with their options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import psycopg.sql
from numpy.typing import NDArray
from sqlalchemy import SmallInteger, cast, func, or_, select, text
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.store.frames import driver
from gridmap.store.tables import (
    Address,
    Beat,
    Dispute,
    Incident,
    IncidentCategory,
    Person,
    Plate,
    Proposal,
    ProposalOption,
    Station,
)

#: One door as COPY's binary format lays it out, all big-endian.
_DOOR: Final = np.dtype([
    ("fields", ">i2"), ("id_length", ">i4"), ("id", ">i4"), ("x_length", ">i4"), ("x", ">f8"), ("y_length", ">i4"),
    ("y", ">f8"), ("n_length", ">i4"), ("n", ">i4"),
])  # fmt: skip
_HEADER, _TRAILER = 19, 2


class ProposalNotFound(NotFound):
    """The station has no proposal of that number, or the proposal no such option."""

    slug, title = "proposal-not-found", "No such proposal"


@dataclass(frozen=True, slots=True, eq=False)
class Doors:
    """(n,) doors: number of the address, longitude, latitude [degrees, EPSG:4326] and households."""

    id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    households: NDArray[np.float64]


def doors(session: Session, station: str) -> Doors:
    """Return where the doors of a station are and how many households each has; one COPY."""
    statement = """
        COPY (SELECT id, ST_X(geom), ST_Y(geom), households FROM address WHERE station = {} ORDER BY id)
        TO STDOUT (FORMAT binary)"""
    with (
        driver(session).cursor() as cursor,
        cursor.copy(psycopg.sql.SQL(statement).format(psycopg.sql.Literal(station))) as copy,
    ):
        raw = b"".join(copy)
    rows = np.frombuffer(raw, dtype=_DOOR, offset=_HEADER, count=(len(raw) - _HEADER - _TRAILER) // _DOOR.itemsize)
    return Doors(rows["id"].astype(np.int64), *(rows[name].astype(np.float64) for name in ("x", "y", "n")))


def addresses(session: Session, station: str, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    """Return code, full address and the same after its town of some doors of a station, by their number; one query."""
    columns = (Address.id, Address.code, Address.full, Address.town)
    query = select(*columns).where(Address.station == station, Address.id.in_(ids))
    return {
        number: (code, full, (full.partition(town)[2] if town else "") or full)
        for number, code, full, town in session.execute(query)
    }


def people(session: Session, station: str, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the name of some people of a station and its English form, by their code; one query."""
    query = select(Person.code, Person.name, Person.name_en).where(Person.station == station, Person.code.in_(codes))
    return {code: (name, english) for code, name, english in session.execute(query)}


def calls(session: Session, station: str, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the calls of a span that have a place: `lon`, `lat`, `category`, `is_dispute`, `hour`; one query.

    `hour` (0 to 23) is that of the station's clocks.
    """
    hour = cast(func.extract("hour", func.timezone(Station.timezone, Incident.at)), SmallInteger)
    columns = (func.ST_X(Incident.geom), func.ST_Y(Incident.geom), Incident.category, IncidentCategory.is_dispute, hour)
    query = (
        select(*columns)
        .join(IncidentCategory, IncidentCategory.code == Incident.category)
        .join(Station, Station.code == Incident.station)
        .where(Incident.station == station, Incident.at >= since, Incident.at < until, Incident.geom.is_not(None))
        .order_by(Incident.id)
    )
    return pd.DataFrame(session.execute(query).all(), columns=["lon", "lat", "category", "is_dispute", "hour"])


def disputes(session: Session, station: str, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the disputes opened in a span that have a place: `lon`, `lat`, `tier`; one query."""
    query = (
        select(func.ST_X(Dispute.geom), func.ST_Y(Dispute.geom), Dispute.tier)
        .where(
            Dispute.station == station, Dispute.matter == "dispute", Dispute.opened_at >= since, Dispute.opened_at < until,
            Dispute.geom.is_not(None),
        )
        .order_by(Dispute.id)
    )  # fmt: skip
    return pd.DataFrame(session.execute(query).all(), columns=["lon", "lat", "tier"])


def named_doors(session: Session, station: str, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude of the doors that `names` name by address code, plate code or full text; one query."""
    if not names:
        return {}
    query = (
        select(Address.code, Plate.code, Address.full, func.ST_X(Address.geom), func.ST_Y(Address.geom))
        .outerjoin(Plate, Plate.address_id == Address.id)
        .where(
            Address.station == station,
            or_(Address.code.in_(names), Address.full.in_(names), Plate.code.in_(names)),
        )
        .order_by(Address.id.desc())
    )
    found: dict[str, tuple[float, float]] = {}
    for code, plate, full, lon, lat in session.execute(query):
        found |= {name: (lon, lat) for name in (code, plate, full) if name in names}
    return found


def officers(session: Session, station: str, on: date) -> pd.DataFrame:
    """Return who is posted to which beat as its officer on a day: `person`, `name`, `name_en`, `beat`; one query."""
    query = text("""
        SELECT pe.code, pe.name, pe.name_en, po.beat FROM posting po JOIN person pe ON pe.id = po.person_id
        WHERE po.station = :station AND po.role = 'officer' AND po.beat IS NOT NULL AND po.during @> CAST(:on AS date)
        ORDER BY pe.code, po.beat""")
    rows = session.execute(query, {"station": station, "on": on}).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=["person", "name", "name_en", "beat"])


def beat_codes(session: Session, station: str) -> list[str]:
    """Return every code a beat of the station ever had, in any edition; one query."""
    return list(session.scalars(select(Beat.code).where(Beat.station == station).distinct().order_by(Beat.code)))


def categories(session: Session, station: str) -> list[IncidentCategory]:
    """Return the categories in which the station has incidents, disputes last, by code; one query."""
    used = select(Incident.category).where(Incident.station == station)
    query = select(IncidentCategory).where(IncidentCategory.code.in_(used))
    return list(session.scalars(query.order_by(IncidentCategory.is_dispute, IncidentCategory.code)))


def tiers(session: Session, station: str) -> list[int]:
    """Return the tiers of the station's disputes, lowest first; one query."""
    return list(
        session.scalars(
            select(Dispute.tier)
            .where(Dispute.station == station, Dispute.matter == "dispute")
            .distinct()
            .order_by(Dispute.tier)
        )
    )


def add(
    session: Session,
    station: str,
    *,
    by: str,
    base: int | None,
    synthetic: bool,
    wishes: dict[str, Any],
    options: Sequence[tuple[dict[str, Any], dict[str, Any]]],
) -> Proposal:
    """Keep a proposal with its `options`, each its figures and its plan, numbered from 1; two inserts."""
    proposal = Proposal(station=station, by=by, base=base, wishes=wishes, synthetic=synthetic)
    session.add(proposal)
    session.flush()
    session.add_all(
        ProposalOption(proposal_id=proposal.id, n=n, station=station, figures=figures, plan=plan)
        for n, (figures, plan) in enumerate(options, start=1)
    )
    session.flush()
    session.refresh(proposal)
    return proposal


def find(session: Session, station: str, number: int) -> Proposal:
    """Return a proposal of a station; one query.

    Raises
    ------
    ProposalNotFound
    """
    found = session.scalars(
        select(Proposal).where(Proposal.station == station, Proposal.id == number)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise ProposalNotFound(f"station {station} has no proposal {number}", station=station, proposal=number)
    return found


def options(session: Session, proposal: Proposal) -> list[ProposalOption]:
    """Return the options of a proposal in their order; one query."""
    query = select(ProposalOption).where(ProposalOption.proposal_id == proposal.id).order_by(ProposalOption.n)
    return list(session.scalars(query))


def list_page(session: Session, station: str, *, after: int | None = None, limit: int = 100) -> list[Proposal]:
    """Return proposals of a station, newest first, with numbers below `after`; one query."""
    query = select(Proposal).where(Proposal.station == station).order_by(Proposal.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Proposal.id < after)
    return list(session.scalars(query))


def set_opened(session: Session, option: ProposalOption, edition: int) -> None:
    """Write down which draft was opened from an option."""
    option.opened_as = edition
    session.flush()
