"""Make a proposal: from what was read and what is wished to options with their figures; no database is asked here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import TooLarge
from gridmap.geo import propose as engine
from gridmap.geo.rebalance import rebalance
from gridmap.geo.units import Units
from gridmap.services.proposals import asking, figures
from gridmap.services.proposals.canvas import Canvas, canvas_of
from gridmap.services.proposals.division import Division, former_of_pieces, named
from gridmap.services.proposals.ground import Ground
from gridmap.services.proposals.pieces import Pieces, count, pieces_of
from gridmap.services.proposals.wishes import PlanWishes, check

Effort = Literal["preview", "final"]
Say = Callable[[str], None]
#: So many options fit side by side and in a head.
MOST_OPTIONS = 6
#: Multiples of the tolerance to which the present beats are rebalanced with least change.
LOOSER = (1, 2, 4)
LOOSEST = 0.5


class TooManyUnits(TooLarge):
    """More units than are proposed while somebody waits for a page."""

    slug, title = "too-many-units", "Too many units for a request"


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One answer: its figures, and its plan (`beats`: code -> codes of the units in it; `drawing`)."""

    figures: dict[str, Any]
    plan: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A proposal before it is kept: the wishes, figures and drawing of the edition they start from, and the options."""

    station: str
    synthetic: bool
    wishes: PlanWishes
    base: int | None
    present: dict[str, Any] | None
    options: list[Option]


def quiet(_: str) -> None:
    """Say nothing."""


def make(ground: Ground, wishes: PlanWishes, *, most: int | None = None, say: Say = quiet) -> Made:
    """Return the options for `wishes`, none better than another in balance, compactness and change alike.

    Parameters
    ----------
    most
        The most units that are taken on; None for any number.

    Raises
    ------
    WishNotPossible
        If a wish is out of range or names what is not there; the fact `field` says which.
    NotFeasible
        If no plan can grant the wishes together; the detail names what stands in the way, `field` the wish to relax.
    TooManyUnits
        If there are more than `most`.
    """
    check(wishes)
    say("counting what each unit carries")
    pieces = pieces_of(ground, wishes)
    if most is not None and len(pieces.zones) > most:
        told = f"{len(pieces.zones)} units are more than {most}; use `gridmap plan propose`, or villages as units"
        raise TooManyUnits(told, units=len(pieces.zones), most=most)
    say(f"finding the neighbours of {len(pieces.zones):,} units")
    units = asking.units(ground, pieces)
    frame = asking.frame_of(ground, pieces, wishes)
    asked = asking.asked(pieces, wishes, frame, former_of_pieces(ground, pieces))
    plans = _plans(units, asked, wishes, say)
    say(f"telling what each of {len(plans)} would mean")
    canvas = canvas_of(ground, pieces)
    present = _present(ground, pieces, wishes, frame.former_full, canvas)
    if present is not None and len(pieces.cells) == len(pieces.zones):
        present["crossings"] = _crossings(units, canvas.before)
    options = []
    for plan in plans:
        division = named(ground, pieces, plan.zone.astype(np.int64), frame=frame)
        told_ = figures.of_option(
            ground, pieces, division, plan.score, _roundness(units, division), tolerance=wishes.tolerance
        )
        options.append(Option({**told_, "seed": plan.seed}, _kept(ground, pieces, wishes, division, canvas)))
    number = None if ground.base is None else ground.base.number
    return Made(ground.station, ground.synthetic, wishes, number, present, _sorted(options))


def _plans(units: Units, asked: engine.Wishes, wishes: PlanWishes, say: Say) -> list[engine.Plan]:
    """Return distinct plans, none better than another in balance, compactness and change alike.

    Beside the engine's alternatives stand the present beats rebalanced with least change, to the tolerance and, to show
    what patience with balance saves, to some multiples of it.

    Raises
    ------
    NotFeasible
        If there is none at all.
    """
    effort: Effort = "final" if wishes.thorough else "preview"
    found: list[engine.Plan] = []
    refused: engine.NotFeasible | None = None
    tries: list[tuple[str, Callable[[], list[engine.Plan]]]] = [
        ("looking for plans", lambda: engine.alternatives(units, asked, seed=wishes.seed, effort=effort))
    ]
    if asked.former is not None and (asked.former >= 0).any():
        for times in (one for one in LOOSER if one == 1 or asked.tolerance * one <= LOOSEST):
            looser = replace(asked, tolerance=asked.tolerance * times)
            told = f"changing as little as can be, to {looser.tolerance:.1%}"
            tries.append((told, lambda looser=looser: [rebalance(units, looser, seed=wishes.seed)]))  # type: ignore[misc]
    for told, attempt in tries:
        say(told)
        try:
            found += attempt()
        except engine.NotFeasible as error:
            refused = refused or error
    if refused is not None and not found:
        refused.facts.setdefault("field", _field(refused.detail, wishes))
        raise refused
    plans = _undominated([replace(plan, score=engine.score(units, asked, plan.zone)) for plan in found])
    former = asked.former
    if former is None:
        return plans
    # what is over the tolerance and changes nothing says no more than the edition it would stand beside
    real = [one for one in plans if one.score.deviation <= asked.tolerance or not np.array_equal(one.zone, former)]
    return real or plans


def _undominated(plans: list[engine.Plan]) -> list[engine.Plan]:
    """Return the plans that no other is at least as good as in every respect; of equals the first."""
    values = np.array([(p.score.deviation, -p.score.compactness, p.score.changed_doors) for p in plans]).round(4)
    kept = []
    for i, mine in enumerate(values):
        better = (values <= mine).all(axis=1) & ((values < mine).any(axis=1) | (np.arange(len(plans)) < i))
        if not better.any():
            kept.append(plans[i])
    return kept


def _field(detail: str, wishes: PlanWishes) -> str:
    """Return the wish that most likely stands in the way."""
    told = detail.lower()
    if not wishes.cross and any(word in told for word in ("barrier", "bridge", "reach")):
        return "cross"
    if wishes.locked and any(word in told for word in ("fixed", "lock", "closed")):
        return "locked"
    if wishes.villages == "whole" and any(word in told for word in ("group", "village")):
        return "villages"
    return "tolerance" if any(word in told for word in ("target", "tolerance", "carr")) else "beats"


def _present(
    ground: Ground, pieces: Pieces, wishes: PlanWishes, full: NDArray[np.float64], canvas: Canvas
) -> dict[str, Any] | None:
    """Return figures and drawing of the edition the wishes start from."""
    if not len(ground.beats):
        return None
    told = figures.of_present(ground, count(ground, wishes, ground.beats), pieces, full / full.sum())
    return {**told, "drawing": canvas.draw(canvas.before, tuple(ground.beats["code"]))}


def _crossings(units: Units, beat: NDArray[np.int64]) -> int:
    """Return how many beats have a barrier between two of their units."""
    rows = units.rows()
    across = units.barrier & (beat[rows] == beat[units.other]) & (beat[rows] >= 0)
    return len(np.unique(beat[rows[across]]))


def _kept(ground: Ground, pieces: Pieces, wishes: PlanWishes, division: Division, canvas: Canvas) -> dict[str, Any]:
    """Return the plan of a division as JSON holds it."""
    rows = division.beat[canvas.piece]
    changed = (canvas.before >= 0) & (division.former[rows] != canvas.before)
    codes, beat = pieces.zones["code"].to_numpy(dtype=object), division.beat
    if len(pieces.cells):
        codes, beat = ground.cells["code"].to_numpy(dtype=object), beat[pieces.cells]
    return {
        "units": wishes.units,
        "size_m": pieces.size_m,
        "beats": {code: [str(one) for one in codes[beat == row]] for row, code in enumerate(division.codes)},
        "drawing": canvas.draw(rows, division.codes, changed),
    }


def _roundness(units: Units, division: Division) -> NDArray[np.float64]:
    """Return the compactness (Polsby-Popper) of each beat, from the outlines of its units."""
    k, beat = len(division.codes), division.beat
    rows = units.rows()
    inner = beat[rows] == beat[units.other]
    outline = np.bincount(beat, weights=units.outline_m, minlength=k)
    outline -= np.bincount(beat[rows[inner]], weights=units.border_m[inner], minlength=k)
    area = np.bincount(beat, weights=units.area_m2, minlength=k)
    roundness: NDArray[np.float64] = 4 * np.pi * area / np.maximum(outline, 1e-9) ** 2
    return roundness


def _sorted(options: list[Option]) -> list[Option]:
    """Return at most `MOST_OPTIONS`, least change first, with what each is best in under `best`."""
    order = sorted(options, key=lambda one: (one.figures["changed_share"], one.figures["deviation"]))
    if len(order) > MOST_OPTIONS:  # the ends, and what lies evenly between
        order = [order[i] for i in np.linspace(0, len(order) - 1, MOST_OPTIONS).round().astype(int)]
    for one in order:
        one.figures["best"] = []
    for name, key, sign in (
        ("balance", "deviation", 1),
        ("compact", "compactness", -1),
        ("change", "changed_share", 1),
    ):
        winner = min(order, key=lambda one: sign * float(one.figures[key]))
        winner.figures["best"].append(name)
    return order
