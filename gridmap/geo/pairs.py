"""Pairs of points that are close, found once and kept by bands of distance.

Points are sorted into square cells as wide as the widest band. All partners of a point lie then in two unbroken runs of
the sorted points (its own row onward, and the row to the north), so nothing but the pairs themselves is kept: 8 bytes
each. A tree keeps 16 bytes a pair and lists of lists besides.

References
----------
Bentley, Stanat & Williams (1977), "The Complexity of Finding Fixed-Radius Near Neighbors", Inf. Process. Lett. 6(6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from gridmap.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Indices = NDArray[np.uint32]

MOST_PAIRS: Final = 30_000_000
_MOST_SIDE: Final = 2_000  # cells along one side; beyond it cells are wider than the band


class PairsTooMany(TooLarge):
    """So many incidents lie close together that their pairs are more than gridmap will count."""

    slug, title = "pairs-too-many", "There are too many pairs of incidents"


class BandsWrong(Invalid):
    """Bands are not rising numbers from 0 or more."""

    slug, title = "bands-wrong", "The bands of distance or time are wrong"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Close pairs: pair p is of points `first[p]` and `second[p]`; band b holds pairs start[b] to start[b + 1] - 1."""

    first: Indices
    second: Indices
    start: Integers

    def __len__(self) -> int:
        """Return how many pairs there are in all bands."""
        return len(self.first)


def close_pairs(x: ArrayLike, y: ArrayLike, space_m: Sequence[float], *, most: int = MOST_PAIRS) -> Pairs:
    """Return all pairs of points whose distance lies in one of the half-open bands, each pair once.

    >>> pairs = close_pairs([0, 0, 30], [0, 0, 40], (0, 1, 50, 51))
    >>> pairs.start.tolist()  # one pair on one spot, none below 50 m, two from 50 to below 51 m
    [0, 1, 1, 3]

    Parameters
    ----------
    x, y
        (n,) finite coordinates in a metric CRS [m].
    space_m
        (k + 1,) rising edges: band b holds distances from space_m[b] to below space_m[b + 1] [m].
    most
        More pairs than this are refused before they take memory.

    Raises
    ------
    BandsWrong, PairsTooMany
    """
    east, north = (np.ascontiguousarray(each, dtype=np.float64) for each in (x, y))
    edges = check_bands(space_m)
    if len(east) < 2:
        nobody = np.zeros(0, dtype=np.uint32)
        return Pairs(nobody, nobody, np.zeros(len(edges), dtype=np.int64))
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise BandsWrong("Some points have coordinates that are no finite numbers; leave them out.")
    spread = max(float(np.ptp(east)), float(np.ptp(north)))
    side = max(float(edges[-1]) * (1 + 1e-9), spread / _MOST_SIDE, 1e-9)
    column = ((east - east.min()) / side).astype(np.int64) + 1
    row = ((north - north.min()) / side).astype(np.int64)
    columns = int(column.max()) + 2  # an empty one at each end, so that runs never join two rows
    key = row * columns + column
    order = np.argsort(key, kind="stable").astype(np.uint32)
    cell_start = np.zeros((int(row.max()) + 2) * columns + 2, dtype=np.int64)
    np.cumsum(np.bincount(key, minlength=len(cell_start) - 1), out=cell_start[1:])
    sorted_ = east[order], north[order], key[order]
    found = _count(*sorted_, cell_start, columns, edges**2, most)
    if found[-1] > most:
        raise PairsTooMany(
            f"{len(east):,} incidents have more than {most:,} pairs closer than {edges[-1]:g} m. Take a shorter period, "
            "a smaller distance or one kind of incident; leave out addresses that stand for no place, such as the "
            "station's own.", incidents=len(east), most=most,
        )  # fmt: skip
    start = np.concatenate([[0], np.cumsum(found[:-1])]).astype(np.int64)
    first, second = (np.empty(int(start[-1]), dtype=np.uint32) for _ in range(2))
    _fill(*sorted_, cell_start, columns, edges**2, order, start[:-1].copy(), first, second)
    return Pairs(first, second, start)


def check_bands(edges: Sequence[float]) -> Floats:
    """Return the edges of bands as floats.

    Raises
    ------
    BandsWrong
        If they are not two or more rising numbers, the first 0 or more.
    """
    given = np.asarray(edges, dtype=np.float64)
    if given.ndim != 1 or len(given) < 2 or not np.isfinite(given).all() or given[0] < 0 or (np.diff(given) <= 0).any():
        raise BandsWrong(f"{list(edges)} are no bands; give rising edges such as 0, 1, 100, 200.", edges=list(edges))
    return given


@njit(cache=True, nogil=True)
def _count(  # noqa: PLR0917  a kernel takes what it reads, one by one
    x: Floats, y: Floats, key: Integers, cell_start: Integers, columns: int, squared: Floats, most: int
) -> Integers:
    """Return the pairs in each band, and in all as the last; stops soon after `most`."""
    bands = len(squared) - 1
    found = np.zeros(bands + 1, dtype=np.int64)
    for point in range(len(x)):
        for run in range(2):
            begin = point + 1 if run == 0 else cell_start[key[point] + columns - 1]
            end = cell_start[key[point] + 2 + run * columns]
            for other in range(begin, end):
                far = (x[other] - x[point]) ** 2 + (y[other] - y[point]) ** 2
                if squared[0] <= far < squared[bands]:
                    band = 0
                    while far >= squared[band + 1]:
                        band += 1
                    found[band] += 1
                    found[bands] += 1
        if found[bands] > most:
            break
    return found


@njit(cache=True, nogil=True)
def _fill(  # noqa: PLR0917  as above
    x: Floats,
    y: Floats,
    key: Integers,
    cell_start: Integers,
    columns: int,
    squared: Floats,
    order: Indices,
    free: Integers,
    first: Indices,
    second: Indices,
) -> None:
    bands = len(squared) - 1
    for point in range(len(x)):
        for run in range(2):
            begin = point + 1 if run == 0 else cell_start[key[point] + columns - 1]
            end = cell_start[key[point] + 2 + run * columns]
            for other in range(begin, end):
                far = (x[other] - x[point]) ** 2 + (y[other] - y[point]) ** 2
                if squared[0] <= far < squared[bands]:
                    band = 0
                    while far >= squared[band + 1]:
                        band += 1
                    first[free[band]] = order[point]
                    second[free[band]] = order[other]
                    free[band] += 1
