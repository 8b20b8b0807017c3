"""Incidents as plain arrays for analyses: one binary COPY, no text a row, nothing parsed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
import psycopg.sql
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.store.frames import driver
from gridmap.store.tables import Address

_HEADER, _TRAILER = 19, 2
FIELDS: Final = ("id", "category", "source", "at", "until", "tier", "address", "lon", "lat")
_ROW = np.dtype([("fields", ">i2")] + [part for name in FIELDS for part in ((f"{name}_length", ">i4"), (name, ">f8"))])

_EVENTS = """
    COPY (
      SELECT i.id::float8, (array_position({categories}::text[], i.category) - 1)::float8,
             (array_position({sources}::text[], i.source) - 1)::float8,
             extract(epoch FROM i.at)::float8, coalesce(extract(epoch FROM i.at_until), 'NaN')::float8,
             coalesce(d.tier, 0)::float8, coalesce(i.address_id, 0)::float8, ST_X(i.geom), ST_Y(i.geom)
      FROM incident i
      LEFT JOIN (SELECT incident_id, max(tier) AS tier FROM dispute
                 WHERE station = {station} AND incident_id IS NOT NULL AND matter = 'dispute' GROUP BY incident_id) d ON d.incident_id = i.id
      WHERE i.station = {station} AND i.at < {until} AND i.geom IS NOT NULL
        AND i.category = ANY ({wanted}) AND i.source = ANY ({of})
      ORDER BY i.at, i.id) TO STDOUT (FORMAT binary)"""

_DOORS = """
    COPY (SELECT id::float8, ST_X(geom), ST_Y(geom), households::float8, coalesce(residents::float8, 'NaN')
          FROM address WHERE station = {station} ORDER BY id) TO STDOUT (FORMAT binary)"""
_DOOR = np.dtype([
    ("fields", ">i2"),
    *(part for name in ("id", "lon", "lat", "households", "residents") for part in ((f"{name}_length", ">i4"), (name, ">f8"))),
])  # fmt: skip


def read_events(
    session: Session,
    station: str,
    until: datetime,
    *,
    categories: Sequence[str],
    wanted: Sequence[str],
    sources: Sequence[str],
    of: Sequence[str],
) -> dict[str, NDArray[np.float64]]:
    """Return the incidents of a station before `until` that have a place, oldest first; one COPY.

    Parameters
    ----------
    categories, sources
        What the positions in `category` and `source` of the answer count.
    wanted, of
        Only incidents of these categories and sources.

    Returns
    -------
    columns
        (n,) float64 each: `id`, `category`, `source`, `at` and `until` [s since 1970 UTC; not-a-number without an end], `tier` (0: no
        dispute entered), `address` (0: none), `lon`, `lat` [degrees, EPSG:4326].
    """
    facts = {
        "station": station, "until": until, "categories": list(categories), "wanted": list(wanted),
        "sources": list(sources), "of": list(of),
    }  # fmt: skip
    rows = _rows(session, _EVENTS, _ROW, facts)
    return {name: rows[name].astype(np.float64) for name in FIELDS}


def read_doors(session: Session, station: str) -> dict[str, NDArray[np.float64]]:
    """Return `id`, `lon`, `lat`, `households` and `residents` (not-a-number where unknown) of every door; one COPY."""
    rows = _rows(session, _DOORS, _DOOR, {"station": station})
    return {name: rows[name].astype(np.float64) for name in ("id", "lon", "lat", "households", "residents")}


def read_names(session: Session, station: str, ids: Sequence[int]) -> dict[int, str]:
    """Return the text of each address of `ids`; one query."""
    rows = session.execute(
        select(Address.id, Address.full).where(Address.station == station, Address.id == func.any(list(ids)))
    )
    return {int(id_): str(full) for id_, full in rows}


def _rows(session: Session, statement: str, row: np.dtype[np.void], facts: dict[str, object]) -> NDArray[np.void]:
    named = {name: psycopg.sql.Literal(value) for name, value in facts.items()}
    with driver(session).cursor() as cursor, cursor.copy(psycopg.sql.SQL(statement).format(**named)) as copy:
        raw = b"".join(copy)
    return np.frombuffer(raw, dtype=row, offset=_HEADER, count=(len(raw) - _HEADER - _TRAILER) // row.itemsize)
