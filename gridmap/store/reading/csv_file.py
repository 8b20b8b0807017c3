"""CSV, plain or gzip: lines are decoded one by one, so that bad bytes cost one row, and rows come in blocks."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.store.reading.archive import chunks_of
from gridmap.store.reading.encodings import MAX_LINE, NAMES, check_encoding, detect, whole_lines
from gridmap.store.reading.faults import NotWhatItClaims, Truncated
from gridmap.store.reading.source import BLOCK_ROWS, Block, Source

MAX_COLUMNS: Final = 500
WKT_NAMES: Final = ("wkt", "geometry", "geom", "thegeom", "几何", "图形")
DELIMITERS: Final = (",", "\t", ";", "|")
_SRID = re.compile(r"^\s*SRID=\d+;", re.IGNORECASE)


@dataclass
class _Decoder:
    """Text lines of a file, with what was wrong with them: line -> reason."""

    groups: Iterator[tuple[bytes, int]]
    encoding: str
    position: int = 0
    number: int = 0
    faults: dict[int, str] = field(default_factory=dict)
    ended: bool = True  # whether the last line had its end

    def __iter__(self) -> Iterator[str]:
        for raw, position in self.groups:
            self.position = position
            lines = raw.removeprefix(b"\xef\xbb\xbf") if self.number == 0 else raw
            if b"\n" not in lines:
                lines = lines.replace(b"\r", b"\n")  # as old Macintosh programs end lines
            try:
                text = lines.decode(self.encoding)
            except UnicodeDecodeError:
                text = "".join(self._one_by_one(lines))
            if "\0" in text:
                for place, line in enumerate(text.split("\n"), self.number + 1):
                    if "\0" in line:
                        self.faults[place] = "a zero byte in the text"
            self.ended = text.endswith("\n")
            self.number += text.count("\n") + (not self.ended)
            yield from io.StringIO(text, newline="\n")

    def _one_by_one(self, lines: bytes) -> Iterator[str]:
        """Yield the lines, each decoded alone; note what is wrong with those that cannot be."""
        for place, line in enumerate(lines.split(b"\n"), self.number):
            end = "" if place == self.number else "\n"
            try:
                yield end + line.decode(self.encoding)
            except UnicodeDecodeError as error:
                shown = NAMES.get(self.encoding, self.encoding)
                bad = line[error.start : error.start + 4].hex(" ")
                self.faults[place + 1] = f"bytes that are not {shown} at byte {error.start + 1} of the line ({bad})"
                yield end + line.decode(self.encoding, errors="replace")


def open_csv(path: Path, *, packed: bool, encoding: str | None = None) -> Source:
    """Return the CSV file at `path` as a source; `packed` if it is gzip, `encoding` detected if None.

    Raises
    ------
    NotWhatItClaims
        If there is no header, or it is no table.
    Bomb, Truncated
        As `chunks_of` and `whole_lines`.
    """
    code = check_encoding(encoding) if encoding else detect(chunk for chunk, _ in chunks_of(path, packed=packed))
    chunks = chunks_of(path, packed=packed)
    if code.startswith("utf-16"):
        chunks, code = _as_utf8(chunks), "utf-8"
    decoder = _Decoder(whole_lines(chunks, path), code)
    texts = iter(decoder)
    skipped, first = next(((place, text) for place, text in enumerate(texts) if text.strip()), (0, ""))
    if not first.strip():
        raise NotWhatItClaims(f"{path.name} has no line with text; export it again.", file=path.name)
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(chain([first], texts), delimiter=delimiter)
    columns = header_names(next(reader), path)
    wkt = next((name for name in columns if plain_name(name) in WKT_NAMES), None)

    def blocks() -> Iterator[Block]:
        yield from _blocks(reader, decoder, columns, wkt, skipped, path)

    notes = () if code in {"utf-8", "ascii"} else (f"read as {NAMES.get(code, code)}",)
    return Source(
        path, "csv", columns, None, has_shapes=wkt is not None, total=path.stat().st_size,
        blocks=blocks, unit="line", notes=notes,
    )  # fmt: skip


def header_names(cells: list[str], path: Path) -> tuple[str, ...]:
    """Return the names of a table's columns, each only once; one without a name is called by its place.

    Raises
    ------
    NotWhatItClaims
        If there are more than any table has.
    """
    names = [cell.strip().strip("\ufeff") for cell in cells]
    if len(names) > MAX_COLUMNS:
        raise NotWhatItClaims(f"{path.name} has {len(names)} columns in its first line; is it a table?")
    if len(names) == 1 and len(names[0]) > 200:
        raise NotWhatItClaims(f"{path.name} begins with a long text, not with the names of columns; is it a table?")
    seen: set[str] = set()
    for place, name in enumerate(names):
        names[place] = name if name and name not in seen else f"{name or 'column'} ({place + 1})"
        seen.add(names[place])
    return tuple(names)


def _blocks(
    reader: Iterator[list[str]], decoder: _Decoder, columns: tuple[str, ...], wkt: str | None, skipped: int, path: Path
) -> Iterator[Block]:
    last = getattr(reader, "line_num") + skipped  # noqa: B009 -- csv's reader has it, its type does not
    while True:
        rows: list[list[str]] = []
        lines: list[int] = []
        unread: dict[int, tuple[str, str]] = {}
        short: set[int] = set()
        width = len(columns)
        try:
            for row in islice(reader, BLOCK_ROWS):
                line, last = last + 1, getattr(reader, "line_num") + skipped  # noqa: B009
                if len(row) != width:
                    if not any(cell.strip() for cell in row):
                        continue
                    if len(row) < width:
                        short.add(len(rows))
                    if len(row) < width or any(cell.strip() for cell in row[width:]):
                        reason = f"{len(row)} columns where the header has {width}"
                        unread[len(rows)] = (reason, ",".join(row)[:80])
                    row = (row + [""] * width)[:width]  # noqa: PLW2901
                rows.append(row)
                lines.append(line)
        except csv.Error as error:
            raise NotWhatItClaims(
                f"{path.name}, line {last + 1}: {error}; a quotation mark there is probably never closed.",
                file=path.name, line=last + 1,
            ) from error  # fmt: skip
        _tell_faults(decoder.faults, lines, last, rows, unread)
        if not decoder.ended and last == decoder.number and len(rows) - 1 in short:
            raise Truncated(
                f"{path.name}, line {last}: the file ends in the middle of a row: it was cut off; copy it again.",
                file=path.name, line=last,
            )  # fmt: skip
        if rows:
            yield _block(rows, lines, unread, columns, wkt, decoder.position)
        else:
            return


def _tell_faults(
    faults: dict[int, str], lines: list[int], last: int, rows: list[list[str]], unread: dict[int, tuple[str, str]]
) -> None:
    """Give each line that could not be decoded to the row it is part of."""
    starts = np.array(lines)
    for line in [line for line in faults if line <= last]:
        reason = faults.pop(line)
        if len(starts):
            place = max(int(np.searchsorted(starts, line, side="right")) - 1, 0)
            unread[place] = (reason, ",".join(rows[place])[:80].replace("\0", "\ufffd"))


def _block(
    rows: list[list[str]], lines: list[int], unread: dict[int, tuple[str, str]], columns: tuple[str, ...],
    wkt: str | None, done: int,
) -> Block:  # fmt: skip
    table = pd.DataFrame(
        {name: pd.array(list(cells), dtype="str") for name, cells in zip(columns, zip(*rows, strict=True), strict=True)}
    )
    shapes = None if wkt is None else shapes_of(table[wkt], unread)
    return Block(np.array(lines, dtype=np.int64), table, shapes, unread, done)


def shapes_of(texts: pd.Series[str], unread: dict[int, tuple[str, str]]) -> NDArray[np.object_]:
    """Return the geometries of well-known texts; what is none goes to `unread`."""
    cleaned = [_SRID.sub("", text) for text in texts]
    for place, text in enumerate(cleaned):
        if text.upper().count("COLLECTION") > 1:  # a collection in a collection: GEOS would recurse
            unread.setdefault(place, ("a collection of collections is no place", text[:80]))
            cleaned[place] = ""
    found = shapely.from_wkt([text or None for text in cleaned], on_invalid="ignore")
    for missing in np.flatnonzero(shapely.is_missing(found)):
        text = cleaned[missing]
        if text.strip():
            unread.setdefault(int(missing), ("the WKT cannot be read", text[:80]))
    return np.asarray(found, dtype=object)


def _as_utf8(chunks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    for chunk, position in chunks:
        yield decoder.decode(chunk).encode(), position


def plain_name(name: str) -> str:
    """Return a name without case, spaces and underscores."""
    return re.sub(r"[\s_\-]", "", name).casefold()
