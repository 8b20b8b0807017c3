"""The ground a briefing sheet of the officer's map is drawn on: jurisdiction, roads and beats, in metres."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from gridmap.store import audit, editions, frames
from gridmap.store.tables import Station


@dataclass(frozen=True, slots=True)
class MapGround:
    """What lies under a picture on paper, every frame in the station's metric CRS.

    `beats`: `code`, `name_zh`, `name_en`; empty without an edition in force. `roads`: `name`, `kind`. `land`: the jurisdiction.
    `printed`: now, on the station's clocks.
    """

    station: str
    name_zh: str
    name_en: str
    synthetic: bool
    metric_epsg: int
    printed: datetime
    land: shapely.Geometry
    beats: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame


def map_ground(session: Session, place: Station, *, by: str, picture: str, view: str) -> MapGround:
    """Return the ground of a station for a sheet of a picture; printing is on record. Four queries.

    Parameters
    ----------
    by
        Login of whoever prints.
    picture, view
        What is printed, for the record.
    """
    metric = place.metric_epsg
    edition = editions.in_force(session, place.code)
    columns = ["code", "name_zh", "name_en"]
    beats = (
        gpd.GeoDataFrame({name: [] for name in columns}, geometry=[], crs=metric)
        if edition is None
        else frames.zones(session, edition.id, "beat")[[*columns, "geometry"]].to_crs(metric)
    )
    land = gpd.GeoSeries([frames.jurisdiction(session, place.code)], crs=frames.STORAGE_CRS).to_crs(metric).iloc[0]
    audit.write(session, [place.code], by=by, action="print", thing=f"map {picture}", after={"view": view})
    return MapGround(
        place.code, place.name_zh, place.name_en, place.synthetic, metric, datetime.now(UTC).astimezone(ZoneInfo(place.timezone)),
        land, beats, frames.roads(session, place.code).to_crs(metric),
    )  # fmt: skip
