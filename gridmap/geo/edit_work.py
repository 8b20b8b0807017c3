"""The table an edit is worked out on: the zones that carry the ground, those an edit touched, and those it made.

Where a beat has cells, its cells carry the ground and the beat follows them (`edit_beats`). A beat without cells
carries its own. Cells and such beats together are the coverage that edits work on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

import geopandas as gpd
import numpy as np
import shapely

from gridmap.geo.columns import BadFrame, Fault
from gridmap.geo.edit_ops import EditNotPossible, Kind
from gridmap.geo.edit_plane import Plane, Shape, plane_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEAT: Final[Kind] = "beat"
CELL: Final[Kind] = "grid_cell"
WORDS: Final = {BEAT: "beat", CELL: "cell"}


@dataclass(frozen=True, slots=True)
class Layers:
    """The zones of a draft as they are stored: two zones frames in one CRS; `cells` has `beat` and may be empty."""

    beats: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit changed: full rows of changed and new zones, with all columns given, and the codes that are gone.

    A renamed zone is a row with its new code, and its old code is gone.
    """

    beats: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    gone_beats: tuple[str, ...] = ()
    gone_cells: tuple[str, ...] = ()


@dataclass(slots=True)
class Work:
    """A draft under one edit.

    `beat_codes`, `beat_shapes` (b,) are the beats as they were given. (n,) rows carry ground: `kind`, `row` in the frame of that kind (-1: new), `code`, `shape` now, `given` before
    (None: new), `beat` now and `beat_given` of cells, `box` (n, 4) around the shape. `gone` rows have no ground left.
    `names`: (Chinese, English) of zones that are new, `parent`: the row whose columns a new one takes.
    `beats_gone`, `beats_new` (code -> code of the beat it came from): beats that have cells. `parts`, `beat_parts`: how
    many parts a zone may lie in, where that is not as many as before.
    """

    layers: Layers
    beat_codes: NDArray[np.object_]
    beat_shapes: NDArray[np.object_]
    plane: Plane
    kind: NDArray[np.object_]
    row: NDArray[np.int64]
    code: NDArray[np.object_]
    shape: NDArray[np.object_]
    given: NDArray[np.object_]
    beat: NDArray[np.object_]
    beat_given: NDArray[np.object_]
    box: NDArray[np.float64]
    touched: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    parent: dict[int, int] = field(default_factory=dict)
    names: dict[tuple[Kind, str], tuple[str | None, str | None]] = field(default_factory=dict)
    beats_gone: set[str] = field(default_factory=set)
    beats_new: dict[str, str] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)
    beat_parts: dict[str, int] = field(default_factory=dict)

    def put(self, number: int, shape: Shape) -> None:
        """Let a row have `shape`; none left makes it gone."""
        self.shape[number] = shape
        self.touched.add(number)
        if shape.is_empty:
            self.gone.add(number)
            self.box[number] = np.nan
        else:
            self.box[number] = shape.bounds

    def give(self, number: int, beat: str) -> None:
        """Let a cell belong to `beat`."""
        self.beat[number] = beat
        self.touched.add(number)

    def bear(self, parent: int, code: str, shape: Shape) -> int:
        """Add a row like `parent` with a code and a shape of its own; return its number."""
        number = len(self.row)
        self.kind = np.append(self.kind, self.kind[parent])
        self.row = np.append(self.row, -1)
        self.code = _append(self.code, code)
        self.shape, self.given = _append(self.shape, shape), _append(self.given, None)
        self.beat, self.beat_given = _append(self.beat, self.beat[parent]), _append(self.beat_given, None)
        self.box = np.concatenate([self.box, [shape.bounds]])
        self.touched.add(number)
        self.parent[number] = parent
        return number

    def near(self, around: NDArray[np.float64], room_m: float = 0.0) -> NDArray[np.int64]:
        """Return the rows whose box comes within `room_m` of the box `around` (4,), the tolerance always added."""
        x, y = (room_m + 2 * self.plane.tol_m) / self.plane.scale
        box, (left, low, right, high) = self.box, around
        hit = (box[:, 0] <= right + x) & (box[:, 2] >= left - x) & (box[:, 1] <= high + y) & (box[:, 3] >= low - y)
        return np.flatnonzero(hit)

    def near_points(self, points: NDArray[np.float64], room_m: float = 0.0) -> NDArray[np.int64]:
        """Return the rows whose box comes within `room_m` of the box around (n, 2) points."""
        if not len(points):
            return np.empty(0, dtype=np.int64)
        return self.near(np.concatenate([points.min(axis=0), points.max(axis=0)]), room_m)

    def has_cells(self, beat: str) -> bool:
        """Return whether a beat's ground is carried by cells."""
        return bool((self.beat == beat).any())

    def had_cells(self, beat: str) -> bool:
        """Return whether a beat's ground was carried by cells before the edit."""
        return bool((self.beat_given == beat).any())

    def find(self, kind: Kind, code: str) -> int:
        """Return the row of a zone that carries its own ground.

        Raises
        ------
        EditNotPossible
            If there is none of that code.
        """
        rows = np.flatnonzero((self.code == code) & (self.kind == kind))
        if not len(rows):
            refuse(f"There is no {WORDS[kind]} {code} in this draft.")
        return int(rows[0])

    def ground(self, kind: Kind, code: str) -> int:
        """Return the row of a zone that carries ground of its own, as `find`.

        Raises
        ------
        EditNotPossible
            If there is none of that code, or it is empty.
        """
        row = self.find(kind, code)
        if shapely.is_empty(self.shape[row]):
            refuse(f"{WORDS[kind].capitalize()} {code} has no ground.")
        return row

    def beat_row(self, code: str) -> int:
        """Return the row of a beat in the frame of beats.

        Raises
        ------
        EditNotPossible
            If there is none of that code.
        """
        rows = np.flatnonzero(self.beat_codes == code)
        if not len(rows):
            refuse(f"There is no beat {code} in this draft.")
        return int(rows[0])

    def beat_shape(self, code: str) -> Shape:
        """Return the ground of a beat before the edit."""
        shape: Shape | None = self.beat_shapes[self.beat_row(code)]
        return shapely.Polygon() if shape is None else shape


