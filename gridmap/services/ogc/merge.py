"""Join vector tiles of several stations into one, without drawing anything anew.

A tile may hold one layer of a name, so features are moved into it and their tags made to point into common tables of
keys and values; geometries are copied byte by byte.

References
----------
Mapbox Vector Tile Specification 2.1, sections 4.1 to 4.4; Protocol Buffers, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

LAYER: Final = 3
NAME, FEATURE, KEY, VALUE, EXTENT, VERSION = 1, 2, 3, 4, 5, 15
TAGS: Final = 2
NUMBER, BYTES = 0, 2


@dataclass
class _Layer:
    """A layer that grows: its own fields as they came, features with their tags moved, and the two tables."""

    head: bytes
    features: bytearray = field(default_factory=bytearray)
    keys: dict[bytes, int] = field(default_factory=dict)
    values: dict[bytes, int] = field(default_factory=dict)

    def bytes(self) -> bytes:
        """Return the layer as a field of a tile."""
        tables = b"".join(_chunk(KEY, key) for key in self.keys) + b"".join(_chunk(VALUE, one) for one in self.values)
        return _chunk(LAYER, self.head + bytes(self.features) + tables)


def merged(tiles: Sequence[bytes]) -> bytes:
    """Return one tile with the features of all `tiles`, layers of one name joined; one tile comes back as it is."""
    full = [tile for tile in tiles if tile]
    if len(full) <= 1:
        return full[0] if full else b""
    layers: dict[bytes, _Layer] = {}
    for tile in full:
        for number, layer in _fields(tile):
            if number == LAYER and isinstance(layer, bytes):
                _add(layers, layer)
    return b"".join(layer.bytes() for layer in layers.values())


def _add(layers: dict[bytes, _Layer], raw: bytes) -> None:
    """Move the features of a layer into the one of its name."""
    parts = list(_fields(raw))
    name = next(value for number, value in parts if number == NAME and isinstance(value, bytes))
    if name not in layers:
        head = b"".join(
            _chunk(number, value) if isinstance(value, bytes) else _number(number, value)
            for number, value in parts
            if number in {NAME, EXTENT, VERSION}
        )
        layers[name] = _Layer(head)
    there = layers[name]
    keys = [
        there.keys.setdefault(one, len(there.keys)) for number, one in parts if number == KEY and isinstance(one, bytes)
    ]
    values = [
        there.values.setdefault(one, len(there.values))
        for number, one in parts
        if number == VALUE and isinstance(one, bytes)
    ]
    for number, value in parts:
        if number == FEATURE and isinstance(value, bytes):
            there.features += _chunk(FEATURE, _moved(value, keys, values))


def _moved(feature: bytes, keys: list[int], values: list[int]) -> bytes:
    """Return a feature whose tags point into the new tables."""
    told = bytearray()
    for number, value in _fields(feature):
        if number == TAGS and isinstance(value, bytes):
            tags = list(_varints(value))
            pairs = zip(tags[::2], tags[1::2], strict=True)
            told += _chunk(TAGS, b"".join(_varint(keys[key]) + _varint(values[one]) for key, one in pairs))
        else:
            told += _chunk(number, value) if isinstance(value, bytes) else _number(number, value)
    return bytes(told)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give the number and value of each field of a message; a tile has only numbers and chunks at these levels."""
    place = 0
    while place < len(message):
        tag, place = _read(message, place)
        number, kind = tag >> 3, tag & 7
        value, place = _read(message, place)
        if kind == NUMBER:
            yield number, value
        elif kind == BYTES:
            yield number, message[place : place + value]
            place += value
        else:
            raise ValueError(f"field {number} of a vector tile has the wire type {kind}")


def _varints(packed: bytes) -> Iterator[int]:
    place = 0
    while place < len(packed):
        value, place = _read(packed, place)
        yield value


def _read(message: bytes, place: int) -> tuple[int, int]:
    """Return the number at `place` and the place behind it."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def _varint(value: int) -> bytes:
    told = bytearray()
    while value > 0x7F:
        told.append(value & 0x7F | 0x80)
        value >>= 7
    told.append(value)
    return bytes(told)


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _chunk(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value
