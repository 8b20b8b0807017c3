"""A file is made aside and moved into its place when it is whole: nobody ever reads half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.errors import Invalid


class FileNotWritable(Invalid):
    """The file cannot be written where it is wanted."""

    slug, title = "file-not-writable", "The file cannot be written there"


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a path of the same name in a folder of its own beside `path`; what is written there takes its place at the end.

    After an error nothing is left, and a file that stood at `path` stands there still.

    Raises
    ------
    FileNotWritable
        If there is no such folder, or no permission or room to write in it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".gridmap-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            yield made
            with made.open("rb") as file:
                os.fsync(file.fileno())
            made.replace(path)
    except OSError as error:
        raise FileNotWritable(
            f"{path} cannot be written: {error.strerror or error}; name a file in a folder that exists and is yours.",
            file=str(path),
        ) from error
