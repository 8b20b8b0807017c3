"""Smooth the borders of groups: anneal single nodes from group to group until borders are short and loads even."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gridmap.synthetic.atoms import Graph
from gridmap.synthetic.plane import Floats

UNEVEN = 5_000.0  # [m] of border that a group of twice its due load is worth


def smooth(
    graph: Graph, groups: Sequence[set[int]], weights: Floats, rng: np.random.Generator, sweeps: int = 60
) -> list[set[int]]:
    """Return connected groups of the same nodes with shorter borders and loads no less even.

    Parameters
    ----------
    graph
        Who borders whom, for how many metres.
    groups
        Connected groups of nodes, none empty; they stay so.
    weights
        (n,) load of every node of the graph.
    sweeps
        How often each node is tried, on average; the temperature falls from 160 m of border to 2 m.
    """
    label = {node: i for i, group in enumerate(groups) for node in group}
    nodes = sorted(label)
    sizes = [len(group) for group in groups]
    load = [float(weights[sorted(group)].sum()) for group in groups]
    due = max(sum(load) / len(groups), 1e-9)
    tries = sweeps * len(nodes) if len(groups) > 1 else 0
    picks, chances = rng.integers(0, max(len(nodes), 1), tries), rng.uniform(size=tries)
    for turn in range(tries):
        node = nodes[int(picks[turn])]
        old = label[node]
        touch: dict[int, float] = {}
        for near, metres in graph[node].items():
            if near in label:
                touch[label[near]] = touch.get(label[near], 0.0) + metres
        others = sorted(group for group in touch if group != old)
        if not others or sizes[old] == 1:
            continue
        new = others[int(chances[turn] * 997) % len(others)]
        weight = float(weights[node])
        change = touch.get(old, 0.0) - touch[new]
        change += UNEVEN * (_cost(load[new] + weight, due) - _cost(load[new], due))
        change += UNEVEN * (_cost(load[old] - weight, due) - _cost(load[old], due))
        heat = 160.0 * (2.0 / 160.0) ** (turn / tries)
        if change < -heat * np.log(max(chances[turn], 1e-12)) and _stays_whole(graph, label, node, sizes[old]):
            label[node] = new
            sizes[old], sizes[new] = sizes[old] - 1, sizes[new] + 1
            load[old], load[new] = load[old] - weight, load[new] + weight
    return [{node for node in nodes if label[node] == i} for i in range(len(groups))]


def _cost(load: float, due: float) -> float:
    return (load / due - 1) ** 2


def _stays_whole(graph: Graph, label: dict[int, int], node: int, size: int) -> bool:
    """Return whether a node's group stays connected when the node leaves it."""
    own = label[node]
    near = [other for other in graph[node] if label.get(other) == own]
    if len(near) <= 1:
        return bool(near) or size == 1
    seen, todo = {node, near[0]}, [near[0]]
    while todo:
        for other in graph[todo.pop()]:
            if other not in seen and label.get(other) == own:
                seen.add(other)
                todo.append(other)
    return len(seen) == size
