"""What an analysis answers, and how that is kept and sent: facts, tables, and features for the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

STORAGE_CRS: Final = "EPSG:4326"
DECIMALS: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The answer of an analysis.

    `facts`: numbers and words of the whole, as JSON can hold them; `method` says how in words' keys. `cells`: features for the map
    in any CRS, columns that JSON can hold. `tables`: name -> rows for the panel beside the map.
    """

    facts: dict[str, Any]
    cells: gpd.GeoDataFrame | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


def to_body(found: Found, head: Mapping[str, Any]) -> bytes:
    """Return an answer as JSON: the members of `head`, `facts`, `tables` (name -> list of rows), `cells` (GeoJSON, EPSG:4326)."""
    content = {
        **head,
        "facts": _plain(found.facts),
        "tables": {name: rows(table) for name, table in found.tables.items()},
        "cells": None if found.cells is None else _features(found.cells),
    }
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON can hold them; what is missing is None."""
    columns = {str(name): _values(table[name]) for name in table.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _features(cells: gpd.GeoDataFrame) -> dict[str, Any]:
    told = cells.to_crs(STORAGE_CRS) if cells.crs is not None else cells
    shapes = shapely.set_precision(np.asarray(told.geometry.array), 10**-DECIMALS, mode="pointwise")
    facts = rows(pd.DataFrame(told.drop(columns=told.geometry.name)))
    drawn = shapely.to_geojson(shapes)
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": n, "properties": fact, "geometry": orjson.Fragment(shape)}
            for n, (fact, shape) in enumerate(zip(facts, drawn, strict=True))
        ],
    }


def _values(column: pd.Series[Any]) -> list[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or np.issubdtype(np.asarray(column).dtype, np.datetime64):
        return [None if pd.isna(value) else value.isoformat() for value in column]
    return [_plain(value) for value in column.tolist()]


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: not-a-number is None, dates are ISO, tuples lists."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.tolist()]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
