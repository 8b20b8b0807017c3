"""A table of points with all its columns, for questions about them; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.services.imports.columns import ColumnUnclear, match_columns
from gridmap.services.imports.kinds import LAT, LON
from gridmap.services.imports.rows import Rows
from gridmap.store.reading import open_source, placing_for


def read_points(
    path: Path, *, mapping: Mapping[str, str] | None = None, crs: str | None = None, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Return every row of a file with all its columns and its place.

    Parameters
    ----------
    mapping
        ``lon`` and ``lat`` -> column, where the names are not understood by themselves.
    crs
        "EPSG:n", "gcj02" or "bd09"; goes before what the file says.

    Returns
    -------
    points
        (n,) the file's rows in order, index 0 to n - 1, geometry Point in EPSG:4326; an empty Point where a row has no
        place that can be read.

    Raises
    ------
    ColumnUnclear
        If the file has neither shapes nor columns of coordinates.
    NoSystem, FileGone, NotWhatItClaims, Truncated, Encrypted, Bomb, LayerUnclear
    """
    parts: list[pd.DataFrame] = []
    places: list[np.ndarray[tuple[int, int], np.dtype[np.float64]]] = []
    with open_source(path, layer=layer) as source:
        names = match_columns((LON, LAT), source.columns, mapping or {})
        if not source.has_shapes and len(names) < 2:
            raise ColumnUnclear(
                f"{path.name} has no coordinates: say the columns with --map lon=… --map lat=…; "
                f"it has: {', '.join(source.columns[:30])}."
            )
        placing = placing_for(source, crs)
        for block in source.blocks():
            lon, lat = Rows(block, names, placing).points(required=False)
            parts.append(block.table)
            places.append(np.column_stack([lon, lat]))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(source.columns))
    coords = np.concatenate(places) if places else np.empty((0, 2))
    shapes = np.full(len(coords), shapely.Point(), dtype=object)
    placed = np.isfinite(coords).all(axis=1)
    shapes[placed] = shapely.points(coords[placed])
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")
