"""KML, written by ourselves: not every build of GDAL has the driver that keeps columns. Every double in exact digits.

References
----------
OGC 12-007r2, "KML 2.3": longitude and latitude in WGS 84, outer rings counterclockwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.store.writing.formats import Notes
from gridmap.store.writing.zone_file import ZoneFile

_TYPES: Final = {"area_m2": "double", "edition": "int", "synthetic": "bool"}
#: What XML 1.0 cannot hold.
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Line colour (alpha, blue, green, red) and width of the two layers; the fill is nearly clear.
_STYLES: Final = {"beats": ("ff7a2f1f", 3, "337a2f1f"), "grid_cells": ("ff555555", 1, "1a555555")}


def write_kml(zones: ZoneFile, path: Path) -> Notes:
    """Write `zones` as KML with a folder for each layer; a placemark's name is the zone's code."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in _document(zones))
    return ()


def _document(zones: ZoneFile) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    yield f"<name>{_text(zones.title)}</name><description>{_text(zones.told)}</description>"
    for name, (line, width, fill) in _STYLES.items():
        yield f'<Style id="{name}-style"><LineStyle><color>{line}</color><width>{width}</width></LineStyle>'
        yield f"<PolyStyle><color>{fill}</color></PolyStyle></Style>"
    for name, frame in zones.layers:
        columns = [column for column in frame.columns if column != "geometry"]
        yield f'<Schema name="{name}" id="{name}">'
        yield from (
            f'<SimpleField type="{_TYPES.get(column, "string")}" name={quoteattr(column)}/>' for column in columns
        )
        yield f"</Schema>\n<Folder><name>{name}</name>"
        yield from _placemarks(name, frame, columns)
        yield "</Folder>"
    yield "</Document></kml>"


def _placemarks(layer: str, frame: gpd.GeoDataFrame, columns: list[str]) -> Iterator[str]:
    shapes = shapely.orient_polygons(frame.geometry.to_numpy(), exterior_cw=False)
    for row, shape in zip(frame[columns].itertuples(index=False, name=None), shapes, strict=True):
        values = dict(zip(columns, row, strict=True))
        named = " ".join(str(values[column]) for column in ("name_zh", "name_en") if values[column])
        yield f"<Placemark><name>{_text(values['code'])}</name><description>{_text(named)}</description>"
        yield f'<styleUrl>#{layer}-style</styleUrl><ExtendedData><SchemaData schemaUrl="#{layer}">'
        yield from (
            f"<SimpleData name={quoteattr(column)}>{_text(value)}</SimpleData>"
            for column, value in values.items()
            if not pd.isna(value)
        )
        yield f"</SchemaData></ExtendedData>{_shape(shape)}</Placemark>"


def _shape(shape: Any) -> str:
    parts = shapely.get_parts(shape)
    polygons = "".join(
        "<Polygon>"
        f"<outerBoundaryIs>{_ring(part.exterior)}</outerBoundaryIs>"
        f"{''.join(f'<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>' for ring in part.interiors)}</Polygon>"
        for part in parts
    )
    return polygons if len(parts) == 1 else f"<MultiGeometry>{polygons}</MultiGeometry>"


def _ring(ring: shapely.LinearRing) -> str:
    pairs = shapely.get_coordinates(ring).tolist()
    return f"<LinearRing><coordinates>{' '.join(f'{x!r},{y!r}' for x, y in pairs)}</coordinates></LinearRing>"


def _text(value: object) -> str:
    """Return a value as XML text; booleans as KML writes them, what XML cannot hold as U+FFFD."""
    told = str(int(value)) if isinstance(value, bool) else str(value)
    return escape(_ILLEGAL.sub("\ufffd", told))
