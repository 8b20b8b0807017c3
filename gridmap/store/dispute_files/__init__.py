"""A list of disputes as a file, whole or not at all: CSV, an Excel workbook, a GeoPackage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from gridmap.store.dispute_files.content import Content, read_rows
from gridmap.store.dispute_files.csv_table import write_csv
from gridmap.store.dispute_files.geopackage import write_geopackage
from gridmap.store.dispute_files.workbook import MAX_ROWS, write_workbook
from gridmap.store.writing import aside

Kind = Literal["csv", "xlsx", "gpkg"]

#: Kind -> what a browser is told it is; the ending of the file is the kind.
MEDIA_TYPES: Final[dict[Kind, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
}
_WRITERS: Final[dict[Kind, Callable[[Content, Path], None]]] = {
    "csv": write_csv, "xlsx": write_workbook, "gpkg": write_geopackage,
}  # fmt: skip


def write_file(content: Content, path: Path, kind: Kind) -> None:
    """Write `content` to `path`, replacing what is there.

    Raises
    ------
    FileNotWritable
        If there is no such folder, or no permission or room to write in it.
    """
    with aside(path) as made:
        _WRITERS[kind](content, made)


__all__ = ["MAX_ROWS", "MEDIA_TYPES", "Content", "Kind", "read_rows", "write_file"]
