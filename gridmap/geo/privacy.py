"""Counts that may be shown to everybody: no number from which a household could be told.

A number is shown only if it stands for at least 5 events and 8 households. Leaving small cells out is not enough: a
total less the cells shown is what was left out. So squares are shown in nested levels, and what is hidden below a
shown square is always at least two of its parts, together at least 5 events and 8 households; where the small parts
do not reach that, another part is hidden with them (the one with the fewest households: a choice that tells nothing
of events). More are hidden until even who knows this rule and every household cannot name the number of one of them.
What is hidden is shown as one merged area, so the areas add up to the total.

Every number shown is a sum of whole areas, and every area keeps the minimum; so does whatever can be had by adding
and subtracting them. Ground where nobody lives and nothing happened is in no area: that it is left out tells nothing of
a household. That holds for the numbers of *one* table. Two tables of the same events that overlap can be subtracted
too: publish closed calendar months, never a window that slides day by day (the difference of two days is one event),
and one table a period.

References
----------
Cox (1980), "Suppression Methodology and Statistical Disclosure Control", JASA 75, 377-385 (complementary suppression).
Sweeney (2002), "k-Anonymity", Int. J. Uncertainty, Fuzziness and Knowledge-Based Systems 10(5), 557-570.
Wong, Fu, Wang & Pei (2007), "Minimality Attack in Privacy Preserving Data Publishing", VLDB, 543-554 (why what is
hidden beside is not chosen by its count).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import Invalid

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MIN_EVENTS: Final = 5
MIN_HOUSEHOLDS: Final = 8
STEPS: Final = (3, 9)  # nine parts to a square: wide enough to hide in, narrow enough to be of use


class PublicWrong(Invalid):
    """What is to be shown to everybody is not nested, not counted, or asks for less than the minimum."""

    slug, title = "public-counts", "This cannot be published as it is"


@dataclass(frozen=True, slots=True, eq=False)
class PublicCounts:
    """Areas that share the ground among them, each with its numbers.

    `areas`: a row an area: the level columns (missing below its level), `depth` (how many of them are told; 0 is
    everything), `rest` (true: the parts of that square that are not shown on their own, merged), `count`, `households`,
    `cells` (how many cells it is made of). `area_of`: (n,) row of `areas` for each cell given; -1 if nothing is shown,
    or if nobody lives there and nothing happened.
    """

    areas: pd.DataFrame
    area_of: Integers


def publish_counts(
    cells: pd.DataFrame,
    levels: Sequence[str],
    *,
    min_events: int = MIN_EVENTS,
    min_households: int = MIN_HOUSEHOLDS,
) -> PublicCounts:
    """Return the smallest areas of a nested division whose counts may be shown.

    Parameters
    ----------
    cells
        (n,) rows: the columns in `levels`, `count` (events) and `households`; whole numbers of 0 or more. Cells without
        an event or a household belong to it.
    levels
        Columns from the widest to the cell itself, for example square of 2 km, of 1 km, of 500 m. A key is read
        within the key above it, so the division is nested whatever the keys are.
    min_events, min_households
        What a number stands for at least; they may be raised, never lowered.

    Raises
    ------
    PublicWrong
        If a column is missing, a number is below 0 or no whole number, a cell is given twice, or a minimum is lowered.
    """
    _check(cells, levels, min_events, min_households)
    count, households = (cells[name].to_numpy(dtype=np.int64) for name in ("count", "households"))
    nodes = [np.zeros(len(cells), dtype=np.int64)]
    for level in levels:
        keys, _ = pd.factorize(cells[level])
        nodes.append(pd.factorize(nodes[-1] * (int(keys.max(initial=0)) + 1) + keys)[0].astype(np.int64))
    if len(cells) > 1 and len(np.unique(nodes[-1])) < len(cells):
        raise PublicWrong("A cell is given twice; add its rows up first.")
    depth, rest = np.full(len(cells), -1, dtype=np.int64), np.zeros(len(cells), dtype=bool)
    told = np.flatnonzero((count > 0) | (households > 0))
    minimum = (min_events, min_households)
    depth[told], rest[told] = share_out([each[told] for each in nodes], count[told], households[told], minimum)
    return _areas(cells, levels, nodes, depth, rest)


def publish_squares(
    cells: gpd.GeoDataFrame,
    *,
    size_m: int,
    steps: Sequence[int] = STEPS,
    min_events: int = MIN_EVENTS,
    min_households: int = MIN_HOUSEHOLDS,
) -> gpd.GeoDataFrame:
    """Return the squares of a lattice merged until every count may be shown.

    Parameters
    ----------
    cells
        (n,) rows of `gridmap.geo.lattice.square_lattice` with `count` and `households`.
    size_m
        Side of its squares [m].
    steps
        Sides of the wider squares, in squares, each a multiple of the one before.

    Returns
    -------
    areas
        `size_m` (side of the square the area is or is part of; 0: everything), `column`, `row` (of that square; -1 with
        0), `rest` (the parts of it that are not shown on their own), `count`, `households`, `cells`, `geometry`.
        Empty if even the total may not be shown. The areas do not overlap.

    Raises
    ------
    PublicWrong
    """
    if any(wide % narrow or wide == narrow for narrow, wide in zip([1, *steps], steps, strict=False)):
        raise PublicWrong(f"Steps {list(steps)} do not nest; each is a multiple of the one before, such as 3, 9.")
    sides = [*reversed(steps), 1]
    names = [f"of_{side}" for side in sides]
    keys = {
        name: list(zip(cells["column"] // side, cells["row"] // side, strict=True))
        for name, side in zip(names, sides, strict=True)
    }
    keyed = pd.DataFrame({**keys, "count": cells["count"].to_numpy(), "households": cells["households"].to_numpy()})
    found = publish_counts(keyed, names, min_events=min_events, min_households=min_households)
    squares = np.asarray(cells.geometry.array)
    rows, shapes = [], []
    for number, area in enumerate(found.areas.to_dict("records")):
        side = sides[area["depth"] - 1] if area["depth"] else 0
        column, row = area[names[area["depth"] - 1]] if side else (-1, -1)
        rows.append((side * size_m, column, row, *(area[name] for name in ("rest", "count", "households", "cells"))))
        shapes.append(shapely.union_all(squares[found.area_of == number]))
    columns = ["size_m", "column", "row", "rest", "count", "households", "cells"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs=cells.crs)


def share_out(
    nodes: Sequence[Integers], count: ArrayLike, households: ArrayLike, minimum: tuple[int, int]
) -> tuple[Integers, Flags]:
    """Return, for each cell, the depth of the narrowest square it is shown in and whether as part of its rest.

    Parameters
    ----------
    nodes
        For each depth, 0 being everything, (n,) the number of the square that holds the cell.
    count, households
        (n,) of each cell.
    minimum
        Events and households that an area has at least.

    Returns
    -------
    depth
        (n,) -1 where nothing is shown.
    rest
        (n,) true for the parts of a square of which other parts are shown on their own.
    """
    size = np.column_stack([np.asarray(count, dtype=np.int64), np.asarray(households, dtype=np.int64)])
    depth, rest = np.full(len(size), -1), np.zeros(len(size), dtype=bool)
    floor = np.asarray(minimum)
    if not len(size) or (size.sum(axis=0) < floor).any():
        return depth, rest
    open_ = np.ones(len(size), dtype=bool)  # cells in squares shown so far
    depth[:] = 0
    for level in range(1, len(nodes)):
        here = np.flatnonzero(open_)
        child, first = np.unique(nodes[level][here], return_index=True)
        number = np.searchsorted(child, nodes[level][here])
        parts = np.column_stack([np.bincount(number, weights=size[here, each]) for each in (0, 1)]).astype(np.int64)
        parent = nodes[level - 1][here][first]
        hidden = np.zeros(len(child), dtype=bool)
        order = np.argsort(parent, kind="stable")
        for family in np.split(order, np.flatnonzero(np.diff(parent[order])) + 1):
            hidden[family] = _hide(parts[family], floor)
        wholly = np.bincount(parent, weights=~hidden)[parent] == 0
        open_[here] = ~hidden[number]
        depth[here[~hidden[number]]] = level
        rest[here] = (hidden & ~wholly)[number]
    return depth, rest


def _hide(parts: Integers, floor: Integers) -> Flags:
    """Return which parts of a square that is shown are not shown: none, or two and more that keep the minimum."""
    weak = np.array((parts < floor).any(axis=1))
    hidden: Flags = weak.copy()
    if not weak.any():
        return hidden
    for other in np.argsort(parts[:, 1], kind="stable"):
        if hidden.sum() >= 2 and (parts[hidden].sum(axis=0) >= floor).all() and _open(parts, weak, hidden, floor):
            break
        hidden[other] = True
    return hidden


def _open(parts: Integers, weak: Flags, hidden: Flags, floor: Integers) -> bool:
    """Return whether the sum of the hidden parts leaves each of them open to who knows how they were chosen.

    Such a reader knows that a part with few events has at most `floor` - 1 (two of them with 8 have 4 each), and that a
    part hidden beside has at least `floor`; what is left for the others must span all they may have.
    """
    most = int(floor[0]) - 1
    total, beside = int(parts[hidden, 0].sum()), int((hidden & ~weak).sum())
    if beside:
        return total - beside * int(floor[0]) >= most
    lived_in = parts[hidden, 1] >= floor[1]
    return bool(not lived_in.all() or total <= most * (hidden.sum() - 1))


def _areas(
    cells: pd.DataFrame, levels: Sequence[str], nodes: Sequence[Integers], depth: Integers, rest: Flags
) -> PublicCounts:
    shown = np.flatnonzero(depth >= 0)
    square = np.array([nodes[depth[each]][each] for each in shown], dtype=np.int64)
    keys = np.column_stack([depth[shown], square, rest[shown]])
    _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    area_of = np.full(len(cells), -1, dtype=np.int64)
    area_of[shown] = number.reshape(-1)
    one = shown[first]
    told = {}
    for place, level in enumerate(levels, start=1):
        told[level] = cells[level].astype(object).iloc[one].reset_index(drop=True).where(depth[one] >= place, None)
    held = cells.iloc[shown].groupby(area_of[shown])
    areas = pd.DataFrame(told).assign(
        depth=depth[one],
        rest=rest[one],
        count=held["count"].sum().to_numpy(),
        households=held["households"].sum().to_numpy(),
        cells=held.size().to_numpy(),
    )
    return PublicCounts(areas, area_of)


def _check(cells: pd.DataFrame, levels: Sequence[str], min_events: int, min_households: int) -> None:
    missing = [name for name in (*levels, "count", "households") if name not in cells]
    if missing:
        raise PublicWrong(f"No column {', '.join(missing)}.")
    for name in ("count", "households"):
        values = cells[name].to_numpy(dtype=float)
        if not ((values >= 0) & (values == np.floor(values))).all():
            raise PublicWrong(f"{name} is not a whole number of 0 or more in every cell.")
    if cells[list(levels)].isna().any(axis=None):
        raise PublicWrong("A cell does not say which square it lies in.")
    if min_events < MIN_EVENTS or min_households < MIN_HOUSEHOLDS:
        raise PublicWrong(
            f"{min_events} events and {min_households} households; at least {MIN_EVENTS} and {MIN_HOUSEHOLDS} are asked."
        )
