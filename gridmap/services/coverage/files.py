"""Coverage gaps as a file: GeoJSON for a map, CSV for a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

#: Decimals of a degree: 0.1 m.
DECIMALS: Final = 6
#: What a spreadsheet would run as a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def as_geojson(gaps: gpd.GeoDataFrame, members: dict[str, Any] | None = None) -> bytes:
    """Return gaps as a GeoJSON feature collection in EPSG:4326; `members` stand beside its features.

    References
    ----------
    RFC 7946, "The GeoJSON Format".
    """
    rounded = shapely.transform(gaps.geometry.to_numpy(), lambda places: np.round(places, DECIMALS))
    features = [
        {"type": "Feature", "id": place, "geometry": orjson.Fragment(shape), "properties": facts}
        for place, (shape, facts) in enumerate(zip(shapely.to_geojson(rounded), records(gaps), strict=True))
    ]
    return orjson.dumps({"type": "FeatureCollection", **(members or {}), "features": features})


def as_csv(gaps: gpd.GeoDataFrame) -> bytes:
    """Return gaps as CSV in UTF-8 with the mark spreadsheets look for; `lon` and `lat` lie inside the gap.

    Text that a spreadsheet would run is quoted with an apostrophe.
    """
    spots = shapely.point_on_surface(gaps.geometry.to_numpy())
    rows = []
    for facts, spot in zip(records(gaps), spots, strict=True):
        detail = facts.pop("detail")
        told = {name: _text(value) for name, value in facts.items()}
        rows.append({
            **told, "lon": round(spot.x, DECIMALS), "lat": round(spot.y, DECIMALS), "beats": " ".join(detail.get("beats", [])),
            "detail": orjson.dumps(detail).decode(),
        })  # fmt: skip
    columns = [name for name in gaps.columns if name not in {"detail", "geometry"}] + ["lon", "lat", "beats", "detail"]
    buffer = io.StringIO()
    pd.DataFrame(rows, columns=columns).to_csv(buffer, index=False, lineterminator="\r\n")
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def records(gaps: gpd.GeoDataFrame) -> Iterator[dict[str, Any]]:
    """Give every gap as plain values: ISO times, None for what is missing, no geometry."""
    columns = [name for name in gaps.columns if name != gaps.geometry.name]
    for row in gaps[columns].itertuples(index=False, name=None):
        yield {name: _plain(value) for name, value in zip(columns, row, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 2)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _text(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
