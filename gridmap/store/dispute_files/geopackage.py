"""Disputes as points of a GeoPackage; what has no place is a row without one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyogrio

from gridmap.domain.dispute_sheet import COLUMNS
from gridmap.store.dispute_files.content import Content

_POINT: Final = struct.Struct("<BIdd")
_AT_ONCE: Final = 20_000
_TYPES: Final = {
    "text": pa.string(), "word": pa.string(), "whole": pa.int32(), "moment": pa.timestamp("ms", tz="UTC"),
    "degrees": pa.float64(), "flag": pa.bool_(),
}  # fmt: skip


def write_geopackage(content: Content, path: Path) -> None:
    """Write the layer `disputes` (EPSG:4326), its fields by their English names, times in UTC, the facts as metadata."""
    fields = [(column.name, _TYPES[column.holds]) for column in COLUMNS]
    geometry = pa.field("geom", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    schema = pa.schema([*(pa.field(name, kind) for name, kind in fields), geometry])
    reader = pa.RecordBatchReader.from_batches(schema, _batches(content, schema))
    facts = dict(content.facts)
    pyogrio.write_arrow(
        reader, path, layer="disputes", driver="GPKG", geometry_name="geom", geometry_type="Point", crs="EPSG:4326",
        layer_metadata=facts, dataset_metadata={"DESCRIPTION": "; ".join(facts.values()), **facts},
        layer_options={"GEOMETRY_NAME": "geom", "IDENTIFIER": content.title},
    )  # fmt: skip


def _batches(content: Content, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    names = [column.name for column in COLUMNS]
    lon, lat = names.index("lon"), names.index("lat")
    rows = iter(content.rows())
    while part := list(islice(rows, _AT_ONCE)):
        columns: list[Any] = [list(values) for values in zip(*part, strict=True)]
        columns.append([None if row[lon] is None else _POINT.pack(1, 1, row[lon], row[lat]) for row in part])
        yield pa.record_batch(
            [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)], schema=schema
        )
