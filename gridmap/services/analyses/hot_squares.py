"""Hotspots between two moments as a frame of squares, for GeoJSON and for GIS programs; and plain counts on squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from gridmap.geo import gistar, lattice
from gridmap.services import figures
from gridmap.services.analyses.gi_star import LEAST_EVENTS, classed
from gridmap.store import editions, frames
from gridmap.store.tables import Station

CELL_M: Final = 300


@dataclass(frozen=True)
class Hotspots:
    """Where events gather.

    `cells`: squares of `cell_m` in EPSG:4326 that hold or border an event: `count`, `z`, `p` (one-sided, exact),
    `class`. `tally`: cells of the whole map by class. `events` were counted; `outside` more lie beyond the jurisdiction.
    """

    cells: gpd.GeoDataFrame
    tally: dict[str, int]
    events: int
    outside: int
    cell_m: int

    @property
    def enough(self) -> bool:
        """Whether there are events enough to say anything."""
        return self.events >= LEAST_EVENTS

    @property
    def method(self) -> str:
        """The method and its parameters in one English sentence."""
        return (
            f"Getis-Ord Gi* on {self.cell_m} m squares (origin of the metric system, queen neighbours), exact permutation "
            f"distribution, Benjamini-Hochberg false discovery rate 1 % and 5 %; {self.events} events"
        )


def hotspots(
    session: Session,
    station: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    categories: Sequence[str] | None = None,
) -> tuple[Hotspots, datetime, datetime]:
    """Return where incidents gather, and the period: the last year on record where none is given.

    Raises
    ------
    StationNotFound
    """
    place = editions.find_station(session, station)
    first, last = figures.year_of_incidents(session, station, datetime.now(UTC))
    since, until = since or first, until or last
    events = frames.incidents(session, station, since, until, categories)
    return hot_squares(place, frames.jurisdiction(session, station), events), since, until


def hot_squares(
    place: Station, ground: shapely.Polygon | shapely.MultiPolygon, events: gpd.GeoDataFrame, *, cell_m: int = CELL_M
) -> Hotspots:
    """Return Gi* classes of `events` on the station's lattice.

    Parameters
    ----------
    place
        The station: its metric CRS.
    ground
        Its jurisdiction, a (Multi)Polygon in EPSG:4326.
    events
        (n,) points in EPSG:4326.
    cell_m
        Side of a square [m], a multiple of 100.
    """
    cells = lattice.square_lattice(gpd.GeoSeries([ground], crs=frames.STORAGE_CRS).to_crs(place.metric_epsg), cell_m)
    points = events.geometry.to_crs(place.metric_epsg)
    cells["count"], outside = lattice.count_in_cells(
        cells, lattice.count_on_lattice(points.x.to_numpy(), points.y.to_numpy(), cell_m)
    )
    shown, tally = classed(cells, gistar.gi_star(cells, least_events=LEAST_EVENTS))
    kept = shown[["count", "z", "p", "class", "geometry"]].to_crs(frames.STORAGE_CRS).reset_index(drop=True)
    return Hotspots(kept, tally, int(cells["count"].sum()), outside, cell_m)


def counted(place: Station, events: gpd.GeoDataFrame, *, cell_m: int = CELL_M) -> gpd.GeoDataFrame:
    """Return how many events each square holds (`count`, polygons in EPSG:4326); for what is too many to draw singly."""
    points = events.geometry.to_crs(place.metric_epsg)
    found = lattice.count_on_lattice(points.x.to_numpy(), points.y.to_numpy(), cell_m)
    x, y = found["column"] * cell_m, found["row"] * cell_m
    squares = gpd.GeoSeries(shapely.box(x, y, x + cell_m, y + cell_m), crs=place.metric_epsg)
    return gpd.GeoDataFrame({"count": found["count"]}, geometry=squares).to_crs(frames.STORAGE_CRS)
