"""What is made wrong on purpose, and told: every fault a page must show has one here."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.synthetic.plane import Floats, to_lonlat
from gridmap.synthetic.seeds import stream

OUTSIDE = 10
HOLE, OVERLAP, SLIVER = 0.0012, 0.0008, 0.000003  # [degrees]: 130 m, 80 m and 30 cm


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
        shapely.line_interpolate_point(ring, (rng.uniform(0, ring.length) + np.arange(OUTSIDE) * 9.0) % ring.length)
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
    wrong.append({"id": "doors_outside", "kind": "doors in no zone", "what": list(rows["code"]), "at": _at(lonlat[0])})
    return rows


def doors_on_one_point(addresses: pd.DataFrame, wrong: list[dict[str, object]]) -> pd.DataFrame:
    """Return the addresses with four neighbours of one door put on its very point."""
    moved = addresses.copy()
    rows = moved.index[100:105]
    point = moved.loc[rows[0], ["lon", "lat"]].to_numpy(dtype=np.float64)
    moved.loc[rows, ["lon", "lat"]] = point
    wrong.append(
        {"id": "one_point", "kind": "doors on one point", "what": list(moved.loc[rows, "code"]), "at": _at(point)}
    )
    return moved


def faulty_draft(zones: gpd.GeoDataFrame, wrong: list[dict[str, object]]) -> gpd.GeoDataFrame:
    """Return the zones with a hole, an overlap and a sliver cut into them, for a draft that must not be published.

    The hole goes through a cell and its beat; overlap and sliver lie between two cells of one beat each, and the three
    do not touch. `wrong` gets the codes of the zones of each and a place in it (`at`).
    """
    shapes = zones.geometry.to_numpy().copy()
    code, beat_of = list(zones["code"]), list(zones["beat"])
    cells = np.flatnonzero(zones["kind"] == "grid_cell")
    by_size = [int(row) for row in cells[np.argsort(-shapely.area(shapes[cells]), kind="stable")]]
    hole = by_size[3]
    taken = shapes[hole]
    middle = shapely.point_on_surface(shapes[hole])
    beat = code.index(beat_of[hole])
    shapes[[hole, beat]] = shapely.difference(shapes[[hole, beat]], shapely.buffer(middle, HOLE))
    wrong.append({"id": "draft_hole", "kind": "gap", "what": [code[hole], code[beat]], "at": _at(_xy(middle))})
    for degrees, kind in ((OVERLAP, "overlap"), (SLIVER, "sliver_overlap")):
        row, other = _pair(shapes, by_size, beat_of, taken)
        taken = shapely.union_all([taken, shapes[row], shapes[other]])
        reach = shapely.buffer(shapes[row], degrees, join_style="mitre", mitre_limit=2)
        both = shapely.intersection(reach, shapes[other])
        shapes[row] = shapely.union(shapes[row], both)
        place = _at(_xy(shapely.point_on_surface(both)))
        wrong.append({"id": f"draft_{kind}", "kind": kind, "what": sorted([code[row], code[other]]), "at": place})
    return gpd.GeoDataFrame(zones.drop(columns="geometry"), geometry=shapes, crs=zones.crs)


def _pair(shapes: NDArray[np.object_], rows: list[int], beat_of: list[str], taken: shapely.Geometry) -> tuple[int, int]:
    """Return two cells of one beat that share a border and, if there are such, stand apart from what is `taken`."""
    pairs = []
    for i, row in enumerate(rows):
        others = [other for other in rows[i + 1 :] if beat_of[other] == beat_of[row]]
        shared = shapely.length(shapely.intersection(shapes[row], shapes[others]))
        if others and shared.max() > 0:
            pairs.append((row, others[int(shared.argmax())]))
    apart = [pair for pair in pairs if min(shapely.distance(taken, shapes[list(pair)])) > 0]
    return (apart or pairs)[0]


def _xy(point: shapely.Geometry) -> Floats:
    return np.asarray(shapely.get_coordinates(point)[0], dtype=np.float64)


def _at(lonlat: Floats) -> list[float]:
    """Return a place as faults.json tells it: longitude, latitude."""
    return [round(float(lonlat[0]), 6), round(float(lonlat[1]), 6)]
