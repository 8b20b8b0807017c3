"""The formats an edition can be written in, and which one the ending of a file asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from gridmap.errors import Invalid
from gridmap.store.writing.zone_file import ZoneFile

Format = Literal["gpkg", "geojson", "shp", "kml", "parquet", "csv"]
Notes = tuple[str, ...]
Writer = Callable[[ZoneFile, Path], Notes]


class FormatUnclear(Invalid):
    """The ending of the file is of no format that gridmap writes."""

    slug, title = "format-unclear", "The format is not clear"


@dataclass(frozen=True, slots=True)
class Form:
    """How a format is named to a person, by its file's ending, and to a browser."""

    name: str
    ending: str
    media_type: str


FORMATS: Final[dict[Format, Form]] = {
    "gpkg": Form("GeoPackage", ".gpkg", "application/geopackage+sqlite3"),
    "geojson": Form("GeoJSON", ".geojson", "application/geo+json"),
    "shp": Form("Shapefile", ".shp.zip", "application/zip"),
    "kml": Form("KML", ".kml", "application/vnd.google-earth.kml+xml"),
    "parquet": Form("GeoParquet", ".parquet", "application/vnd.apache.parquet"),
    "csv": Form("CSV of grid cells and their beats", ".csv", "text/csv; charset=utf-8"),
}
_ENDINGS: Final = {".json": "geojson", ".zip": "shp", ".geoparquet": "parquet"}


def format_of(path: Path) -> Format:
    """Return the format that the ending of `path` asks for.

    Raises
    ------
    FormatUnclear
        If it asks for none.

    Examples
    --------
    >>> format_of(Path("beats.shp.zip")), format_of(Path("beats.GPKG"))
    ('shp', 'gpkg')
    """
    ending = path.suffix.lower()
    found = _ENDINGS.get(ending) or ending.removeprefix(".")
    if found not in FORMATS or ending == ".shp":
        endings = ", ".join(form.ending for form in FORMATS.values())
        more = "; a Shapefile is several files, so it is written packed" if ending == ".shp" else ""
        raise FormatUnclear(f"{path.name}: gridmap writes {endings}{more}; name one of them, or say --format.")
    return found
