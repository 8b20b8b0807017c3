"""How good a forecast of places was: hit rate, PAI and PEI*, with what ties and chance leave open.

A forecast is a number for every cell; the cells with the highest numbers are taken until a part of the area is full.
Cells partly inside the jurisdiction count by the part inside, and the last cell is taken in part, so that the area is
met exactly and maps with different cells compare. Where cells tie at the edge of what is taken, every order is as good:
all are taken in the same part (of whole cells, the mean over the orders), beside the worst and the best order.
Intervals come from drawing the events again.

* Hit rate: the part of the events that fell in the area taken.
* PAI, prediction accuracy index: hit rate / part of the area; 1 is chance.
* PEI*, prediction efficiency index: hits / the most hits that any choice of as large an area could have had.

References
----------
Chainey, Tompson & Uhlig (2008), "The Utility of Hotspot Mapping for Predicting Spatial Patterns of Crime", Security
Journal 21, 4-28 (PAI).
National Institute of Justice (2017), Real-Time Crime Forecasting Challenge (PAI and PEI*).
Efron & Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13 (percentile interval).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gridmap.errors import Invalid

Floats = NDArray[np.float64]
Period = tuple[ArrayLike, ArrayLike]

LEVELS: Final = (0.01, 0.05, 0.10, 0.20)
TIMES: Final = 1_000
COVER: Final = 0.95


class ScoreWrong(Invalid):
    """A forecast and what happened do not fit each other."""

    slug, title = "forecast-score", "The forecast cannot be scored"


@dataclass(frozen=True, slots=True)
class Gain:
    """How much more one forecast caught than another: difference of the mean hit rate over the levels, with interval.

    `events` is what it rests on; all is not-a-number where that is 0.
    """

    mean: float
    low: float
    high: float
    events: int


def score_forecasts(
    periods: Sequence[Period],
    share: ArrayLike,
    *,
    levels: Sequence[float] = LEVELS,
    times: int = TIMES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how well forecasts of one or several periods did, the events of all periods together.

    Parameters
    ----------
    periods
        For each period `score` (n,), the higher the earlier a cell is taken, and `count` (n,), the events that then
        happened in each cell.
    share
        (n,) part of each cell inside the jurisdiction, above 0 to 1.
    levels
        Parts of the area, above 0 to 1.
    times
        How often events are drawn again for the intervals (95 %, percentiles).
    seed
        Of those draws.

    Returns
    -------
    scores
        A row a level: `level`, `events`, `hit_rate`, `hit_low`, `hit_high` (chance), `hit_worst`, `hit_best` (ties),
        `pai`, `pai_low`, `pai_high`, `pai_worst`, `pai_best`, `pei`, `pei_low`, `pei_high` (chance, with the best
        choice as it was), `oracle_hit_rate`. Not-a-number where nothing happened.

    Raises
    ------
    ScoreWrong
        If lengths differ, a share is not above 0 to 1, a level is not, or a score is no number.
    """
    area = _checked(periods, share, levels)
    rng = np.random.default_rng(seed)
    caught, number = _caught(periods, area, levels)
    bounds = np.sum([np.zeros((len(levels), 3)), *(_bounds(*period, area, levels) for period in periods)], axis=0)
    events = int(number.sum())
    rows = []
    for place, level in enumerate(levels):
        low, high = _interval(caught[:, place], number, times, rng)
        worst, best, oracle = bounds[place]
        hits = float(caught[:, place] @ number)
        rates = np.array([hits, worst, best, oracle]) / events if events else np.full(4, np.nan)
        pei = rates[0] / rates[3] if events else np.nan
        rows.append(
            {
                "level": level,
                "events": events,
                "hit_rate": rates[0],
                "hit_low": low,
                "hit_high": high,
                "hit_worst": rates[1],
                "hit_best": rates[2],
                "pai": rates[0] / level,
                "pai_low": low / level,
                "pai_high": high / level,
                "pai_worst": rates[1] / level,
                "pai_best": rates[2] / level,
                "pei": pei,
                "pei_low": low / rates[3],
                "pei_high": high / rates[3],
                "oracle_hit_rate": rates[3],
            }
        )
    return pd.DataFrame(rows)


def compare_forecasts(
    one: Sequence[Period],
    other: Sequence[Period],
    share: ArrayLike,
    *,
    levels: Sequence[float] = LEVELS,
    times: int = TIMES,
    seed: int = 0,
) -> Gain:
    """Return how much more of the same events `one` caught than `other`, over all levels alike.

    Each event counts once in both, so that what is hard about an event does not blur the difference. Parameters and
    errors as in `score_forecasts`; the counts of both must be the same.
    """
    area = _checked(one, share, levels)
    _checked(other, share, levels)
    same = len(one) == len(other) and all(
        np.array_equal(np.asarray(mine[1]), np.asarray(theirs[1])) for mine, theirs in zip(one, other, strict=True)
    )
    if not same:
        raise ScoreWrong("The two forecasts are held against different events; give both the same periods and counts.")
    ours, number = _caught(one, area, levels)
    theirs, _ = _caught(other, area, levels)
    events = int(number.sum())
    if not events:
        return Gain(np.nan, np.nan, np.nan, 0)
    more = (ours - theirs).mean(axis=1)
    low, high = _interval(more, number, times, np.random.default_rng(seed))
    return Gain(float(more @ number) / events, low, high, events)