def start(layers: Layers) -> Work:
    """Return the table for one edit of `layers`.

    Raises
    ------
    BadFrame
        If a frame lacks columns; stored zones were looked at when they came in.
    """
    for frame, columns in ((layers.beats, ("code",)), (layers.cells, ("code", "beat"))):
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise BadFrame(f"The zones lack the column {missing[0]}.", faults=[Fault("missing column", missing[0], 1)])
    beat_codes, beat_shapes = layers.beats["code"].to_numpy(dtype=object), _shapes(layers.beats)
    cell_codes, wanted = (layers.cells[column].to_numpy(dtype=object) for column in ("code", "beat"))
    have = set(wanted)
    bare = np.array([row for row, code in enumerate(beat_codes) if code not in have], dtype=np.int64)
    shape = np.concatenate([beat_shapes[bare], _shapes(layers.cells)])
    lost = shapely.is_missing(shape) | shapely.is_empty(shape)
    shape[lost] = shapely.Polygon()
    box = shapely.bounds(shape)
    middle = float(np.nanmean(box[:, 1::2])) if (~lost).any() else 0.0
    beats = np.concatenate([np.full(len(bare), None, dtype=object), wanted])
    return Work(
        layers,
        beat_codes,
        beat_shapes,
        plane_of(layers.beats.crs, middle),
        kind=np.array([BEAT] * len(bare) + [CELL] * len(wanted), dtype=object),
        row=np.concatenate([bare, np.arange(len(wanted))]),
        code=np.concatenate([beat_codes[bare], cell_codes]),
        shape=shape,
        given=shape.copy(),
        beat=beats,
        beat_given=beats.copy(),
        box=box,
    )


def refuse(why: str, at: NDArray[np.float64] | shapely.Geometry | None = None) -> NoReturn:
    """Refuse the edit: `why` is a sentence, `at` the place.

    Raises
    ------
    EditNotPossible
        Always.
    """
    if isinstance(at, shapely.Geometry):
        at = shapely.get_coordinates(shapely.point_on_surface(at))[0] if not shapely.is_empty(at) else None
    place = None if at is None else [float(at[0]), float(at[1])]
    raise EditNotPossible(why, at=place)


def _shapes(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return np.asarray(frame.geometry.array, dtype=object)


def _append(column: NDArray[np.object_], value: object) -> NDArray[np.object_]:
    longer = np.empty(len(column) + 1, dtype=object)
    longer[:-1] = column
    longer[-1] = value
    return longer
