"""What is on record for every door, and which zones nobody answers for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

import geopandas as gpd
import pandas as pd
from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from gridmap.store.frames import STORAGE_CRS, ZoneKind
from gridmap.store.tables import Address, Visit

#: Columns of `doors`, in the order of the query.
_DOOR = (
    "address_id",
    "lon",
    "lat",
    "households",
    "residents",
    "plate",
    "beat",
    "grid_cell",
    "unplated_at",
    "visited_at",
)


def doors(session: Session, station: str, edition_id: int | None, at: datetime) -> pd.DataFrame:
    """Return every door of a station with what is on record for it; one query of one value.

    Returns
    -------
    doors
        (n,) by `address_id`: `lon`, `lat` [degrees, EPSG:4326], `households`, `residents` (NaN where not known), `plate`
        (whether it bears a living one), `beat` and `grid_cell` (what the edition answers for that plate, "" for nothing),
        `answered` (whether there is an answer at all), `unplated_at` (when its last plate was retired, for doors
        without one) and `visited_at` (the last visit up to `at`), both UTC or NaT.
    """
    # One text instead of a row a door: the driver takes longer over 25,000 rows than pandas over the text.
    query = text("""
        SELECT string_agg(concat_ws(',', a.id, ST_X(a.geom), ST_Y(a.geom), a.households, coalesce(a.residents::text, ''),
                 (p.code IS NOT NULL)::int, CASE WHEN z.plate IS NOT NULL THEN '=' || coalesce(z.beat, '') ELSE '' END,
                 coalesce('=' || z.grid_cell, ''), coalesce(extract(epoch FROM old.at)::text, ''),
                 coalesce(extract(epoch FROM v.at)::text, '')), E'\n' ORDER BY a.id)
        FROM address a
        LEFT JOIN plate p ON p.address_id = a.id AND p.retired_at IS NULL
        LEFT JOIN assignment z ON z.edition_id = :edition AND z.plate = p.code
        LEFT JOIN (SELECT address_id, max(retired_at) AS at FROM plate WHERE station = :station AND retired_at IS NOT NULL
                   GROUP BY address_id) old ON old.address_id = a.id AND p.code IS NULL
        LEFT JOIN (SELECT address_id, max(at) AS at FROM visit WHERE station = :station AND at <= :at
                   GROUP BY address_id) v ON v.address_id = a.id
        WHERE a.station = :station""")
    told = session.execute(query, {"station": station, "edition": edition_id, "at": at}).scalar_one() or ""
    kinds = {"plate": "int8", "beat": str, "grid_cell": str, "residents": "float64"}
    # A code may be NA or 1e5: only what is empty is missing, and a mark before the code keeps it text; it holds no comma.
    table = pd.read_csv(io.StringIO(told), names=list(_DOOR), dtype=kinds, keep_default_na=False, na_values=[""])  # type: ignore[arg-type]
    table["plate"] = table["plate"].astype(bool)
    table["answered"] = table["beat"].notna()
    for name in ("beat", "grid_cell"):
        table[name] = table[name].fillna("=").str.slice(1).astype(object)
    for name in ("unplated_at", "visited_at"):
        table[name] = pd.to_datetime(table[name].astype("float64"), unit="s", utc=True).dt.round("us")
    return table


def streets_of(session: Session, ids: Sequence[int]) -> pd.Series[str]:
    """Return the village and street of some doors, by address id; one query."""
    query = select(Address.id, func.trim(Address.village + " " + Address.street)).where(
        Address.id == func.any(list(ids))
    )
    return pd.Series(dict(tuple(row) for row in session.execute(query)), dtype=object)


def has_visits(session: Session, station: str, at: datetime) -> bool:
    """Return whether any visit of a station is on record up to a moment; one query."""
    return bool(session.scalar(select(exists().where(Visit.station == station, Visit.at <= at))))


def zones_of_nobody(session: Session, station: str, edition_id: int, kind: ZoneKind, at: datetime) -> gpd.GeoDataFrame:
    """Return the beats without an officer, or grid cells without a grid member, at a moment; one query.

    Columns `code`, `name_zh`, `name_en`, `ended` (day after the last posting, or None), `away` (who is on leave without
    a substitute, or None; of several, who is back first), `until` (day after that leave), `was` (whose posting ended), `since` (moment it has been so, None for never otherwise); polygons
    in EPSG:4326.
    """
    role, zone = ("officer", "po.beat = z.code") if kind == "beat" else ("grid_member", "po.grid_cell = z.code")
    pair = "z.code, NULL" if kind == "beat" else "z.beat, z.code"
    query = text(f"""
        WITH day AS (SELECT (CAST(:at AS timestamptz) AT TIME ZONE timezone)::date AS d FROM station WHERE code = :station)
        SELECT z.code, z.name_zh, z.name_en, past.ended, past.was, gone.away, gone.until,
               (CASE WHEN gone.away IS NOT NULL THEN gone.since ELSE past.ended END)::timestamp AT TIME ZONE s.timezone AS since,
               ST_AsBinary(z.geom) AS geometry
        FROM {kind} z CROSS JOIN day JOIN station s ON s.code = :station
        LEFT JOIN LATERAL (
          SELECT upper(po.during) AS ended, pe.name AS was FROM posting po JOIN person pe ON pe.id = po.person_id
          WHERE po.station = :station AND {zone} AND po.role = '{role}' AND upper(po.during) <= day.d
          ORDER BY upper(po.during) DESC LIMIT 1) past ON true
        LEFT JOIN LATERAL (
          SELECT pe.name AS away, upper(le.during) AS until, max(lower(le.during)) OVER () AS since
          FROM posting po JOIN leave le ON le.person_id = po.person_id AND le.during @> day.d
          JOIN person pe ON pe.id = po.person_id
          WHERE po.station = :station AND {zone} AND po.role = '{role}' AND po.during @> day.d
          ORDER BY upper(le.during), pe.code LIMIT 1) gone ON true
        WHERE z.edition_id = :edition
          AND NOT EXISTS (SELECT FROM responsible(:station, {pair}, :at) r WHERE r.role = '{role}')
        ORDER BY z.code""")
    rows = session.execute(query, {"station": station, "edition": edition_id, "at": at}).all()
    columns = ["code", "name_zh", "name_en", "ended", "was", "away", "until", "since", "geometry"]
    data = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    shapes = gpd.GeoSeries.from_wkb(data.pop("geometry").map(bytes), crs=STORAGE_CRS)
    told = data.astype(object).where(data.notna(), None)
    return gpd.GeoDataFrame(told, geometry=shapes, crs=STORAGE_CRS)


def people_of_zones(session: Session, station: str, edition_id: int, kind: ZoneKind, at: datetime) -> pd.DataFrame:
    """Return who is there as officer of each beat, or as grid member of each cell, at a moment; one query.

    Columns `zone`, `person` (code), `name`, `name_en`, `since` (UTC: their posting, or the leave they stand in for); one row
    a person and zone. Somebody on leave is not there, a substitute is.
    """
    role, zone = ("officer", "po.beat = z.code") if kind == "beat" else ("grid_member", "po.grid_cell = z.code")
    query = text(f"""
        WITH day AS (SELECT timezone, (CAST(:at AS timestamptz) AT TIME ZONE timezone)::date AS d
                     FROM station WHERE code = :station),
        there AS (
          SELECT z.code AS zone, coalesce(le.substitute_id, po.person_id) AS person_id,
                 greatest(lower(po.during), lower(le.during)) AS since
          FROM {kind} z JOIN posting po ON po.station = :station AND {zone} CROSS JOIN day
          LEFT JOIN leave le ON le.person_id = po.person_id AND le.during @> day.d
          WHERE z.edition_id = :edition AND po.role = '{role}' AND po.during @> day.d
            AND (le.person_id IS NULL OR le.substitute_id IS NOT NULL AND NOT EXISTS (
              SELECT FROM leave l2 WHERE l2.person_id = le.substitute_id AND l2.during @> day.d)))
        SELECT there.zone, pe.code, pe.name, pe.name_en, min(there.since)::timestamp AT TIME ZONE min(day.timezone)
        FROM there JOIN person pe ON pe.id = there.person_id CROSS JOIN day
        GROUP BY there.zone, pe.code, pe.name, pe.name_en ORDER BY there.zone, pe.code""")
    rows = session.execute(query, {"station": station, "edition": edition_id, "at": at}).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=["zone", "person", "name", "name_en", "since"])
