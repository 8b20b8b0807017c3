"""The zones of an edition as a file of any common format, whole or not at all.

Each format is a module with one function that writes a `ZoneFile`; `write` puts the file in its place only when it is
done. What `gridmap.store.reading` reads back has the same zones, double for double.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gridmap.store.writing.aside import FileNotWritable, aside
from gridmap.store.writing.cells_csv import write_csv
from gridmap.store.writing.formats import FORMATS, Format, FormatUnclear, Notes, Writer, format_of
from gridmap.store.writing.geojson import write_geojson
from gridmap.store.writing.gpkg import write_gpkg
from gridmap.store.writing.kml import write_kml
from gridmap.store.writing.parquet import write_parquet
from gridmap.store.writing.shapefile import write_shapefile
from gridmap.store.writing.zone_file import COLUMNS, ZoneFile

_WRITERS: Final[dict[Format, Writer]] = {
    "gpkg": write_gpkg,
    "geojson": write_geojson,
    "shp": write_shapefile,
    "kml": write_kml,
    "parquet": write_parquet,
    "csv": write_csv,
}


def write(zones: ZoneFile, path: Path, kind: Format) -> Notes:
    """Write `zones` to `path`, replacing what is there; return what the format could not hold, in sentences.

    Raises
    ------
    FileNotWritable
        If there is no such folder, or no permission or room to write in it.
    """
    with aside(path) as made:
        return _WRITERS[kind](zones, made)


__all__ = [
    "COLUMNS",
    "FORMATS",
    "FileNotWritable",
    "Format",
    "FormatUnclear",
    "Notes",
    "ZoneFile",
    "aside",
    "format_of",
    "write",
]
