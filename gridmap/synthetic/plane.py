"""The flat sheet on which stations are drawn, in metres, and its way to longitude and latitude.

The sheet is a sinusoidal projection about a made-up origin: lengths along parallels are true and areas are kept,
so that figures in metres on the sheet hold in any metric CRS to about one part in a thousand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]

ORIGIN = (112.9, 35.8)  # no station of that name stands here; everything drawn on the sheet is made up
METRES_PER_DEGREE = 110_955.0  # of latitude, at the origin's latitude
METRES_PER_DEGREE_EQUATOR = 111_447.0  # of longitude, times cos(latitude)
DECIMALS = 7  # 1 cm: all coordinates leave the sheet rounded alike, so shared vertices stay shared


def to_lonlat(xy: Floats) -> Floats:
    """Return (n, 2) longitudes and latitudes [degrees, 7 decimals] of (n, 2) sheet coordinates [m]."""
    lat = ORIGIN[1] + xy[:, 1] / METRES_PER_DEGREE
    lon = ORIGIN[0] + xy[:, 0] / (METRES_PER_DEGREE_EQUATOR * np.cos(np.radians(lat)))
    return np.round(np.column_stack([lon, lat]), DECIMALS).astype(np.float64)


def lonlat_shapes(shapes: npt.NDArray[np.object_], origin: Floats) -> npt.NDArray[np.object_]:
    """Return shapes drawn about `origin` [m on the sheet] in EPSG:4326, rounded to 7 decimals."""
    return np.asarray(shapely.transform(shapes, lambda xy: to_lonlat(xy + origin)), dtype=object)


def metric_epsg(lon: float) -> int:
    """Return the CGCS2000 3-degree zone (without zone number in its eastings) in which a longitude lies.

    Examples
    --------
    >>> metric_epsg(112.9)
    4547
    """
    return 4534 + round((lon - 75) / 3)
