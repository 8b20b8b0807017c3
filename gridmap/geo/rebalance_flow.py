"""How load must flow between neighbouring zones, and which zones had better be given up and opened elsewhere.

A surplus that has to go from zone to zone across half a town costs every door on its way a new officer. Giving up a beat
with little work (its neighbours share it) and opening one where the work is costs two beats' doors, however far apart
they are: where that is less, it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.rebalance_state import Ground

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_WORTH = 0.25  # targets a relocation must save to be done: what is realised always costs more than the flow says
_TRIED = 3  # zones looked at to be given up, each time


@dataclass(frozen=True, slots=True)
class Network:
    """Zones and who may hand load to whom: arcs `one` -> `other`, their `cost`, loads, and the band of each zone."""

    one: Whole
    other: Whole
    cost: Floats
    load: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Flow:
    """The cheapest flow: load along each arc, its cost, and what one more unit of load in a zone would cost."""

    amount: Floats
    cost: float
    price: Floats


@dataclass(frozen=True, slots=True)
class Relocation:
    """A zone that is given up, the unit around which it is opened anew, and the zones it may trade load with there."""

    zone: int
    seed: int
    near: Whole


def network_of(ground: Ground, zone: NDArray[np.int32], load: Floats, band: float) -> Network:
    """Return the network of a plan: load can go from zone to zone where a unit that may move has a border across."""
    k = len(ground.target)
    rows = np.repeat(np.arange(len(zone)), np.diff(ground.start))
    one, other = zone[rows].astype(np.int64), zone[ground.other].astype(np.int64)
    usable = (one != other) & ground.link & ground.free[rows] & ground.open[other]
    keys = np.unique(one[usable] * k + other[usable])
    low, high = ground.target * (1 - band), ground.target * (1 + band)
    return Network(keys // k, keys % k, np.ones(len(keys)), load.copy(), low, high)


def cheapest(network: Network) -> Flow | None:
    """Return the cheapest flow that brings every zone into its band, or None if there is none."""
    k, m = len(network.load), len(network.one)
    if m == 0:
        inside = (network.load >= network.low) & (network.load <= network.high)
        return Flow(np.zeros(0), 0.0, np.zeros(k)) if inside.all() else None
    number = np.arange(m)
    matrix = sparse.csr_array(
        (np.repeat([-1.0, 1.0], m), (np.concatenate([network.one, network.other]), np.tile(number, 2))), shape=(k, m)
    )
    scale = max(float(network.load.mean()), 1e-300)
    limits = np.concatenate([network.high - network.load, network.load - network.low]) / scale
    answer = linprog(network.cost, A_ub=sparse.vstack([matrix, -matrix]), b_ub=limits, method="highs")
    if answer.status != 0:
        return None
    dual = answer.ineqlin.marginals
    return Flow(answer.x * scale, float(answer.fun) * scale, -dual[:k] + dual[k:])


def blocked(network: Network) -> tuple[Whole, float] | None:
    """Return zones that trade with no other and cannot be brought into their bands together, and their load; or None."""
    k = len(network.load)
    links = sparse.coo_array((np.ones(len(network.one)), (network.one, network.other)), shape=(k, k))
    count, part = connected_components(links, directed=False)
    load, low, high = (np.bincount(part, weights=values) for values in (network.load, network.low, network.high))
    wrong = np.flatnonzero((load > high * (1 + 1e-9)) | (load < low * (1 - 1e-9)))
    if count <= 1 or not wrong.size:
        return None
    return np.flatnonzero(part == wrong[0]), float(load[wrong[0]])


def relocations(
    ground: Ground, zone: NDArray[np.int32], network: Network, flow: Flow
) -> tuple[Network, Flow, list[Relocation]]:
    """Return the network with zones given up and opened elsewhere while that makes the flow much cheaper.

    The new place of the i-th relocated zone is zone k + i of the network.
    """
    k = len(network.load)
    ball = _surroundings(ground)
    held = (np.bincount(zone[~ground.free], minlength=k) > 0) | ~ground.open
    least = _WORTH * float(ground.target.mean())
    free = ground.free & ground.open[zone]
    done: list[Relocation] = []
    while len(done) < k // 4:
        pressure = np.where(free, (ball @ flow.price[zone]) / ball.sum(axis=1), -np.inf)
        seed = int(np.argmax(pressure))
        inside = ball.indices[ball.indptr[seed] : ball.indptr[seed + 1]]
        givers = zone[inside[ground.free[inside]]].astype(np.int64)
        gone = [one.zone for one in done]
        near = np.setdiff1d(givers[ground.open[givers]], gone)
        if not np.isfinite(pressure[seed]) or not near.size:
            break
        tried = np.setdiff1d(np.flatnonzero(~held), np.concatenate([gone, near]).astype(np.int64))
        tried = tried[np.argsort(flow.price[tried], kind="stable")][:_TRIED]
        options = [(_with(network, int(one), near, float(ground.target[one])), int(one)) for one in tried]
        solved = [(found.cost, other, found, one) for other, one in options if (found := cheapest(other)) is not None]
        if not solved:
            break
        cost, bigger, better, one = min(solved, key=lambda item: item[0])
        if cost > flow.cost - least:
            break
        network, flow = bigger, better
        done.append(Relocation(one, seed, near))
        free[inside] = False
    return network, flow, done


def _surroundings(ground: Ground) -> sparse.csr_array:
    """Return the (n, n) table of units at most three steps apart, as 0 and 1."""
    n = len(ground.load)
    links = sparse.csr_array((ground.link.astype(float), ground.other, ground.start), shape=(n, n))
    step = links + sparse.eye_array(n, format="csr")
    ball = sparse.csr_array(step @ step @ step)
    ball.data[:] = 1.0
    return ball


def _with(network: Network, gone: int, near: Whole, target: float) -> Network:
    """Return the network with a zone given up and a new, empty one among the zones `near`."""
    new = np.full(len(near), len(network.load), dtype=np.int64)
    low, high = network.low.copy(), network.high.copy()
    band = (low[gone] / target, high[gone] / target)
    low[gone] = high[gone] = 0.0
    return Network(
        np.concatenate([network.one, near, new]),
        np.concatenate([network.other, new, near]),
        np.concatenate([network.cost, np.ones(2 * len(near))]),
        np.append(network.load, 0.0),
        np.append(low, band[0] * target),
        np.append(high, band[1] * target),
    )
