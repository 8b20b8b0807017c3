"""Shapes as GeoJSON text, written by PostGIS: 13 times cheaper than building objects of them in Python.

Each function is one query and returns rows of plain values whose last one is the text of a geometry, longitude and
latitude in EPSG:4326 with six decimals (11 cm).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, literal_column, select, text, union_all
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from gridmap.store.tables import Beat, GridCell, Incident, IncidentCategory, Place, Road, Station

DECIMALS = 6
Bbox = tuple[float, float, float, float]
Rows = Sequence[Row[*tuple[Any, ...]]]


def as_text(column: Any) -> ColumnElement[str]:
    """Return the shape in `column` as GeoJSON text named `geometry`."""
    return func.ST_AsGeoJSON(column, DECIMALS, 0, type_=None).label("geometry")


def touches(column: Any, bbox: Bbox) -> ColumnElement[bool]:
    """Return the condition that a shape touches a box of west, south, east, north [degrees].

    Both halves are needed: under row-level security only the first may use the spatial index.
    """
    envelope = func.ST_MakeEnvelope(*bbox, 4326, type_=None)
    return and_(column.op("&&")(envelope), func.ST_Intersects(column, envelope))


def zones(session: Session, edition_id: int, kinds: Sequence[str], code: str | None = None) -> Rows:
    """Return `kind`, `code`, `name_zh`, `name_en`, `beat`, `geometry` of an edition's zones, beats first, by code."""
    parts: list[Select[*tuple[Any, ...]]] = []
    for kind, table, beat in (
        ("beat", Beat, literal_column("NULL::text").label("beat")),
        ("grid_cell", GridCell, GridCell.beat),
    ):
        if kind in kinds:
            name: ColumnElement[str] = literal_column(f"'{kind}'").label("kind")
            query = select(name, table.code, table.name_zh, table.name_en, beat, as_text(table.geom))
            query = query.where(table.edition_id == edition_id)
            parts.append(query if code is None else query.where(table.code == code))
    together = union_all(*parts).subquery()
    return session.execute(select(together).order_by(together.c.kind, together.c.code)).all()


def zones_version(session: Session, edition_id: int) -> str:
    """Return a text that changes with any change to the zones of a draft; one query that reads no shape."""
    query = text("""
        SELECT md5(coalesce(string_agg(v, ',' ORDER BY v), '')) FROM (
          SELECT 'b' || code || ' ' || xmin::text || ' ' || cmin::text FROM beat WHERE edition_id = :edition UNION ALL
          SELECT 'g' || code || ' ' || xmin::text || ' ' || cmin::text FROM grid_cell WHERE edition_id = :edition
        ) AS zone(v)""")
    return str(session.execute(query, {"edition": edition_id}).scalar_one())


def jurisdiction(session: Session, station: str) -> Rows:
    """Return `code`, `name_zh`, `name_en`, `geometry` of a station's jurisdiction."""
    columns = (Station.code, Station.name_zh, Station.name_en, as_text(Station.jurisdiction))
    return session.execute(select(*columns).where(Station.code == station)).all()


def places(session: Session, station: str) -> Rows:
    """Return `code`, `kind`, `parent`, `name_zh`, `name_en`, `geometry` (or None) of a station's places, by code."""
    columns = (Place.code, Place.kind, Place.parent, Place.name_zh, Place.name_en, as_text(Place.geom))
    return session.execute(select(*columns).where(Place.station == station).order_by(Place.code)).all()


def roads(session: Session, station: str) -> Rows:
    """Return `id`, `name`, `kind`, `geometry` of a station's road centre lines."""
    columns = (Road.id, Road.name, Road.kind, as_text(Road.geom))
    return session.execute(select(*columns).where(Road.station == station).order_by(Road.id)).all()


def incidents(
    session: Session,
    station: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    categories: Sequence[str] = (),
    bbox: Bbox | None = None,
    after: int | None = None,
    limit: int,
) -> Rows:
    """Return at most `limit` incidents, newest first, those after incident `after` in that order.

    Columns `id`, `number`, `category`, `is_dispute`, `at`, `at_until`, `source`, `geometry` (None without a place).
    """
    columns = (
        Incident.id,
        Incident.number,
        Incident.category,
        IncidentCategory.is_dispute,
        Incident.at,
        Incident.at_until,
        Incident.source,
        as_text(Incident.geom),
    )
    query = (
        select(*columns)
        .join(IncidentCategory, IncidentCategory.code == Incident.category)
        .where(Incident.station == station)
        .order_by(Incident.at.desc(), Incident.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(Incident.at >= since)
    if until is not None:
        query = query.where(Incident.at < until)
    if categories:
        query = query.where(Incident.category.in_(categories))
    if bbox is not None:
        query = query.where(touches(Incident.geom, bbox))
    if after is not None:
        last = select(Incident.at).where(Incident.id == after, Incident.station == station).scalar_subquery()
        query = query.where(func.row(Incident.at, Incident.id) < func.row(last, after))
    return session.execute(query).all()
