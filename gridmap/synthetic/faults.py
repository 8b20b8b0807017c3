"""What is made wrong on purpose, and told: every fault a page must show has one here."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.synthetic.plane import Floats, to_lonlat
from gridmap.synthetic.seeds import stream

OUTSIDE = 10


def doors_outside(
    outline: shapely.Polygon,
    addresses: pd.DataFrame,
    seed: int,
    position: tuple[int, int],
    origin: Floats,
    wrong: list[dict[str, object]],
) -> pd.DataFrame:
    """Return ten doors a little beyond the edge of the jurisdiction: in no beat and in no cell."""
    rng = stream(seed, "outside", *position)
    ring = shapely.buffer(outline, 40.0).exterior
    xy = shapely.get_coordinates(
        shapely.line_interpolate_point(ring, rng.uniform(0, ring.length) + np.arange(OUTSIDE) * 9.0)
    )
    rows = addresses.iloc[np.zeros(OUTSIDE, dtype=int)].reset_index(drop=True)
    lonlat = to_lonlat(xy + origin)
    rows["code"] = [f"{code[:6]}-9{i + 1:05d}" for i, code in enumerate(rows["code"])]
    rows["village"], rows["group"], rows["estate"], rows["building"], rows["unit"] = "", "", "", "", ""
    rows["street"], rows["number"] = "界外路", [str(i + 1) for i in range(OUTSIDE)]
    rows["full"] = (
        rows["province"] + rows["city"] + rows["county"] + rows["town"] + rows["street"] + rows["number"] + "号"
    )
    rows["lon"], rows["lat"], rows["households"] = lonlat[:, 0], lonlat[:, 1], 1
    wrong.append({"id": "doors_outside", "kind": "doors in no zone", "what": list(rows["code"])})
    return rows


def doors_on_one_point(addresses: pd.DataFrame, wrong: list[dict[str, object]]) -> pd.DataFrame:
    """Return the addresses with four neighbours of one door put on its very point."""
    moved = addresses.copy()
    rows = moved.index[100:105]
    moved.loc[rows, ["lon", "lat"]] = moved.loc[rows[0], ["lon", "lat"]].to_numpy()
    wrong.append({"id": "one_point", "kind": "doors on one point", "what": list(moved.loc[rows, "code"])})
    return moved


def faulty_draft(zones: gpd.GeoDataFrame, wrong: list[dict[str, object]]) -> gpd.GeoDataFrame:
    """Return the zones with a hole, an overlap and a sliver cut into them, for a draft that must not be published."""
    shapes = zones.geometry.to_numpy().copy()
    code, beat_of = list(zones["code"]), list(zones["beat"])
    cells = np.flatnonzero(zones["kind"] == "grid_cell")
    by_size = cells[np.argsort(-shapely.area(shapes[cells]), kind="stable")]
    hole, over, thin = (int(row) for row in by_size[[3, 7, 11]])
    cut = shapely.buffer(shapely.point_on_surface(shapes[hole]), 0.0012)
    beat = code.index(beat_of[hole])
    shapes[[hole, beat]] = shapely.difference(shapes[[hole, beat]], cut)
    wrong.append({"id": "draft_hole", "kind": "gap", "what": [code[hole], code[beat]]})
    for row, degrees, kind in ((over, 0.0008, "overlap"), (thin, 0.000003, "sliver_overlap")):
        own = [int(i) for i in cells if i != row and beat_of[i] == beat_of[row]]
        other = own or [int(i) for i in cells if i != row]
        shapes[row] = _grown(shapes[row], shapes[other], degrees)
        wrong.append({"id": f"draft_{kind}", "kind": kind, "what": [code[row]]})
    return gpd.GeoDataFrame(zones.drop(columns="geometry"), geometry=shapes, crs=zones.crs)


def _grown(shape: shapely.Geometry, others: NDArray[np.object_], degrees: float) -> Any:
    """Return a cell that reaches over the longest border it shares with one of `others`."""
    shared = shapely.intersection(shapely.boundary(shape), shapely.boundary(others))
    other = others[int(np.argmax(shapely.length(shared)))]
    reach = shapely.intersection(shapely.buffer(shape, degrees, join_style="mitre", mitre_limit=2), other)
    return shapely.union(shape, reach)
