"""Well-known binary to shapes: GEOS follows collections in collections to the end of its stack, so depth is asked first."""

from __future__ import annotations

import re
import struct
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

#: Collections inside collections that a map may have; GDAL reads 32, GEOS crashes at some ten thousand.
MAX_NESTED: Final = 8
#: Below this many bytes that could begin a collection, nothing can be nested deep enough to harm.
HARMLESS_HEADERS: Final = 500

# Byte order, then the type 4 to 7 (or 1004 …, or with the flags of EWKB), in either order.
_HEADER: Final = re.compile(
    rb"\x01[\x04-\x07\xec-\xef\xd4-\xd7\xbc-\xbf][\x00\x03\x07\x0b]\x00[\x00-\xff]"
    rb"|\x00[\x00-\xff]\x00[\x00\x03\x07\x0b][\x04-\x07\xec-\xef\xd4-\xd7\xbc-\xbf]",
    re.DOTALL,
)


def from_wkb(raw: NDArray[Any], unread: dict[int, tuple[str, str]]) -> NDArray[np.object_]:
    """Return (n,) geometries of well-known binary; what is none, a curve, or nested too deep goes to `unread`."""
    safe = np.array(raw, dtype=object)
    for place, blob in enumerate(safe):
        if blob is not None and len(blob) > 9 * HARMLESS_HEADERS and nested_deep(bytes(blob)):
            unread[place] = ("collections in collections", "")
            safe[place] = None
    with np.errstate(invalid="ignore"):  # not-a-number is told by row, later
        shapes = np.asarray(shapely.from_wkb(safe, on_invalid="ignore"), dtype=object)
    for missing in np.flatnonzero(shapely.is_missing(shapes)):
        if safe[missing] is not None:
            unread[int(missing)] = ("the geometry cannot be read (a curve, or damaged)", "")
    return shapes


def nested_deep(blob: bytes) -> bool:
    """Return whether collections stand in collections deeper than `MAX_NESTED`."""
    headers = sum(1 for _ in _HEADER.finditer(blob))
    if headers < HARMLESS_HEADERS:
        return False
    try:
        return _depth(blob) > MAX_NESTED
    except struct.error:  # ends too early: GEOS will say so, unless it is deep before it ends
        return headers > 2 * HARMLESS_HEADERS


def _depth(blob: bytes) -> int:
    """Return how deep collections are nested, counting no further than just beyond `MAX_NESTED`."""
    at, open_counts = 0, [1]
    while open_counts:
        if open_counts[-1] == 0:
            open_counts.pop()
            continue
        open_counts[-1] -= 1
        order = "<" if blob[at : at + 1] == b"\x01" else ">"
        (kind,) = struct.unpack_from(order + "I", blob, at + 1)
        at += 5 + (4 if kind & 0x20000000 else 0)
        family = (kind & 0xFFFF) // 1000
        size = 8 * (2 + bool(kind & 0x80000000) + bool(kind & 0x40000000) + (0, 1, 1, 2)[family % 4])
        base = (kind & 0xFFFF) % 1000
        if base == 1:
            at += size
            continue
        (count,) = struct.unpack_from(order + "I", blob, at)
        at += 4
        if base == 2:
            at += count * size
        elif base == 3:
            for _ in range(count):
                (vertices,) = struct.unpack_from(order + "I", blob, at)
                at += 4 + vertices * size
        else:
            open_counts.append(count)
            if len(open_counts) > MAX_NESTED + 1:
                return MAX_NESTED + 1
    return 0
