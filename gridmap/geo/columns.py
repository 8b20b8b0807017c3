"""The columns of each kind of frame, checked once where a frame comes in.

A check lists *everything* that is wrong, so that a person mends a file in one go:
>>> import geopandas as gpd
>>> from shapely import Point
>>> [fault.what for fault in zone_faults(gpd.GeoDataFrame({"code": ["A", "A"]}, geometry=[Point(0, 0), None]))]
['duplicate code', 'no geometry', 'wrong geometry type']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

POINTS = frozenset({shapely.GeometryType.POINT})
POLYGONS = frozenset({shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON})
SHOWN = 5
"""How many rows a fault names; the rest are counted."""


class NotAFrame(Invalid):
    """What came is no GeoDataFrame with a geometry column."""

    slug, title = "not-a-frame", "The input is not a table with a geometry"


class BadFrame(Invalid):
    """A frame lacks columns or holds rows that no function can work with; `faults` lists them all."""

    slug, title = "bad-frame", "The table has faulty columns or rows"


class BadShape(Invalid):
    """A single shape (a jurisdiction, a boundary) is missing, empty, not an area, or crosses itself."""

    slug, title = "bad-shape", "The shape cannot be used"


class MissingCrs(Invalid):
    """A frame does not say in which coordinate reference system its coordinates are."""

    slug, title = "missing-crs", "The coordinate reference system is not known"


class NotMetric(Invalid):
    """Lengths and areas were asked of coordinates that are not in metres."""

    slug, title = "not-metric", "The coordinates are not in metres"


class CrsMismatch(Invalid):
    """Two frames that should lie on each other are in different coordinate reference systems."""

    slug, title = "crs-mismatch", "The coordinate reference systems differ"


class OutOfCrs(Invalid):
    """Coordinates lie where the coordinate reference system is not defined."""

    slug, title = "out-of-crs", "Coordinates lie outside the coordinate reference system"


class NotOnEarth(Invalid):
    """A longitude and latitude outside -180..180 and -90..90, not finite, or where no metric zone is."""

    slug, title = "not-on-earth", "The longitude or latitude is out of range"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a frame: what, in which column, in how many rows, and the first of them."""

    what: str
    column: str
    count: int
    rows: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the fault as part of a sentence."""
        if not self.rows:
            return f"{self.what} `{self.column}`"
        more = f" and {self.count - len(self.rows)} more" if self.count > len(self.rows) else ""
        return f"{self.what} in `{self.column}` of {', '.join(self.rows)}{more}"


def check_zones(frame: object, *, also: Iterable[str] = (), draft: bool = False) -> gpd.GeoDataFrame:
    """Return `frame` itself if it is a zones frame, or say everything that is wrong with it.

    Parameters
    ----------
    frame
        (n,) rows: `code` (unique text), geometry Polygon or MultiPolygon; any CRS.
    also
        Columns that must be there too, for example ``["beat"]``.
    draft
        Let missing and empty geometries pass, because a draft may hold them and `topology` lists them.

    Raises
    ------
    NotAFrame
        If there is no geometry column.
    BadFrame
        If columns or rows are faulty; `facts["faults"]` is the full list.
    """
    checked = _frame(frame)
    _refuse(zone_faults(checked, also=also, draft=draft), "zones")
    return checked


def check_points(frame: object, *, also: Iterable[str] = ()) -> gpd.GeoDataFrame:
    """Return `frame` itself if it is a points frame (`id` unique, geometry Point), or say all that is wrong.

    Raises
    ------
    NotAFrame, BadFrame
        As `check_zones`.
    """
    checked = _frame(frame)
    _refuse(point_faults(checked, also=also), "points")
    return checked


def zone_faults(frame: gpd.GeoDataFrame, *, also: Iterable[str] = (), draft: bool = False) -> list[Fault]:
    """Return all faults of a zones frame; an empty list if it is sound. See `check_zones`."""
    missing = _missing_columns(frame, ["code", *also])
    codes = _key_faults(frame, "code", kinds=(str,)) if "code" in frame.columns else []
    return [*missing, *codes, *_shape_faults(frame, "code", POLYGONS, draft=draft)]


def point_faults(frame: gpd.GeoDataFrame, *, also: Iterable[str] = ()) -> list[Fault]:
    """Return all faults of a points frame; an empty list if it is sound. See `check_points`."""
    missing = _missing_columns(frame, ["id", *also])
    ids = _key_faults(frame, "id", kinds=(str, int, np.integer)) if "id" in frame.columns else []
    return [*missing, *ids, *_shape_faults(frame, "id", POINTS)]


def check_area(shape: object, name: str = "jurisdiction") -> shapely.Polygon | shapely.MultiPolygon:
    """Return `shape` itself if it is a valid, non-empty (Multi)Polygon with finite coordinates.

    Raises
    ------
    BadShape
        With the reason and, for an invalid polygon, the place of the fault.
    """
    if not _is_area(shape):
        kind = type(shape).__name__
        raise BadShape(f"The {name} must be a Polygon or MultiPolygon, not {kind}.", name=name, kind=kind)
    if shape.is_empty:
        raise BadShape(f"The {name} is empty; give its outline.", name=name)
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise BadShape(f"The {name} has coordinates that are no finite numbers.", name=name)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise BadShape(f"The {name} is not a valid polygon ({reason}); mend it there.", name=name, reason=reason)
    return shape


def _is_area(shape: object) -> TypeGuard[shapely.Polygon | shapely.MultiPolygon]:
    return isinstance(shape, (shapely.Polygon, shapely.MultiPolygon))


def _frame(frame: object) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        kind = type(frame).__name__
        raise NotAFrame(f"A GeoDataFrame is needed, not {kind}; read the file with its geometry.", kind=kind)
    if frame.active_geometry_name is None:
        raise NotAFrame("The table has no active geometry column; set one with set_geometry.", kind="GeoDataFrame")
    return frame


def _refuse(faults: list[Fault], kind: str) -> None:
    if faults:
        told = "; ".join(str(fault) for fault in faults)
        raise BadFrame(f"The {kind} cannot be used: {told}. Mend these rows and try again.", faults=faults)


def _missing_columns(frame: pd.DataFrame, wanted: Iterable[str]) -> list[Fault]:
    return [Fault("missing column", name, 1) for name in wanted if name not in frame.columns]


def _key_faults(frame: pd.DataFrame, key: str, *, kinds: tuple[type, ...]) -> list[Fault]:
    keys = frame[key]
    null = keys.isna().to_numpy(dtype=bool)
    if isinstance(keys.dtype, pd.StringDtype):
        strange = np.full(len(keys), str not in kinds) & ~null
        blank = (keys.str.strip() == "").to_numpy(dtype=bool, na_value=False)
    elif pd.api.types.is_integer_dtype(keys.dtype):
        strange, blank = np.full(len(keys), int not in kinds), null
    else:
        strange = np.array([isinstance(value, bool) or not isinstance(value, kinds) for value in keys], dtype=bool)
        blank = np.array([isinstance(value, str) and not value.strip() for value in keys], dtype=bool)
    twice = keys.duplicated(keep=False).to_numpy() & ~null
    found = [
        _fault(f"no {key}", key, frame, key, null | blank),
        _fault(f"{key} of a wrong type", key, frame, key, strange & ~null),
        _fault(f"duplicate {key}", key, frame, key, twice),
    ]
    return [fault for fault in found if fault]


def _shape_faults(frame: gpd.GeoDataFrame, key: str, kinds: frozenset[int], *, draft: bool = False) -> list[Fault]:
    column = str(frame.active_geometry_name)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    types = shapely.get_type_id(shapes)
    missing, empty = types == -1, shapely.is_empty(shapes)
    strange = ~np.isin(types, [int(kind) for kind in kinds]) & ~missing
    found = [
        None if draft else _fault("no geometry", column, frame, key, missing),
        None if draft else _fault("empty geometry", column, frame, key, empty),
        _fault("wrong geometry type", column, frame, key, strange),
        _fault("coordinates that are no finite numbers", column, frame, key, _infinite(shapes)),
    ]
    return [fault for fault in found if fault]


def _infinite(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which shapes have a coordinate that is NaN or infinite."""
    rows = np.zeros(len(shapes), dtype=bool)
    if not np.isfinite(shapely.get_coordinates(shapes).sum()):  # cheap; a sum hides no NaN and no infinity
        coords, owner = shapely.get_coordinates(shapes, return_index=True)
        rows[owner[~np.isfinite(coords).all(axis=1)]] = True
    return rows


def _fault(what: str, column: str, frame: pd.DataFrame, key: str, rows: NDArray[np.bool_]) -> Fault | None:
    """Return the fault of these rows, named by their keys, or by their numbers where they have none."""
    if not rows.any():
        return None
    numbers = np.flatnonzero(rows)
    keys = frame[key].iloc[numbers] if key in frame.columns else pd.Series([None] * len(numbers))
    names = [f"row {number + 1}" if pd.isna(value) else str(value) for number, value in zip(numbers, keys, strict=True)]
    distinct = list(dict.fromkeys(names))
    return Fault(what, column, len(distinct), tuple(distinct[:SHOWN]))
