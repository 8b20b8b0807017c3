"""Which beat a grid cell belongs to: the one its row names, else the one it overlaps most."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

#: A cell with less of its area than this in its beat is told by name.
CLEAR_SHARE = 0.99


def beats_of_cells(
    cells: gpd.GeoDataFrame, beats: gpd.GeoDataFrame, *, metric_epsg: int
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the cells with `beat` filled, and sentences about those whose beat was found by area.

    Parameters
    ----------
    cells
        (n,) `code`, polygons in EPSG:4326; `beat` where the file names it ("" or missing where not).
    beats
        (m,) `code`, polygons in EPSG:4326.
    metric_epsg
        CRS in which areas are compared.

    Returns
    -------
    cells, told
        `beat` is None where a cell overlaps no beat: a fault that the draft's check lists.
    """
    said = cells["beat"].fillna("") if "beat" in cells else pd.Series([""] * len(cells), dtype="str")
    known = said.isin(beats["code"])
    unknown = sorted(set(said[~known & (said != "")]))
    told = [f"cells name beats that are not there: {', '.join(unknown[:20])}"] if unknown else []
    result = cells.assign(beat=said.astype(object).where(known, None))
    ask = np.flatnonzero(~known.to_numpy())
    if not len(ask) or beats.empty:
        return result, told + ([f"{len(ask)} grid cells belong to no beat: there are no beats"] if len(ask) else [])
    mine = cells.geometry.to_crs(metric_epsg).to_numpy()[ask]
    ordered = beats.sort_values("code", kind="stable").reset_index(drop=True)
    theirs = ordered.geometry.to_crs(metric_epsg).to_numpy()
    cell, beat = shapely.STRtree(theirs).query(mine, predicate="intersects")
    share = shapely.area(shapely.intersection(mine[cell], theirs[beat])) / shapely.area(mine[cell])
    pairs = pd.DataFrame({"cell": cell, "beat": beat, "share": share})
    pairs = pairs[pairs["share"] > 0].sort_values(["cell", "share", "beat"], ascending=[True, False, True])
    best = pairs.drop_duplicates("cell")
    places = ask[best["cell"].to_numpy(dtype=np.int64)]
    codes = ordered["code"].to_numpy()[best["beat"].to_numpy(dtype=np.int64)]
    filled = result["beat"].to_numpy(dtype=object, copy=True)
    filled[places] = codes
    told.append(f"{len(best)} grid cells were given the beat they overlap most")
    unclear = [
        f"{cells['code'].iloc[place]} in {code} ({part:.0%})"
        for place, code, part in zip(places, codes, best["share"], strict=True)
        if part < CLEAR_SHARE
    ]
    if unclear:
        told.append(f"of these, {len(unclear)} lie in several beats: {', '.join(unclear[:20])}")
    none = sorted(cells["code"].iloc[place] for place in set(ask.tolist()) - set(places.tolist()))
    if none:
        told.append(f"{len(none)} grid cells overlap no beat: {', '.join(none[:20])}")
    return result.assign(beat=filled), told
