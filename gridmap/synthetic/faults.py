"""What is made wrong on purpose, and told: every fault a page must show has one here."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

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
    draft = zones.copy()
    cells = draft.index[draft["kind"] == "grid_cell"]
    area = pd.Series(shapely.area(draft.loc[cells].geometry.to_numpy()), index=cells)
    hole, over, thin = area.sort_values(ascending=False).index[[3, 7, 11]]
    code = draft["code"]
    shape = draft.geometry.loc[hole]
    cut = shapely.point_on_surface(shape).buffer(0.0012)
    draft.loc[hole, "geometry"] = shapely.difference(shape, cut)
    beat = draft.index[code == draft.loc[hole, "beat"]][0]
    draft.loc[beat, "geometry"] = shapely.difference(draft.geometry.loc[beat], cut)
    wrong.append({"id": "draft_hole", "kind": "gap", "what": [code[hole], code[beat]]})
    draft.loc[over, "geometry"] = _grown(draft, over, cells, 0.0008)
    wrong.append({"id": "draft_overlap", "kind": "overlap", "what": [code[over]]})
    draft.loc[thin, "geometry"] = _grown(draft, thin, cells, 0.000003)
    wrong.append({"id": "draft_sliver", "kind": "sliver_overlap", "what": [code[thin]]})
    return draft


def _grown(draft: gpd.GeoDataFrame, row: int, cells: pd.Index[int], degrees: float) -> shapely.Geometry:
    """Return a cell that reaches over the longest border it shares with another cell of its beat."""
    shape = draft.geometry.loc[row]
    others = draft.loc[[i for i in cells if i != row and draft.loc[i, "beat"] == draft.loc[row, "beat"]]].geometry
    if others.empty:
        others = draft.loc[[i for i in cells if i != row]].geometry
    shared = shapely.intersection(shapely.boundary(shape), shapely.boundary(others.to_numpy()))
    other = others.iloc[int(np.argmax(shapely.length(shared)))]
    reach = shapely.intersection(shapely.buffer(shape, degrees, join_style="mitre", mitre_limit=2), other)
    return shapely.union(shape, reach)
