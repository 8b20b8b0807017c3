"""GeoJSON: all zones in one collection, `kind` telling beats from grid cells; every double in its shortest exact digits.

References
----------
RFC 7946, "The GeoJSON Format": WGS 84 longitude and latitude, outer rings counterclockwise, further members allowed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import shapely

from gridmap.store.writing.formats import Notes
from gridmap.store.writing.zone_file import COLUMNS, ZoneFile


def write_geojson(zones: ZoneFile, path: Path) -> Notes:
    """Write `zones` as one FeatureCollection."""
    frame = zones.together
    texts = shapely.to_geojson(shapely.orient_polygons(frame.geometry.to_numpy(), exterior_cw=False))
    features = [
        {
            "type": "Feature",
            "id": f"{row[0]}/{row[1]}",
            "properties": dict(zip(COLUMNS, row, strict=True)),
            "geometry": orjson.Fragment(text),
        }
        for row, text in zip(frame[list(COLUMNS)].itertuples(index=False, name=None), texts, strict=True)
    ]
    collection: dict[str, Any] = {
        "type": "FeatureCollection",
        "name": zones.title,
        "description": zones.description,
        **zones.facts,
        "features": features,
    }
    path.write_bytes(orjson.dumps(collection, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE))
    return ()
