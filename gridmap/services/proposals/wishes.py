"""What a planner wishes of a proposal: checked by itself, kept as JSON, told at the field where it cannot be."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

from gridmap.errors import Invalid

UnitKind = Literal["cells", "villages", "lattice"]
Villages = Literal["free", "prefer", "whole"]
#: What work can be made of; `call:<category>` and `tier:<n>` weigh one category of calls or one tier of disputes besides.
PARTS: Final = ("households", "doors", "calls", "disputes", "area")
_PART: Final = re.compile(r"(households|doors|calls|disputes|area|call:\S{1,64}|tier:[1-9])")
#: As the figures of every page: half its share of households, half of calls.
USUAL: Final[Mapping[str, float]] = {"households": 1.0, "calls": 1.0}
MOST_BEATS: Final = 1_000
MOST_UNITS: Final = 2_000
"""More units than this are not proposed inside a request; the command line takes them."""
HEAVIEST: Final = 1e6


class WishNotPossible(Invalid):
    """A wish is out of its range or names what is not there; the fact `field` says which."""

    slug, title = "wish-not-possible", "A wish cannot be granted"


@dataclass(frozen=True, slots=True)
class PlanWishes:
    """What a planner wishes.

    Attributes
    ----------
    beats
        How many beats.
    units
        What beats are made of: the grid cells of the edition, whole villages, or a lattice of squares.
    base
        Number of the edition to start from; the one in force if None.
    tolerance
        Largest deviation of a beat's load from its target, as a share of it.
    weights
        How much each part of the work counts: part -> weight, shares of the station's whole made comparable.
    special
        Doors that are more work than a door: address code, plate code or full address -> households it counts for besides.
    villages
        Villages may be split between beats, should not be, or must not be.
    cross
        A beat may lie on both sides of a river or a railway.
    change, compact, travel
        How much it counts that few doors change their officer, that beats are round, that the way to the middle of the
        beat is short; 0 (not at all) to 1.
    locked
        Beats that stay as they are.
    capacity
        What share of a full beat one takes: code of a beat, or of the officer posted to it -> share; 1 where not named.
    seed
        The same seed gives the same proposal.
    thorough
        Take the time the search needs (half a minute, or minutes) instead of answering in seconds.
    """

    beats: int
    units: UnitKind = "cells"
    base: int | None = None
    tolerance: float = 0.05
    weights: Mapping[str, float] = field(default_factory=lambda: dict(USUAL))
    special: Mapping[str, float] = field(default_factory=dict)
    villages: Villages = "prefer"
    cross: bool = True
    change: float = 0.5
    compact: float = 1.0
    travel: float = 0.0
    locked: tuple[str, ...] = ()
    capacity: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    thorough: bool = False

    def kept(self) -> dict[str, Any]:
        """Return the wishes as JSON holds them."""
        return {**asdict(self), "locked": list(self.locked)}


def from_kept(kept: Mapping[str, Any]) -> PlanWishes:
    """Return the wishes that `PlanWishes.kept` wrote."""
    return PlanWishes(**{**kept, "locked": tuple(kept["locked"])})


def check(wishes: PlanWishes) -> PlanWishes:
    """Return `wishes` if each is in its range.

    >>> check(PlanWishes(22)).tolerance
    0.05

    Raises
    ------
    WishNotPossible
        With the `field` that is not; what needs the station's data is checked when they are read.
    """
    _within("beats", wishes.beats, 1, MOST_BEATS)
    _within("tolerance", wishes.tolerance, 0.001, 1)
    for name in ("change", "compact", "travel"):
        _within(name, getattr(wishes, name), 0, 1)
    _within("seed", wishes.seed, 0, 2**31 - 1)
    for name, allowed in (("units", UnitKind), ("villages", Villages)):
        if getattr(wishes, name) not in get_args(allowed):
            raise not_possible(name, f"{name} is one of {', '.join(get_args(allowed))}")
    for part, weight in wishes.weights.items():
        if not _PART.fullmatch(part):
            known = f"{', '.join(PARTS)}, call:<category>, tier:<n>"
            raise not_possible("weights", f"{part!r} is no part of the work; name one of {known}")
        _within("weights", weight, 0, HEAVIEST, part)
    if not any(weight > 0 for weight in wishes.weights.values()) and not wishes.special:
        raise not_possible("weights", "no part of the work counts; give at least one a weight above 0")
    for name, low in (("special", 0.0), ("capacity", 0.01)):
        for code, value in getattr(wishes, name).items():
            _within(name, value, low, HEAVIEST if name == "special" else 10, code)
    return wishes


def not_possible(name: str, detail: str, **facts: object) -> WishNotPossible:
    """Return the error of one wish."""
    return WishNotPossible(detail, field=name, **facts)


def _within(name: str, value: float, low: float, high: float, of: str = "") -> None:
    if not (math.isfinite(value) and low <= value <= high):
        told = f"{name} of {of}" if of else name
        raise not_possible(name, f"{told} is {value:g}; give {low:g} to {high:g}")
