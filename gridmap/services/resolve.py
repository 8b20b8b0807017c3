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
    before = (None, None) if former is None else (former["beat"], former["grid_cell"])
    reach = tie_m / _metres_a_degree(lat)
    at_beat, tied_beats = _locate_in(beats, lon, lat, before[0], reach=reach, metric_epsg=metric_epsg, tie_m=tie_m)
    at_cell, tied_cells = _locate_in(cells, lon, lat, before[1], reach=reach, metric_epsg=metric_epsg, tie_m=tie_m)
    ties = np.zeros(len(lon), dtype=bool)
    ties[tied_beats.index.to_numpy(dtype=np.int64)] = True
    ties[tied_cells.index.to_numpy(dtype=np.int64)] = True
    return Located(at_beat, at_cell, ties, tied_beats, tied_cells)


def _metres_a_degree(lat: NDArray[np.float64]) -> float:
    """Return a length of a degree [m] that no degree at these latitudes falls below."""
    furthest = float(np.nanmax(np.abs(lat), initial=0.0))
    return 110_500 * max(float(np.cos(np.radians(furthest))), 0.01)


def _locate_in(
    zones: gpd.GeoDataFrame,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    former: pd.Series[str] | None,
    *,
    reach: float,
    metric_epsg: int,
    tie_m: float,
) -> tuple[NDArray[np.int32], pd.DataFrame]:
    """Return the position of each point's zone (-1 for none), and the ties by position of the point.

    Only points within `reach` degrees of a border, as the index knows it, are projected to look for ties.
    """
    if zones.empty:
        return np.full(len(lon), -1, dtype=np.int32), pd.DataFrame({"candidates": [], "distance_m": []}, dtype=object)
    prefer = None if former is None else pd.Index(zones["code"]).get_indexer(pd.Index(former)).astype(np.int32)
    index = assign.build_locator(zones, len(lon))
    at = index.locate(lon, lat, prefer=prefer)
    near = np.flatnonzero(index.near_border(lon, lat, reach) & np.isfinite(lon) & np.isfinite(lat))
    points = gpd.GeoDataFrame(index=near, geometry=shapely.points(lon[near], lat[near]), crs=frames.STORAGE_CRS)
    metric = zones.to_crs(metric_epsg)
    chosen = pd.Series(at[near], index=near)
    return at, assign.find_ties(points.to_crs(metric_epsg), metric, within_m=tie_m, chosen=chosen)


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
