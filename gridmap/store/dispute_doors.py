"""Doors at which a dispute is taken in: by plate, by the words of the address, by a position; and the disputes at one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from gridmap.store.dispute_rows import SEEN, Sight

#: How far from a phone's position a door is looked for [degrees]; about 300 m.
NEAR: Final = 0.003


@dataclass(frozen=True, slots=True)
class Spot:
    """A door. `away_m`: how far from the position asked for [m]."""

    id: int
    address: str
    away_m: float | None = None


#: Only doors of these grid cells, where a list is given: a grid member's own.
_OWN: Final = """(CAST(:cells AS text[]) IS NULL OR EXISTS (
    SELECT FROM grid_cell g WHERE g.edition_id = edition_in_force(:station, now()) AND g.code = ANY (CAST(:cells AS text[]))
      AND g.geom && a.geom AND ST_Intersects(g.geom, a.geom)))"""


def of_plate(session: Session, station: str, code: str) -> Spot | None:
    """Return the door a plate of the station hangs at, or hung at before it was replaced."""
    row = session.execute(
        text("""SELECT a.id, a.full_text FROM plate p JOIN address a ON a.id = p.address_id
                WHERE p.code = :code AND p.station = :station"""),
        {"code": code, "station": station},
    ).one_or_none()
    return None if row is None else Spot(*row)


def of_words(session: Session, station: str, words: str, cells: Sequence[str] | None, *, limit: int = 8) -> list[Spot]:
    """Return doors whose address holds every one of the words, the shortest address first."""
    wanted = {f"w{n}": f"%{_plain(word)}%" for n, word in enumerate(words.split()[:6])}
    if not wanted:
        return []
    holds = " AND ".join(f"a.full_text ILIKE :{name}" for name in wanted)
    rows = session.execute(
        text(f"""SELECT a.id, a.full_text FROM address a WHERE a.station = :station AND {holds} AND {_OWN}
                 ORDER BY length(a.full_text), a.id LIMIT :limit"""),
        {"station": station, "cells": None if cells is None else list(cells), "limit": limit, **wanted},
    )
    return [Spot(*row) for row in rows]


def near(
    session: Session, station: str, lon: float, lat: float, cells: Sequence[str] | None, *, limit: int = 6
) -> list[Spot]:
    """Return the doors around a position (EPSG:4326), the nearest first."""
    rows = session.execute(
        text(f"""WITH here AS (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS at)
                 SELECT a.id, a.full_text, ST_Distance(a.geom::geography, here.at::geography) AS away FROM address a, here
                 WHERE a.station = :station AND a.geom && ST_Expand(here.at, {NEAR}) AND {_OWN}
                 ORDER BY away, a.id LIMIT :limit"""),
        {"station": station, "lon": lon, "lat": lat, "cells": None if cells is None else list(cells), "limit": limit},
    )
    return [Spot(*row) for row in rows]


def by_id(session: Session, station: str, address: int, cells: Sequence[str] | None) -> Spot | None:
    """Return a door by the address's id."""
    row = session.execute(
        text(f"SELECT a.id, a.full_text FROM address a WHERE a.station = :station AND a.id = :id AND {_OWN}"),
        {"station": station, "id": address, "cells": None if cells is None else list(cells)},
    ).one_or_none()
    return None if row is None else Spot(*row)


def is_inside(session: Session, station: str, lon: float, lat: float) -> bool:
    """Return whether a position lies in the station's jurisdiction."""
    found = session.scalar(
        text("""SELECT ST_Intersects(jurisdiction, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) FROM station
                WHERE code = :station"""),
        {"station": station, "lon": lon, "lat": lat},
    )
    return bool(found)


@dataclass(frozen=True, slots=True)
class Call:
    """An incident from which a dispute is taken in."""

    id: int
    number: str
    category: str
    is_dispute: bool
    address_id: int | None
    lon: float
    lat: float


def incident(session: Session, station: str, number: str) -> Call | None:
    """Return an incident of the station by its number."""
    row = session.execute(
        text("""SELECT i.id, i.number, i.category, c.is_dispute, i.address_id, ST_X(i.geom), ST_Y(i.geom)
                FROM incident i JOIN incident_category c ON c.code = i.category
                WHERE i.station = :station AND i.number = :number"""),
        {"station": station, "number": number},
    ).one_or_none()
    return None if row is None else Call(*row)


def disputes(
    session: Session, station: str, address: int, sight: Sight, *, limit: int
) -> Sequence[Row[tuple[Any, ...]]]:
    """Return what runs the loop of disputes at a door, by its own address or its incident's, newest first; one query.

    Only what `sight` lets pass, as in every list of disputes. Columns: id, number, matter, kind, name_zh, name_en, state, tier,
    opened_at, due_at.
    """
    return session.execute(
        text(f"""SELECT d.id, d.number, d.matter, d.kind, c.name_zh, c.name_en, d.state, d.tier, d.opened_at, d.due_at
                 FROM dispute d JOIN incident_category c ON c.code = d.kind
                 WHERE d.station = :station AND {SEEN} AND d.id IN (
                   SELECT id FROM dispute WHERE address_id = :address
                   UNION SELECT o.id FROM incident i JOIN dispute o ON o.incident_id = i.id
                         WHERE i.station = :station AND i.address_id = :address AND o.address_id IS NULL)
                 ORDER BY d.opened_at DESC, d.id DESC LIMIT :limit"""),
        {"station": station, "address": address, "limit": limit, **sight.facts()},
    ).all()


def _plain(word: str) -> str:
    """Return a word in which the signs of a pattern stand for themselves."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
