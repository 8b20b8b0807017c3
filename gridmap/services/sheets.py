"""What is printed: an edition with all that a sheet for the wall shows, and two editions compared for a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.services import comparisons, figures
from gridmap.services.comparisons import Comparison
from gridmap.store import audit, editions, frames
from gridmap.store.frames import STORAGE_CRS, ZoneKind
from gridmap.store.tables import Edition, Station

FIGURES: Final = ["code", "doors", "households", "area_km2", "officer", "officer_en", "grid_member", "grid_member_en"]
PEOPLE: Final = ["officer", "officer_en", "grid_member", "grid_member_en"]


class BeatNotOnSheet(NotFound):
    """The edition has no beat of that code to print."""

    slug, title = "beat-not-on-sheet", "The edition has no such beat"


@dataclass(frozen=True, slots=True)
class Facts:
    """What every sheet says of itself: whose it is, which edition, since when, and that it is made up if it is.

    Times are the station's. `since` is None where the edition never was in force.
    """

    station: str
    name_zh: str
    name_en: str
    desk_phone: str
    edition: int
    status: str
    note: str
    since: datetime | None
    printed: datetime
    synthetic: bool
    metric_epsg: int


@dataclass(frozen=True, slots=True)
class SheetContent:
    """An edition to be drawn, every frame in the station's metric CRS.

    `beats`: `code`, `name_zh`, `name_en`, `doors`, `households`, `area_km2`, `officer`, `officer_en`, `cells` (how
    many); `cells`: the same with `beat`, `grid_member`, `grid_member_en`; names of people are "" unless asked for.
    `villages`: `name_zh`, `name_en`; `roads`: `name`, `kind`. `ground`: the jurisdiction.
    """

    facts: Facts
    ground: shapely.Geometry
    beats: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    names: bool


@dataclass(frozen=True, slots=True)
class CompareContent:
    """Two editions to be drawn side by side: the comparison, and both editions' beats and what changes hands in metres.

    `names`: officers are to be named.
    """

    before: SheetContent
    after: SheetContent
    pieces: gpd.GeoDataFrame
    comparison: Comparison
    names: bool


def sheet(
    session: Session, station: str, number: int, *, by: str, names: bool = False, beats: Sequence[str] = ()
) -> SheetContent:
    """Return edition `number` of a station as a sheet shows it; printing is on record. About twelve queries.

    Parameters
    ----------
    names
        Also who is posted to each zone today: for the wall of the station only.
    beats
        Beats that must be there, because they are to be printed.

    Raises
    ------
    StationNotFound, EditionNotFound
    BeatNotOnSheet
        If the edition has no such beat.
    """
    place = editions.find_station(session, station)
    edition = editions.find(session, station, number)
    content = _content(session, place, edition, datetime.now(UTC), names=names)
    for beat in set(beats) - set(content.beats["code"]):
        raise BeatNotOnSheet(f"edition {number} of station {station} has no beat {beat}", station=station, beat=beat)
    audit.write(session, [station], by=by, action="print", thing=f"edition {number}", after={"names": names})
    return content


def compare_sheet(
    session: Session, station: str, before: int, after: int, *, by: str, names: bool = False
) -> CompareContent:
    """Return two editions of a station as the sheet for the review meeting shows them; printing is on record.

    Raises
    ------
    StationNotFound, EditionNotFound, BadFrame
    """
    comparison = comparisons.compare(session, station, before, after)
    now = comparison.at
    old, new = (
        _content(session, comparison.station, edition, now, names=False)
        for edition in (comparison.before, comparison.after)
    )
    pieces = comparison.pieces.to_crs(comparison.station.metric_epsg)
    audit.write(
        session,
        [station],
        by=by,
        action="print",
        thing=f"editions {before} and {after} compared",
        after={"names": names},
    )
    return CompareContent(old, new, pieces, comparison, names)


def _content(session: Session, place: Station, edition: Edition, now: datetime, *, names: bool) -> SheetContent:
    metric = place.metric_epsg
    beats, cells = (_zones(session, place, edition, kind, now, names=names) for kind in ("beat", "grid_cell"))
    beats["cells"] = beats["code"].map(cells["beat"].value_counts()).fillna(0).astype("int64")
    places = frames.places(session, place.code)
    ground = gpd.GeoSeries([frames.jurisdiction(session, place.code)], crs=STORAGE_CRS).to_crs(metric)
    return SheetContent(
        facts=facts_of(session, place, edition, now),
        ground=ground.iloc[0],
        beats=beats,
        cells=cells,
        villages=places[places["kind"] == "village"].to_crs(metric).reset_index(drop=True),
        roads=frames.roads(session, place.code).to_crs(metric),
        names=names,
    )


def facts_of(session: Session, place: Station, edition: Edition, now: datetime) -> Facts:
    """Return what a sheet of an edition says of itself; one query."""
    zone = ZoneInfo(place.timezone)
    since = editions.in_force_since(session, place.code).get(edition.id)
    return Facts(
        station=place.code,
        name_zh=place.name_zh,
        name_en=place.name_en,
        desk_phone=place.desk_phone,
        edition=edition.number,
        status=edition.status,
        note=edition.note,
        since=None if since is None else since.astimezone(zone),
        printed=now.astimezone(zone),
        synthetic=place.synthetic or edition.synthetic,
        metric_epsg=place.metric_epsg,
    )


def _zones(
    session: Session, place: Station, edition: Edition, kind: ZoneKind, now: datetime, *, names: bool
) -> gpd.GeoDataFrame:
    zones = frames.zones(session, edition.id, kind).to_crs(place.metric_epsg)
    told = figures.zone_figures(session, place, edition, kind, at=now).zones[FIGURES]
    joined = zones.merge(pd.DataFrame(told), on="code", how="left")
    if not names:
        joined[PEOPLE] = ""
    return joined
