"""Doors and incidents as plain arrays, by one binary COPY each: what counting needs and nothing else."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import psycopg.sql
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.store.frames import driver

_HEADER, _TRAILER = 19, 2

_DOORS = """
    COPY (SELECT ST_X(geom), ST_Y(geom), households::float8 FROM address WHERE station = {station} AND geom IS NOT NULL)
    TO STDOUT (FORMAT binary)"""
_INCIDENTS = """
    COPY (SELECT ST_X(i.geom), ST_Y(i.geom), c.is_dispute::int::float8 FROM incident i
          JOIN incident_category c ON c.code = i.category
          WHERE i.station = {station} AND i.at >= {since} AND i.at < {until} AND i.geom IS NOT NULL)
    TO STDOUT (FORMAT binary)"""


def doors(session: Session, station: str) -> NDArray[np.float64]:
    """Return longitude, latitude [degrees, EPSG:4326] and households of every door of a station, (n, 3); one COPY."""
    return _columns(session, _DOORS, station=station)


def incidents(session: Session, station: str, since: datetime, until: datetime) -> NDArray[np.float64]:
    """Return longitude, latitude and whether it was a dispute (0 or 1) of incidents in a span, (n, 3); one COPY."""
    return _columns(session, _INCIDENTS, station=station, since=since, until=until)


def _columns(session: Session, statement: str, **facts: object) -> NDArray[np.float64]:
    """Return the rows of a COPY of three doubles, none of them missing."""
    fields = [("fields", ">i2")]
    for name in "xyv":
        fields += [(f"{name}_length", ">i4"), (name, ">f8")]
    row = np.dtype(fields)
    named = {name: psycopg.sql.Literal(value) for name, value in facts.items()}
    with driver(session).cursor() as cursor, cursor.copy(psycopg.sql.SQL(statement).format(**named)) as copy:
        raw = b"".join(copy)
    count = (len(raw) - _HEADER - _TRAILER) // row.itemsize
    rows = np.frombuffer(raw, dtype=row, offset=_HEADER, count=count)
    return np.stack([rows[name].astype(np.float64) for name in "xyv"], axis=1)
