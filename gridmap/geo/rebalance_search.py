"""The search for a plan of least change: a flow pushed unit by unit, then annealing, then mending what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gridmap.geo.rebalance_flow import cheapest, network_of, relocations
from gridmap.geo.rebalance_moves import anneal, push, share_out
from gridmap.geo.rebalance_state import can_leave, move, state_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.rebalance_flow import Flow, Network, Relocation
    from gridmap.geo.rebalance_state import Ground, State

    Floats = NDArray[np.float64]

_SHY: Final = 0.9  # of the tolerance: what the first flow aims at, as units are coarse
_BAND: Final = 0.99  # of the tolerance: what annealing keeps to
_ROUND: Final = 1.5  # what roundness counts beside reassigned load: 0.1 rounder is worth 0.15 of a zone's load
_HEAT, _COLD = (
    (0.03, 0.002),
    0.0002,
)  # costs, in zones' loads, that are accepted now and then: while it cools, at the end
_PUSH: Final = (1.0, 60.0)  # what it counts to be outside the band, at the beginning and at the end
_TRIALS, _MOST_TRIALS = 1_500, 8_000_000  # of annealing: for each unit, and in all
_STARTS, _LARGE = 4, 3_000  # how often annealing begins anew if it must, below so many units
_ROUNDS: Final = 8  # of mending a plan that is not within tolerance yet


@dataclass(frozen=True, slots=True)
class Task:
    """What the search is for: within `tolerance`; `compact` is what roundness counts, 1 as usual."""

    ground: Ground
    tolerance: float
    compact: float
    relocate: bool
    seed: int


@dataclass(frozen=True, slots=True)
class Found:
    """A plan, its largest deviation from a target, and its cost: reassigned load less roundness."""

    zone: NDArray[np.int32]
    deviation: float
    cost: float


def search(task: Task, start: State) -> Found | None:
    """Return the cheapest plan within tolerance that is found, else the one nearest to it; None if no flow leads there."""
    ground = task.ground
    for band in (_SHY, _BAND, 1.0):
        network = network_of(ground, start.zone, start.load, task.tolerance * band)
        flow = cheapest(network)
        if flow is not None:
            break
    else:
        return None
    pushed = _pushed(task, start, network, flow)
    best = _annealed(task, state_of(ground, pushed, len(ground.target)), task.seed)
    for begun in range(1, _STARTS if len(pushed) < _LARGE else 1):
        if best.deviation <= task.tolerance:
            break
        found = _annealed(task, state_of(ground, pushed, len(ground.target)), task.seed + 101 * begun)
        best = min(best, found, key=lambda one: _rank(task, one))
    return best


def deviation(ground: Ground, load: Floats) -> float:
    """Return the largest deviation of a zone's load from its target."""
    return float(np.abs(load / ground.target - 1).max())


def _rank(task: Task, found: Found) -> tuple[float, float]:
    return max(found.deviation - task.tolerance, 0.0), found.cost


def _pushed(task: Task, start: State, network: Network, flow: Flow) -> NDArray[np.int32]:
    """Return the plan after the flow was pushed unit by unit, zones relocated where that is cheaper."""
    ground, k = task.ground, len(task.ground.target)
    relocated: list[Relocation] = []
    if task.relocate:
        network, flow, relocated = relocations(ground, start.zone, network, flow)
    gone = np.array([one.zone for one in relocated], dtype=np.int64)
    wider = ground._replace(
        target=np.append(ground.target, ground.target[gone]),
        open=np.append(ground.open, np.ones(len(gone), dtype=bool)),
        aim=np.append(ground.aim, np.full(len(gone), ground.aim.mean())),
    )
    state = state_of(wider, start.zone, k + len(gone))
    closing = np.zeros(k + len(gone), dtype=bool)
    for number, one in enumerate(relocated):
        if can_leave(wider, state, one.seed):
            closing[one.zone] = True
            move(wider, state, one.seed, k + number)
    _follow(wider, state, network, flow, closing)
    share_out(wider, state, closing)
    zone: NDArray[np.int32] = state.zone.copy()
    for number, one in enumerate(relocated):
        zone[state.zone == k + number] = one.zone
    return zone


def _follow(ground: Ground, state: State, network: Network, flow: Flow, closing: NDArray[np.bool_]) -> None:
    """Push units along a flow."""
    used = flow.amount > 1e-9 * ground.target.mean()
    arc = np.full((len(ground.target), len(ground.target)), -1, dtype=np.int32)
    arc[network.one[used], network.other[used]] = np.arange(int(used.sum()))
    push(ground, state, arc, flow.amount[used], closing, 1.0)


def _annealed(task: Task, state: State, seed: int) -> Found:
    """Return the plan after annealing, and after more, shorter rounds of it while zones are outside the tolerance."""
    ground = task.ground
    band, weight = float(task.tolerance * _BAND), float(_ROUND * task.compact)
    trials = min(_TRIALS * len(state.zone), _MOST_TRIALS)
    anneal(ground, state, trials, _HEAT, _PUSH, band, weight, seed)
    anneal(ground, state, trials // 8, (_HEAT[1], _COLD), (_PUSH[1], _PUSH[1]), band, weight, seed + 1)
    best, again = _found(task, state), 0
    while best.deviation > task.tolerance and again < _ROUNDS:
        network = network_of(ground, state.zone, state.load, band)
        flow = cheapest(network)
        if flow is not None:
            _follow(ground, state, network, flow, np.zeros(len(ground.target), dtype=bool))
        again += 1
        # Warmer, softer, and less for roundness each time: the way out leads through zones that are outside for a while.
        heat, force = (_HEAT[0] / 8 * 2 ** (again / 2), _COLD), (_PUSH[1] / 12, 2 * _PUSH[1])
        anneal(ground, state, trials // 4, heat, force, band, weight / 2 ** (again / 2), seed + 1 + again)
        found = _found(task, state)
        if _rank(task, found) < _rank(task, best):
            best = found
    return best


def _found(task: Task, state: State) -> Found:
    ground = task.ground
    round_ = 4 * math.pi * state.area / state.outline**2
    worth = np.minimum(round_, ground.aim) - 2 * np.maximum(ground.aim / 2 - round_, 0.0)
    changed = float(ground.price[state.zone != ground.former].sum())
    cost = changed - _ROUND * task.compact * float(worth.sum())
    return Found(state.zone.copy(), deviation(ground, state.load), cost)
