"""Change: two editions of zones compared: what became of each code, and the ground that changed hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.geo.columns import check_zones
from gridmap.geo.crs import require_metric, require_same
from gridmap.geo.topology_edges import GRID_M
from gridmap.geo.topology_issue import narrower_than, polygons_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

KINDS: Final = ("kept", "reshaped", "moved", "split", "merged", "added", "removed")
MOSTLY: Final = 0.5
"""More than this share of a zone's ground is most of it."""


def compare(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what became of each code between two editions.

    Parameters
    ----------
    before, after
        Zones frames of valid polygons in one metric CRS.

    Returns
    -------
    changes
        On the codes of both, sorted: `kind`, `area_before_m2`, `area_after_m2` (0 where the code is not), `lost_m2` and
        `gained_m2` (its own ground then and now, less each other), `others` (codes from or to which it went). The kinds, first that fits:

        - kept: the same ground;
        - split: a former zone of which two zones or more of today are mostly made, one of them new, or gone
          itself; and a new zone that was mostly part of such a one;
        - merged: a zone of today that took most of two former zones or more, one of them gone or the code itself
          new; and the zones that are gone in it;
        - added, removed: the code is only in one edition;
        - moved: neither most of its former ground is still its own nor was most of its ground of today;
        - reshaped: the rest.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, MissingCrs, CrsMismatch
        If a frame cannot be compared.
    """
    lost, gained = _differences(before, after)
    pieces = _pieces(lost, gained, before, after)
    old = pd.Series(before.area.to_numpy(), index=before["code"].to_numpy(dtype=object))
    new = pd.Series(after.area.to_numpy(), index=after["code"].to_numpy(dtype=object))
    codes = sorted(set(old.index) | set(new.index))
    table = pd.DataFrame(
        {
            "area_before_m2": old.reindex(codes).fillna(0.0),
            "area_after_m2": new.reindex(codes).fillna(0.0),
            "lost_m2": lost.area.reindex(codes).fillna(0.0),
            "gained_m2": gained.area.reindex(codes).fillna(0.0),
        },
        index=pd.Index(codes, name="code"),
    )
    passed = _passed(table, pieces)
    split, merged = _split(passed), _merged(passed)
    others = _others(pieces)
    table["others"] = [sorted(others.get(code, ())) for code in codes]
    kinds = [_kind(code, row, split, merged) for code, row in zip(codes, table.to_dict("records"), strict=True)]
    table.insert(0, "kind", kinds)
    return table


def changed_hands(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the pieces of ground whose zone is another than before, largest first.

    Parameters
    ----------
    before, after
        Zones frames of valid polygons in one metric CRS.

    Returns
    -------
    pieces
        Frame of `from_code`, `to_code` (missing where no zone covers the piece), `area_m2`, geometry (Multi)Polygon.
        Pieces nowhere wider than 1 mm are left out. Where zones of a draft overlap, ground that one gains and the
        other keeps has changed no hands.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, MissingCrs, CrsMismatch
        If a frame cannot be compared.
    """
    return _pieces(*_differences(before, after), before, after)


def _differences(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
    """Return the ground each code lost and the ground it gained, on the codes that did."""
    for frame in (before, after):
        check_zones(frame)
    require_same(before, after)
    require_metric(before)
    return _less(before, after), _less(after, before)


def _less(these: gpd.GeoDataFrame, those: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the ground of each of these zones that the zone of its code among those does not have."""
    unlike = _unlike(these, those)
    codes = these["code"].to_numpy(dtype=object)[unlike]
    row = pd.Index(those["code"]).get_indexer(pd.Index(codes))
    nothing = np.array([shapely.Polygon()], dtype=object)  # at -1, for codes that are not among those
    others = np.concatenate([np.asarray(those.geometry.array, dtype=object), nothing])
    rest, kept = _areas(shapely.difference(np.asarray(these.geometry.array)[unlike], others[row]))
    return gpd.GeoSeries(rest, index=codes[kept], crs=these.crs)


def _pieces(
    lost: gpd.GeoSeries, gained: gpd.GeoSeries, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    parts = [
        *_passed_on(lost, gained),
        *((code, None, shape) for code, shape in _left(lost, after)),
        *((None, code, shape) for code, shape in _left(gained, before)),
    ]
    shapes = np.array([shape for _, _, shape in parts], dtype=object)
    pieces = gpd.GeoDataFrame(
        {
            "from_code": pd.Series([code for code, _, _ in parts], dtype=object),
            "to_code": pd.Series([code for _, code, _ in parts], dtype=object),
            "area_m2": shapely.area(shapes),
        },
        geometry=gpd.GeoSeries(shapes, crs=before.crs),
        crs=before.crs,
    )
    return pieces.sort_values("area_m2", ascending=False, ignore_index=True)


def _unlike(these: gpd.GeoDataFrame, those: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which of these zones are not in those, vertex by vertex."""
    row = pd.Index(those["code"]).get_indexer(pd.Index(these["code"]))
    shapes, others = np.asarray(these.geometry.array), np.asarray(those.geometry.array)
    unlike = row < 0
    unlike[~unlike] = ~shapely.equals_exact(shapes[~unlike], others[row[~unlike]], 0)
    return np.asarray(unlike, dtype=bool)


def _passed_on(lost: gpd.GeoSeries, gained: gpd.GeoSeries) -> list[tuple[str, str, shapely.Geometry]]:
    """Return from whom to whom ground went."""
    old, new = np.asarray(lost.array), np.asarray(gained.array)
    a, b = shapely.STRtree(new).query(old, predicate="intersects")
    shared, row = _areas(shapely.intersection(old[a], new[b]))
    return list(zip(lost.index[a[row]], gained.index[b[row]], shared, strict=True))


def _left(ground: gpd.GeoSeries, cover: gpd.GeoDataFrame) -> list[tuple[str, shapely.Geometry]]:
    """Return the ground that nothing in the other edition covers."""
    shapes, covers = np.asarray(ground.array), np.asarray(cover.geometry.array)
    zone, other = shapely.STRtree(covers).query(shapes, predicate="intersects")
    cuts = np.searchsorted(zone, np.arange(len(shapes) + 1))
    rest = [
        shapely.difference(shape, shapely.union_all(covers[other[cuts[row] : cuts[row + 1]]]))
        for row, shape in enumerate(shapes)
    ]
    parts, row = _areas(np.array(rest, dtype=object))
    return list(zip(ground.index[row], parts, strict=True))


def _areas(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return each shape's polygons as one geometry, without slivers under `GRID_M`, and its row."""
    polygons, row = polygons_of(shapes)
    wide = ~narrower_than(polygons, GRID_M)
    polygons, row = polygons[wide], row[wide]
    rows = np.unique(row)
    kept = np.split(polygons, np.flatnonzero(np.diff(row)) + 1) if len(rows) else []
    return np.array([p[0] if len(p) == 1 else shapely.multipolygons(p) for p in kept], dtype=object), rows


def _passed(table: pd.DataFrame, pieces: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the area that went from each code to each, also what a code kept."""
    moved = pieces.dropna(subset=["from_code", "to_code"])[["from_code", "to_code", "area_m2"]]
    both = table[(table["area_before_m2"] > 0) & (table["area_after_m2"] > 0)]
    own = pd.DataFrame(
        {"from_code": both.index, "to_code": both.index, "area_m2": both["area_before_m2"] - both["lost_m2"]}
    )
    passed = pd.concat([pd.DataFrame(moved), own], ignore_index=True)
    passed["share_of_from"] = passed["area_m2"] / table["area_before_m2"].reindex(passed["from_code"]).to_numpy()
    passed["share_of_to"] = passed["area_m2"] / table["area_after_m2"].reindex(passed["to_code"]).to_numpy()
    passed["from_gone"] = ~passed["from_code"].isin(table.index[table["area_after_m2"] > 0])
    passed["to_new"] = ~passed["to_code"].isin(table.index[table["area_before_m2"] > 0])
    return passed


def _split(passed: pd.DataFrame) -> set[str]:
    """Return the codes that were split, and the new codes that were split off."""
    made = passed[passed["share_of_to"] > MOSTLY]
    parents = made.groupby("from_code").filter(lambda rows: len(rows) > 1 and bool(rows["to_new"].any()))
    return set(parents["from_code"]) | set(parents.loc[parents["to_new"], "to_code"])


def _merged(passed: pd.DataFrame) -> set[str]:
    """Return the codes that took others in, and the codes that are gone in them."""
    taken = passed[passed["share_of_from"] > MOSTLY]
    heirs = taken.groupby("to_code").filter(lambda rows: len(rows) > 1 and bool(rows["from_gone"].any()))
    return set(heirs["to_code"]) | set(heirs.loc[heirs["from_gone"], "from_code"])


def _others(pieces: gpd.GeoDataFrame) -> dict[str, set[str]]:
    others: dict[str, set[str]] = {}
    passed = pieces.dropna(subset=["from_code", "to_code"])
    for one, other in zip(passed["from_code"], passed["to_code"], strict=True):
        others.setdefault(one, set()).add(other)
        others.setdefault(other, set()).add(one)
    return others


def _kind(code: str, row: Mapping[Hashable, float], split: set[str], merged: set[str]) -> str:
    before, after = row["area_before_m2"], row["area_after_m2"]
    kept = before - row["lost_m2"]
    told = [
        ("kept", before > 0 and after > 0 and not row["lost_m2"] and not row["gained_m2"]),
        ("split", code in split),
        ("merged", code in merged),
        ("added", not before),
        ("removed", not after),
        ("moved", kept <= MOSTLY * before and kept <= MOSTLY * after),
    ]
    return next((kind for kind, fits in told if fits), "reshaped")
