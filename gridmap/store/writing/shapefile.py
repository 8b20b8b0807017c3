"""Shapefile: two of them packed in one ZIP, each with .cpg (UTF-8) and .prj, and the facts as a text beside them."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Final

import geopandas as gpd
import pyogrio

from gridmap.store.writing.formats import Notes
from gridmap.store.writing.zone_file import ZoneFile

PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: A field's name has ten characters at most, its text 254 bytes.
SHORT: Final = {"in_force_since": "in_force"}
MAX_TEXT: Final = 254


def write_shapefile(zones: ZoneFile, path: Path) -> Notes:
    """Write `zones` as a ZIP of `beats` and `grid_cells`; names that are too long for the format are cut and told."""
    notes: list[str] = []
    with (
        tempfile.TemporaryDirectory(dir=path.parent) as folder,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack,
    ):
        for name, frame in zones.layers:
            fitting, told = _fitting(frame.rename(columns=SHORT), name)
            notes += told
            pyogrio.write_dataframe(
                fitting, Path(folder) / f"{name}.shp", driver="ESRI Shapefile", encoding="UTF-8",
            )  # fmt: skip
            for part in PARTS:
                pack.write(Path(folder) / f"{name}{part}", f"{name}{part}")
        pack.writestr("README.txt", zones.told + "\n\nfields: in_force = in force since\n" + "\n".join(notes))
    return tuple(notes)


def _fitting(frame: gpd.GeoDataFrame, layer: str) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the frame with texts of at most `MAX_TEXT` bytes in UTF-8, and a sentence for each that was cut."""
    notes = []
    frame = frame.copy()
    for column in ("name_zh", "name_en"):
        long = frame[column].map(lambda text: len(text.encode()) > MAX_TEXT)
        notes += [f"{layer} {code}: {column} is cut to {MAX_TEXT} bytes" for code in frame.loc[long, "code"]]
        frame.loc[long, column] = frame.loc[long, column].map(
            lambda text: text.encode()[:MAX_TEXT].decode(errors="ignore")
        )
    return frame, notes
