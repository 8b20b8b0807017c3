"""Where an event may be shown to everybody: on a place that it shares with at least eight households.

Places are made from the doors alone, before any event is looked at: the centres of nested squares, or the middles of
stretches of named streets. Each door belongs to one place and each place has at least eight households, also after
the others are taken away: the doors that a square of 100 m cannot hold together make up a place of their own in the
square around, never fewer than eight. An event is shown on the place of the nearest door in the smallest of the
squares that has one.

Points are never pushed aside at random (donut masking). It keeps a third of the hot cells of 200 m where nested
squares keep all; who sees several events of one household can average the noise away; and where houses are few the
true one may still be the only one near. A nested centre says honestly how coarse it is.

References
----------
Tompson, Johnson, Ashby, Perkins & Edwards (2015), "UK open source crime data: accuracy and possibilities for
research", Cartography and Geographic Information Science 42(2), 97-111 (eight addresses or none a point).
Cassa, Wieland & Mandl (2008), "Re-identification of home addresses from spatial locations anonymized by Gaussian
skew", Int. J. Health Geographics 7:45 (averaging the noise away).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from gridmap.geo.columns import OutOfCrs
from gridmap.geo.privacy import MIN_HOUSEHOLDS, PublicWrong, share_out

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SIZES_M: Final = (100, 500, 1_000, 5_000)
_APART: Final = 1e6  # wider than a square [m]


@dataclass(frozen=True, slots=True, eq=False)
class PublicPlaces:
    """Places on which events may be shown.

    `table`: a row a place: `x`, `y` [m], `households`, `kind` (``"square"``, ``"rest"`` of a square, ``"street"``) and
    `size_m` (side of the square, or length of the stretch). `door_x`, `door_y`: (m,) the doors with a household [m].
    `place_of`: (m,) row of `table` for each of them, -1 where too few households are near. `sizes_m`: events go to the
    nearest door of the smallest of these squares that has one; empty if simply to the nearest.
    """

    table: pd.DataFrame
    place_of: Integers
    door_x: Floats
    door_y: Floats
    sizes_m: tuple[int, ...]


def shared_squares(
    door_x: ArrayLike,
    door_y: ArrayLike,
    households: ArrayLike | None = None,
    *,
    sizes_m: Sequence[int] = SIZES_M,
    min_households: int = MIN_HOUSEHOLDS,
) -> PublicPlaces:
    """Return the centres of nested squares that at least eight households share.

    Parameters
    ----------
    door_x, door_y
        (m,) doors in a metric CRS [m].
    households
        (m,) whole numbers of households behind each; 1 each without it.
    sizes_m
        Sides of the squares [m], each a multiple of the one before.
    min_households
        May be raised, never lowered.

    Raises
    ------
    PublicWrong, OutOfCrs
    """
    x, y, number = _doors(door_x, door_y, households, min_households)
    if not sizes_m or any(wide % narrow or wide == narrow for narrow, wide in pairwise(sizes_m)):
        raise PublicWrong(f"Sides {list(sizes_m)} m do not nest; each is a multiple of the one before.")
    place_of, table = _squares(x, y, number, sizes_m, min_households)
    return PublicPlaces(table, place_of, x, y, tuple(sizes_m))


def shared_streets(
    door_x: ArrayLike,
    door_y: ArrayLike,
    street: Sequence[str | None],
    households: ArrayLike | None = None,
    *,
    sizes_m: Sequence[int] = SIZES_M,
    min_households: int = MIN_HOUSEHOLDS,
) -> PublicPlaces:
    """Return the middles of stretches of street that at least eight households share.

    The doors of a street name are put in order along it and cut into stretches as short as the minimum allows; the
    middle is the mean of its households. Doors without a street, and streets of fewer households, share squares among
    themselves as in `shared_squares`.

    Parameters
    ----------
    street
        (m,) name of the street of each door, one name for one street of a place; None or empty for none.
    door_x, door_y, households, sizes_m, min_households
        As in `shared_squares`.

    Raises
    ------
    PublicWrong, OutOfCrs
    """
    x, y, number = _doors(door_x, door_y, households, min_households)
    if len(street) != len(np.asarray(door_x)):
        raise PublicWrong(f"{len(np.asarray(door_x))} doors and {len(street)} street names; each needs one, or None.")
    lived_in = np.ones(len(street)) if households is None else np.asarray(households)
    names = [name or "" for name, there in zip(street, lived_in > 0, strict=True) if there]
    place_of = np.full(len(x), -1, dtype=np.int64)
    rows: list[tuple[float, float, int, str, float]] = []
    by_name: dict[str, list[int]] = {}
    for door, name in enumerate(names):
        by_name.setdefault(name, []).append(door)
    for name in sorted(by_name.keys() - {""}):
        for stretch in _stretches(x, y, number, np.array(by_name[name]), min_households):
            weight = number[stretch] / number[stretch].sum()
            length = float(np.hypot(np.ptp(x[stretch]), np.ptp(y[stretch])))
            place_of[stretch] = len(rows)
            middle = float(x[stretch] @ weight), float(y[stretch] @ weight)
            rows.append((*middle, int(number[stretch].sum()), "street", length))
    left = np.flatnonzero(place_of < 0)
    squares, table = _squares(x[left], y[left], number[left], sizes_m, min_households)
    place_of[left] = np.where(squares >= 0, squares + len(rows), -1)
    streets = pd.DataFrame(rows, columns=list(table.columns)).astype(table.dtypes.to_dict())
    return PublicPlaces(pd.concat([streets, table], ignore_index=True), place_of, x, y, ())


def publish_points(x: ArrayLike, y: ArrayLike, places: PublicPlaces) -> pd.DataFrame:
    """Return where each event may be shown.

    Parameters
    ----------
    x, y
        (n,) events in the CRS of `places` [m].

    Returns
    -------
    shown
        (n,) `place` (row of `places.table`; -1: withheld), `x`, `y` [m] (not-a-number where withheld).

    Raises
    ------
    OutOfCrs
        If a coordinate is no finite number.
    """
    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    _check_finite(east, north)
    place = np.full(len(east), -1, dtype=np.int64)
    if len(places.door_x) and len(east):
        near = np.full(len(east), -1)
        for side in places.sizes_m:
            open_ = np.flatnonzero(near < 0)
            near[open_] = _nearest_in_square(east[open_], north[open_], places, side)
        open_ = np.flatnonzero(near < 0)
        near[open_] = cKDTree(np.column_stack([places.door_x, places.door_y])).query(
            np.column_stack([east, north])[open_]
        )[1]
        place = places.place_of[near]
    held = place >= 0
    shown = pd.DataFrame({"place": place, "x": np.nan, "y": np.nan})
    shown.loc[held, ["x", "y"]] = places.table[["x", "y"]].to_numpy(dtype=float)[place[held]]
    return shown


def _nearest_in_square(x: Floats, y: Floats, places: PublicPlaces, side: int) -> Integers:
    """Return the nearest door in the same square for each event, -1 where it has none."""
    doors, events = ((*pair, *_cell(*pair, side)) for pair in ((places.door_x, places.door_y), (x, y)))
    # Squares are set so far apart that the nearest door is of the same square if it has any.
    spread = np.array([1.0, 1.0, _APART, _APART])
    found = cKDTree(np.column_stack(doors) * spread).query(np.column_stack(events) * spread)[1].astype(np.int64)
    same = (doors[2][found] == events[2]) & (doors[3][found] == events[3])
    return np.where(same, found, -1)


def _squares(
    x: Floats, y: Floats, number: Integers, sizes_m: Sequence[int], least: int
) -> tuple[Integers, pd.DataFrame]:
    """Return the place of each door and the places."""
    sides = [*reversed(sizes_m)]
    nodes = [np.zeros(len(x), dtype=np.int64)]
    columns, rows = [], []
    for each in sides:
        column, row = _cell(x, y, each)
        columns.append(column)
        rows.append(row)
        nodes.append(pd.MultiIndex.from_arrays([column, row]).factorize()[0].astype(np.int64))
    # Each widest square stands alone: nobody is shown on a place for the whole country.
    depth, rest = np.full(len(x), -1), np.zeros(len(x), dtype=bool)
    for widest in np.unique(nodes[1]):
        here = np.flatnonzero(nodes[1] == widest)
        found, part = share_out([each[here] for each in nodes[1:]], number[here], number[here], (least, least))
        depth[here], rest[here] = found, part
    held = np.flatnonzero(depth >= 0)
    square = np.array([nodes[1 + depth[each]][each] for each in held], dtype=np.int64)
    keys = np.column_stack([depth[held], square, rest[held]]).reshape(-1, 3)
    _, first, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    place_of = np.full(len(x), -1, dtype=np.int64)
    place_of[held] = place.reshape(-1)
    one = held[first]
    side = np.array([sides[depth[each]] for each in one], dtype=float)
    middle_x = np.array([columns[depth[each]][each] + 0.5 for each in one], dtype=float) * side
    middle_y = np.array([rows[depth[each]][each] + 0.5 for each in one], dtype=float) * side
    table = pd.DataFrame(
        {
            "x": middle_x,
            "y": middle_y,
            "households": np.bincount(place_of[held], weights=number[held], minlength=len(one)).astype(np.int64),
            "kind": pd.Series(np.where(rest[one], "rest", "square"), dtype=object),
            "size_m": side,
        }
    )
    return place_of, table


def _stretches(x: Floats, y: Floats, number: Integers, doors: Integers, least: int) -> list[Integers]:
    """Return the doors of one street in stretches of at least `least` households; none if it has fewer."""
    if number[doors].sum() < least:
        return []
    xy = np.column_stack([x[doors], y[doors]])
    xy = xy - xy.mean(axis=0)
    along = xy @ np.linalg.svd(xy, full_matrices=False)[2][0]
    order = doors[np.argsort(along, kind="stable")]
    stretches, start, held = [], 0, 0
    for end, households in enumerate(number[order], start=1):
        held += int(households)
        if held >= least:
            stretches.append(order[start:end])
            start, held = end, 0
    stretches[-1] = np.concatenate([stretches[-1], order[start:]])
    return stretches


def _doors(
    door_x: ArrayLike, door_y: ArrayLike, households: ArrayLike | None, least: int
) -> tuple[Floats, Floats, Integers]:
    x, y = np.asarray(door_x, dtype=float), np.asarray(door_y, dtype=float)
    _check_finite(x, y)
    number = np.ones(len(x)) if households is None else np.asarray(households, dtype=float)
    if len(number) != len(x) or not ((number >= 0) & (number == np.floor(number))).all():
        raise PublicWrong("Each door needs a whole number of households of 0 or more.")
    if least < MIN_HOUSEHOLDS:
        raise PublicWrong(f"{least} households; a place stands for at least {MIN_HOUSEHOLDS}.")
    lived_in = number > 0
    return x[lived_in], y[lived_in], number[lived_in].astype(np.int64)


def _cell(x: Floats, y: Floats, side: int) -> tuple[Integers, Integers]:
    return np.floor(x / side).astype(np.int64), np.floor(y / side).astype(np.int64)


def _check_finite(x: Floats, y: Floats) -> None:
    lost = int((~np.isfinite(x) | ~np.isfinite(y)).sum())
    if lost:
        raise OutOfCrs(f"{lost} points have coordinates that are no finite numbers; leave them out.", points=lost)
