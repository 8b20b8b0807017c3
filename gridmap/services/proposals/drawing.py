"""Small drawings of divisions: paths in a square of a thousand, light enough to stand in a page side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from gridmap.geo import neighbours
from gridmap.store.frames import STORAGE_CRS

SIDE: Final = 1_000
COLOURS: Final = 7
#: Corners that stand out less than this are left out, in units of the drawing.
_FINE: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What every drawing of a proposal shares: simplified atoms in drawing units, their neighbours, width and height."""

    shapes: NDArray[np.object_]
    borders: sparse.csr_array
    size: tuple[int, int]


def sheet(atoms: gpd.GeoDataFrame, metric_epsg: int) -> Sheet:
    """Return the sheet on which divisions of `atoms` (`code`, geometry in EPSG:4326) are drawn, north up."""
    metric = gpd.GeoDataFrame(atoms[["code"]], geometry=atoms.geometry.to_numpy(), crs=STORAGE_CRS).to_crs(metric_epsg)
    west, south, east, north = metric.total_bounds
    scale = SIDE / max(east - west, north - south, 1e-9)
    shapes = metric.geometry.to_numpy()
    flat = shapely.transform(
        shapes, lambda at: np.column_stack([(at[:, 0] - west) * scale, (north - at[:, 1]) * scale])
    )
    simple = shapely.coverage_simplify(flat, _FINE)
    lost = shapely.is_empty(simple)
    simple[lost] = flat[lost]
    size = (max(round((east - west) * scale), 1), max(round((north - south) * scale), 1))
    return Sheet(simple, neighbours.border_lengths(metric), size)


def draw(
    on: Sheet, zone: NDArray[np.int64], codes: tuple[str, ...], changed: NDArray[np.bool_], first: Mapping[str, int]
) -> dict[str, Any]:
    """Return the drawing of one division.

    Parameters
    ----------
    zone
        (a,) row of the beat of each atom, -1 for none.
    codes
        (k,) codes of the beats.
    changed
        (a,) whether an atom's beat is another than before.
    first
        Colours that beats should have if their neighbours allow: code -> 0 to COLOURS - 1.

    Returns
    -------
    drawing
        `size` (width, height), `beats`: code, `colour`, `path`, `at` (a point inside); `changed`: a path.
    """
    colours = coloured(on, zone, codes, first)
    beats = []
    for row, code in enumerate(codes):
        shapes = on.shapes[zone == row]
        if not len(shapes):
            continue
        whole = _whole(shapes)
        spot = shapely.point_on_surface(max(shapely.get_parts(whole), key=shapely.area))
        beats.append({"code": code, "colour": colours[row], "path": path(whole), "at": [round(spot.x), round(spot.y)]})
    moved = on.shapes[changed]
    return {"size": list(on.size), "beats": beats, "changed": path(_whole(moved)) if len(moved) else ""}


def _whole(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """Return the union of simplified atoms, without the hair between borders that were simplified apart."""
    whole = shapely.union_all(shapes, grid_size=0.5)
    polygons: shapely.Geometry = shapely.MultiPolygon(
        [one for one in shapely.get_parts(whole) if one.geom_type == "Polygon"]
    )
    return polygons


def coloured(on: Sheet, zone: NDArray[np.int64], codes: tuple[str, ...], first: Mapping[str, int]) -> list[int]:
    """Return a colour for each beat, none that of a neighbour as far as `COLOURS` reach; the most bordered choose first."""
    k = len(codes)
    pairs = on.borders.tocoo()
    one, other = zone[pairs.row], zone[pairs.col]
    across = (one != other) & (one >= 0) & (other >= 0)
    touch = np.zeros((k, k), dtype=bool)
    touch[one[across], other[across]] = True
    found = np.full(k, -1)
    for row in np.argsort(-touch.sum(axis=1), kind="stable"):
        near = set(found[touch[row]].tolist()) - {-1}
        wish = first.get(codes[row], int(row) % COLOURS)
        order = [wish, *(np.arange(1, COLOURS) + wish).__mod__(COLOURS).tolist()]
        found[row] = next((int(one) for one in order if one not in near), wish)
    return [int(colour) for colour in found]


def path(shape: shapely.Geometry) -> str:
    """Return polygons as the data of an SVG path in whole units."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return "".join(_ring(np.rint(shapely.get_coordinates(ring)).astype(int)) for ring in rings)


def _ring(points: NDArray[np.int64]) -> str:
    kept = points[np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]]
    if len(kept) < 4:
        return ""
    steps = np.diff(kept[:-1], axis=0)
    return f"M{kept[0, 0]} {kept[0, 1]}l" + " ".join(f"{x} {y}" for x, y in steps.tolist()) + "z"
