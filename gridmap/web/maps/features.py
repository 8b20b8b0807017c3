"""Frames as the browser's modules read them: GeoJSON with names and codes, six decimals, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import orjson
import shapely

#: Decimals of a degree: 1e-6 is 0.1 m.
DECIMALS: Final = 6
#: Decimals of what is only there to be looked at: 1 m.
COARSE: Final = 5
#: More polygons than this are not sent one by one (a browser takes 490 MB for 70,000), more points neither.
MOST_POLYGONS: Final = 5_000
MOST_POINTS: Final = 20_000


def geometry(shape: shapely.Geometry, decimals: int = DECIMALS) -> orjson.Fragment:
    """Return a geometry in EPSG:4326 as GeoJSON, ready to be put into JSON."""
    return geometries(np.array([shape], dtype=object), decimals)[0]


def geometries(shapes: Any, decimals: int = DECIMALS) -> list[orjson.Fragment]:
    """Return (n,) geometries in EPSG:4326 as GeoJSON; coordinates are rounded, nothing else is moved or dropped."""
    rounded = shapely.transform(np.asarray(shapes, dtype=object), lambda points: np.round(points, decimals))
    return [orjson.Fragment(text) for text in shapely.to_geojson(rounded)]


def collection(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Return a frame in EPSG:4326 as a GeoJSON feature collection with some of its columns.

    Each feature also has `lon` and `lat`, a point inside it for its name.
    """
    inside = shapely.point_on_surface(frame.geometry.to_numpy())
    facts = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), None).to_dict("records")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {**fact, "lon": round(point.x, DECIMALS), "lat": round(point.y, DECIMALS)},
                "geometry": shape,
            }
            for fact, point, shape in zip(facts, inside, geometries(frame.geometry.to_numpy()), strict=True)
        ],
    }


def ring(square: Any) -> list[list[float]]:
    """Return the outline of a square as Leaflet takes it: [lat, lon] of its corners."""
    return [[round(lat, DECIMALS), round(lon, DECIMALS)] for lon, lat in shapely.get_coordinates(square)[:-1]]


def box(shape: shapely.Geometry) -> list[float]:
    """Return west, south, east, north of a geometry."""
    return [round(float(edge), DECIMALS) for edge in shapely.bounds(shape)]
