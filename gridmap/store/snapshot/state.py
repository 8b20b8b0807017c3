"""One state of the snapshot as a whole: what a request takes one reference to and answers from.

A `Snapshot` never changes. When the manifest does, `reopen` gives the next one, which shares every file that is the
same; the old one's maps close when the last request lets go of it.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from gridmap.store.snapshot.codes import Codes
from gridmap.store.snapshot.faults import SnapshotBroken, SnapshotMissing
from gridmap.store.snapshot.folder import NAME, FileMark, Manifest, check_file, manifests, read_manifest
from gridmap.store.snapshot.sections import broken
from gridmap.store.snapshot.segment import PlateRow, Segment
from gridmap.store.snapshot.team_file import TeamFile

_TRIES: Final = 20
_OTHER_FILES: Final = 512  # sockets and files that the rest of the process may have open


class Found(NamedTuple):
    """A plate that exists: the code of its station and what its segment holds of it."""

    station: str
    row: PlateRow


class Snapshot:
    """Everything of one manifest, immutable; safe for any number of threads.

    `trouble` is None, or why an earlier state than the present one is used: the writer should make the present one
    anew, and somebody should know.
    """

    __slots__ = ("_by_number", "_codes", "_teams", "_touched", "folder", "manifest", "trouble")

    def __init__(self, folder: Path, manifest: Manifest, former: Snapshot | None, *, verify: bool) -> None:
        self.folder, self.manifest = folder, manifest
        self.trouble: SnapshotBroken | SnapshotMissing | None = None
        self._touched: tuple[int, int, int] | None = None
        known = {} if former is None else former._files()  # noqa: SLF001 -- its own kind
        _allow_files(2 * len(manifest.stations) + _OTHER_FILES)
        for file in manifest.files():
            if file not in known:
                check_file(folder, file, verify=verify)
        self._codes: Codes = known.get(manifest.codes, None) or Codes.open(folder / manifest.codes.name)
        self._by_number: dict[int, tuple[str, Segment]] = {}
        self._teams: dict[str, TeamFile] = {}
        for code, station in manifest.stations.items():
            segment = known.get(station.segment) or Segment.open(folder / station.segment.name)
            self._by_number[station.number] = (code, segment)
            self._teams[code] = known.get(station.team) or TeamFile(folder, station.team)
            if len(segment) != station.plates:
                raise broken(segment.path, f"it has {len(segment):,} plates and should have {station.plates:,}")
        if len(self._codes) != sum(station.plates for station in manifest.stations.values()):
            raise broken(self._codes.path, "it has not as many plates as the stations")

    @classmethod
    def open(cls, folder: Path, *, former: Snapshot | None = None, verify: bool = False) -> Snapshot:
        """Return the present state of `folder`, or where a file of it is damaged the state of before.

        Sizes, headers and teams are always checked; with `verify` every byte of files that `former` does not share.

        Raises
        ------
        SnapshotMissing
            If no snapshot was made yet.
        SnapshotBroken
            If no state that was kept is whole.
        """
        for _ in range(_TRIES):
            touched = manifest_marks(folder)
            trouble: SnapshotBroken | SnapshotMissing | None = None
            try:
                read_manifest(folder)
            except (SnapshotBroken, SnapshotMissing) as error:
                trouble = error
            for manifest in manifests(folder):
                try:
                    snapshot = cls(folder, manifest, former, verify=verify)
                except (SnapshotBroken, SnapshotMissing) as error:
                    trouble = trouble or error
                    continue
                snapshot.trouble, snapshot._touched = trouble, touched
                if trouble is None or touched == manifest_marks(folder):
                    return snapshot
                break  # files were pruned while we looked: there is a newer state
            else:
                if touched == manifest_marks(folder) and trouble is not None:
                    raise trouble
        raise trouble or SnapshotMissing(f"{folder} changed {_TRIES} times while it was read; try again.")

    def reopen(self, *, verify: bool = False) -> Snapshot:
        """Return the present state, sharing what did not change; see `open` for the errors. This one stays as it is."""
        return Snapshot.open(self.folder, former=self, verify=verify)

    def is_current(self) -> bool:
        """Return whether the manifest is still the one that was opened; one look at the file, 2 microseconds."""
        return self._touched == manifest_marks(self.folder)

    @property
    def serial(self) -> int:
        """The serial of the manifest."""
        return self.manifest.serial

    @property
    def made_at(self) -> datetime:
        """When the manifest was made, in UTC."""
        return self.manifest.made_at

    def __len__(self) -> int:
        return len(self._codes)

    def find(self, number: int) -> Found | None:
        """Return what is known of the plate `number` (see `gridmap.domain.codes.code_number`), or None.

        Raises
        ------
        SnapshotBroken
            If a file is damaged in a place that its header does not show.
        """
        at = self._codes.find(number)
        if at is None:
            return None
        station, slot = at
        try:
            code, segment = self._by_number[station]
        except KeyError as error:
            raise broken(self._codes.path, f"it names station {station}, which the manifest lacks") from error
        return Found(code, segment.at(slot))

    def team(self, station: str) -> Mapping[str, Any]:
        """Return what residents may know of a station, as its `.team` file holds it; decoded anew each time.

        Raises
        ------
        KeyError
            If the snapshot has no such station.
        """
        return self._teams[station].team()

    def team_file(self, station: str) -> TeamFile:
        """Return the mapped file of a station's people.

        Raises
        ------
        KeyError
            If the snapshot has no such station.
        """
        return self._teams[station]

    def stations(self) -> list[str]:
        """Return the codes of all stations, in no order."""
        return list(self._teams)

    def _files(self) -> dict[FileMark, Any]:
        """Return what is open, by the file it was read from."""
        files: dict[FileMark, Any] = {self.manifest.codes: self._codes}
        for code, station in self.manifest.stations.items():
            files[station.segment] = self._by_number[station.number][1]
            files[station.team] = self._teams[code]
        return files


def manifest_marks(folder: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever the manifest does, or None where there is no manifest."""
    try:
        found = os.stat(folder / NAME)  # noqa: PTH116 -- five times a second in every worker
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _allow_files(number: int) -> None:
    """Let the process have `number` files open, where the system allows it: a map keeps its file open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
