"""Topology near a change: what `topology.find_issues` says there, without looking at the rest of the map.

A fault shows in borders that do not pair, and a border can only pair with one in the same place. So the zones whose
boxes meet the window around the changed zones are walked; where their borders in the window are loose, the window
grows until all that is loose lies inside. Borders outside the window are the rest of the world: with the piece of the
jurisdiction's outline in the window they bound the ground that these zones should tile, and on that ground the whole
check is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import geopandas as gpd
import numpy as np
import shapely

from gridmap.geo.columns import check_area
from gridmap.geo.crs import straight_plane
from gridmap.geo.edit_chain import Chain, chain_of, ground_of, pieces_of, with_nodes
from gridmap.geo.edit_plane import plane_of
from gridmap.geo.topology import find_issues

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd
    import pyproj
    from numpy.typing import NDArray

    from gridmap.geo.edit_plane import Shape


def find_issues_near(
    zones: gpd.GeoDataFrame,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon,
    codes: Collection[str],
    *,
    beats: gpd.GeoDataFrame | None = None,
    former: gpd.GeoDataFrame | None = None,
    allowed_gaps: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    sliver_width_m: float = 1.0,
) -> gpd.GeoDataFrame:
    """Return the faults that concern the zones `codes` or lie in the box around them, as the whole check tells them.

    Faults of their neighbours may be among them, wherever they lie; none is told that the whole check would not tell.

    Parameters
    ----------
    zones
        (n,) zones frame in a metric CRS, or as stored, in degrees; then it is checked in `crs.straight_plane` around
        the middle of the jurisdiction, and sizes are right to 0.4 %.
    jurisdiction
        The area to be tiled, in the zones' CRS.
    codes
        The zones that changed. Of one that is gone, the ground it had in `former` is looked at.
    beats, former, allowed_gaps, sliver_width_m
        As for `topology.find_issues`, in the zones' CRS.

    Returns
    -------
    issues
        As `topology.find_issues`, in the zones' CRS.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, CrsMismatch, MissingCrs, BadShape
        As `topology.find_issues`.
    """
    shapes = np.asarray(zones.geometry.array, dtype=object)
    rows = np.flatnonzero(zones["code"].isin(list(codes)).to_numpy())
    windows = [shapely.bounds(shapes[rows])]
    if former is not None:
        windows.append(shapely.bounds(_shapes(former)[former["code"].isin(list(codes)).to_numpy()]))
    window = _around(np.concatenate(windows))
    check_area(jurisdiction)
    there = None if beats is None else _Beats(zones["beat"], beats["code"].to_numpy(dtype=object), _shapes(beats))
    near, ground = rows, None
    if window is not None:
        near, ground, window = _grown(shapes, jurisdiction, window, zones.crs, there)
        near = np.union1d(near, rows)
    return _checked(
        zones.iloc[near],
        jurisdiction,
        ground,
        beats=None if beats is None or there is None else beats[np.isin(there.codes, there.of(near, window))],
        former=None if former is None else former[_near(former, window)],
        allowed=None if allowed_gaps is None else _gaps(allowed_gaps, window),
        sliver_width_m=sliver_width_m,
    )


@dataclass(frozen=True, slots=True)
class _Beats:
    """The beats of cells: `wanted` (n,) by each cell, `codes` and `shapes` (b,) of the beats."""

    wanted: pd.Series[str]
    codes: NDArray[np.object_]
    shapes: NDArray[np.object_]

    def of(self, rows: NDArray[np.int64], window: NDArray[np.float64] | None) -> list[str]:
        """Return the beats of the cells `rows` and of the ground in the window."""
        there = np.empty(0, dtype=object)
        if window is not None:
            near = np.flatnonzero(_meet(shapely.bounds(self.shapes), window, 0.0))
            there = self.codes[near[shapely.intersects(self.shapes[near], shapely.box(*window))]]
        return [*self.wanted.iloc[rows].dropna().unique(), *there]

    def cells(self, rows: NDArray[np.int64], window: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the cells `rows` and all other cells of their beats."""
        known = [code for code in self.of(rows, window) if code in set(self.codes)]
        return np.union1d(rows, np.flatnonzero(self.wanted.isin(known).to_numpy()))


