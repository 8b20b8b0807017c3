"""Publish stations into the snapshot: new files for what changed, the index anew if plates came or went, one swap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gridmap.store.snapshot.codes import Codes
from gridmap.store.snapshot.codes_merge import merge_codes
from gridmap.store.snapshot.faults import SnapshotBroken, SnapshotHeld, SnapshotMissing, SnapshotRowsNotValid
from gridmap.store.snapshot.folder import (
    FileMark,
    Manifest,
    StationFiles,
    check_file,
    lock,
    manifests,
    next_serial,
    prune,
    swap,
)
from gridmap.store.snapshot.segment import Segment, SegmentRows, write_segment
from gridmap.store.snapshot.team_file import LaidOut, write_team

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_STATIONS: Final = 1 << 16
#: Where a new station has no file of before; no file has an empty sha256.
_NO_FILE: Final = FileMark("no file", 0, "")


@dataclass(frozen=True, slots=True)
class StationUpdate:
    """What is new of one station: its plates, its people, or both; None leaves what is there.

    `mark` is the writer's note of which data this was made from; the manifest gives it back.
    """

    station: str
    rows: SegmentRows | None = None
    team: Mapping[str, Any] | None = None
    hours: LaidOut | None = None
    mark: str = ""


def put_station(
    folder: Path,
    station: str,
    rows: SegmentRows,
    team: Mapping[str, Any],
    hours: LaidOut | None = None,
    *,
    mark: str = "",
) -> Manifest:
    """Publish one station; see `put_many`."""
    return put_many(folder, [StationUpdate(station, rows, team, hours, mark)])


def put_many(
    folder: Path, updates: Iterable[StationUpdate], *, remove: Iterable[str] = (), anew: bool = False
) -> Manifest:
    """Publish some stations, take away others, and return the manifest that is then in force.

    All becomes visible at once or not at all. Files that would hold what the present ones hold are not replaced, and
    where nothing differs the present manifest stays. Takes the lock "write". `updates` may be a generator: of each
    station's rows only the numbers are kept.

    Parameters
    ----------
    anew
        Whether `updates` are all stations there are, so that nothing is taken over from the present state. This mends
        every damage, and is the way from one version of the files to the next.

    Raises
    ------
    SnapshotBroken
        If what must be taken over cannot be read; nothing was changed, publish all stations `anew`.
    SnapshotHeld
        If a person rolled the snapshot back and has not released it.
    PlateTwice, SnapshotRowsNotValid
        If a plate is in two stations, rows do not fit together, or a new station lacks its rows or its team.
    SnapshotNotWritable
        If the folder takes no file.
    """
    with lock(folder):
        present, usable = _present(folder, anew=anew)
        if present is not None and present.held:
            raise SnapshotHeld(
                f"the snapshot in {folder} was rolled back to {present.restored} and is held; release it to publish.",
                restored=present.restored,
            )
        if anew:
            present, usable = None, False
        work = _Work(folder, next_serial(folder), dict(present.stations) if present else {})
        for update in updates:
            work.put(update)
        for station in remove:
            work.remove(station)
        recode = work.recode or not usable
        if present is not None and not recode and work.stations == present.stations:
            return present
        codes = work.codes(None if present is None else present.codes) if recode or present is None else present.codes
        manifest = Manifest(work.serial, datetime.now(UTC), codes, work.stations)
        swap(folder, manifest)
        prune(folder)
        return manifest


def remove_station(folder: Path, station: str) -> Manifest:
    """Take a station and its plates away; see `put_many`. A station that is not there is no error."""
    return put_many(folder, [], remove=[station])


def _present(folder: Path, *, anew: bool) -> tuple[Manifest | None, bool]:
    """Return the newest manifest that can be read, and whether its index of plates can be.

    None where there is no manifest at all. Manifests that cannot be read are an error unless all is written anew: else
    every station but the one that is published would be lost.
    """
    try:
        present = next(manifests(folder))
    except SnapshotMissing:
        return None, False
    except SnapshotBroken:
        if anew:
            return None, False
        raise
    try:
        check_file(folder, present.codes, verify=False)
        Codes.open(folder / present.codes.name)
    except (SnapshotBroken, SnapshotMissing):
        return present, False
    return present, True


def _sound(folder: Path, file: FileMark) -> bool:
    """Return whether a file is there with every byte as it was written."""
    try:
        check_file(folder, file, verify=True)
    except (SnapshotBroken, SnapshotMissing):
        return False
    return True


def _numbers(folder: Path, file: FileMark) -> NDArray[np.uint64] | None:
    """Return the plates of a segment, or None where it is damaged, gone, or of another version of gridmap."""
    try:
        check_file(folder, file, verify=True)
        return Segment.open(folder / file.name).numbers()
    except (SnapshotBroken, SnapshotMissing):
        return None


class _Work:
    """The files of the next manifest while they are written."""

    def __init__(self, folder: Path, serial: int, stations: dict[str, StationFiles]) -> None:
        self.folder, self.serial, self.stations = folder, serial, stations
        self.recode = False
        self._new: dict[int, NDArray[np.uint64]] = {}  # numbers of stations whose plates changed, by station number
        self._gone: set[int] = set()
        self._done: set[str] = set()

    def put(self, update: StationUpdate) -> None:
        """Write the files of one station."""
        if update.station in self._done:
            raise SnapshotRowsNotValid(f"station {update.station} stands twice among the updates: give it once")
        self._done.add(update.station)
        before = self.stations.get(update.station)
        number = self._free_number() if before is None else before.number
        if before is None and (update.rows is None or update.team is None):
            raise SnapshotRowsNotValid(f"station {update.station} is new to the snapshot: give its rows and its team")
        after = before or StationFiles(number, update.station, 0, _NO_FILE, _NO_FILE)
        if update.rows is not None:
            segment = self._segment(number, update.rows, after.segment)
            after = replace(after, segment=segment, plates=len(update.rows.numbers))
        if update.team is not None:
            after = replace(after, team=self._team(number, update.team, update.hours, after.team))
        self.stations[update.station] = replace(after, mark=update.mark)

    def remove(self, station: str) -> None:
        """Forget a station."""
        before = self.stations.pop(station, None)
        if before is not None:
            self.recode = True
            self._new.pop(before.number, None)
            self._gone.add(before.number)

    def _segment(self, number: int, rows: SegmentRows, before: FileMark) -> FileMark:
        """Write a station's segment unless the one of before holds the same; note its numbers if they are others."""
        import numpy as np  # noqa: PLC0415 -- whoever reads this module's manifests stays without

        path = self.folder / f"{number}-{self.serial}.seg"
        digest = write_segment(path, rows)
        if digest == before.sha256 and _sound(self.folder, before):
            path.unlink()
            return before
        numbers = Segment.open(path).numbers()
        former = _numbers(self.folder, before)
        if former is None or not np.array_equal(former, numbers):
            self.recode = True
            self._new[number] = numbers
        return FileMark(path.name, path.stat().st_size, digest)

    def _team(self, number: int, team: Mapping[str, Any], hours: LaidOut | None, before: FileMark) -> FileMark:
        """Write a station's team unless the file of before holds the same."""
        path = self.folder / f"{number}-{self.serial}.team"
        digest = write_team(path, team, hours)
        if digest == before.sha256 and _sound(self.folder, before):
            path.unlink()
            return before
        return FileMark(path.name, path.stat().st_size, digest)

    def codes(self, present: FileMark | None) -> FileMark:
        """Write the index of all plates: from the one of before where it is sound, else from the segments.

        Every byte that is taken over is checked: damage must not get a new checksum.
        """
        before = None
        with suppress(SnapshotBroken, SnapshotMissing):
            if present is not None:
                check_file(self.folder, present, verify=True)
                before = Codes.open(self.folder / present.name)
        if before is None:
            for station in self.stations.values():
                if station.number not in self._new:
                    check_file(self.folder, station.segment, verify=True)
                    self._new[station.number] = Segment.open(self.folder / station.segment.name).numbers()
        path = self.folder / f"codes-{self.serial}.idx"
        digest = merge_codes(path, before, self._new, self._gone)
        return FileMark(path.name, path.stat().st_size, digest)

    def _free_number(self) -> int:
        """Return the lowest number that no station has."""
        taken = {station.number for station in self.stations.values()} | self._gone
        free = next((number for number in range(_MOST_STATIONS) if number not in taken), None)
        if free is None:
            raise SnapshotRowsNotValid(f"the snapshot holds {_MOST_STATIONS:,} stations and takes no more")
        return free
