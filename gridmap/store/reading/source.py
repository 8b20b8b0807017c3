"""What every reader gives: a source of blocks, each block a table, its shapes and the rows that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

#: Rows held at once; the memory of an import is a few of these blocks, whatever the size of the file.
BLOCK_ROWS: Final = 50_000

Kind = Literal["csv", "geojson", "gpkg", "shapefile", "kml", "flatgeobuf", "parquet", "xlsx"]


@dataclass(frozen=True)
class Block:
    """Some rows of a file, in its order.

    `lines` (n,): the line a row begins on (CSV), its number on the sheet, or the number of the feature, from 1. `table` (n, columns): what
    the file says. `shapes` (n,): shapely geometries in the file's own coordinates, None where there is none; None as
    a whole if the file has no geometry. `unread`: position in the block -> (reason, value) of rows that cannot be
    read. `done`: how far we are, in units of `Source.total`.
    """

    lines: NDArray[np.int64]
    table: pd.DataFrame
    shapes: NDArray[np.object_] | None
    unread: dict[int, tuple[str, str]]
    done: int


@dataclass(frozen=True)
class Source:
    """An open file: what it is, its columns, and its rows in blocks (to be walked once)."""

    path: Path
    kind: Kind
    columns: tuple[str, ...]
    crs: pyproj.CRS | None
    has_shapes: bool
    total: int
    blocks: Callable[[], Iterator[Block]]
    unit: Literal["line", "feature", "row"] = "feature"
    notes: tuple[str, ...] = field(default=())
