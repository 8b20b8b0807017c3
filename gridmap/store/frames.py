"""The one door between PostGIS and frames: select -> GeoDataFrame, and whole arrays back by COPY."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import psycopg.sql
import shapely
from numpy.typing import NDArray
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from gridmap.store.tables import Address, Beat, GridCell, Incident, IncidentCategory, Place, Plate, Road, Station

ZoneKind = Literal["beat", "grid_cell"]
STORAGE_CRS = "EPSG:4326"

#: One door as COPY's binary format lays it out: field counts and lengths between the values, all big-endian.
_DOOR = np.dtype([
    ("fields", ">i2"), ("code_length", ">i4"), ("code", "S12"), ("x_length", ">i4"), ("x", ">f8"), ("y_length", ">i4"), ("y", ">f8"),
])  # fmt: skip
_COPY_HEADER, _COPY_TRAILER = 19, 2


def driver(session: Session) -> psycopg.Connection[Any]:
    """Return the psycopg connection of the present transaction, for COPY."""
    session.flush()
    return session.connection().connection.driver_connection  # type: ignore[return-value]


def read_frame(session: Session, query: Select[*tuple[Any, ...]], *, geometry: str = "geometry") -> gpd.GeoDataFrame:
    """Return the rows of `query` as a frame in EPSG:4326; its column `geometry` is well-known binary.

    One query; all geometries are parsed at once.
    """
    result = session.execute(query)
    columns = list(result.keys())
    rows = result.all()
    data = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    raw = [None if value is None else bytes(value) for value in data.pop(geometry)]
    return gpd.GeoDataFrame(data, geometry=shapely.from_wkb(np.array(raw, dtype=object)), crs=STORAGE_CRS)


def wkb(column: Any) -> ColumnElement[bytes]:
    """Return `column` as well-known binary named `geometry`, for `read_frame`."""
    return func.ST_AsBinary(column, type_=None).label("geometry")


def zones(session: Session, edition_id: int, kind: ZoneKind, *, codes: Sequence[str] | None = None) -> gpd.GeoDataFrame:
    """Return the beats or grid cells of an edition, or those of `codes` alone, by code; one query.

    Columns `code`, `name_zh`, `name_en`, for grid cells also `beat`; MultiPolygons in EPSG:4326.
    """
    table = Beat if kind == "beat" else GridCell
    columns = [table.code, table.name_zh, table.name_en]
    if table is GridCell:
        columns.append(GridCell.beat)  # type: ignore[arg-type]
    query = select(*columns, wkb(table.geom)).where(table.edition_id == edition_id).order_by(table.code)
    if codes is not None:
        query = query.where(table.code == func.any(list(codes)))
    return read_frame(session, query)


def jurisdiction(session: Session, station: str) -> shapely.MultiPolygon:
    """Return the jurisdiction of a station in EPSG:4326; one query."""
    raw = session.execute(select(func.ST_AsBinary(Station.jurisdiction)).where(Station.code == station)).scalar_one()
    return shapely.from_wkb(bytes(raw))  # type: ignore[return-value]


def places(session: Session, station: str) -> gpd.GeoDataFrame:
    """Return the places of a station that have a boundary: `code`, `kind`, `parent`, names, geometry; one query."""
    columns = (Place.code, Place.kind, Place.parent, Place.name_zh, Place.name_en, wkb(Place.geom))
    return read_frame(
        session, select(*columns).where(Place.station == station, Place.geom.is_not(None)).order_by(Place.code)
    )


def roads(session: Session, station: str) -> gpd.GeoDataFrame:
    """Return the road centre lines of a station: `name`, `kind`, geometry; one query."""
    query = select(Road.name, Road.kind, wkb(Road.geom)).where(Road.station == station).order_by(Road.id)
    return read_frame(session, query)


def doors(session: Session, station: str) -> gpd.GeoDataFrame:
    """Return the doors of a station: `address_id`, `plate` (or None), `households`, Points in EPSG:4326; one query."""
    query = (
        select(Address.id.label("address_id"), Plate.code.label("plate"), Address.households, wkb(Address.geom))
        .outerjoin(Plate, (Plate.address_id == Address.id) & Plate.retired_at.is_(None))
        .where(Address.station == station)
        .order_by(Address.id)
    )
    return read_frame(session, query)


def incidents(
    session: Session, station: str, since: datetime, until: datetime, categories: Sequence[str] | None = None
) -> gpd.GeoDataFrame:
    """Return the incidents of a station with `since` <= `at` < `until` that have a place; one query.

    Columns `id`, `number`, `category`, `source`, `at` (UTC), `is_dispute`, Points in EPSG:4326.
    """
    query = (
        select(
            Incident.id,
            Incident.number,
            Incident.category,
            Incident.source,
            Incident.at,
            IncidentCategory.is_dispute,
            wkb(Incident.geom),
        )
        .join(IncidentCategory, IncidentCategory.code == Incident.category)
        .where(Incident.station == station, Incident.at >= since, Incident.at < until, Incident.geom.is_not(None))
        .order_by(Incident.at, Incident.id)
    )
    if categories:
        query = query.where(Incident.category.in_(categories))
    frame = read_frame(session, query)
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def plate_points(session: Session, station: str) -> tuple[NDArray[np.bytes_], NDArray[np.float64], NDArray[np.float64]]:
    """Return code, longitude and latitude of every plate of a station, by code; one COPY.

    Returns
    -------
    code, lon, lat
        (n,) 12-byte ASCII codes in ascending order and two (n,) float64 arrays [degrees, EPSG:4326].
    """
    statement = """
        COPY (SELECT p.code::bytea, ST_X(a.geom), ST_Y(a.geom) FROM plate p JOIN address a ON a.id = p.address_id
              WHERE p.station = {} ORDER BY p.code COLLATE "C") TO STDOUT (FORMAT binary)"""
    with (
        driver(session).cursor() as cursor,
        cursor.copy(psycopg.sql.SQL(statement).format(psycopg.sql.Literal(station))) as copy,
    ):
        raw = b"".join(copy)
    rows = np.frombuffer(
        raw, dtype=_DOOR, offset=_COPY_HEADER, count=(len(raw) - _COPY_HEADER - _COPY_TRAILER) // _DOOR.itemsize
    )
    return rows["code"].astype("S12"), rows["x"].astype(np.float64), rows["y"].astype(np.float64)
