"""Repeat places of a period: the doors that incidents return to most, and those where it grows worse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

#: Doors told.
MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Door:
    """One door: its address ("" for who may not read it), events, last day, whether more than chance, how it grows worse.

    `beyond`: more events than its share of the map lets expect, after correction for the number of doors. `worse`: "",
    "rising" or "tier".
    """

    n: int
    full: str
    events: int
    last: str
    beyond: bool
    worse: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Again:
    """`places`: doors with two events or more, `at_doors`: events that name a door; `doors`: the worst first, then the top."""

    places: int
    worse: int
    at_doors: int
    doors: list[Door]


def again_of(body: bytes | None, *, named: bool) -> Again:
    """Return what the kept answer of `repeat_places` says.

    Parameters
    ----------
    named
        Whether the reader may read addresses; without it neither text nor place of a door is told.
    """
    if body is None:
        return Again(0, 0, 0, [])
    content = orjson.loads(body)
    facts, rows = content["facts"], content["tables"]["places"]
    rows.sort(key=lambda row: (not row["worse"], -row["events"], row["address"]))
    doors = [_door(n, row, named=named, level=facts["level"]) for n, row in enumerate(rows[:MOST], start=1)]
    return Again(facts["places"], facts["worse"], facts["events_at_doors"], doors)


def _door(n: int, row: dict[str, Any], *, named: bool, level: float) -> Door:
    beyond = row["q"] is not None and row["q"] <= level
    spot = (row["lon"], row["lat"]) if named else (float("nan"), float("nan"))
    return Door(n, row["full"] if named else "", row["events"], str(row["last"])[:10], beyond, row["worse"], *spot)
