"""One door to every format: sniff, unpack if packed, open."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from gridmap.store.reading.archive import unpack
from gridmap.store.reading.csv_file import open_csv
from gridmap.store.reading.faults import NotWhatItClaims, Truncated
from gridmap.store.reading.geojson import open_geojson
from gridmap.store.reading.sniffing import sniff
from gridmap.store.reading.source import Kind, Source
from gridmap.store.reading.vector import layers_of, open_parquet, open_vector
from gridmap.store.reading.xlsx_file import open_xlsx, sheets_of


@contextmanager
def open_source(path: Path, *, layer: str | None = None, encoding: str | None = None) -> Iterator[Source]:
    """Open the file at `path`, whatever it is, and give its rows in blocks; unpacked copies go when it closes.

    Parameters
    ----------
    path
        GeoPackage, Shapefile (or zipped), GeoJSON, KML, FlatGeobuf, GeoParquet, Excel (.xlsx), CSV (or .csv.gz).
    layer
        Which layer, or sheet, of a file that has several.
    encoding
        Of the text in CSV and Shapefile; None finds out.

    Raises
    ------
    FileGone, NotWhatItClaims, Truncated, Encrypted, Bomb, LayerUnclear
        See `gridmap.store.reading.faults`.
    """
    kind = sniff(path)
    if kind != "zip":
        yield _open(path, kind, layer=layer, encoding=encoding, shown=path)
        return
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        inside = unpack(path, Path(folder), layer=layer)
        kind = sniff(inside)
        named = None if inside.suffix == ".shp" else layer
        source = _open(inside, kind, layer=named, encoding=encoding, shown=path)
        yield replace(source, path=path)


def _open(path: Path, kind: str, *, layer: str | None, encoding: str | None, shown: Path) -> Source:
    if kind in {"csv", "gzip"}:
        return open_csv(path, packed=kind == "gzip", encoding=encoding)
    if kind == "geojson":
        return open_geojson(path)
    if kind == "parquet":
        return open_parquet(path)
    if kind == "xlsx":
        return open_xlsx(path, layer=layer, shown=shown)
    if kind == "shapefile":
        missing = [part for part in (".shx", ".dbf") if not _beside(path, part).exists()]
        if missing:
            raise NotWhatItClaims(
                f"{shown.name} lacks its {' and '.join(missing)}; a Shapefile is .shp, .shx and .dbf together.",
                file=shown.name,
            )
        _check_table(_beside(path, ".dbf"), shown)
    return open_vector(path, cast("Kind", kind), layer=layer, encoding=encoding, shown=shown)


def _beside(path: Path, part: str) -> Path:
    lower = path.with_suffix(part)
    return lower if lower.exists() else path.with_suffix(part.upper())


def _check_table(path: Path, shown: Path) -> None:
    """Compare the size of a Shapefile's table with the rows its header counts."""
    with path.open("rb") as file:
        head = file.read(32)
    rows, start, width = struct.unpack_from("<IHH", head.ljust(32, b"\0"), 4)
    size, wanted = path.stat().st_size, start + rows * width
    if len(head) < 32 or size < wanted:
        raise Truncated(
            f"{shown.name}: its .dbf ends after {size:,} bytes, the header says {wanted:,}: it was cut off; copy it again.",
            file=shown.name, size=size, wanted=wanted,
        )  # fmt: skip


def layers_in(path: Path) -> list[str]:
    """Return the names of the layers of a file that keeps several (GeoPackage, KML, Excel); of any other, nothing."""
    kind = sniff(path)
    if kind == "xlsx":
        return sheets_of(path)
    return layers_of(path, kind, path) if kind in {"gpkg", "kml"} else []
