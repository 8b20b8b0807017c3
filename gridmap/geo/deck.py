"""The exact distribution of a sum of counts drawn at random, without replacement, from a deck of all counts.

The number of ways to draw k cells with the sum s is the coefficient of t^k x^s in the product over the distinct counts
v, each on m_v cells, of (1 + t x^v)^m_v. It is computed as independent binomials conditioned on their total: all terms
are positive and below 1, so that even a chance of 1e-30 keeps its digits. `gistar` says what it is for.

References
----------
Pagano & Tritchler (1983), "On Obtaining Permutation Distributions in Polynomial Time", JASA 78(382), 435-440.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hand:
    """What has been dealt: `joint[k, s]` is the chance of k cells that sum to s, the last column being all sums beyond.

    Each cell is in the hand with `chance`, independently; conditioned on k this is drawing k without replacement.
    Columns above `reached` are still empty.
    """

    joint: Floats
    chance: float
    reached: int


def start(deck: list[tuple[int, int]], draws: int, most: int) -> Hand:
    """Return an empty hand.

    Parameters
    ----------
    deck
        Pairs of a count and on how many cells it lies; only how many cells there are matters here.
    draws, most
        The largest number of cells and the largest sum that will be asked for.
    """
    joint = np.zeros((draws + 1, most + 2))
    joint[0, 0] = 1.0
    return Hand(joint, (draws + 0.5) / (sum(cells for _, cells in deck) + 1), 0)


def deal(hand: Hand, deck: list[tuple[int, int]]) -> Hand:
    """Return the hand after the cells of `deck`, pairs of a count and on how many cells it lies, were dealt too."""
    joint, reached = hand.joint, hand.reached
    rows, beyond = joint.shape[0], joint.shape[1] - 1
    for each, cells in deck:
        number = np.arange(min(rows - 1, cells))
        odds = (cells - number) / (number + 1) * (hand.chance / (1 - hand.chance))
        weight = (1 - hand.chance) ** cells * np.cumprod(np.append(1.0, odds))  # binomial, term from term
        before, joint = joint[:, : reached + 1], np.zeros_like(joint)
        reached = min(reached + (len(weight) - 1) * each, beyond)
        for more, chance in enumerate(weight):
            step, dealt = more * each, before[: rows - more] * chance
            free = min(max(beyond - step, 0), dealt.shape[1])
            joint[more:, step : step + free] += dealt[:, :free]
            if free < dealt.shape[1]:
                joint[more:, beyond] += dealt[:, free:].sum(axis=1)
    return Hand(joint, hand.chance, reached)


def without_one(hand: Hand, deck: list[tuple[int, int]]) -> Iterator[tuple[int, Hand]]:
    """Yield for each count of `deck` the hand dealt from all cells but one with this count, halving what is common."""
    if len(deck) == 1:
        (each, cells), *_ = deck
        yield each, deal(hand, [(each, cells - 1)])
        return
    middle = len(deck) // 2
    yield from without_one(deal(hand, deck[middle:]), deck[:middle])
    yield from without_one(deal(hand, deck[:middle]), deck[middle:])


def tails(hand: Hand) -> tuple[Floats, Floats]:
    """Return P(sum >= s) and P(sum <= s) of k draws without replacement, as tables by k and s."""
    given = hand.joint / np.maximum(hand.joint.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    upper, lower = np.cumsum(given[:, ::-1], axis=1)[:, ::-1], np.cumsum(given, axis=1)
    return np.minimum(upper[:, :-1], 1.0), np.minimum(lower[:, :-1], 1.0)
