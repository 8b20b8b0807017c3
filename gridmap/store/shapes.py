"""The shapes tiles are cut from: zones of a published edition in web Mercator, in full and simplified for low zooms."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store import loading
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition

_STAGE = loading.Stage("fresh_shape", {"code": "text", "geom": "geometry"})

HAS = text("SELECT EXISTS (SELECT FROM zone_shape WHERE edition_id = :edition)")
#: Editions of one station are told apart by their ids, so an id alone names the lock.
TAKE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('zone shapes', :edition))")

_EDITION = """
    SELECT e.id, e.status, EXISTS (SELECT FROM zone_shape z WHERE z.edition_id = e.id) FROM edition e
    WHERE e.station = :station AND """
IN_FORCE = text(
    _EDITION + "EXISTS (SELECT FROM edition_period p WHERE p.edition_id = e.id AND p.during @> clock_timestamp())"
)
NUMBERED = text(_EDITION + "e.number = :number")


def edition(session: Session, station: str, number: int | None) -> tuple[int, str, bool] | None:
    """Return id and status of an edition (the one in force for None), and whether its shapes are there; one query."""
    found = session.execute(IN_FORCE if number is None else NUMBERED, {"station": station, "number": number})
    row = found.one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def has(session: Session, edition_id: int) -> bool:
    """Return whether the shapes of an edition are there: all of them are, or none; one query on the primary key."""
    return bool(session.scalar(HAS, {"edition": edition_id}))


def take(session: Session, edition_id: int) -> bool:
    """Return whether this transaction is the one that makes the shapes of an edition, until its end; waits for nobody."""
    return bool(session.scalar(TAKE, {"edition": edition_id}))


def put_full(session: Session, edition: Edition, kind: ZoneKind) -> int:
    """Write the zones of an edition as level 0, as they are; one statement. Return how many."""
    beat = "beat" if kind == "grid_cell" else "NULL"
    # A zone beyond web Mercator's edge has no shape there; it stays in every list.
    written = session.execute(
        text(f"""
            INSERT INTO zone_shape (edition_id, kind, level, code, station, beat, name_zh, name_en, geom)
            SELECT edition_id, :kind, 0, code, station, {beat}, name_zh, name_en, ST_Multi(ST_Transform(geom, 3857))
            FROM {kind} WHERE edition_id = :edition AND NOT ST_IsEmpty(geom) AND ST_YMax(geom) < 85 AND ST_YMin(geom) > -85
            ORDER BY ST_GeoHash(ST_Centroid(geom), 6)"""),
        {"kind": kind, "edition": edition.id},
    )
    return int(written.rowcount)  # type: ignore[attr-defined]


def put(session: Session, edition: Edition, kind: ZoneKind, level: int, zones: gpd.GeoDataFrame) -> None:
    """Write simplified zones (EPSG:3857, column `code`) as a level above 0; a COPY and one insert.

    Codes, names and beats are those of level 0, which must be there.
    """
    whole = shapely.to_wkb(shapely.force_2d(zones.geometry.to_numpy()), hex=True)
    frame = pd.DataFrame({"line": np.arange(len(zones)), "code": zones["code"].to_numpy(dtype=object), "geom": whole})
    loading.open_stage(session, _STAGE)
    loading.copy_rows(session, _STAGE, frame)
    session.execute(
        text(f"""
            INSERT INTO zone_shape (edition_id, kind, level, code, station, beat, name_zh, name_en, geom)
            SELECT z.edition_id, z.kind, :level, z.code, z.station, z.beat, z.name_zh, z.name_en,
                   ST_Multi(ST_SetSRID(f.geom, 3857))
            FROM zone_shape z JOIN {_STAGE.name} f USING (code)
            WHERE z.edition_id = :edition AND z.kind = :kind AND z.level = 0"""),
        {"level": level, "edition": edition.id, "kind": kind},
    )