def _checked(
    zones: gpd.GeoDataFrame,
    jurisdiction: Shape,
    ground: Shape | None,
    *,
    beats: gpd.GeoDataFrame | None,
    former: gpd.GeoDataFrame | None,
    allowed: gpd.GeoSeries | None,
    sliver_width_m: float,
) -> gpd.GeoDataFrame:
    """Run the whole check on the zones near the change, which should tile `ground`."""
    stored = zones.crs
    if stored is not None and stored.is_geographic:
        middle = jurisdiction.centroid
        flat = straight_plane(middle.x, middle.y)
        zones = zones.to_crs(flat)
        beats = None if beats is None else beats.to_crs(flat)
        former = None if former is None else former.to_crs(flat)
        allowed = None if allowed is None else allowed.to_crs(flat)
        ground = None if ground is None else cast("Shape", gpd.GeoSeries([ground], crs=stored).to_crs(flat).iloc[0])
    issues = find_issues(zones, ground, beats=beats, former=former, allowed_gaps=allowed, sliver_width_m=sliver_width_m)
    return issues if stored is None or issues.crs == stored else issues.to_crs(stored)


def _grown(
    shapes: NDArray[np.object_],
    jurisdiction: Shape,
    window: NDArray[np.float64],
    system: pyproj.CRS | None,
    beats: _Beats | None,
) -> tuple[NDArray[np.int64], Shape | None, NDArray[np.float64]]:
    """Return the rows of the zones near a window, the ground they should tile, and the window as far as it had to grow.

    With every zone near and the ground still in doubt, the ground is the jurisdiction.
    """
    plane = plane_of(system, (window[1] + window[3]) / 2)
    box, room = shapely.bounds(shapes), 2 * plane.tol
    outline, _ = pieces_of(np.array([jurisdiction], dtype=object))
    while True:
        near = np.flatnonzero(_meet(box, window, room))
        if len(near) == np.count_nonzero(~np.isnan(box[:, 0])):
            return near, jurisdiction, window
        near = near if beats is None else beats.cells(near, window)
        walked, _ = pieces_of(shapes[near])
        edge = outline[_meet(_boxes(outline), window, room)]
        pieces = np.concatenate([walked, edge])
        sign = np.concatenate([np.ones(len(walked), np.int64), np.full(len(edge), -1)])
        left = _left(chain_of(pieces, sign, plane))
        loose = _meet(_boxes(left), window, room)
        if loose.any():  # what differs in its vertices alone is no reason to look farther
            noded, source = with_nodes(pieces, plane)
            left = _left(chain_of(noded, sign[source], plane))
            loose = _meet(_boxes(left), window, room)
        wider = _around(np.concatenate([window[None], _boxes(left[loose])]))
        if wider is None or not (np.abs(wider - window) > room).any():
            pieces = np.concatenate([left[~loose], edge])
            ground = ground_of(pieces, np.ones(len(pieces), np.int64), plane)
            if ground is not None and not ground.is_empty:
                return near, ground, window
            wider = _around(box[near])
            if wider is None or not (np.abs(wider - window) > room).any():
                return np.flatnonzero(~np.isnan(box[:, 0])), jurisdiction, window
        window = wider


def _left(chain: Chain) -> NDArray[np.float64]:
    """Return the pieces (k, 4) of a chain, each as often as it is walked."""
    each = np.repeat(np.arange(len(chain.start)), chain.times)
    return np.concatenate([chain.nodes[chain.start[each]], chain.nodes[chain.end[each]]], axis=1)


def _boxes(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = pieces[:, :2], pieces[:, 2:]
    return np.concatenate([np.minimum(a, b), np.maximum(a, b)], axis=1)


def _meet(box: NDArray[np.float64], window: NDArray[np.float64], room: float) -> NDArray[np.bool_]:
    """Return which boxes (n, 4) come within `room` of the window."""
    left, low, right, high = window + np.array([-room, -room, room, room])
    met: NDArray[np.bool_] = (box[:, 0] <= right) & (box[:, 2] >= left) & (box[:, 1] <= high) & (box[:, 3] >= low)
    return met


def _around(box: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the box (4,) around boxes (n, 4), those of empty shapes left out; None if there is no other."""
    box = box[~np.isnan(box).any(axis=1)]
    return np.concatenate([box[:, :2].min(axis=0), box[:, 2:].max(axis=0)]) if len(box) else None


def _shapes(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> NDArray[np.object_]:
    return np.asarray(frame.geometry.array, dtype=object)


def _near(frame: gpd.GeoDataFrame | gpd.GeoSeries, window: NDArray[np.float64] | None) -> NDArray[np.bool_]:
    """Return which rows of a frame have boxes that meet the window; all, if there is none."""
    return np.ones(len(frame), dtype=bool) if window is None else _meet(shapely.bounds(_shapes(frame)), window, 0.0)


def _gaps(allowed: gpd.GeoDataFrame | gpd.GeoSeries, window: NDArray[np.float64] | None) -> gpd.GeoSeries:
    return gpd.GeoSeries(_shapes(allowed)[_near(allowed, window)], crs=allowed.crs)
