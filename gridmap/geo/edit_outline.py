"""How many zones should lie over a place: one inside the outline of the map, none beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.topology_edges import Rings, loose_edges, rings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.geo.edit_plane import Plane, Shape


def wish(every: NDArray[np.object_], outline: Shape | None, plane: Plane) -> Callable[[float, float, int], int]:
    """Return a function of a place x, y and how many of the zones `every` lie over it: how many should.

    Without an `outline` a place belongs to the map if a zone covers it or zones enclose it; that is worked out the
    first time it is asked for.
    """
    enclosed: list[NDArray[np.object_]] = []
    first = np.array([0.0, 0.0]) if not len(every) else shapely.get_coordinates(every)[:1].sum(axis=0)

    def should(x: float, y: float, lay: int) -> int:
        if outline is not None:
            return int(shapely.contains_xy(outline, x, y))
        if lay:
            return 1
        if not enclosed:
            enclosed.append(_enclosed(every, first, plane))
        at = (np.array([x, y]) - first) * plane.scale
        return int(shapely.contains_xy(enclosed[0], *at).any())

    return should


def _enclosed(every: NDArray[np.object_], first: NDArray[np.float64], plane: Plane) -> NDArray[np.object_]:
    """Return polygons [m from `first`] that hold all ground inside the outermost borders, which no two zones share."""
    rings = rings_of(every)
    loose = loose_edges(Rings((rings.coords - first) * plane.scale, rings.starts, rings.owner, rings.side))
    lines = shapely.linestrings(loose.places[loose.ends[loose.net != 0]])
    runs = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))  # few long lines are united quickly
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(runs))))
    return np.asarray(shapely.polygons(shapely.get_exterior_ring(faces)), dtype=object)
