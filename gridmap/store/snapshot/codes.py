"""The index of all plates: from a plate's 50-bit number to its station and its slot there.

Numbers are random, so their top 18 bits part them into buckets of even size: 38 numbers at ten million plates. A bucket
is found by its place in a table, a number in it by bisection over the low 32 bits. Seven bytes a plate while there are
no more than 256 stations of no more than 65,536 plates each; one more for more stations, two more for larger ones.

Buckets of 20 bits would save 0.1 microseconds and cost every small town 3 MB; one sorted column of eight bytes takes 2.5
times as long, whether bisected, interpolated or guessed: measured in tests/benchmarks/test_snapshot.py.
"""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gridmap.domain.codes import number_code
from gridmap.store.snapshot.faults import PlateTwice, SnapshotRowsNotValid
from gridmap.store.snapshot.sections import broken, narrowest, open_sections, write_sections

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC: Final = b"GMcodes\n"
BITS: Final = 50
TOP: Final = 18
LOW: Final = BITS - TOP
_LOW_MASK: Final = (1 << LOW) - 1
_COLUMNS: Final = ("first", "low", "station", "slot")


class Codes:
    """The mapped index; safe for any number of threads."""

    __slots__ = ("_first", "_low", "_slot", "_station", "path")

    def __init__(self, path: Path, first: memoryview, low: memoryview, station: memoryview, slot: memoryview) -> None:
        self.path = path
        self._first, self._low, self._station, self._slot = first, low, station, slot

    @classmethod
    def open(cls, path: Path) -> Codes:
        """Map the index at `path`.

        Raises
        ------
        SnapshotMissing, SnapshotBroken
            If it is not there, or its header or size is not what it should be.
        """
        sections = open_sections(path, MAGIC, _COLUMNS)
        first, low, station, slot = (sections.columns[name] for name in _COLUMNS)
        if not len(low) == len(station) == len(slot) == sections.rows or len(first) != (1 << TOP) + 1:
            raise broken(path, "its columns differ in length")
        return cls(path, first, low, station, slot)

    def __len__(self) -> int:
        return len(self._low)

    def find(self, number: int) -> tuple[int, int] | None:
        """Return the station's number and the slot of the plate `number`, or None if there is no such plate.

        About 1 microsecond at ten million plates.

        Raises
        ------
        SnapshotBroken
            If the table of buckets points out of the file.
        """
        if not 0 <= number < 1 << BITS:
            return None
        bucket, low = number >> LOW, number & _LOW_MASK
        column, end = self._low, self._first[bucket + 1]
        try:
            at = bisect_left(column, low, self._first[bucket], end)
            if at < end and column[at] == low:
                return self._station[at], self._slot[at]
        except IndexError as error:
            raise broken(self.path, "its table of buckets points out of the file") from error
        return None

    def arrays(self, part: int = 0, parts: int = 1) -> tuple[NDArray[np.uint64], NDArray[np.uint16], NDArray[Any]]:
        """Return all numbers, rising, with their stations and slots, or one of `parts` even ranges of them; for writers.

        `parts` is a power of two, at most the number of buckets.
        """
        import numpy as np  # noqa: PLC0415 -- only whoever writes comes here; readers stay without

        size = (1 << TOP) // parts
        first = np.frombuffer(self._first, dtype="I")[part * size : (part + 1) * size + 1].astype(np.int64)
        tops = np.arange(part * size, (part + 1) * size, dtype=np.uint64) << np.uint64(LOW)
        low, station, slot = (
            np.frombuffer(column[first[0] : first[-1]], dtype=column.format)
            if first[0] < first[-1]
            else np.empty(0, "I")
            for column in (self._low, self._station, self._slot)
        )
        return np.repeat(tops, np.diff(first)) | low, station.astype("H"), slot


def write_codes(
    path: Path, numbers: NDArray[np.uint64], stations: NDArray[np.uint16], slots: NDArray[np.uint32]
) -> str:
    """Write the index of all plates and return the file's sha256.

    Parameters
    ----------
    numbers
        (n,) 50-bit numbers of plates, in any order; rising ones are not sorted again.
    stations, slots
        (n,) the station's number and the place in its segment of each.

    Raises
    ------
    PlateTwice
        If a number occurs twice.
    SnapshotRowsNotValid
        If a number has more than 50 bits, or the columns differ in length.
    SnapshotNotWritable
        If the file cannot be written.
    """
    import numpy as np  # noqa: PLC0415 -- see Codes.arrays

    if not len(numbers) == len(stations) == len(slots):
        raise SnapshotRowsNotValid(f"{len(numbers)} numbers, {len(stations)} stations, {len(slots)} slots: must agree")
    numbers = np.asarray(numbers, dtype=np.uint64)
    if len(numbers) and bool((numbers[1:] < numbers[:-1]).any()):
        order = np.argsort(numbers)
        numbers, stations, slots = numbers[order], np.asarray(stations)[order], np.asarray(slots)[order]
    if len(numbers) and int(numbers[-1]) >= 1 << BITS:
        raise SnapshotRowsNotValid(f"{int(numbers[-1])} has more than {BITS} bits: no plate has this number")
    refuse_twice(numbers)
    first = np.searchsorted(numbers, np.arange((1 << TOP) + 1, dtype=np.uint64) << np.uint64(LOW)).astype("I")
    return write_columns(path, first, (numbers & np.uint64(_LOW_MASK)).astype("I"), stations, slots)


def write_columns(path: Path, first: Any, low: Any, stations: Any, slots: Any) -> str:
    """Write the index from its columns as they are to be, and return the file's sha256.

    Raises
    ------
    SnapshotNotWritable
        If the file cannot be written.
    """
    wide = max(narrowest(int(slots.max()) if len(slots) else 0), "H", key="BHI".index)
    few = narrowest(int(stations.max()) if len(stations) else 0)
    columns = [
        ("first", "I", first),
        ("low", "I", low),
        ("station", few, stations.astype(few, copy=False)),
        ("slot", wide, slots.astype(wide, copy=False)),
    ]
    return write_sections(path, MAGIC, len(low), columns)


def refuse_twice(rising: NDArray[np.uint64]) -> None:
    """Refuse numbers, already in order, of which two are equal.

    Raises
    ------
    PlateTwice
        Naming the plate.
    """
    import numpy as np  # noqa: PLC0415 -- see Codes.arrays

    twice = np.flatnonzero(rising[1:] == rising[:-1])
    if len(twice):
        plate = number_code(int(rising[twice[0]]))
        raise PlateTwice(f"plate {plate} occurs twice in the snapshot ({len(twice)} such plates)", plate=plate)
