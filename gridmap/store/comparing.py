"""Doors whose zone is another in one edition than in another."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.frames import STORAGE_CRS, ZoneKind
from gridmap.store.tables import Edition

#: A door this near to ground that changed hands is asked for its zones [degrees]: a decimetre, more than a border may
#: bend between the plane it is stored in and the plane it is measured in.
NEAR_DEG = 1e-6

# The pieces of ground drive the join, so that only doors near them are looked at. A door stands in the zone that covers
# it, on a shared border in the one of the lowest code: the same rule as in `figures.counts`.
_MOVED = """
    WITH piece AS MATERIALIZED (SELECT ST_GeomFromWKB(g, 4326) AS geom FROM unnest(CAST(:pieces AS bytea[])) AS g),
    door AS MATERIALIZED (
      SELECT DISTINCT a.id, a.households, a.geom FROM piece p CROSS JOIN LATERAL (
        SELECT id, households, geom FROM address
        WHERE station = :station AND geom && ST_Expand(p.geom, :near) AND ST_DWithin(p.geom, geom, :near) OFFSET 0) a),
    told AS (
      SELECT d.households,
        (SELECT z.code FROM {table} z WHERE z.edition_id = :before AND z.geom && d.geom AND ST_Covers(z.geom, d.geom)
         ORDER BY z.code LIMIT 1) AS old,
        (SELECT z.code FROM {table} z WHERE z.edition_id = :after AND z.geom && d.geom AND ST_Covers(z.geom, d.geom)
         ORDER BY z.code LIMIT 1) AS new
      FROM door d)
    SELECT old, new, count(*), sum(households) FROM told WHERE old IS DISTINCT FROM new GROUP BY old, new"""


def doors_moved(
    session: Session, station: str, before: Edition, after: Edition, kind: ZoneKind, pieces: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return how many doors and households go from which zone to which between two editions; one query.

    Parameters
    ----------
    pieces
        The ground that changed hands; doors away from it are not looked at.

    Returns
    -------
    moved
        Columns `from_code`, `to_code` (None: in no zone), `doors`, `households`.
    """
    columns = ["from_code", "to_code", "doors", "households"]
    if pieces.empty:
        return pd.DataFrame({name: pd.Series(dtype="int64" if name in columns[2:] else object) for name in columns})
    parts = shapely.get_parts(pieces.to_crs(STORAGE_CRS).geometry.to_numpy())
    facts = {
        "pieces": list(shapely.to_wkb(parts)),
        "station": station,
        "before": before.id,
        "after": after.id,
        "near": NEAR_DEG,
    }
    rows = session.execute(text(_MOVED.format(table=kind)), facts).all()
    moved = pd.DataFrame([tuple(row) for row in rows], columns=columns, dtype=object)
    return moved.astype({"doors": "int64", "households": "int64"})
