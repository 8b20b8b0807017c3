"""Who gets which beat: officers and zone numbers given to a new plan so that as few doors as can be change hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from gridmap.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class BadAllotment(Invalid):
    """Doors, officers or distances that do not fit together."""

    slug, title = "bad-allotment", "The officers cannot be assigned"


@dataclass(frozen=True, slots=True)
class Allotment:
    """Which officer each of n beats gets.

    `officer` (n,): row of the officer, -1 where none can be had; `kept` (n,): doors of each beat whose officer stays;
    `share`: of all doors, the share that keeps its officer, 0 to 1; `without`: beats that get no officer; `idle`:
    officers present that get no beat.
    """

    officer: Whole
    kept: Floats
    share: float
    without: Whole
    idle: Whole


def doors_by(one: ArrayLike, other: ArrayLike, doors: ArrayLike, shape: tuple[int, int]) -> Floats:
    """Return the table of doors by two numbers each unit has, such as (new beat, officer); below 0 counts nowhere."""
    rows, columns = np.asarray(one, dtype=np.int64), np.asarray(other, dtype=np.int64)
    known = (rows >= 0) & (columns >= 0)
    flat = rows[known] * shape[1] + columns[known]
    table = np.bincount(flat, weights=np.asarray(doors, dtype=float)[known], minlength=shape[0] * shape[1])
    return table.reshape(shape).astype(float)


def relabel(doors: ArrayLike, former: ArrayLike, zone: ArrayLike, *, zones: int | None = None) -> NDArray[np.int32]:
    """Return a plan's zones under the numbers that let most doors keep the number of their former beat.

    Parameters
    ----------
    doors
        (n,) doors (or load) of each unit.
    former
        (n,) number of the beat each unit is in today, -1 for none.
    zone
        (n,) number of the zone each unit is in from now on.
    zones
        How many numbers there are, k; by default one more than the largest in `zone`.

    Returns
    -------
    zone
        (n,) the same zones, numbered 0 to k - 1: no other numbering keeps more doors (Hungarian method). A former beat
        whose number is k or more is gone.

    Raises
    ------
    BadAllotment
        If the columns are not of one length, or a zone number is not below k.

    References
    ----------
    Kuhn (1955), "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, 83-97.
    """
    now, then = np.asarray(zone, dtype=np.int64), np.asarray(former, dtype=np.int64)
    weight = np.asarray(doors, dtype=float)
    if not now.shape == then.shape == weight.shape:
        raise BadAllotment(f"{weight.size} doors, {then.size} former and {now.size} new zones: give one for each unit.")
    count = (int(now.max()) + 1 if now.size else 0) if zones is None else zones
    if now.size and not (now.min() >= 0 and now.max() < count):
        raise BadAllotment(
            f"Zones are numbered from 0 to {count - 1}; {int(now.min())} to {int(now.max())} were given."
        )
    table = doors_by(now, np.where(then < count, then, -1), weight, (count, count))
    number = np.empty(count, dtype=np.int32)
    rows, columns = linear_sum_assignment(table, maximize=True)
    number[rows] = columns
    return number[now]


def allot(
    doors: ArrayLike,
    *,
    capacity: ArrayLike | None = None,
    absent: ArrayLike | None = None,
    travel_m: ArrayLike | None = None,
    max_travel_m: float = np.inf,
) -> Allotment:
    """Return the officers for n beats, with the least disruption.

    Parameters
    ----------
    doors
        (n, m) doors (or households) of each beat that each of m officers knows already, from `doors_by`.
    capacity
        (m,) how many beats each officer can take; 1 each by default.
    absent
        (m,) officers who can take none.
    travel_m
        (n, m) way of each officer to each beat [m].
    max_travel_m
        No officer gets a beat farther away than this [m].

    Returns
    -------
    allotment
        First as many beats as possible get an officer; then as many officers as possible get a beat; then as many doors
        as possible keep their officer; then the ways are as short as can be.

    Raises
    ------
    BadAllotment
        If sizes do not fit, or a number is negative or not finite.

    References
    ----------
    Crouse (2016), "On implementing 2D rectangular assignment algorithms", IEEE Transactions on Aerospace and Electronic
    Systems 52(4), 1679-1696.
    """
    known = np.asarray(doors, dtype=float)
    if known.ndim != 2:
        raise BadAllotment("Give the doors as a table, a row for each beat, a column for each officer.")
    beats, officers = known.shape
    places = np.ones(officers, np.int64) if capacity is None else np.asarray(capacity, dtype=np.int64)
    away = np.zeros(known.shape) if travel_m is None else np.asarray(travel_m, dtype=float)
    missing = np.zeros(officers, dtype=bool) if absent is None else np.asarray(absent, dtype=bool)
    _check(known, places, away, missing)
    places = np.where(missing, 0, np.minimum(places, beats))
    who = np.repeat(np.arange(officers), places)
    nth = np.arange(len(who)) - np.repeat(np.cumsum(places) - places, places)
    allowed = away <= max_travel_m
    # Each wish weighs more than all that follow it together, so that one assignment grants them in their order.
    farthest = np.where(allowed, away, 0.0).max(axis=1, initial=0.0).sum()
    worth = known - 0.5 * _least_step(known) * away / max(float(farthest), 1.0)
    spread = float(known.max(initial=0.0)) * beats + 1
    gain = worth[:, who] + spread * (nth == 0) + 2 * beats * spread
    gain[~allowed[:, who]] = 0.0
    rows, columns = linear_sum_assignment(gain, maximize=True)
    officer = np.full(beats, -1, dtype=np.int64)
    real = allowed[rows, who[columns]]
    officer[rows[real]] = who[columns[real]]
    given = officer >= 0
    kept = np.where(given, known[np.arange(beats), officer], 0.0) if officers else np.zeros(beats)
    total = float(known.sum())
    idle = np.setdiff1d(np.flatnonzero(~missing & (places > 0)), officer)
    return Allotment(officer, kept, float(kept.sum()) / total if total else 0.0, np.flatnonzero(~given), idle)


def _least_step(known: Floats) -> float:
    """Return the least difference that may lie between two sums of doors: 1 for counts."""
    return 1.0 if bool((known == np.round(known)).all()) else float(known[known > 0].min()) * 1e-3


def _check(known: Floats, places: Whole, away: Floats, missing: NDArray[np.bool_]) -> None:
    """Raise `BadAllotment` if the columns do not fit or hold what no number of doors, beats or metres is."""
    officers = known.shape[1]
    if places.shape != (officers,) or missing.shape != (officers,) or away.shape != known.shape:
        raise BadAllotment(
            f"Give capacity and absence of each of {officers} officers, and a way for each beat and officer."
        )
    for name, values in (("doors", known), ("ways", away), ("capacities", places)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise BadAllotment(f"The {name} hold a number that is negative or not finite.")
