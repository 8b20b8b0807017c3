"""One station's plates: from a slot to the place, the tail of the house number, the status and the replacement.

Slots run in the order of the plates' numbers, so equal sets of plates have equal slots and the index of all plates can
stay as it is. The numbers stand here too, in five bytes each, so that the index can be made anew from the segments
alone; readers never touch those pages. Strings stand once each: a place is a pair of strings, street and village in one,
beat and grid cell in the other. Nothing decoded is kept: a city has more places than a cache would hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gridmap.domain.plates import PLATE_STATES
from gridmap.store.snapshot.codes import BITS, refuse_twice
from gridmap.store.snapshot.faults import SnapshotRowsNotValid
from gridmap.store.snapshot.sections import broken, narrowest, open_sections, write_sections

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC: Final = b"GMplates"
_LOW: Final = 40  # bits of a number that stand in its row; the 10 above them are a bucket
_BUCKETS: Final = 1 << (BITS - _LOW)
_PER_PLATE: Final = ("low", "high", "place", "tail", "status")
_COLUMNS: Final = ("first", *_PER_PLATE, "places", "tails", "dead", "heir", "bounds", "text")


@dataclass(slots=True)
class SegmentRows:
    """What the segment of a station is made from; plates in any order.

    Parameters
    ----------
    numbers
        (n,) 50-bit numbers of the plates, uint64 or ints.
    place, tail
        (n,) indices into `places` and `tails`.
    status
        (n,) indices into `gridmap.domain.plates.PLATE_STATES`.
    places
        street, village, code of the beat or "", code of the grid cell or "".
    tails
        What follows the street in an address: the house number and so on.
    replaced_by
        The number of the plate that a replaced one was replaced by, by the replaced one's number.
    """

    numbers: NDArray[np.uint64] | Sequence[int]
    place: NDArray[Any] | Sequence[int]
    tail: NDArray[Any] | Sequence[int]
    status: NDArray[Any] | Sequence[int]
    places: Sequence[tuple[str, str, str, str]]
    tails: Sequence[str]
    replaced_by: Mapping[int, int] = field(default_factory=dict)


class PlateRow(NamedTuple):
    """What a segment holds of one plate; `replaced_by` is a plate's number."""

    status: str
    street: str
    village: str
    beat: str | None
    grid_cell: str | None
    tail: str
    replaced_by: int | None


