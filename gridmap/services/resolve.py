"""Which zone, and whom: for the doors of an edition that is published, and for any table of points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.errors import Invalid, NotFound
from gridmap.geo import assign
from gridmap.store import editions, frames, roster


class NothingInForce(NotFound):
    """No edition of the station was in force at the moment asked for."""

    slug, title = "nothing-in-force", "No edition was in force then"


class ColumnNotFound(Invalid):
    """The file has no column of that name."""

    slug, title = "column-not-found", "No such column"


@dataclass(frozen=True, slots=True)
class Located:
    """Where points stand: positions in the frames of beats and cells, -1 in none, and whether a border is near."""

    beats: NDArray[np.int32]
    cells: NDArray[np.int32]
    ties: NDArray[np.bool_]
    tied_beats: pd.DataFrame
    tied_cells: pd.DataFrame


def locate(
    beats: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    *,
    metric_epsg: int,
    tie_m: float,
    former: pd.DataFrame | None = None,
) -> Located:
    """Return the beat and grid cell of each point; the one way in which gridmap decides this.

    A point on a border stays in the zone it was in before (`former`), else it goes to the lowest code.

    Parameters
    ----------
    beats, cells
        Zones in EPSG:4326, sorted by `code`; `cells` may be empty.
    lon, lat
        (n,) degrees, EPSG:4326; NaN stands in no zone.
    metric_epsg
        CRS in which `tie_m` is measured.
    tie_m
        A point nearer than this to a second zone is a tie [m].
    former
        Columns `beat`, `grid_cell` with the (n,) codes of the edition before, or None.
    """
    at_beat = _positions(beats, lon, lat, None if former is None else former["beat"])
    at_cell = _positions(cells, lon, lat, None if former is None else former["grid_cell"])
    tied_beats = _ties(beats, at_beat, lon, lat, metric_epsg, tie_m)
    tied_cells = _ties(cells, at_cell, lon, lat, metric_epsg, tie_m)
    ties = np.zeros(len(lon), dtype=bool)
    ties[tied_beats.index.to_numpy(dtype=np.int64)] = True
    ties[tied_cells.index.to_numpy(dtype=np.int64)] = True
    return Located(at_beat, at_cell, ties, tied_beats, tied_cells)


def _positions(
    zones: gpd.GeoDataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64], former: pd.Series[str] | None
) -> NDArray[np.int32]:
    """Return the position of each point's zone in `zones`, -1 for none."""
    if zones.empty:
        return np.full(len(lon), -1, dtype=np.int32)
    prefer = None
    if former is not None:
        prefer = pd.Index(zones["code"]).get_indexer(pd.Index(former)).astype(np.int32)
    return assign.build_zone_index(zones).locate(lon, lat, prefer=prefer)


def _ties(
    zones: gpd.GeoDataFrame,
    at: NDArray[np.int32],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    metric_epsg: int,
    tie_m: float,
) -> pd.DataFrame:
    """Return `candidates` and `distance_m` of the points near a second zone, indexed by position."""
    if zones.empty or tie_m <= 0:
        return pd.DataFrame({"candidates": [], "distance_m": []}, index=pd.Index([], dtype=np.int64))
    # A degree of latitude is 110.6 km or more, one of longitude shrinks with the cosine: only points that may lie
    # within the tie distance of a border are projected.
    borders = shapely.STRtree(shapely.boundary(zones.geometry.to_numpy()))
    reach = tie_m / 110_500 / max(np.cos(np.radians(np.nanmax(np.abs(lat), initial=0.0))), 0.01)
    inside = np.isfinite(lon) & np.isfinite(lat)
    where = np.flatnonzero(inside)
    near = np.unique(borders.query(shapely.points(lon[where], lat[where]), predicate="dwithin", distance=reach)[0])
    where = where[near]
    points = gpd.GeoDataFrame({"id": where}, geometry=shapely.points(lon[where], lat[where]), crs=frames.STORAGE_CRS)
    del at
    return assign.find_ties(points.set_index(where).to_crs(metric_epsg), zones.to_crs(metric_epsg), within_m=tie_m)


def resolve(
    session: Session,
    points: gpd.GeoDataFrame,
    *,
    station: str,
    at: datetime,
    tie_m: float = 1.0,
    recorded: str | None = None,
) -> pd.DataFrame:
    """Return beat, grid cell and whom to ask for each point of a frame, as they were at a moment.

    Parameters
    ----------
    points
        (n,) points in EPSG:4326, any index.
    station
        Code of the station whose edition is asked.
    at
        The moment; older ones ask the edition that was in force then.
    tie_m
        A point nearer than this to a second zone is a tie [m].
    recorded
        Column that holds the beat somebody else recorded; adds the graded comparison of `geo.assign.grade`.

    Returns
    -------
    answer
        On `points.index`: `edition`, `beat`, `grid_cell`, `responsible`, `phone`, `via`, `grid_member`, `tie`
        (candidates joined by |, the chosen one first; empty where there is no tie), and with `recorded` also
        `recorded`, `dist_to_recorded_m`, `dist_to_boundary_m`, `class`.

    Raises
    ------
    StationNotFound, NothingInForce, ColumnNotFound
    """
    place = editions.find_station(session, station)
    edition = editions.in_force(session, station, at)
    if edition is None:
        raise NothingInForce(
            f"station {station} had no edition in force at {at.isoformat()}; publish one, or ask a later moment",
            station=station,
        )
    if recorded is not None and recorded not in points:
        raise ColumnNotFound(f"there is no column {recorded}; the file has {', '.join(map(str, points.columns))}")
    beats = frames.zones(session, edition.id, "beat")
    cells = frames.zones(session, edition.id, "grid_cell")
    shapes = points.geometry.to_numpy()
    found = locate(
        beats, cells, shapely.get_x(shapes), shapely.get_y(shapes), metric_epsg=place.metric_epsg, tie_m=tie_m
    )
    answer = pd.DataFrame({"edition": edition.number}, index=points.index)
    answer["beat"] = _codes(beats, found.beats)
    answer["grid_cell"] = _codes(cells, found.cells)
    whom = roster.responsible_by_zone(session, station, answer[["beat", "grid_cell"]].drop_duplicates(), at)
    pairs = pd.MultiIndex.from_frame(answer[["beat", "grid_cell"]].fillna(""))
    for column in whom.columns:
        answer[column] = whom[column].reindex(pairs).to_numpy()
    tie = pd.Series("", index=range(len(points)), dtype=object)
    tied = found.tied_beats["candidates"].map("|".join)
    tie.loc[tied.index] = tied
    answer["tie"] = tie.to_numpy()
    if recorded is not None:
        metric = points.to_crs(place.metric_epsg)
        graded = assign.grade(metric, beats.to_crs(place.metric_epsg), points[recorded], tie_m=tie_m)
        answer = answer.join(graded[["recorded", "dist_to_recorded_m", "dist_to_boundary_m", "class"]])
    return answer


def _codes(zones: gpd.GeoDataFrame, at: NDArray[np.int32]) -> NDArray[np.object_]:
    """Return the codes at positions, None for -1."""
    codes = np.append(zones["code"].to_numpy(dtype=object), [None])
    return codes[at]
