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

# The pieces of ground drive the join, so that only doors near them are looked at. A door well inside a piece goes where
# the ground goes; one at its rim is asked for: it stands in the zone that covers it, on a shared border in the one of the
# lowest code, the same rule as in `figures.counts`.
_MOVED = """
    WITH piece AS MATERIALIZED (
      SELECT geom, ST_Boundary(geom) AS rim, old, new
      FROM unnest(CAST(:pieces AS bytea[]), CAST(:old AS text[]), CAST(:new AS text[])) AS u(shape, old, new)
      CROSS JOIN LATERAL ST_GeomFromWKB(u.shape, 4326) AS geom),
    door AS MATERIALIZED (
      SELECT a.id, a.households, a.geom, p.old, p.new, ST_DWithin(p.rim, a.geom, :near) AS at_rim
      FROM piece p CROSS JOIN LATERAL (
        SELECT id, households, geom FROM address
        WHERE station = :station AND geom && ST_Expand(p.geom, :near)
          AND (ST_Covers(p.geom, geom) OR ST_DWithin(p.rim, geom, :near)) OFFSET 0) a),
    at_rim AS MATERIALIZED (SELECT DISTINCT ON (id) id, households, geom FROM door WHERE at_rim ORDER BY id),
    told AS MATERIALIZED (
      SELECT d.households,
        (SELECT z.code FROM {table} z WHERE z.edition_id = :before AND z.geom && d.geom AND ST_Covers(z.geom, d.geom)
         ORDER BY z.code LIMIT 1) AS old,
        (SELECT z.code FROM {table} z WHERE z.edition_id = :after AND z.geom && d.geom AND ST_Covers(z.geom, d.geom)
         ORDER BY z.code LIMIT 1) AS new
      FROM at_rim d),
    inside AS (
      SELECT DISTINCT ON (id) households, old, new FROM door WHERE id NOT IN (SELECT id FROM at_rim)
      ORDER BY id, new, old)
    SELECT old, new, count(*), sum(households)
    FROM (SELECT households, old, new FROM inside UNION ALL
          SELECT households, old, new FROM told WHERE old IS DISTINCT FROM new) AS moved
    GROUP BY old, new"""


def doors_moved(
    session: Session, station: str, before: Edition, after: Edition, kind: ZoneKind, pieces: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return how many doors and households go from which zone to which between two editions; one query.

    Parameters
    ----------
    pieces
        The ground that changed hands, with `from_code` and `to_code`; doors away from it are not looked at.

    Returns
    -------
    moved
        Columns `from_code`, `to_code` (None: in no zone), `doors`, `households`.
    """
    columns = ["from_code", "to_code", "doors", "households"]
    if pieces.empty:
        return pd.DataFrame({name: pd.Series(dtype="int64" if name in columns[2:] else object) for name in columns})
    parts, row = shapely.get_parts(pieces.to_crs(STORAGE_CRS).geometry.to_numpy(), return_index=True)
    codes = {
        name: pieces[name].astype(object).where(pieces[name].notna(), None).to_numpy()[row] for name in columns[:2]
    }
    facts = {
        "pieces": list(shapely.to_wkb(parts)),
        "old": list(codes["from_code"]),
        "new": list(codes["to_code"]),
        "station": station,
        "before": before.id,
        "after": after.id,
        "near": NEAR_DEG,
    }
    rows = session.execute(text(_MOVED.format(table=kind)), facts).all()
    moved = pd.DataFrame([tuple(row) for row in rows], columns=columns, dtype=object)
    return moved.astype({"doors": "int64", "households": "int64"})
