"""Adding a station."""

from __future__ import annotations

import shapely
from geoalchemy2 import WKBElement
from sqlalchemy.orm import Session

from gridmap.errors import Conflict
from gridmap.store.tables import Station


class StationExists(Conflict):
    """A station of that code is there already."""

    slug, title = "station-exists", "The station exists already"


def add_station(
    session: Session,
    *,
    code: str,
    name_zh: str,
    name_en: str,
    metric_epsg: int,
    timezone: str,
    desk_phone: str,
    synthetic: bool,
    jurisdiction: shapely.MultiPolygon,
) -> Station:
    """Add a station; one look-up and one insert.

    Parameters
    ----------
    jurisdiction
        Valid MultiPolygon in EPSG:4326.

    Raises
    ------
    StationExists
        If the code is taken.
    """
    if session.get(Station, code) is not None:
        raise StationExists(f"station {code} exists already; load its zones without making it new", station=code)
    station = Station(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        metric_epsg=metric_epsg,
        timezone=timezone,
        desk_phone=desk_phone,
        synthetic=synthetic,
        jurisdiction=WKBElement(shapely.to_wkb(jurisdiction), srid=4326),
    )
    session.add(station)
    session.flush()
    return station
