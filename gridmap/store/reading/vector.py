"""GeoPackage, FlatGeobuf, KML and Shapefile through GDAL, and GeoParquet through Arrow, in blocks."""

from __future__ import annotations

import json
import warnings
import xml.parsers.expat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pyproj
from numpy.typing import NDArray

from gridmap.store.reading.binary import from_wkb
from gridmap.store.reading.encodings import check_encoding, detect
from gridmap.store.reading.faults import Bomb, LayerUnclear, NotWhatItClaims, Truncated
from gridmap.store.reading.source import BLOCK_ROWS, Block, Kind, Source

MAX_XML_DEPTH: Final = 40
#: Characters of coordinates one KML geometry may have (100,000 vertices).
MAX_XML_TEXT: Final = 4 << 20


@contextmanager
def _asking(shown: Path) -> Iterator[None]:
    """Ask GDAL something: its warnings are not for a person, its errors are told as a damaged file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (
        pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError, RuntimeError, OSError,
        pa.ArrowException,
    ) as error:  # fmt: skip
        told = str(error).strip().splitlines()[0][:200].replace(str(shown), shown.name)
        raise Truncated(
            f"{shown.name} is damaged or cut off ({told}); export or copy it again.", file=shown.name
        ) from error


def layers_of(path: Path, kind: str, shown: Path) -> list[str]:
    """Return the names of the layers in the file at `path`, which GDAL reads; `shown` is the path the person gave.

    Raises
    ------
    Truncated
        If GDAL cannot read it.
    Bomb
        If it is KML with entities, or nested or long beyond the limits.
    """
    if kind == "kml":
        _check_xml(path, shown)
    with _asking(shown):
        return [str(name) for name, _ in pyogrio.list_layers(path)]


def open_vector(path: Path, kind: Kind, *, layer: str | None, encoding: str | None, shown: Path) -> Source:
    """Return the layer `layer` of a file that GDAL reads; `shown` is the path the person gave.

    Raises
    ------
    LayerUnclear
        If there are several layers and none is named, or the named one is not there.
    Truncated
        If GDAL cannot read it to its end.
    Bomb
        If it is KML with entities, or nested or long beyond the limits.
    """
    name = _choose(layers_of(path, kind, shown), layer, shown) if kind != "shapefile" else None
    with _asking(shown):
        info = pyogrio.read_info(path, layer=name, encoding="ISO-8859-1" if kind == "shapefile" else None)
    columns = tuple(str(column) for column in info["fields"])
    crs = _crs(info["crs"])
    notes: tuple[str, ...] = ()
    if kind == "shapefile":
        text = _shapefile_encoding(path, encoding)
        columns = tuple(_decoded(column, text)[0] for column in columns)
        notes = () if text == "utf-8" else (f"names read as {text.upper()}",)
        blocks = _shapefile_blocks(path, text, shown)
    else:
        blocks = _arrow_blocks(path, name, shown)
    total = int(info["features"])
    if kind == "kml":
        crs = pyproj.CRS.from_epsg(4326)
        if "LIBKML" not in pyogrio.list_drivers():  # some builds of the wheel leave it out
            notes = (
                "this build of GDAL reads a KML's names and descriptions only; other columns need its LIBKML driver",
            )

    return Source(
        shown, kind, columns, crs, has_shapes=info["geometry_type"] is not None, total=max(total, 1),
        blocks=lambda: blocks, notes=notes,
    )  # fmt: skip


def _choose(layers: list[str], wanted: str | None, path: Path) -> str:
    told = ", ".join(layers[:20])
    if wanted is not None:
        if wanted in layers:
            return wanted
        raise LayerUnclear(f"{path.name} has no layer {wanted!r}; it has: {told}.", layers=layers)
    if len(layers) == 1:
        return layers[0]
    if not layers:
        raise NotWhatItClaims(f"{path.name} has no layer; export it again.", file=path.name)
    raise LayerUnclear(f"{path.name} has {len(layers)} layers ({told}); name one with --layer.", layers=layers)


def _crs(name: str | None) -> pyproj.CRS | None:
    return None if name is None or "Undefined" in name else pyproj.CRS.from_user_input(name)


def _arrow_blocks(path: Path, layer: str | None, shown: Path) -> Iterator[Block]:
    done = 0
    with ExitStack() as stack:
        with _asking(shown):
            asked = pyogrio.open_arrow(path, layer=layer, batch_size=BLOCK_ROWS, use_pyarrow=True)
            meta, reader = stack.enter_context(asked)
        geometry = meta["geometry_name"] or "wkb_geometry"
        while True:
            with _asking(shown):
                batch = next(iter(reader), None)
            if batch is None:
                return
            if batch.num_rows:
                yield _from_arrow(batch, geometry, done)
            done += batch.num_rows


def _from_arrow(batch: pa.RecordBatch, geometry: str, done: int) -> Block:
    unread: dict[int, tuple[str, str]] = {}
    shapes = None
    if geometry in batch.schema.names:
        shapes = from_wkb(batch.column(geometry).to_numpy(zero_copy_only=False), unread)
        batch = batch.drop_columns([geometry])
    table = batch.to_pandas()
    for name, kind in zip(batch.schema.names, batch.schema.types, strict=True):
        if pa.types.is_integer(kind) and table[name].dtype.kind == "f":  # nulls made floats of them
            table[name] = table[name].astype("Int64")
    lines = np.arange(done + 1, done + len(table) + 1, dtype=np.int64)
    return Block(lines, table, shapes, unread, done + len(table))


def _shapefile_encoding(path: Path, encoding: str | None) -> str:
    """Return the encoding of the names: as asked for, as the .cpg says, else as the .dbf's bytes tell."""
    if encoding:
        return check_encoding(encoding)
    page = path.with_suffix(".cpg")
    if page.exists():
        said = page.read_text(encoding="ascii", errors="replace").strip().lower()
        said = {"936": "gb18030", "cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "65001": "utf-8"}.get(
            said, said
        )
        try:
            return check_encoding(said)
        except NotWhatItClaims:
            pass
    table = path.with_suffix(".dbf")
    if not table.exists():
        return "utf-8"
    with table.open("rb") as file:
        head = file.read(32)
        file.seek(int.from_bytes(head[8:10], "little"))
        width = max(int.from_bytes(head[10:12], "little"), 1)
        return detect(iter(lambda: b"\n".join(file.read(width) for _ in range(2000)).rstrip(b"\n"), b""))


