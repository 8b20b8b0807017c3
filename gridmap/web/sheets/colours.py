"""Colours of beats on paper: as few as neighbours need, muted, and told apart without colour too.

References
----------
Brélaz (1979), "New methods to color the vertices of a graph", Communications of the ACM 22(4), 251-256 (DSATUR).
"""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.web.sheets.canvas import Colour

#: Tints of falling lightness (CIE L* 95, 88, 81, 74, 91, 68): a photocopy keeps neighbours apart.
PALETTE: Final[tuple[Colour, ...]] = (
    (0.992, 0.961, 0.878), (0.835, 0.918, 0.945), (0.925, 0.824, 0.765), (0.737, 0.820, 0.706), (0.933, 0.906, 0.969),
    (0.776, 0.706, 0.804),
)  # fmt: skip
#: Zones nearer than this are neighbours [m]; drafts may have slits between theirs.
TOUCH_M: Final = 1.0


def colour_zones(*frames: gpd.GeoDataFrame) -> dict[str, int]:
    """Return a position in `PALETTE` for each zone's code, so that zones that touch differ.

    Parameters
    ----------
    frames
        Zones frames in one metric CRS; of several, as of two editions, a code has one colour in all.

    Returns
    -------
    colours
        code -> 0, 1, 2, …; the same zones get the same colours. Four or five of the six do for a map; where even six are
        too few (a draft in which zones lie over each other), the colour least used around is taken twice.
    """
    codes = list(dict.fromkeys(str(code) for zones in frames for code in zones["code"]))
    place = {code: number for number, code in enumerate(codes)}
    near: list[set[int]] = [set() for _ in codes]
    for zones in frames:
        shapes = zones.geometry.to_numpy()
        at = [place[str(code)] for code in zones["code"]]
        pairs = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCH_M)
        for one, other in pairs.T.tolist():
            if at[one] != at[other]:
                near[at[one]].add(at[other])
    return dict(zip(codes, _dsatur(near).tolist(), strict=True))


def _dsatur(near: list[set[int]]) -> NDArray[np.int64]:
    """Return a colour a vertex: always the vertex next whose neighbours have the most colours already."""
    chosen = np.full(len(near), -1, dtype=np.int64)
    seen: list[set[int]] = [set() for _ in near]
    left = set(range(len(near)))
    while left:
        place = max(left, key=lambda one: (len(seen[one]), len(near[one]), -one))
        around = [int(chosen[other]) for other in near[place]]
        free = [colour for colour in range(len(PALETTE)) if colour not in around]
        chosen[place] = free[0] if free else min(range(len(PALETTE)), key=around.count)
        left.remove(place)
        for other in near[place]:
            seen[other].add(int(chosen[place]))
    return chosen


def lightness(colour: Colour) -> float:
    """Return how light a colour looks, CIE L*: 0 is black, 100 white.

    >>> round(lightness((1.0, 1.0, 1.0)))
    100
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance
