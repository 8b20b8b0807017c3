"""GeoParquet: all zones in one table, `kind` telling beats from grid cells, the facts in the file's metadata.

References
----------
GeoParquet 1.1.0: metadata `geo` with primary column, encoding, geometry types, CRS (PROJJSON) and bounding box.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyproj
import shapely

from gridmap.store.writing.formats import Notes
from gridmap.store.writing.zone_file import COLUMNS, ZoneFile


def write_parquet(zones: ZoneFile, path: Path) -> Notes:
    """Write `zones` as GeoParquet 1.1 with the facts under the metadata key `gridmap`."""
    frame = zones.together
    shapes = frame.geometry.to_numpy()
    table = pa.Table.from_pandas(pd.DataFrame(frame[list(COLUMNS)]), preserve_index=False)
    table = table.append_column("geometry", pa.array(shapely.to_wkb(shapes), type=pa.binary()))
    crs = pyproj.CRS.from_user_input("OGC:CRS84").to_json_dict()  # longitude first, as the doubles are
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted({shape.geom_type for shape in shapes}),
        "crs": crs,
        "bbox": list(map(float, frame.total_bounds)),
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    facts = {"title": zones.title, "description": zones.description, **zones.facts}
    told = {b"geo": json.dumps(geo).encode(), b"gridmap": json.dumps(facts, ensure_ascii=False).encode()}
    kept = table.schema.metadata or {}
    pyarrow.parquet.write_table(table.replace_schema_metadata({**kept, **told}), path, compression="zstd")
    return ()
