"""The answer of an analysis as a file for the GIS people: GeoJSON, GeoPackage or CSV."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final, Literal

import geopandas as gpd
import orjson
import pandas as pd

from gridmap.errors import NotFound

Format = Literal["json", "geojson", "gpkg", "csv"]
MEDIA: Final[dict[Format, str]] = {
    "json": "application/json", "geojson": "application/geo+json", "gpkg": "application/geopackage+sqlite3",
    "csv": "text/csv; charset=utf-8",
}  # fmt: skip
STORAGE_CRS: Final = "EPSG:4326"
#: A spreadsheet takes a text that begins so for a formula; it gets an apostrophe before it.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class NoLayer(NotFound):
    """The answer has no features, so there is no layer to write."""

    slug, title = "no-layer", "This analysis has no layer"


def to_file(body: bytes, form: Format) -> bytes:
    """Return an answer (JSON of `found.to_body`) in a format; CSV holds the features, else the first table.

    Raises
    ------
    NoLayer
        If the answer has no features, and for CSV no table either.
    """
    if form == "json":
        return body
    content = orjson.loads(body)
    layer = content["cells"]
    if form == "csv":
        rows = (
            [one["properties"] for one in layer["features"]] if layer else next(iter(content["tables"].values()), None)
        )
        if rows is None:
            raise NoLayer(f"{content['analysis']} has neither features nor a table; ask for format=json")
        told = pd.DataFrame(rows)
        for name in told.columns[[not pd.api.types.is_numeric_dtype(one) for one in told.dtypes]]:
            told[name] = told[name].map(_as_text)
        if layer and layer["features"]:
            middle = gpd.GeoSeries(gpd.GeoDataFrame.from_features(layer["features"]).geometry.representative_point())
            told = told.assign(lon=middle.x.round(6).to_numpy(), lat=middle.y.round(6).to_numpy())
        return ("\ufeff" + told.to_csv(index=False, lineterminator="\r\n")).encode()
    if layer is None:
        raise NoLayer(f"{content['analysis']} has no features; ask for format=json or csv")
    if form == "geojson":
        head = {name: content[name] for name in ("analysis", "station", "synthetic", "since", "until", "facts")}
        return orjson.dumps({**layer, **head})
    frame = gpd.GeoDataFrame.from_features(layer["features"], crs=STORAGE_CRS)
    if frame.empty:
        frame = gpd.GeoDataFrame({"empty": []}, geometry=[], crs=STORAGE_CRS)
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder) / "layer.gpkg"
        frame.to_file(path, driver="GPKG", layer=content["analysis"])
        return path.read_bytes()


def _as_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