def part_taken(score: ArrayLike, share: ArrayLike, level: float) -> Floats:
    """Return the part of each cell that is taken when the best `level` of the area is; ties share alike.

    Parameters
    ----------
    score, share
        (n,) as in `score_forecasts`.
    level
        Part of the area.

    Returns
    -------
    part
        (n,) 0 to 1; the sum of part x share is `level` x the sum of `share`.
    """
    values, area = np.asarray(score, dtype=float), np.asarray(share, dtype=float)
    return _parts(values, area, (level,))[:, 0]


def _edges(values: Floats, area: Floats, levels: Sequence[float]) -> list[tuple[float, float, float]]:
    """Return, for each level, the score at the edge, the area tied there, and how much of that is taken."""
    order = np.argsort(-values, kind="stable")
    filled = np.cumsum(area[order])
    ranked = -values[order]
    edges = []
    for level in levels:
        budget = level * filled[-1]
        last = min(int(np.searchsorted(filled, budget * (1 - 1e-12))), len(order) - 1)
        first, end = np.searchsorted(ranked, ranked[last], "left"), np.searchsorted(ranked, ranked[last], "right")
        before = filled[first - 1] if first else 0.0
        tied = float(filled[end - 1] - before)
        edges.append((-float(ranked[last]), tied, float(np.clip(budget - before, 0, tied))))
    return edges


def _parts(values: Floats, area: Floats, levels: Sequence[float]) -> Floats:
    """Return the part of each cell taken at each level, (n, levels)."""
    edges = _edges(values, area, levels)
    return np.column_stack([np.where(values == at, left / tied, values > at) for at, tied, left in edges])


def _bounds(score: ArrayLike, count: ArrayLike, area: Floats, levels: Sequence[float]) -> Floats:
    """Return the fewest and most hits over all orders of ties and the most over all choices, (levels, 3)."""
    values, events = np.asarray(score, dtype=float), np.asarray(count, dtype=float)
    edges = _edges(values, area, levels)
    busy = events > 0
    values, events, ground = values[busy], events[busy], area[busy]
    total = float(area.sum())
    found = []
    for level, (at, room, left) in zip(levels, edges, strict=True):
        sure, tied = float(events[values > at].sum()), values == at
        best = _fill(events[tied], ground[tied], left)
        worst = float(events[tied].sum()) - _fill(events[tied], ground[tied], room - left)  # what is left out is best
        found.append((sure + worst, sure + best, _fill(events, ground, level * total)))
    return np.array(found)


def _fill(events: Floats, area: Floats, room: float) -> float:
    """Return the most events that `room` can hold, the last cell in part."""
    order = np.argsort(-events / area, kind="stable")
    before = np.cumsum(area[order]) - area[order]
    return float((events[order] * np.clip((room - before) / area[order], 0, 1)).sum())


def _caught(periods: Sequence[Period], area: Floats, levels: Sequence[float]) -> tuple[Floats, Floats]:
    """Return, for every cell of every period where something happened, the parts taken (m, levels) and events (m,)."""
    caught, number = [np.zeros((0, len(levels)))], [np.zeros(0)]
    for score, count in periods:
        events = np.asarray(count, dtype=float)
        busy = events > 0
        caught.append(_parts(np.asarray(score, dtype=float), area, levels)[busy])
        number.append(events[busy])
    return np.concatenate(caught), np.concatenate(number)


def _interval(caught: Floats, number: Floats, times: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the percentile interval of the mean of `caught` over events drawn again."""
    events = int(number.sum())
    if not events:
        return np.nan, np.nan
    values, where = np.unique(caught, return_inverse=True)
    chance = np.bincount(where, weights=number) / events
    means = rng.multinomial(events, chance, size=times) @ values / events
    low, high = np.quantile(means, [(1 - COVER) / 2, (1 + COVER) / 2])
    return float(low), float(high)


def _checked(periods: Sequence[Period], share: ArrayLike, levels: Sequence[float]) -> Floats:
    area = np.asarray(share, dtype=float)
    if not ((area > 0) & (area <= 1)).all() or not len(area):
        raise ScoreWrong("The share of a cell inside is above 0 and at most 1; leave the cells outside out.")
    if not all(0 < level <= 1 for level in levels):
        raise ScoreWrong(f"Levels {list(levels)} are no parts of an area; give 0.05 for 5 %.")
    for score, count in periods:
        values, events = np.asarray(score, dtype=float), np.asarray(count, dtype=float)
        if values.shape != area.shape or events.shape != area.shape:
            raise ScoreWrong(f"{len(area)} cells, {len(values)} scores and {len(events)} counts; they must be as many.")
        if not np.isfinite(values).all() or not (events >= 0).all():
            raise ScoreWrong("A score is no finite number or a count is below 0.")
    return area
