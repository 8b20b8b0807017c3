"""One door at a moment: which edition was in force, which zones the door was in, and who answered for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from gridmap.store.tables import Address, Plate

Person = Row[*tuple[Any, ...]]


def find_door(
    session: Session, station: str, *, address_id: int | None = None, plate: str | None = None
) -> Person | None:
    """Return `id`, `code`, `full`, `lon`, `lat` of the address with an id, or with a plate that is or was on it; one query."""
    columns = (
        Address.id, Address.code, Address.full, func.ST_X(Address.geom).label("lon"), func.ST_Y(Address.geom).label("lat"),
    )  # fmt: skip
    query = select(*columns).where(Address.station == station)
    if plate is not None:
        query = query.join(Plate, Plate.address_id == Address.id).where(Plate.code == plate)
    else:
        query = query.where(Address.id == address_id)
    return session.execute(query).one_or_none()


def recorded_zones(session: Session, address_id: int, edition_id: int) -> Person | None:
    """Return `plate`, `beat`, `grid_cell` as publishing wrote them for a door in an edition, or None; one query.

    Of several plates that the door has had, the one that was issued last.
    """
    query = text("""SELECT z.plate, z.beat, z.grid_cell FROM plate p JOIN assignment z ON z.plate = p.code
                    WHERE p.address_id = :address AND z.edition_id = :edition ORDER BY p.issued_at DESC, p.code LIMIT 1""")
    return session.execute(query, {"address": address_id, "edition": edition_id}).one_or_none()


def responsible(session: Session, station: str, beat: str | None, cell: str | None, at: datetime) -> Sequence[Person]:
    """Return everybody who answered for a beat and a grid cell at a moment, the first to call first; one query.

    Columns `rank`, `role`, `code`, `name`, `name_en`, `phone`, `office`, `via`; the duty desk is always the last.
    """
    query = text("""SELECT rank, role, person AS code, name, name_en, phone, office, via
                    FROM responsible(:station, :beat, :cell, :at)""")
    return session.execute(query, {"station": station, "beat": beat, "cell": cell, "at": at}).all()


def zone_names(session: Session, edition_id: int, beat: str | None, cell: str | None) -> dict[str, tuple[str, str]]:
    """Return the Chinese and English names of a beat and a grid cell of an edition, by kind; one query."""
    query = text("""SELECT 'beat', name_zh, name_en FROM beat WHERE edition_id = :edition AND code = :beat UNION ALL
                    SELECT 'grid_cell', name_zh, name_en FROM grid_cell WHERE edition_id = :edition AND code = :cell""")
    rows = session.execute(query, {"edition": edition_id, "beat": beat, "cell": cell})
    return {str(kind): (str(zh), str(en)) for kind, zh, en in rows}
