"""A file is written aside, hashed, brought to the disk, and only then moved into its place."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from gridmap.store.snapshot.faults import SnapshotNotWritable

#: Files that a killed writer leaves begin so; nobody reads them, and pruning deletes them.
ASIDE: Final = ".aside-"


def write_durably(path: Path, parts: Iterable[Any]) -> str:
    """Write `parts` one after the other as the file `path`, whole or not at all; return the file's sha256.

    The file is on the disk when this returns; its *name* is only after `sync_folder`. A file that stood at `path` goes
    on for whoever has it open.

    Parameters
    ----------
    parts
        Anything with a contiguous buffer: bytes, memoryviews, arrays.

    Raises
    ------
    SnapshotNotWritable
        If there is no such folder, or no permission or room to write in it.
    """
    aside = path.with_name(f"{ASIDE}{os.getpid()}-{path.name}")
    digest = hashlib.sha256()
    try:
        with aside.open("wb") as file:
            for part in parts:
                file.write(part)
                digest.update(part)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise _not_writable(path, error) from error
    finally:
        with suppress(OSError):
            aside.unlink()
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Bring the names of the files in `folder` to the disk.

    Raises
    ------
    SnapshotNotWritable
        If the folder cannot be opened.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise _not_writable(folder, error) from error


def _not_writable(path: Path, error: OSError) -> SnapshotNotWritable:
    """Return what to raise where `path` cannot be written."""
    return SnapshotNotWritable(
        f"{path} cannot be written: {error.strerror or error}; make room, or give the folder to the user that runs "
        "gridmap. Scans go on with the snapshot of before.",
        file=str(path),
    )
