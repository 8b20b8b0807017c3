"""Hints on an edition: doors in no zone, zones without doors, cells under or over the norm; they stop nothing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.geo.norms import find_norm_issues
from gridmap.geo.zone_index import build_zone_index
from gridmap.store import editions, frames, points


def find(session: Session, station: str, number: int, *, norm: tuple[int, int]) -> gpd.GeoDataFrame:
    """Return the hints on an edition: `kind`, `layer`, `zones`, `doors`, `households`, `detail`, geometry in EPSG:4326.

    Parameters
    ----------
    norm
        Least and most households of a grid cell; beats have no norm.

    Raises
    ------
    StationNotFound, EditionNotFound
    """
    place = editions.find_station(session, station)
    edition = editions.find(session, station, number)
    rows = points.doors(session, station)
    places = gpd.points_from_xy(rows[:, 0], rows[:, 1], crs=frames.STORAGE_CRS)
    doors = gpd.GeoDataFrame({"id": np.arange(len(rows)), "households": rows[:, 2]}, geometry=places)
    metric = doors.to_crs(place.metric_epsg)
    found = []
    for layer, held_to in (("beat", None), ("grid_cell", norm)):
        zones = frames.zones(session, edition.id, layer)  # type: ignore[arg-type]
        if zones.empty:
            continue
        at = build_zone_index(zones).locate(np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1]))
        hints = find_norm_issues(zones.to_crs(place.metric_epsg), metric, at.astype(np.int64), norm=held_to)
        found.append(hints.assign(layer=layer))
    if not found:
        return gpd.GeoDataFrame(
            {"kind": [], "layer": [], "zones": [], "detail": []}, geometry=[], crs=frames.STORAGE_CRS
        )
    together = pd.concat(found, ignore_index=True)
    return gpd.GeoDataFrame(together, geometry="geometry", crs=place.metric_epsg).to_crs(frames.STORAGE_CRS)
