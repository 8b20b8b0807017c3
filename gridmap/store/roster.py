"""Who answers for a zone at a moment."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import text
from sqlalchemy.orm import Session


def responsible_by_zone(session: Session, station: str, zones: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Return whom a resident reaches in each pair of beat and grid cell; one query.

    Parameters
    ----------
    zones
        Columns `beat`, `grid_cell`: codes or None, each pair once.

    Returns
    -------
    whom
        Indexed by (`beat`, `grid_cell`), "" for None: `responsible`, `phone`, `via` (posting, substitute, desk) of the first in
        line, and `grid_member` (None where there is none).
    """
    pairs = zones.astype(object).where(zones.notna(), None)
    query = text("""
        SELECT z.beat, z.cell, first.name AS responsible, coalesce(first.phone, s.desk_phone) AS phone, first.via,
               (SELECT m.name FROM responsible(s.code, z.beat, z.cell, :at) m WHERE m.role = 'grid_member' LIMIT 1)
        FROM unnest(CAST(:beats AS text[]), CAST(:cells AS text[])) AS z(beat, cell)
        JOIN station s ON s.code = :station
        CROSS JOIN LATERAL (SELECT r.* FROM responsible(s.code, z.beat, z.cell, :at) r WHERE r.role <> 'grid_member'
                            ORDER BY r.rank, r.role DESC LIMIT 1) first""")
    rows = session.execute(
        query, {"station": station, "at": at, "beats": list(pairs["beat"]), "cells": list(pairs["grid_cell"])}
    ).all()
    frame = pd.DataFrame(
        [tuple(row) for row in rows],
        columns=["beat", "grid_cell", "responsible", "phone", "via", "grid_member"],
        dtype=object,
    )
    frame[["beat", "grid_cell"]] = frame[["beat", "grid_cell"]].fillna("")  # a missing key would never be found again
    return frame.set_index(["beat", "grid_cell"])
