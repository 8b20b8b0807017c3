"""An edition as a file: every zone with its codes, names and area, and what is to be known of the whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.store import audit, editions, frames, writing
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition, Station
from gridmap.store.writing import FORMATS, Format, Notes, ZoneFile

#: What a file of made-up data says of itself, in both languages.
SYNTHETIC: Final = (
    "合成数据：本派出所及其边界均为虚构，不得用于执法。 "
    "SYNTHETIC DATA: this station and its boundaries are made up; not for use in the field."
)


def export(session: Session, station: str, number: int, path: Path, kind: Format, *, by: str) -> Notes:
    """Write edition `number` of a station to `path` and put it on record; return what the format could not hold.

    Raises
    ------
    StationNotFound, EditionNotFound, FileNotWritable
    """
    place = editions.find_station(session, station)
    edition = editions.find(session, station, number)
    notes = writing.write(zone_file(session, place, edition), path, kind)
    audit.write(session, [station], by=by, action="export", thing=f"edition {number}", after={"format": kind})
    return notes


def file_name(station: str, number: int, kind: Format) -> str:
    """Return the name under which an export is handed over.

    >>> file_name("990001000000", 3, "shp")
    '990001000000_edition-3_zones.shp.zip'
    """
    what = "cells-to-beats" if kind == "csv" else "zones"
    return f"{station}_edition-{number}_{what}{FORMATS[kind].ending}"


def zone_file(session: Session, place: Station, edition: Edition) -> ZoneFile:
    """Return the zones of an edition with their areas, and the facts about it; three queries.

    Areas are measured in the station's metric CRS [m2]; times are the station's, with their distance from UTC.
    """
    zone = ZoneInfo(place.timezone)
    since = editions.in_force_since(session, place.code).get(edition.id)
    when = _told(since, zone)
    facts: dict[str, Any] = {
        "station": place.code,
        "station_name_zh": place.name_zh,
        "station_name_en": place.name_en,
        "edition": edition.number,
        "status": edition.status,
        "in_force_since": when,
        "published_at": _told(edition.published_at, zone),
        "note": edition.note,
        "zones_crs": frames.STORAGE_CRS,
        "area_crs": f"EPSG:{place.metric_epsg}",
        "synthetic": place.synthetic or edition.synthetic,
    }
    beats, cells = (
        _layer(frames.zones(session, edition.id, kind), kind, place, facts) for kind in ("beat", "grid_cell")
    )
    title = f"{place.name_zh} {place.name_en} {edition.number}"
    told = f"{place.name_zh} 第 {edition.number} 版警格与网格。 Beats and grid cells of {place.name_en}, edition {edition.number} ({edition.status})."
    description = f"{SYNTHETIC} {told}" if facts["synthetic"] else told
    return ZoneFile(beats, cells, title, description, facts)


def _layer(zones: gpd.GeoDataFrame, kind: ZoneKind, place: Station, facts: dict[str, Any]) -> gpd.GeoDataFrame:
    zones["kind"] = kind
    if "beat" not in zones:
        zones["beat"] = None
    zones["area_m2"] = zones.to_crs(place.metric_epsg).area.round(2) if len(zones) else 0.0
    for name in ("station", "edition", "in_force_since", "synthetic"):
        zones[name] = facts[name]
    return zones[[*writing.COLUMNS, "geometry"]]


def _told(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")
