"""GeoJSON, feature by feature: brackets are counted on the raw bytes, so nothing deep or huge is ever parsed.

The bytes are scanned with NumPy (depth outside strings), cut at the features, and each feature is parsed alone: a
broken number costs one row, memory is one block, and nesting is refused before any parser sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from gridmap.store.reading.archive import chunks_of
from gridmap.store.reading.faults import Bomb, NotWhatItClaims, Truncated
from gridmap.store.reading.source import BLOCK_ROWS, Block, Source

MAX_DEPTH: Final = 20
MAX_FEATURE: Final = 8 << 20
MAX_HEADER: Final = 1 << 20
#: Vertices a feature may have before its coordinates are looked at; what a zone may have is checked again later.
MAX_VERTICES: Final = 100_000
#: A block is handed on when its features reach this many bytes, or `BLOCK_ROWS`.
BLOCK_BYTES: Final = 32 << 20

_STEP: Final = np.zeros(256, np.int8)
_STEP[[0x7B, 0x5B]] = 1  # { [
_STEP[[0x7D, 0x5D]] = -1  # } ]
_GEOMETRIES: Final = {
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
}  # fmt: skip


@dataclass
class _Scan:
    """Where we are in the bytes: bracket depth, inside a string or an escape, inside the array of features."""

    path: Path
    depth: int = 0
    quoted: bool = False
    escaped: bool = False
    in_features: bool = False
    header: bytearray = field(default_factory=bytearray)
    features: int = 0
    read: int = 0

    def brackets(self, chunk: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the positions of the brackets of `chunk` outside strings, and the depth after each."""
        data = np.frombuffer(chunk, np.uint8)
        quotes = np.flatnonzero(data == 0x22)
        if self.escaped or b"\\" in chunk:
            quotes = self._unescaped(data, quotes)
        places = np.flatnonzero(_STEP[data])
        outside = (np.searchsorted(quotes, places) + self.quoted) % 2 == 0
        places = places[outside]
        depths = self.depth + np.cumsum(_STEP[data[places]], dtype=np.int64)
        self.quoted = bool((len(quotes) + self.quoted) % 2)
        if len(depths):
            self._check(places, depths)
            self.depth = int(depths[-1])
        return places, depths

    def _unescaped(self, data: NDArray[np.uint8], quotes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the quotes that no backslash escapes: an even number of them stands before."""
        slashes = data == 0x5C
        index = np.arange(len(data))
        last_other = np.maximum.accumulate(np.where(slashes, -1, index))
        run = index - last_other  # length of the run of backslashes that ends here
        if self.escaped:
            run = np.where(last_other == -1, run + 1, run)
        before = np.where(quotes > 0, run[quotes - 1], int(self.escaped))
        before = np.where(slashes[quotes - 1] | (quotes == 0), before, 0)
        self.escaped = bool(slashes[-1] and run[-1] % 2) if len(data) else self.escaped
        return np.asarray(quotes[before % 2 == 0], dtype=np.int64)

    def _check(self, places: NDArray[np.int64], depths: NDArray[np.int64]) -> None:
        if depths.max() > MAX_DEPTH:
            where = self.read + int(places[np.argmax(depths > MAX_DEPTH)])
            raise Bomb(
                f"{self.path.name}, byte {where:,}: brackets nested deeper than {MAX_DEPTH}; no map is; it is refused.",
                file=self.path.name, byte=where,
            )  # fmt: skip
        if depths.min() < 0:
            where = self.read + int(places[np.argmax(depths < 0)])
            raise NotWhatItClaims(
                f"{self.path.name}, byte {where:,}: a bracket closes that never opened; export the file again.",
                file=self.path.name, byte=where,
            )  # fmt: skip


def open_geojson(path: Path) -> Source:
    """Return the GeoJSON file at `path` as a source; its CRS from an old `crs` member, else EPSG:4326.

    Raises
    ------
    NotWhatItClaims
        If it is JSON of another kind, or broken between its features.
    Bomb
        If it nests deeper than `MAX_DEPTH`, or a feature is larger than `MAX_FEATURE`.
    Truncated
        If it ends inside a feature.
    """
    scan = _Scan(path)
    raw = _features(path, scan)
    pending: list[tuple[bytes, int]] = []
    size = 0
    for feature, position in raw:
        pending.append((feature, position))
        size += len(feature)
        if len(pending) >= BLOCK_ROWS or size >= BLOCK_BYTES:
            break
    first = _parse(pending)
    names: dict[str, None] = {}
    for properties, _, _ in first:
        names.update(dict.fromkeys(properties))
    columns = tuple(names)

    def blocks() -> Iterator[Block]:
        number = len(first)
        if first:
            yield _block(first, columns, 0, pending[-1][1])
        waiting: list[tuple[bytes, int]] = []
        held = 0
        for feature, position in raw:
            waiting.append((feature, position))
            held += len(feature)
            if len(waiting) >= BLOCK_ROWS or held >= BLOCK_BYTES:
                yield _block(_parse(waiting), columns, number, position)
                number += len(waiting)
                waiting, held = [], 0
        if waiting:
            yield _block(_parse(waiting), columns, number, waiting[-1][1])

    crs = _crs(bytes(scan.header), path)
    return Source(path, "geojson", columns, crs, has_shapes=True, total=path.stat().st_size, blocks=blocks)


def _features(path: Path, scan: _Scan) -> Iterator[tuple[bytes, int]]:
    """Yield (bytes of a feature, position in the file); what stands around the features goes to `scan.header`."""
    cutter = _Cutter(scan, path)
    for chunk, position in chunks_of(path, packed=False):
        data = chunk.removeprefix(b"\xef\xbb\xbf") if scan.read == 0 else chunk
        for feature in cutter.cut(data):
            yield feature, position
        scan.read += len(chunk)
    if scan.depth or scan.quoted:
        raise Truncated(
            f"{path.name} ends after {scan.read:,} bytes inside feature {scan.features + 1}: it was cut off; "
            "export or copy it again.",
            file=path.name, feature=scan.features + 1,
        )  # fmt: skip
    if not scan.features:
        yield from _single(scan, path)


@dataclass
class _Cutter:
    """Cuts the bytes at the features: what is inside goes out whole, what stands around goes to the header."""

    scan: _Scan
    path: Path
    held: bytes = b""  # the feature that is not complete yet
    start: int = 0  # where in the present bytes the uncut rest begins

    def cut(self, data: bytes) -> Iterator[bytes]:
        """Yield the features that end in `data`."""
        places, depths = self.scan.brackets(data)
        opened = _STEP[np.frombuffer(data, np.uint8)[places]] > 0
        levels = np.where(opened, depths, depths + 1)  # the depth inside the bracket
        self.start = 0
        for each in np.flatnonzero(levels <= 3):
            place, level, opens = int(places[each]), int(levels[each]), bool(opened[each])
            if not self.scan.in_features:
                self._around(data, place, level, opens=opens)
            elif level == 3:
                if opens:
                    _check_between(data[self.start : place], self.scan, self.path)
                    self.start = place
                else:
                    self.scan.features += 1
                    yield self.held + data[self.start : place + 1]
                    self.held, self.start = b"", place + 1
            elif level == 2:  # the list of features ends
                _check_between(data[self.start : place], self.scan, self.path)
                self.scan.in_features, self.start = False, place
        self._keep_rest(data)

    def _around(self, data: bytes, place: int, level: int, *, opens: bool) -> None:
        before = data[self.start : place]
        if level == 2 and opens and data[place] == 0x5B and _after_key(self.scan, before):
            self.scan.header += data[self.start : place + 1]
            self.scan.in_features, self.start = True, place + 1

    def _keep_rest(self, data: bytes) -> None:
        rest = data[self.start :]
        if not self.scan.in_features:
            self.scan.header += rest
            if len(self.scan.header) > MAX_HEADER:
                _refuse_header(bytes(self.scan.header), self.path)
        elif self.scan.depth >= 3:
            self.held += rest
            if len(self.held) > MAX_FEATURE:
                number = self.scan.features + 1
                raise Bomb(
                    f"{self.path.name}, feature {number}: more than {MAX_FEATURE >> 20} MB; simplify it, export again.",
                    file=self.path.name, feature=number,
                )  # fmt: skip
        else:
            _check_between(rest, self.scan, self.path)


def _after_key(scan: _Scan, before: bytes) -> bool:
    tail = (bytes(scan.header[-64:]) + before)[-64:]
    return re.search(rb'"features"\s*:\s*$', tail) is not None


def _check_between(between: bytes, scan: _Scan, path: Path) -> None:
    if between.strip(b" \t\r\n,\x1e"):
        raise NotWhatItClaims(
            f"{path.name}, after feature {scan.features}: {between.strip(b' ,').strip()[:30].decode(errors='replace')!r} stands where a feature should; "
            "export the file again.",
            file=path.name, feature=scan.features,
        )  # fmt: skip


def _refuse_header(header: bytes, path: Path) -> None:
    kind = "TopoJSON" if b'"Topology"' in header[:4096] else "JSON, but not GeoJSON"
    raise NotWhatItClaims(
        f"{path.name} is {kind}: no list of features in its first {MAX_HEADER >> 20} MB; export it as GeoJSON.",
        file=path.name,
    )


def _single(scan: _Scan, path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield the one feature of a file that is a lone Feature or geometry; refuse what is neither."""
    document = _document(bytes(scan.header), path)
    kind = document.get("type")
    if kind == "Feature":
        scan.features, scan.header = 1, bytearray(b'{"type":"Feature"}')
        yield orjson.dumps(document), scan.read
    elif kind in _GEOMETRIES:
        scan.features, scan.header = 1, bytearray(b'{"type":"Feature"}')
        yield orjson.dumps({"type": "Feature", "properties": {}, "geometry": document}), scan.read


def _document(header: bytes, path: Path) -> dict[str, Any]:
    try:
        document = orjson.loads(header)
    except orjson.JSONDecodeError as error:
        raise NotWhatItClaims(f"{path.name} is not JSON: {error}; export it again.", file=path.name) from error
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        return dict(document)
    if kind == "Feature" or kind in _GEOMETRIES:
        return dict(document)
    told = f"of type {kind!r}" if kind else "without a type"
    raise NotWhatItClaims(
        f"{path.name} is JSON {told}, not a GeoJSON FeatureCollection; export it as GeoJSON.", file=path.name
    )


def _crs(header: bytes, path: Path) -> pyproj.CRS | None:
    """Return the CRS that an old `crs` member names (before RFC 7946), if it stands before the features."""
    found = re.search(rb'"crs"\s*:\s*\{.*?"name"\s*:\s*"([^"]+)"', header, re.DOTALL)
    if found is None:
        return None
    name = found[1].decode(errors="replace")
    try:
        return pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError as error:
        raise NotWhatItClaims(f"{path.name} names the CRS {name!r}, which is none; say it with --crs.") from error


Parsed = tuple[dict[str, Any], Any, tuple[str, str] | None]


def _parse(raw: list[tuple[bytes, int]]) -> list[Parsed]:
    return [_feature(feature) for feature, _ in raw]


def _feature(raw: bytes) -> Parsed:
    if raw.count(b"[") > MAX_VERTICES + 1000:
        return {}, None, (f"more than {MAX_VERTICES:,} vertices; simplify it", "")
    try:
        feature = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        shown = raw[max(error.pos - 20, 0) : error.pos + 20].decode(errors="replace")
        return {}, None, (f"not JSON: {str(error).split(': line')[0]}", shown)
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return {}, None, ("not a Feature", raw[:40].decode(errors="replace"))
    properties, geometry = feature.get("properties"), feature.get("geometry")
    values = dict(properties) if isinstance(properties, dict) else {}
    if "id" in feature and "id" not in values:
        values["id"] = feature["id"]
    return values, geometry, None


def _block(parsed: list[Parsed], columns: tuple[str, ...], number: int, done: int) -> Block:
    unread = {place: fault for place, (_, _, fault) in enumerate(parsed) if fault}
    shapes = np.full(len(parsed), None, dtype=object)
    points: list[int] = []
    places: list[tuple[float, float]] = []
    others: list[int] = []
    for place, (_, geometry, _) in enumerate(parsed):
        if not isinstance(geometry, dict):
            continue
        pair = geometry.get("coordinates")
        if geometry.get("type") == "Point" and isinstance(pair, list) and len(pair) >= 2 and _numbers(pair[:2]):
            points.append(place)
            places.append((pair[0], pair[1]))
        elif geometry.get("type") != "Point" or pair:
            others.append(place)
    if points:
        shapes[points] = shapely.points(np.array(places, dtype=float))
    if others:
        texts = [orjson.dumps(parsed[place][1]) for place in others]
        shapes[others] = shapely.from_geojson(texts, on_invalid="ignore")
        for place, text in zip(others, texts, strict=True):
            if shapes[place] is None:
                unread.setdefault(place, (_why(text), text[:60].decode(errors="replace")))
    table = pd.DataFrame({name: [row.get(name) for row, _, _ in parsed] for name in columns}, index=range(len(parsed)))
    lines = np.arange(number + 1, number + len(parsed) + 1, dtype=np.int64)
    return Block(lines, table, shapes, unread, done)


def _numbers(pair: list[Any]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in pair)


def _why(text: bytes) -> str:
    try:
        shapely.from_geojson(text)
    except (shapely.errors.GEOSException, ValueError) as error:
        return f"the geometry cannot be read: {str(error).split(': ', 1)[-1][:120]}"
    return "the geometry cannot be read"