class Segment:
    """A mapped segment; safe for any number of threads."""

    __slots__ = (
        "_bounds",
        "_cache",
        "_column",
        "_name",
        "_place",
        "_places",
        "_status",
        "_tail",
        "_tails",
        "_text",
        "path",
    )

    def __init__(self, path: Path, columns: Mapping[str, memoryview]) -> None:
        self.path, self._column = path, columns
        self._place, self._tail, self._status = columns["place"], columns["tail"], columns["status"]
        self._places, self._tails = columns["places"], columns["tails"]
        self._bounds, self._text = columns["bounds"], columns["text"]

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Map the segment at `path`.

        Raises
        ------
        SnapshotMissing, SnapshotBroken
            If it is not there, or its header or size is not what it should be.
        """
        sections = open_sections(path, MAGIC, _COLUMNS)
        columns = sections.columns
        lengths = {len(columns[name]) for name in _PER_PLATE}
        if lengths != {sections.rows} or len(columns["dead"]) != len(columns["heir"]):
            raise broken(path, "its columns differ in length")
        return cls(path, columns)

    def __len__(self) -> int:
        return len(self._status)

    def at(self, slot: int) -> PlateRow:
        """Return the plate in a slot.

        Raises
        ------
        SnapshotBroken
            If the slot, or what stands there, points out of the file.
        """
        try:
            status = PLATE_STATES[self._status[slot]]
            place = 2 * self._place[slot]
            where, zones = self._places[place], self._places[place + 1]
            street, village = self._string(where).split("\0")
            beat, cell = self._string(zones).split("\0")
            tail = self._string(self._tails[self._tail[slot]])
            heir = self._heir(slot) if status == "replaced" else None
            return PlateRow(status, street, village, beat or None, cell or None, tail, heir)
        except (IndexError, ValueError) as error:  # ValueError: not two parts, or no UTF-8
            raise broken(self.path, f"what stands in slot {slot} points nowhere") from error

    def pairs(self) -> set[tuple[str, str]]:
        """Return the beat and grid cell ("" for none) of every place, each pair once; for writers."""
        found = {self._string(index) for index in set(self._places[1::2])}
        return {(beat, cell) for beat, cell in (text.split("\0") for text in found)}

    def zones(self, slot: int) -> tuple[str | None, str | None]:
        """Return the codes of the beat and the grid cell of the plate in a slot; either may be None.

        Raises
        ------
        SnapshotBroken
            As `at`.
        """
        try:
            beat, cell = self._string(self._places[2 * self._place[slot] + 1]).split("\0")
        except (IndexError, ValueError) as error:
            raise broken(self.path, f"what stands in slot {slot} points nowhere") from error
        return beat or None, cell or None

    def numbers(self) -> NDArray[np.uint64]:
        """Return the numbers of the plates by slot, rising; for writers."""
        import numpy as np  # noqa: PLC0415 -- only whoever writes comes here; readers stay without

        first = np.frombuffer(self._column["first"], dtype="u4").astype(np.int64)
        number: NDArray[np.uint64] = np.repeat(np.arange(_BUCKETS, dtype=np.uint64) << np.uint64(_LOW), np.diff(first))
        if len(self):
            number |= np.frombuffer(self._column["high"], dtype="u1").astype(np.uint64) << np.uint64(32)
            number |= np.frombuffer(self._column["low"], dtype="u4")
        return number

    def _string(self, index: int) -> str:
        """Return a string of the table."""
        bounds = self._bounds
        return str(self._text[bounds[index] : bounds[index + 1]], "utf-8")

    def _heir(self, slot: int) -> int | None:
        """Return the number of the plate that replaced the one in a slot."""
        dead = self._column["dead"]
        low, high = 0, len(dead)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if dead[middle] < slot else (low, middle)
        return self._column["heir"][low] if low < len(dead) and dead[low] == slot else None


def write_segment(path: Path, rows: SegmentRows) -> str:
    """Write one station's segment and return the file's sha256; slots run in the order of the plates' numbers.

    Raises
    ------
    PlateTwice
        If a number occurs twice.
    SnapshotRowsNotValid
        If the columns differ in length, or an index, a status or a number is out of range.
    SnapshotNotWritable
        If the file cannot be written.
    """
    import numpy as np  # noqa: PLC0415 -- see Segment.numbers

    numbers = np.asarray(rows.numbers, dtype=np.uint64)
    place, tail, status = (np.asarray(each, dtype=np.int64) for each in (rows.place, rows.tail, rows.status))
    _check(rows, numbers, place, tail, status)
    order = np.argsort(numbers)
    numbers = numbers[order]
    refuse_twice(numbers)
    dead = np.array(sorted(rows.replaced_by), dtype=np.uint64)
    slots = np.searchsorted(numbers, dead)
    if len(dead) and (slots[-1] >= len(numbers) or (numbers[slots] != dead).any()):
        raise SnapshotRowsNotValid(f"{path.name}: replaced_by names a plate that is not among the station's numbers")
    bounds = np.arange(_BUCKETS + 1, dtype=np.uint64) << np.uint64(_LOW)
    of_places = [f"{first}\0{second}" for place in rows.places for first, second in (place[:2], place[2:])]
    strings = {text: index for index, text in enumerate(dict.fromkeys([*rows.tails, *of_places]))}
    encoded = [text.encode() for text in strings]
    column = narrowest(len(strings))
    by_place, by_tail = narrowest(len(rows.places)), narrowest(len(rows.tails))
    columns = [
        ("first", "I", np.searchsorted(numbers, bounds).astype("I")),
        ("low", "I", (numbers & np.uint64(0xFFFFFFFF)).astype("I")),
        ("high", "B", ((numbers >> np.uint64(32)) & np.uint64(0xFF)).astype("B")),
        ("place", by_place, place[order].astype(by_place)),
        ("tail", by_tail, tail[order].astype(by_tail)),
        ("status", "B", status[order].astype("B")),
        ("places", column, np.array([strings[text] for text in of_places], dtype=column)),
        ("tails", column, np.array([strings[text] for text in rows.tails], dtype=column)),
        ("dead", "I", slots.astype("I")),
        ("heir", "Q", np.array([rows.replaced_by[int(number)] for number in dead], dtype="Q")),
        ("bounds", "I", np.cumsum([0, *map(len, encoded)], dtype=np.int64).astype("I")),
        ("text", "B", b"".join(encoded)),
    ]
    return write_sections(path, MAGIC, len(numbers), columns)


def _check(rows: SegmentRows, numbers: Any, place: Any, tail: Any, status: Any) -> None:
    """Refuse rows that do not fit together."""
    if not len(numbers) == len(place) == len(tail) == len(status):
        raise SnapshotRowsNotValid(
            f"{len(numbers)} numbers, {len(place)} places, {len(tail)} tails, {len(status)} states: must agree"
        )
    if len(numbers) and int(numbers.max()) >= 1 << BITS:
        raise SnapshotRowsNotValid(f"{int(numbers.max())} has more than {BITS} bits: no plate has this number")
    if any("\0" in text for texts in (*rows.places, rows.tails) for text in texts):
        raise SnapshotRowsNotValid(
            "a street, a zone or a tail holds the character U+0000, which parts them in the file"
        )
    for what, values, end in (
        ("place", place, len(rows.places)),
        ("tail", tail, len(rows.tails)),
        ("status", status, len(PLATE_STATES)),
    ):
        if len(values) and not 0 <= int(values.min()) <= int(values.max()) < end:
            raise SnapshotRowsNotValid(f"{what} {int(values.max())} of a plate is not among the {end} that there are")
