"""The form that the snapshot's binary files share: a header that describes columns, and the columns.

Header: magic (8 bytes), a mark of the byte order, version, number of columns, number of rows, size of the whole file;
then name, type, place and size of each column; then the CRC-32 of all that. Columns begin at multiples of eight bytes
and are unsigned integers of 1, 2, 4 or 8 bytes. What a reader maps it never copies: all processes share the pages.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gridmap.store.snapshot.durable import write_durably
from gridmap.store.snapshot.faults import SnapshotBroken, SnapshotMissing

VERSION: Final = 2
#: What this number looks like tells a file of the other byte order, whose columns could not be mapped.
ORDER: Final = 0x01020304
_HEAD: Final = struct.Struct("=8sIIIIQQ")  # magic, order, version, columns, 0, rows, size
_COLUMN: Final = struct.Struct("=8scxxxxxxxQQ")  # name, type, place, size
_CHECK: Final = struct.Struct("=II")  # CRC-32, 0
_MOST_COLUMNS: Final = 64
_SIZES: Final = {"B": 1, "H": 2, "I": 4, "Q": 8}


@dataclass(frozen=True, slots=True)
class Sections:
    """A mapped file: its number of rows and its columns by name, each a view of unsigned integers."""

    rows: int
    columns: Mapping[str, memoryview]


def narrowest(highest: int) -> str:
    """Return the smallest type that holds numbers up to `highest`: "B", "H", "I" or "Q".

    >>> narrowest(255), narrowest(256)
    ('B', 'H')
    """
    return next(kind for kind, size in _SIZES.items() if highest < 1 << 8 * size)


def write_sections(path: Path, magic: bytes, rows: int, columns: Sequence[tuple[str, str, Any]]) -> str:
    """Write the file `path` and return its sha256; see `write_durably`.

    Parameters
    ----------
    magic
        Eight bytes that say what the file is.
    columns
        Name (at most eight bytes), type, and a contiguous buffer of each.
    """
    place = _HEAD.size + len(columns) * _COLUMN.size + _CHECK.size
    table, body = [], []
    for name, kind, values in columns:
        size = memoryview(values).nbytes
        table.append(_COLUMN.pack(name.encode(), kind.encode(), place, size))
        body += [values, bytes(-size % 8)]
        place += size + -size % 8
    head = _HEAD.pack(magic, ORDER, VERSION, len(columns), 0, rows, place) + b"".join(table)
    return write_durably(path, [head, _CHECK.pack(zlib.crc32(head), 0), *body])


def open_sections(path: Path, magic: bytes, names: Sequence[str]) -> Sections:
    """Map the file `path` and return its columns; the header and the size are checked, the columns are not.

    The map closes itself when the last view of it is gone.

    Raises
    ------
    SnapshotMissing
        If there is no such file.
    SnapshotBroken
        If the file is cut off, is not of this kind or version, or lacks one of the columns `names`.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _HEAD.size + _CHECK.size:
                raise broken(path, "it is cut off")
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError as error:
        raise SnapshotMissing(f"{path} is gone; {_MEND}", file=str(path)) from error
    except OSError as error:
        raise broken(path, f"it cannot be read ({error.strerror or error})") from error
    rows, table = _header(path, mapped, magic)
    if missing := sorted(set(names) - table.keys()):
        raise broken(path, f"it lacks the columns {', '.join(missing)}")
    return Sections(rows, {name: _column(mapped, *where) for name, where in table.items()})


def _header(path: Path, mapped: memoryview, magic: bytes) -> tuple[int, dict[str, tuple[str, int, int]]]:
    """Return the number of rows, and type, place and size of each column."""
    found, order, version, count, _, rows, size = _HEAD.unpack_from(mapped)
    if found != magic or order != ORDER or version != VERSION or count > _MOST_COLUMNS:
        raise broken(path, "its first bytes are not those of this kind of file and this version of gridmap")
    if size != len(mapped):
        raise broken(path, f"it has {len(mapped):,} bytes and should have {size:,}")
    end = _HEAD.size + count * _COLUMN.size
    if len(mapped) < end + _CHECK.size or _CHECK.unpack_from(mapped, end)[0] != zlib.crc32(mapped[:end]):
        raise broken(path, "its header is changed")
    table = {}
    for number in range(count):
        name, kind, place, length = _COLUMN.unpack_from(mapped, _HEAD.size + number * _COLUMN.size)
        table[name.rstrip(b"\0").decode()] = (kind.decode(), place, length)
    return rows, table


def _column(mapped: memoryview, kind: str, place: int, size: int) -> memoryview:
    """Return one column as a view; an empty one as a view of nothing, which cannot be cast."""
    if not size:
        return memoryview(array(kind))
    return mapped[place : place + size].cast(kind)  # type: ignore[call-overload,no-any-return]


_MEND: Final = (
    "gridmap answers from the snapshot of before and writes it anew from the database; if this comes back, look at "
    "the disk."
)


def broken(path: Path, what: str) -> SnapshotBroken:
    """Return what to raise where the file `path` is damaged; `what` is a clause about the file."""
    return SnapshotBroken(f"{path} is damaged: {what}; {_MEND}", file=str(path))
