"""The folder of the snapshot: which files are the present ones, and how the next take their place.

Every file is written once under a name of its own and never changed. `manifest.json` names the files of the present
state; it is replaced in one step, so a reader sees the state of before or the state of after, and a process killed at
any moment leaves one of the two. `manifest-<serial>.json` of the last two are kept, with all files they name.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gridmap.store.snapshot.durable import ASIDE, sync_folder, write_durably
from gridmap.store.snapshot.faults import (
    NoEarlierSnapshot,
    SnapshotBroken,
    SnapshotLocked,
    SnapshotMissing,
    SnapshotNotWritable,
)
from gridmap.store.snapshot.sections import broken

NAME: Final = "manifest.json"
KEPT: Final = 2
FORMAT: Final = 1
#: The names of all files that are ours; pruning deletes no other.
_OURS: Final = re.compile(r"(codes-\d+\.idx|\d+-\d+\.(seg|team)|manifest-\d+\.json)\Z")
_OLD: Final = re.compile(r"manifest-(\d+)\.json\Z")


@dataclass(frozen=True, slots=True)
class FileMark:
    """A file of the snapshot as it must be: its name in the folder, its size [bytes], its sha256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StationFiles:
    """What a manifest says of one station.

    `number` stands for the station in the index of plates and stays; `plates` is how many it has; `mark` is the writer's own note of which data the
    files were made from, so that after a start it knows what to make anew.
    """

    number: int
    code: str
    plates: int
    segment: FileMark
    team: FileMark
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One state of the snapshot: which files make it up.

    `held` says that a person rolled back to it and that nothing is to be published over it; `restored` is then the
    serial it is a copy of.
    """

    serial: int
    made_at: datetime
    codes: FileMark
    stations: Mapping[str, StationFiles] = field(default_factory=dict)
    held: bool = False
    restored: int | None = None

    def files(self) -> Iterator[FileMark]:
        """Yield every file that the manifest names."""
        yield self.codes
        for station in self.stations.values():
            yield station.segment
            yield station.team


def read_manifest(folder: Path, name: str = NAME) -> Manifest:
    """Return the manifest `name` of `folder`.

    Raises
    ------
    SnapshotMissing
        If there is none.
    SnapshotBroken
        If it is not what was written.
    """
    path = folder / name
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise SnapshotMissing(
            f"{path} is not there: no snapshot has been made yet, or the folder is another one; start `gridmap serve` "
            "with the database, which makes it.",
            file=str(path),
        ) from error
    except OSError as error:
        raise broken(path, f"it cannot be read ({error.strerror or error})") from error
    body, _, check = raw.rpartition(b"\n# sha256 ")
    if check != hashlib.sha256(body).hexdigest().encode() + b"\n":
        raise broken(path, "its checksum does not fit")
    found = json.loads(body)
    if found.pop("format") != FORMAT:
        raise broken(path, "it is of another version of gridmap")
    stations = {
        code: StationFiles(
            code=code, segment=FileMark(**each.pop("segment")), team=FileMark(**each.pop("team")), **each
        )
        for code, each in found.pop("stations").items()
    }
    made_at, codes = datetime.fromisoformat(found.pop("made_at")), FileMark(**found.pop("codes"))
    return Manifest(made_at=made_at, codes=codes, stations=stations, **found)


def manifests(folder: Path) -> Iterator[Manifest]:
    """Yield the manifests that can be read, the present one first, then the older ones, newest first.

    Raises
    ------
    SnapshotMissing, SnapshotBroken
        If not one can be read: what is wrong with the present one.
    """
    trouble: SnapshotBroken | SnapshotMissing | None = None
    last: int | None = None
    for name in (NAME, *(f"manifest-{serial}.json" for serial in _serials(folder))):
        try:
            manifest = read_manifest(folder, name)
        except (SnapshotBroken, SnapshotMissing) as error:
            trouble = trouble or error
            continue
        if last is None or manifest.serial < last:  # a higher one is what a killed writer had not yet put in force
            last = manifest.serial
            yield manifest
    if trouble is not None and last is None:
        raise trouble


def next_serial(folder: Path) -> int:
    """Return a serial above every one that the folder has seen, also of manifests that cannot be read."""
    known = _serials(folder)
    with suppress(SnapshotBroken, SnapshotMissing):
        known.append(read_manifest(folder).serial)
    return max(known, default=0) + 1


def swap(folder: Path, manifest: Manifest) -> None:
    """Make `manifest` the present one, in one step; the files it names must be on the disk.

    Call it under `lock`.

    Raises
    ------
    SnapshotNotWritable
        If the folder takes no file; the present manifest stays.
    """
    content = asdict(manifest) | {"format": FORMAT, "made_at": manifest.made_at.isoformat()}
    content["stations"] = {
        code: {key: value for key, value in each.items() if key != "code"} for code, each in content["stations"].items()
    }
    body = json.dumps(content, ensure_ascii=False).encode()
    parts = [body, b"\n# sha256 ", hashlib.sha256(body).hexdigest().encode(), b"\n"]
    sync_folder(folder)  # the names of the files it speaks of, before it speaks of them
    write_durably(folder / f"manifest-{manifest.serial}.json", parts)
    write_durably(folder / NAME, parts)
    sync_folder(folder)


def prune(folder: Path) -> list[str]:
    """Delete the files that neither the present nor the previous manifest names; return their names.

    Also what a killed writer left aside. Files that are not the snapshot's own stay. Call it under `lock`.

    Raises
    ------
    SnapshotMissing, SnapshotBroken
        If no manifest can be read: then nothing is deleted.
    """
    kept = list(manifests(folder))[:KEPT]
    names = {file.name for manifest in kept for file in manifest.files()}
    names |= {f"manifest-{manifest.serial}.json" for manifest in kept}
    gone = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(ASIDE) or (_OURS.match(path.name) and path.name not in names):
            with suppress(OSError):  # what will not go now goes the next time; the snapshot is published already
                path.unlink()
                gone.append(path.name)
    return gone


def roll_back(folder: Path, *, made_at: datetime | None = None) -> Manifest:
    """Go back to the previous state and hold it there; return it, under a serial of its own.

    Writers refuse to publish (`SnapshotHeld`) until `release`. Takes the lock.

    Raises
    ------
    NoEarlierSnapshot
        If there is no earlier state, or the present one is already held.
    SnapshotNotWritable
        If the folder takes no file.
    """
    with lock(folder):
        present, *older = manifests(folder)
        if present.held:
            raise NoEarlierSnapshot(
                f"the snapshot in {folder} was already rolled back to {present.restored}; release it first."
            )
        usable = [each for each in older if list(each.files()) != list(present.files()) and whole(folder, each)]
        if not usable:
            raise NoEarlierSnapshot(f"{folder} holds no earlier snapshot than {present.serial}; nothing was changed.")
        back = replace(
            usable[0],
            serial=next_serial(folder),
            made_at=made_at or datetime.now(UTC),
            held=True,
            restored=usable[0].serial,
        )
        swap(folder, back)
        return back


def release(folder: Path, *, made_at: datetime | None = None) -> Manifest:
    """Let writers publish again after `roll_back`; return the present manifest. Takes the lock.

    Raises
    ------
    SnapshotMissing, SnapshotBroken
        If no manifest can be read.
    """
    with lock(folder):
        present = next(manifests(folder))
        if not present.held:
            return present
        free = replace(
            present, serial=next_serial(folder), made_at=made_at or datetime.now(UTC), held=False, restored=None
        )
        swap(folder, free)
        return free


@contextmanager
def lock(folder: Path, *, wait: bool = True, name: str = "write") -> Iterator[None]:
    """Hold the lock `name` of the folder, against other threads and other processes; the folder is made if need be.

    A process that dies lets go. "write" is what every writer here takes for the moment of writing: whoever wants to be
    the only writer for long takes one of another name ("keeper") and leaves this one free for a roll-back.

    Raises
    ------
    SnapshotLocked
        If `wait` is False and another holds it.
    SnapshotNotWritable
        If the folder cannot be made or takes no file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SnapshotNotWritable(
            f"{folder} cannot be used: {error.strerror or error}; give the folder to the user that runs gridmap.",
            file=str(folder),
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise SnapshotLocked(
                f"another process holds the lock {name} of {folder}; try again in a moment."
            ) from error
        yield
    finally:
        os.close(handle)


def check_file(folder: Path, file: FileMark, *, verify: bool) -> None:
    """Check that a file has the size it should have, and with `verify` every byte of it.

    Raises
    ------
    SnapshotMissing, SnapshotBroken
        If it is not as the manifest says.
    """
    path = folder / file.name
    try:
        size = path.stat().st_size
        if size != file.size:
            raise broken(path, f"it has {size:,} bytes and should have {file.size:,}")
        if verify:
            with path.open("rb") as opened:
                if hashlib.file_digest(opened, "sha256").hexdigest() != file.sha256:
                    raise broken(path, "its checksum does not fit")
    except FileNotFoundError as error:
        raise SnapshotMissing(
            f"{path} is gone, though the snapshot names it; gridmap writes it anew from the database.", file=str(path)
        ) from error
    except OSError as error:
        raise broken(path, f"it cannot be read ({error.strerror or error})") from error


def whole(folder: Path, manifest: Manifest) -> bool:
    """Return whether every file of a manifest is there in its full size."""
    try:
        for file in manifest.files():
            check_file(folder, file, verify=False)
    except (SnapshotBroken, SnapshotMissing):
        return False
    return True


def _serials(folder: Path) -> list[int]:
    """Return the serials of the manifests kept by number, newest first."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return sorted((int(found[1]) for found in map(_OLD.match, names) if found), reverse=True)
