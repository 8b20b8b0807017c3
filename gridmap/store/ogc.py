"""Rows of the layers that GIS programs read, page by page: one statement a page, shapes as text made by PostGIS.

Every statement names the stations asked for, although row-level security would keep to them anyway: two locks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import Integer, Row, Text, and_, cast, func, or_, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, Range
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement, FromClause

from gridmap.store.tables import (
    Address,
    Beat,
    Edition,
    EditionPeriod,
    Facility,
    GridCell,
    Incident,
    IncidentCategory,
    Place,
)

STORAGE_SRID: Final = 4326
Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Picture:
    """How shapes are written: the SRID, the decimals of a coordinate, and whether the first axis is north."""

    srid: int = STORAGE_SRID
    decimals: int = 7
    north_first: bool = False


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which rows are meant.

    `region`: boxes in EPSG:4326, a row touches one of them (none: no limit). `since`, `until`: both belong to the
    span; None is open. `equal`: column -> value.
    """

    stations: tuple[str, ...]
    region: tuple[shapely.Geometry, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    equal: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layer:
    """Where the rows of a layer come from. `key` orders them; its parts, joined by a point, are a row's id."""

    source: FromClause
    key: tuple[Any, ...]
    station: Any
    columns: Mapping[str, Any]
    geom: Any
    at: Any = None
    during: Any = None
    where: tuple[ColumnElement[bool], ...] = ()


def _zones(table: type[Beat | GridCell]) -> Layer:
    periods = EditionPeriod.__table__.join(Edition.__table__, Edition.id == EditionPeriod.edition_id)
    columns: dict[str, Any] = {"code": table.code, "name_zh": table.name_zh, "name_en": table.name_en}
    if table is GridCell:
        columns["beat"] = GridCell.beat
    columns |= {
        "station": table.station, "edition": Edition.number, "in_force_since": func.lower(EditionPeriod.during),
    }  # fmt: skip
    return Layer(
        source=table.__table__.join(periods, table.edition_id == EditionPeriod.edition_id),
        key=(table.station, table.code),
        station=table.station,
        columns=columns,
        geom=table.geom,
        during=EditionPeriod.during,
        where=(EditionPeriod.during.contains(func.now()),),
    )


LAYERS: Final[Mapping[str, Layer]] = {
    "beats": _zones(Beat),
    "cells": _zones(GridCell),
    "incidents": Layer(
        source=Incident.__table__.join(IncidentCategory.__table__, IncidentCategory.code == Incident.category),
        key=(Incident.id,),
        station=Incident.station,
        columns={
            "number": Incident.number, "category": Incident.category, "category_zh": IncidentCategory.name_zh,
            "category_en": IncidentCategory.name_en, "is_dispute": IncidentCategory.is_dispute, "at": Incident.at,
            "at_until": Incident.at_until, "source": Incident.source, "station": Incident.station,
        },
        geom=Incident.geom,
        at=Incident.at,
    ),
    "villages": Layer(
        source=Place.__table__,
        key=(Place.station, Place.code),
        station=Place.station,
        columns={
            "code": Place.code, "name_zh": Place.name_zh, "name_en": Place.name_en, "town": Place.parent,
            "station": Place.station,
        },
        geom=Place.geom,
        where=(Place.kind == "village",),
    ),
    "doors": Layer(
        source=Address.__table__,
        key=(Address.id,),
        station=Address.station,
        columns={
            "code": Address.code, "address": Address.full, "town": Address.town, "village": Address.village,
            "group": Address.group, "street": Address.street, "number": Address.number, "estate": Address.estate,
            "building": Address.building, "unit": Address.unit, "households": Address.households,
            "station": Address.station,
        },
        geom=Address.geom,
    ),
    "facilities": Layer(
        source=Facility.__table__,
        key=(Facility.id,),
        station=Facility.station,
        columns={
            "code": Facility.code, "kind": Facility.kind, "name_zh": Facility.name_zh, "name_en": Facility.name_en,
            "station": Facility.station,
        },
        geom=Facility.geom,
    ),
}  # fmt: skip


def page(
    session: Session, layer: Layer, sieve: Sieve, picture: Picture, *, after: tuple[Any, ...] | None, limit: int
) -> Rows:
    """Return at most `limit` rows behind the key `after`: the id, the layer's columns, the shape as GeoJSON text.

    One query; a page far down costs what the first costs, because it begins at a key.
    """
    query = _shown(layer, picture).where(*_conditions(layer, sieve)).order_by(*layer.key).limit(limit)
    if after is not None:
        query = query.where(func.row(*layer.key) > func.row(*_typed(layer, after)))
    return session.connection().execute(query).all()  # columns only: half the time of the mapper's way


def one(
    session: Session, layer: Layer, key: tuple[Any, ...], picture: Picture, stations: tuple[str, ...]
) -> Row[*tuple[Any, ...]] | None:
    """Return the row of a key as `page` would, or None; one query."""
    same = (column == value for column, value in zip(layer.key, _typed(layer, key), strict=True))
    query = _shown(layer, picture).where(*_conditions(layer, Sieve(stations)), *same)
    return session.connection().execute(query).one_or_none()


def count(session: Session, layer: Layer, sieve: Sieve) -> int:
    """Return how many rows are meant; one query that reads them all."""
    query = select(func.count()).select_from(layer.source).where(*_conditions(layer, sieve))
    return session.connection().execute(query).scalar_one()


def key_of(layer: Layer, told: str) -> tuple[Any, ...] | None:
    """Return the key that an id stands for, or None where it can be none.

    >>> key_of(LAYERS["beats"], "S001.A.1"), key_of(LAYERS["doors"], "17"), key_of(LAYERS["doors"], "x")
    (('S001', 'A.1'), (17,), None)
    """
    if len(layer.key) == 1:
        short = told.isascii() and told.isdigit() and len(told) <= 9
        return (int(told),) if short else None
    station, point, code = told.partition(".")
    return (station, code) if point and code and "\0" not in told else None


def box_of(session: Session, stations: tuple[str, ...]) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of the jurisdictions of `stations` in degrees, or None; one query."""
    query = text("""
        SELECT min(ST_XMin(jurisdiction)), min(ST_YMin(jurisdiction)), max(ST_XMax(jurisdiction)),
               max(ST_YMax(jurisdiction)) FROM station WHERE code = ANY (CAST(:stations AS text[]))""")
    row = session.execute(query, {"stations": list(stations)}).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def stations_in(session: Session, stations: tuple[str, ...], edges: tuple[float, float, float, float]) -> list[str]:
    """Return those of `stations` whose jurisdiction comes near a box of EPSG:3857 (west, south, east, north); one query.

    Near is half the box's width: an incident may lie beyond the border.
    """
    query = text("""
        SELECT code FROM station
        WHERE code = ANY (CAST(:stations AS text[])) AND jurisdiction && ST_Transform(
          ST_Intersection(ST_Expand(ST_MakeEnvelope(:west, :south, :east, :north, 3857), (:east - :west) / 2),
                          ST_MakeEnvelope(-20037508, -20037508, 20037508, 20037508, 3857)), 4326)
        ORDER BY code""")
    found = dict(zip(("west", "south", "east", "north"), edges, strict=True))
    return list(session.scalars(query, {"stations": list(stations), **found}))


def metric_systems(session: Session, stations: tuple[str, ...]) -> list[int]:
    """Return the EPSG codes of the metric systems of `stations`, ascending; one query."""
    query = text("""SELECT DISTINCT metric_epsg FROM station WHERE code = ANY (CAST(:stations AS text[])) ORDER BY 1""")
    return list(session.scalars(query, {"stations": list(stations)}))


def span_of_incidents(session: Session, stations: tuple[str, ...]) -> tuple[datetime, datetime] | None:
    """Return the first and the last time of an incident, or None; one query that reads two ends of an index a station."""
    query = text("""
        SELECT min(m.first), max(m.last) FROM unnest(CAST(:stations AS text[])) AS s(code) CROSS JOIN LATERAL (
          SELECT (SELECT at FROM incident WHERE station = s.code ORDER BY at LIMIT 1) AS first,
                 (SELECT at FROM incident WHERE station = s.code ORDER BY at DESC LIMIT 1) AS last) AS m""")
    row = session.execute(query, {"stations": list(stations)}).one()
    return None if row[0] is None else (row[0], row[1])


def version(session: Session, stations: tuple[str, ...], what: Sequence[str]) -> str:
    """Return a text that changes with every change of these kinds in `stations`; `data_version` for many at once."""
    query = text("""SELECT count(*) || '-' || COALESCE(max(id), 0) FROM data_change
                    WHERE station = ANY (CAST(:stations AS text[])) AND what = ANY (CAST(:what AS text[]))""")
    return str(session.scalar(query, {"stations": list(stations), "what": list(what)}))


def _shown(layer: Layer, picture: Picture) -> Any:
    """Return the select of a layer's id, columns and shape."""
    told: Any = layer.key[0] if len(layer.key) == 1 else func.concat_ws(".", *layer.key)
    shape = layer.geom
    if picture.srid != STORAGE_SRID:
        shape = func.ST_Transform(shape, picture.srid, type_=None)
    if picture.north_first:
        shape = func.ST_FlipCoordinates(shape, type_=None)
    geometry = func.ST_AsGeoJSON(shape, picture.decimals, 0, type_=None).label("geometry")
    columns = [column.label(f"c{place}") for place, column in enumerate(layer.columns.values())]
    return select(told.label("id"), *columns, geometry).select_from(layer.source)


def _conditions(layer: Layer, sieve: Sieve) -> list[ColumnElement[bool]]:
    stations = cast(list(sieve.stations), ARRAY(Text))
    found = [*layer.where, layer.station == func.any(stations)]
    if sieve.region:
        found.append(or_(*(_touches(layer.geom, shape) for shape in sieve.region)))
    if sieve.since is not None or sieve.until is not None:
        found.append(_meets(layer, sieve.since, sieve.until))
    found += [layer.columns[name] == value for name, value in sieve.equal.items()]
    return found


def _touches(column: Any, shape: shapely.Geometry) -> ColumnElement[bool]:
    """Return the condition that a shape touches another.

    Both halves are needed: under row-level security only the first may use the spatial index.
    """
    there = WKBElement(shapely.to_wkb(shape), srid=STORAGE_SRID)
    return and_(column.op("&&")(there), func.ST_Intersects(column, there))


def _meets(layer: Layer, since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    """Return the condition on time; a layer without times has every row at all times."""
    if layer.during is not None:
        span: ColumnElement[bool] = layer.during.op("&&")(cast(Range(since, until, bounds="[]"), TSTZRANGE))
        return span
    if layer.at is None:
        return true()
    ends = [] if since is None else [layer.at >= since]
    return and_(*ends, *([] if until is None else [layer.at <= until]))


def _typed(layer: Layer, key: tuple[Any, ...]) -> list[ColumnElement[Any]]:
    kind = Integer if len(layer.key) == 1 else Text
    return [cast(value, kind) for value in key]
