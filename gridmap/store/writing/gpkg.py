"""GeoPackage: beats and grid cells as two layers, the facts as its metadata."""

from __future__ import annotations

from pathlib import Path

import pyogrio

from gridmap.store.writing.formats import Notes
from gridmap.store.writing.zone_file import ZoneFile


def write_gpkg(zones: ZoneFile, path: Path) -> Notes:
    """Write `zones` as a GeoPackage with the layers `beats` and `grid_cells`."""
    facts = {name: "" if value is None else str(value) for name, value in zones.facts.items()}
    for place, (name, frame) in enumerate(zones.layers):
        pyogrio.write_dataframe(
            frame, path, layer=name, driver="GPKG", append=place > 0, geometry_type="MultiPolygon",
            promote_to_multi=True, layer_metadata=facts,
            dataset_metadata={"DESCRIPTION": zones.description, **facts} if place == 0 else None,
            layer_options={"GEOMETRY_NAME": "geom", "IDENTIFIER": f"{zones.title}: {name}", "DESCRIPTION": zones.description},
        )  # fmt: skip
    return ()
