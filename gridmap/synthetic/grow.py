"""Group the nodes of a graph into connected parts of even weight."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from gridmap.synthetic.atoms import Graph, components
from gridmap.synthetic.plane import Floats


def grow_split(graph: Graph, nodes: set[int], weights: Floats, at: Floats, parts: int) -> list[set[int]]:
    """Split connected nodes into `parts` connected groups of about the same weight.

    Half of the parts is grown from one end of the longer axis; what the growth cuts off joins it; then each half is
    split again. No group is empty while there are at least as many nodes as parts.

    Parameters
    ----------
    graph, nodes
        Who borders whom, and which nodes to split (connected).
    weights, at
        (n,) weight and (n, 2) place [m] of every node of the graph.
    parts
        How many groups; at most ``len(nodes)``.
    """
    if parts <= 1:
        return [nodes]
    if len(nodes) <= parts:
        return [{node} for node in sorted(nodes)]
    first = parts // 2
    best = min(
        (_halve(graph, nodes, weights, at, (first, parts - first), sign) for sign in (1.0, -1.0)),
        key=lambda pair: _unevenness(pair, weights, first, parts),
    )
    first = min(max(first, parts - len(best[1])), len(best[0]))
    return [
        *grow_split(graph, best[0], weights, at, first),
        *grow_split(graph, best[1], weights, at, parts - first),
    ]


def _unevenness(pair: tuple[set[int], set[int]], weights: Floats, first: int, parts: int) -> float:
    total = float(weights[sorted(pair[0] | pair[1])].sum()) or 1.0
    short = len(pair[0]) < first or len(pair[1]) < parts - first
    return abs(float(weights[sorted(pair[0])].sum()) / total - first / parts) + (10.0 if short else 0.0)


def _halve(
    graph: Graph, nodes: set[int], weights: Floats, at: Floats, shares: tuple[int, int], sign: float
) -> tuple[set[int], set[int]]:
    order = sorted(nodes)
    rank = dict(zip(order, sign * _axis(at[order]), strict=True))
    target = float(weights[order].sum()) * shares[0] / sum(shares)
    start = min(order, key=lambda node: (rank[node], node))
    taken: set[int] = set()
    queue, seen, load = [(rank[start], start)], {start}, 0.0
    while queue and len(nodes) - len(taken) > shares[1]:
        _, node = heapq.heappop(queue)
        if len(taken) >= shares[0] and load + weights[node] / 2 > target:
            break
        taken.add(node)
        load += float(weights[node])
        for near in graph[node]:
            if near in nodes and near not in seen:
                seen.add(near)
                heapq.heappush(queue, (rank[near], near))
    rest = components(graph, nodes - taken)
    main = max(rest, key=lambda part: (float(weights[sorted(part)].sum()), len(part), -min(part)))
    if len(main) < shares[1]:
        main = max(rest, key=lambda part: (len(part), -min(part)))
    return nodes - main, main


def _axis(at: Floats) -> Floats:
    spread = at - at.mean(axis=0)
    _, vectors = np.linalg.eigh(spread.T @ spread)
    axis = vectors[:, -1]
    return np.asarray(spread @ (axis * (1.0 if axis[np.abs(axis).argmax()] > 0 else -1.0)))


def join_strays(graph: Graph, labels: list[int], weights: Sequence[float]) -> list[int]:
    """Return labels of which each is connected: what is cut off from its label's heaviest part joins a neighbour."""
    labels = list(labels)
    for _ in range(50):
        moved = False
        for label in sorted(set(labels)):
            parts = components(graph, {i for i, own in enumerate(labels) if own == label})
            parts.sort(key=lambda part: -sum(weights[i] for i in part))
            for stray in parts[1:]:
                touch: dict[int, float] = {}
                for i in stray:
                    for near, metres in graph[i].items():
                        if near not in stray:
                            touch[labels[near]] = touch.get(labels[near], 0.0) + metres
                choice = max(touch, key=lambda other: (touch[other], -other))
                for i in stray:
                    labels[i] = choice
                moved = True
        if not moved:
            break
    return labels