def _shapefile_blocks(path: Path, encoding: str, shown: Path) -> Iterator[Block]:
    """Read bytes as Latin-1, which loses nothing, and decode each value alone: bad bytes cost one row."""
    done = 0
    total = int(pyogrio.read_info(path)["features"])
    while done < total:
        with _asking(shown):
            meta, _, raw, values = pyogrio.raw.read(
                path, skip_features=done, max_features=BLOCK_ROWS, encoding="ISO-8859-1"
            )
        unread: dict[int, tuple[str, str]] = {}
        shapes = None if raw is None else from_wkb(raw, unread)
        columns = {}
        for name, column in zip(meta["fields"], values, strict=True):
            columns[_decoded(str(name), encoding)[0]] = (
                _decode_column(column, encoding, unread) if column.dtype == object else column
            )
        count = len(values[0]) if values else len(raw)
        lines = np.arange(done + 1, done + count + 1, dtype=np.int64)
        done += count
        yield Block(lines, pd.DataFrame(columns, index=range(count)), shapes, unread, done)
        if not count:
            return


def _decoded(text: str, encoding: str) -> tuple[str, str]:
    raw = text.encode("latin-1", errors="replace")
    try:
        return raw.decode(encoding), ""
    except UnicodeDecodeError as error:
        return raw.decode(encoding, errors="replace"), raw[error.start : error.start + 4].hex(" ")


def _decode_column(column: NDArray[Any], encoding: str, unread: dict[int, tuple[str, str]]) -> list[str | None]:
    decoded: list[str | None] = []
    for place, value in enumerate(column):
        if not isinstance(value, str):
            decoded.append(value)
            continue
        text, bad = _decoded(value, encoding)
        if bad:
            unread.setdefault(place, (f"bytes that are not {encoding.upper()} ({bad})", text[:80]))
        decoded.append(text)
    return decoded


def open_parquet(path: Path) -> Source:
    """Return the (Geo)Parquet file at `path` as a source; without geo metadata it is a plain table.

    Raises
    ------
    NotWhatItClaims
        If its footer or its geo metadata cannot be read, or the geometry is not WKB.
    """
    try:
        file = pyarrow.parquet.ParquetFile(path)
        meta = file.schema_arrow.metadata or {}
        geo = json.loads(meta[b"geo"]) if b"geo" in meta else None
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        told = str(error).splitlines()[0][:200]
        raise NotWhatItClaims(f"{path.name} is damaged Parquet ({told}); export it again.", file=path.name) from error
    names = tuple(file.schema_arrow.names)
    geometry, crs = _geo_column(geo, path) if geo else ("", None)

    def blocks() -> Iterator[Block]:
        done = 0
        batches = file.iter_batches(BLOCK_ROWS)
        while True:
            with _asking(path):
                batch = next(batches, None)
            if batch is None:
                return
            yield _from_arrow(batch, geometry, done)
            done += batch.num_rows

    return Source(
        path, "parquet", tuple(name for name in names if name != geometry), crs,
        has_shapes=bool(geometry), total=max(file.metadata.num_rows, 1), blocks=blocks,
    )  # fmt: skip


def _geo_column(geo: dict[str, Any], path: Path) -> tuple[str, pyproj.CRS | None]:
    try:
        name = geo["primary_column"]
        column = geo["columns"][name]
        said = column.get("crs", "OGC:CRS84")
        crs = None if said is None else pyproj.CRS.from_user_input(said)
    except (KeyError, TypeError, AttributeError, pyproj.exceptions.CRSError) as error:
        raise NotWhatItClaims(f"{path.name} has geo metadata that cannot be read; export it again.") from error
    if column.get("encoding") != "WKB":
        raise NotWhatItClaims(f"{path.name} keeps geometry as {column.get('encoding')}; export it as WKB.")
    return str(name), crs


def _check_xml(path: Path, shown: Path) -> None:
    """Walk through KML without building anything: no entities, no depth, no endless coordinates; closed at the end."""
    depth = length = 0
    parser = xml.parsers.expat.ParserCreate()

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, length
        depth, length = depth + 1, 0
        if depth > MAX_XML_DEPTH:
            raise Bomb(f"{shown.name}, line {parser.CurrentLineNumber}: nested deeper than {MAX_XML_DEPTH}; refused.")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def text(data: str) -> None:
        nonlocal length
        length += len(data)
        if length > MAX_XML_TEXT:
            raise Bomb(f"{shown.name}, line {parser.CurrentLineNumber}: a text of more than 4 MB; simplify the shape.")

    def doctype(*_: object) -> None:
        raise Bomb(f"{shown.name}, line {parser.CurrentLineNumber}: a document type with entities; KML has none.")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, doctype
    parser.buffer_text = True
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except xml.parsers.expat.ExpatError as error:
        raise Truncated(
            f"{shown.name} is not whole XML: {error}; it was cut off or damaged; export it again.", file=shown.name
        ) from error
