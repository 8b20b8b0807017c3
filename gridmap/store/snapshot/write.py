"""Publish stations into the snapshot: new files for what changed, the index anew if plates came or went, one swap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gridmap.store.snapshot.codes import Codes, write_codes
from gridmap.store.snapshot.durable import write_durably
from gridmap.store.snapshot.faults import SnapshotBroken, SnapshotHeld, SnapshotMissing, SnapshotRowsNotValid
from gridmap.store.snapshot.folder import (
    FileMark,
    Manifest,
    StationFiles,
    as_json,
    check_file,
    lock,
    manifests,
    next_serial,
    prune,
    swap,
)
from gridmap.store.snapshot.segment import Segment, SegmentRows, write_segment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_STATIONS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class StationUpdate:
    """What is new of one station: its plates, its people, or both; None leaves what is there.

    `mark` is the writer's note of which data this was made from; the manifest gives it back.
    """

    station: str
    rows: SegmentRows | None = None
    team: Mapping[str, Any] | None = None
    mark: str = ""


def put_station(folder: Path, station: str, rows: SegmentRows, team: Mapping[str, Any], *, mark: str = "") -> Manifest:
    """Publish one station; see `put_many`."""
    return put_many(folder, [StationUpdate(station, rows, team, mark)])


def put_many(folder: Path, updates: Iterable[StationUpdate], *, remove: Iterable[str] = ()) -> Manifest:
    """Publish some stations, take away others, and return the manifest that is then in force.

    All becomes visible at once or not at all. Files that would hold what the present ones hold are not replaced, and
    where nothing differs the present manifest stays. Takes the lock "write". `updates` may be a generator: of each
    station's rows only the numbers are kept.

    Raises
    ------
    SnapshotHeld
        If a person rolled the snapshot back and has not released it.
    PlateTwice, SnapshotRowsNotValid
        If a plate is in two stations, rows do not fit together, or a new station lacks its rows or its team.
    SnapshotNotWritable
        If the folder takes no file.
    """
    with lock(folder):
        present, usable = _present(folder)
        if present is not None and present.held:
            raise SnapshotHeld(
                f"the snapshot in {folder} was rolled back to {present.restored} and is held; release it to publish.",
                restored=present.restored,
            )
        work = _Work(folder, next_serial(folder), dict(present.stations) if present else {})
        for update in updates:
            work.put(update)
        for station in remove:
            work.remove(station)
        codes = present.codes if present is not None and usable and not work.recode else work.codes()
        if present is not None and usable and codes == present.codes and work.stations == present.stations:
            return present
        manifest = Manifest(work.serial, datetime.now(UTC), codes, work.stations)
        swap(folder, manifest)
        prune(folder)
        return manifest


def remove_station(folder: Path, station: str) -> Manifest:
    """Take a station and its plates away; see `put_many`. A station that is not there is no error."""
    return put_many(folder, [], remove=[station])


def _present(folder: Path) -> tuple[Manifest | None, bool]:
    """Return the newest manifest that can be read, and whether its index of plates is there in full size."""
    try:
        present = next(manifests(folder))
    except (SnapshotBroken, SnapshotMissing):
        return None, False
    try:
        check_file(folder, present.codes, verify=False)
        Codes.open(folder / present.codes.name)
    except (SnapshotBroken, SnapshotMissing):
        return present, False
    return present, True


class _Work:
    """The files of the next manifest while they are written."""

    def __init__(self, folder: Path, serial: int, stations: dict[str, StationFiles]) -> None:
        self.folder, self.serial, self.stations = folder, serial, stations
        self.recode = False
        self._new: dict[int, NDArray[np.uint64]] = {}  # numbers of stations whose plates changed, by station number
        self._gone: set[int] = set()

    def put(self, update: StationUpdate) -> None:
        """Write the files of one station."""
        before = self.stations.get(update.station)
        number = self._free_number() if before is None else before.number
        segment = before.segment if before else None
        team = before.team if before else None
        if update.rows is not None:
            segment = self._segment(number, update.rows, segment)
        if update.team is not None:
            team = self._kept(f"{number}-{self.serial}.team", as_json(update.team), team)
        if segment is None or team is None:
            raise SnapshotRowsNotValid(f"station {update.station} is new to the snapshot: give its rows and its team")
        self.stations[update.station] = StationFiles(number, update.station, segment, team, update.mark)

    def remove(self, station: str) -> None:
        """Forget a station."""
        before = self.stations.pop(station, None)
        if before is not None:
            self.recode = True
            self._new.pop(before.number, None)
            self._gone.add(before.number)

    def _segment(self, number: int, rows: SegmentRows, before: FileMark | None) -> FileMark:
        """Write a station's segment; note its numbers if they are others than before."""
        path = self.folder / f"{number}-{self.serial}.seg"
        after = FileMark(path.name, 0, write_segment(path, rows))
        if before is not None and after.sha256 == before.sha256:
            path.unlink()
            return before
        numbers = Segment.open(path).numbers()
        if before is None or not self._same(before, numbers):
            self.recode = True
            self._new[number] = numbers
        return FileMark(path.name, path.stat().st_size, after.sha256)

    def _same(self, before: FileMark, numbers: NDArray[np.uint64]) -> bool:
        """Return whether the segment of before has the same plates."""
        import numpy as np  # noqa: PLC0415 -- readers of the manifest stay without

        try:
            check_file(self.folder, before, verify=False)
            return bool(np.array_equal(Segment.open(self.folder / before.name).numbers(), numbers))
        except (SnapshotBroken, SnapshotMissing):
            return False

    def _kept(self, name: str, content: bytes, before: FileMark | None) -> FileMark:
        """Write a small file unless the one of before holds the same."""
        path = self.folder / name
        after = FileMark(name, len(content), write_durably(path, [content]))
        if before is not None and (after.size, after.sha256) == (before.size, before.sha256):
            path.unlink()
            return before
        return after

    def codes(self) -> FileMark:
        """Write the index of all plates from the segments."""
        import numpy as np  # noqa: PLC0415 -- readers of the manifest stay without

        numbers, stations, slots = [], [], []
        for station in self.stations.values():
            own = self._new.get(station.number)
            own = Segment.open(self.folder / station.segment.name).numbers() if own is None else own
            numbers.append(own)
            stations.append(np.full(len(own), station.number, dtype=np.uint16))
            slots.append(np.arange(len(own), dtype=np.uint32))
        path = self.folder / f"codes-{self.serial}.idx"
        if not numbers:
            numbers, stations, slots = [np.zeros(0, "Q")], [np.zeros(0, "H")], [np.zeros(0, "I")]
        digest = write_codes(path, np.concatenate(numbers), np.concatenate(stations), np.concatenate(slots))
        return FileMark(path.name, path.stat().st_size, digest)

    def _free_number(self) -> int:
        """Return the lowest number that no station has."""
        taken = {station.number for station in self.stations.values()} | self._gone
        free = next((number for number in range(_MOST_STATIONS) if number not in taken), None)
        if free is None:
            raise SnapshotRowsNotValid(f"the snapshot holds {_MOST_STATIONS:,} stations and takes no more")
        return free
