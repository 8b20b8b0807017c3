"""Hints on an edition: doors in no zone, zones without doors, grid cells under or over the norm of households."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.geo import norms
from gridmap.store import editions, frames


def check(
    session: Session, station: str, number: int, *, norm: tuple[float, float] = norms.HOUSEHOLDS
) -> gpd.GeoDataFrame:
    """Return what `geo.norms.find_norm_issues` tells of the beats and of the cells, `layer` telling which; EPSG:4326.

    Only cells have a norm of households.

    Raises
    ------
    StationNotFound, EditionNotFound, NormNotUsable
    """
    place = editions.find_station(session, station)
    edition = editions.find(session, station, number)
    doors = frames.doors(session, station).rename(columns={"address_id": "id"}).to_crs(place.metric_epsg)
    found = []
    for kind, limits in (("beat", None), ("grid_cell", norm)):
        zones = frames.zones(session, edition.id, kind).to_crs(place.metric_epsg)  # type: ignore[arg-type]
        if not zones.empty:
            found.append(norms.find_norm_issues(zones, doors, norm=limits).assign(layer=kind))
    filled = [part for part in found if not part.empty] or found[:1]
    if not filled:
        return gpd.GeoDataFrame({"kind": [], "layer": []}, geometry=[], crs=frames.STORAGE_CRS)
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=filled[0].crs).to_crs(
        frames.STORAGE_CRS
    )
