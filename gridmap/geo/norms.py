"""Norms: doors that stand in no zone, zones that have none, and zones with too few or too many households.

These are hints. A division is sound without its doors, and an empty cell or a small one may be what the planner wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import Invalid
from gridmap.geo.columns import check_points, check_zones
from gridmap.geo.crs import require_metric, require_same

if TYPE_CHECKING:
    from numpy.typing import NDArray

NORM_KINDS: Final = ("orphan_door", "zone_without_doors", "over_norm", "under_norm")
"""Every kind, in the order of the frame."""
HOUSEHOLDS: Final = (300, 500)
"""Households of a grid cell, as stations plan them; the places differ, so it is a setting and no rule."""


class NormNotUsable(Invalid):
    """The norm of households is not two numbers, least before most."""

    slug, title = "norm-not-usable", "The norm of households cannot be used"


def find_norm_issues(
    zones: gpd.GeoDataFrame,
    doors: gpd.GeoDataFrame,
    zone_of_door: NDArray[np.int64] | None = None,
    *,
    norm: tuple[float, float] | None = HOUSEHOLDS,
) -> gpd.GeoDataFrame:
    """Return where zones and doors do not fit each other.

    Parameters
    ----------
    zones
        (n,) zones frame in a metric CRS.
    doors
        (d,) points frame in the same CRS, with column `households` where a norm is to be held.
    zone_of_door
        (d,) the row of the zone of each door, -1 for none, as `assign` or a published edition has it; found here, the
        lowest row on a shared border, when None.
    norm
        The least and the most households of a zone; None for zones that have no norm (beats).

    Returns
    -------
    issues
        Frame as `topology.find_issues` gives it: `kind` (see `NORM_KINDS`), `zones` (the code; none for an orphan
        door), `area_m2`, `length_m`, `detail`, geometry (the door, the zone), and besides `doors` (ids of orphan doors)
        and `households` (of a zone; NaN without any), in the order of the kinds, then of the codes.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, CrsMismatch, MissingCrs
    NormNotUsable
        If the least is above the most, or either is negative.
    """
    check_zones(zones, draft=True)
    check_points(doors, also=["households"] if norm is not None else [])
    require_metric(zones)
    require_same(zones, doors)
    if norm is not None and not 0 <= norm[0] <= norm[1]:
        raise NormNotUsable(f"a norm of {norm[0]:g} to {norm[1]:g} households holds nowhere; give the least first")
    shapes = np.asarray(zones.geometry.array, dtype=object)
    row = _zone_of(shapes, doors) if zone_of_door is None else np.asarray(zone_of_door, dtype=np.int64)
    known = row >= 0
    count = np.bincount(row[known], minlength=len(zones))
    parts = [_orphans(doors[~known]), _zones(zones[count == 0], "zone_without_doors", "No door stands in {code}.")]
    if norm is not None:
        households = doors["households"].to_numpy(dtype=np.float64, na_value=0.0)
        held = np.bincount(row[known], weights=households[known], minlength=len(zones)).astype(np.float64)
        least, most = norm
        told = "{code} has {held:,.0f} households; the norm is " + f"{least:g} to {most:g}."
        over, under = held > most, (held < least) & (count > 0)
        parts += [
            _zones(zones[over], "over_norm", told, held[over]),
            _zones(zones[under], "under_norm", told, held[under]),
        ]
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=zones.crs)
    sizes = np.asarray(frame.geometry.array, dtype=object)
    frame["area_m2"], frame["length_m"] = np.nan_to_num(shapely.area(sizes)), np.nan_to_num(shapely.length(sizes))
    return frame[["kind", "zones", "area_m2", "length_m", "detail", "doors", "households", "geometry"]]


def _zone_of(shapes: NDArray[np.object_], doors: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the lowest row of the zones that cover each door, -1 for none."""
    tree = shapely.STRtree(np.asarray(doors.geometry.array, dtype=object))
    valid = np.flatnonzero(shapely.is_valid(shapes))
    shapely.prepare(shapes[valid])
    zone, door = tree.query(shapes[valid], predicate="covers")
    found = np.full(len(doors), len(shapes), dtype=np.int64)
    np.minimum.at(found, door, valid[zone])
    found[found == len(shapes)] = -1
    return found


def _orphans(doors: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return one row for each place with doors in no zone."""
    places = np.asarray(doors.geometry.array, dtype=object)
    coords = shapely.get_coordinates(places)
    groups = doors.groupby([coords[:, 0], coords[:, 1]], sort=True)["id"].agg(list) if len(doors) else pd.Series([])
    return pd.DataFrame({
        "kind": "orphan_door",
        "zones": [[] for _ in range(len(groups))],
        "detail": [f"{_doors(ids)} in no zone." for ids in groups],
        "doors": list(groups),
        "households": np.nan,
        "geometry": [shapely.Point(place) for place in groups.index],
    })  # fmt: skip


def _doors(ids: list[object]) -> str:
    return f"Door {ids[0]} stands" if len(ids) == 1 else f"{len(ids)} doors on one place ({ids[0]} and others) stand"


def _zones(zones: gpd.GeoDataFrame, kind: str, told: str, held: NDArray[np.float64] | None = None) -> pd.DataFrame:
    values = np.full(len(zones), np.nan) if held is None else held
    frame = pd.DataFrame({
        "kind": kind,
        "zones": [[code] for code in zones["code"]],
        "detail": [told.format(code=code, held=value) for code, value in zip(zones["code"], values, strict=True)],
        "doors": [[] for _ in range(len(zones))],
        "households": values,
        "geometry": np.asarray(zones.geometry.array, dtype=object),
    })  # fmt: skip
    order = zones["code"].argsort(kind="stable").to_numpy()
    return frame.iloc[order]
