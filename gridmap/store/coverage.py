"""Doors that no zone or plate covers, and zones that nobody answers for."""

from __future__ import annotations

from datetime import datetime

import geopandas as gpd
import pandas as pd
from sqlalchemy import Select, column, select, text, true
from sqlalchemy.orm import Session

from gridmap.store.frames import STORAGE_CRS, ZoneKind, read_frame, wkb
from gridmap.store.tables import Address, Beat, Plate


def doors_outside(session: Session, station: str, edition_id: int) -> gpd.GeoDataFrame:
    """Return the doors of a station that stand in no beat or in no grid cell of an edition; one query.

    What the edition answers for a plate counts; only doors without a plate are compared with the zones. An edition
    without any cell leaves no door without a cell.

    Columns `address_id`, `households`, `village`, `street`, `no_beat`, `no_cell`, Points in EPSG:4326.
    """
    # MATERIALIZED keeps the comparison of shapes away from the doors that have an answer: 3 ms instead of 900.
    outside = text("""
        WITH cells AS MATERIALIZED (SELECT EXISTS (SELECT FROM grid_cell WHERE edition_id = :edition) AS any),
        bare AS MATERIALIZED (
          SELECT a.id, a.geom FROM address a WHERE a.station = :station
            AND NOT EXISTS (SELECT FROM plate p WHERE p.address_id = a.id AND p.retired_at IS NULL)),
        lost AS MATERIALIZED (
          SELECT p.address_id AS id, z.beat IS NULL AS no_beat, z.grid_cell IS NULL AND cells.any AS no_cell
          FROM assignment z JOIN plate p ON p.code = z.plate CROSS JOIN cells
          WHERE z.edition_id = :edition AND (z.beat IS NULL OR z.grid_cell IS NULL) AND p.retired_at IS NULL
          UNION ALL
          SELECT bare.id,
                 NOT EXISTS (SELECT FROM beat z WHERE z.edition_id = :edition AND z.geom && bare.geom
                             AND ST_Covers(z.geom, bare.geom)),
                 cells.any AND NOT EXISTS (SELECT FROM grid_cell z WHERE z.edition_id = :edition AND z.geom && bare.geom
                                           AND ST_Covers(z.geom, bare.geom))
          FROM bare CROSS JOIN cells)
        SELECT a.id AS address_id, a.households, a.village, a.street, lost.no_beat, lost.no_cell,
               ST_AsBinary(a.geom) AS geometry
        FROM lost JOIN address a ON a.id = lost.id WHERE lost.no_beat OR lost.no_cell ORDER BY a.id""")
    names = ("address_id", "households", "village", "street", "no_beat", "no_cell", "geometry")
    found = outside.bindparams(station=station, edition=edition_id).columns(*(column(name) for name in names))
    return read_frame(session, select(found.subquery()))


def doors_without_plate(session: Session, station: str, edition_id: int | None) -> gpd.GeoDataFrame:
    """Return the doors of a station that bear no living plate, each with the beat it stands in; one query.

    Columns `address_id`, `households`, `village`, `street`, `code` and names of the beat (None in none or without an
    edition), Points in EPSG:4326.
    """
    plate = select(Plate.code).where(Plate.address_id == Address.id, Plate.retired_at.is_(None))
    inside = (
        select(Beat.code, Beat.name_zh, Beat.name_en)
        .where(Beat.edition_id == edition_id, Beat.geom.bool_op("&&")(Address.geom), Beat.geom.ST_Covers(Address.geom))
        .order_by(Beat.code)
        .limit(1)
        .lateral()
    )
    query = _doors(station).add_columns(inside.c.code, inside.c.name_zh, inside.c.name_en)
    return read_frame(session, query.outerjoin(inside, true()).where(~plate.exists()))


def zones_of_nobody(session: Session, station: str, edition_id: int, kind: ZoneKind, at: datetime) -> gpd.GeoDataFrame:
    """Return the beats without an officer, or grid cells without a grid member, at a moment; one query.

    Columns `code`, `name_zh`, `name_en`, `ended` (day after the last posting, or None), `away` (who is on leave without
    a substitute, or None), `until` (day after that leave), `was` (whose posting ended); polygons in EPSG:4326.
    """
    role, zone = ("officer", "po.beat = z.code") if kind == "beat" else ("grid_member", "po.grid_cell = z.code")
    pair = "z.code, NULL" if kind == "beat" else "z.beat, z.code"
    query = text(f"""
        WITH day AS (SELECT (CAST(:at AS timestamptz) AT TIME ZONE timezone)::date AS d FROM station WHERE code = :station)
        SELECT z.code, z.name_zh, z.name_en, past.ended, past.was, gone.away, gone.until, ST_AsBinary(z.geom) AS geometry
        FROM {kind} z CROSS JOIN day
        LEFT JOIN LATERAL (
          SELECT upper(po.during) AS ended, pe.name AS was FROM posting po JOIN person pe ON pe.id = po.person_id
          WHERE po.station = :station AND {zone} AND po.role = '{role}' AND upper(po.during) <= day.d
          ORDER BY upper(po.during) DESC LIMIT 1) past ON true
        LEFT JOIN LATERAL (
          SELECT pe.name AS away, upper(le.during) AS until
          FROM posting po JOIN leave le ON le.person_id = po.person_id AND le.during @> day.d
          JOIN person pe ON pe.id = po.person_id
          WHERE po.station = :station AND {zone} AND po.role = '{role}' AND po.during @> day.d
          ORDER BY upper(le.during) DESC LIMIT 1) gone ON true
        WHERE z.edition_id = :edition
          AND NOT EXISTS (SELECT FROM responsible(:station, {pair}, :at) r WHERE r.role = '{role}')
        ORDER BY z.code""")
    rows = session.execute(query, {"station": station, "edition": edition_id, "at": at}).all()
    columns = ["code", "name_zh", "name_en", "ended", "was", "away", "until", "geometry"]
    data = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    shapes = gpd.GeoSeries.from_wkb(data.pop("geometry").map(bytes), crs=STORAGE_CRS)
    told = data.astype(object).where(data.notna(), None)
    return gpd.GeoDataFrame(told, geometry=shapes, crs=STORAGE_CRS)


def _doors(station: str) -> Select[int, int, str, str, bytes]:
    return (
        select(Address.id.label("address_id"), Address.households, Address.village, Address.street, wkb(Address.geom))
        .where(Address.station == station)
        .order_by(Address.id)
    )
