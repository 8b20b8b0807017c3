"""Which forecast to trust: every model forecasts past periods from what was known then, and is held to what came.

The half-life and the strength of the default, and the numbers of the candidates, are those under which the events of
the past periods were likeliest. Each past period is forecast with the numbers chosen on the periods before it, so a
model is never praised for what it was fitted to.

References
----------
Tashman (2000), "Out-of-sample tests of forecasting accuracy", Int. J. Forecasting 16, 437-450 (rolling origin).
Dawid (1984), "Statistical Theory: The Prequential Approach", J. R. Statist. Soc. A 147, 278-292.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from gridmap.geo import forecast_models as models
from gridmap.geo.bandwidth import choose_bandwidth
from gridmap.geo.forecast_history import FOREVER, History
from gridmap.geo.forecast_learned import learned
from gridmap.geo.forecast_score import Gain, compare_forecasts
from gridmap.geo.kde import BANDWIDTHS_M

Floats = NDArray[np.float64]
Model = Literal["last_year", "all_history", "density", "shrunk", "near_repeat", "learned"]
Pair = tuple[Floats, Floats]

PERIODS: Final = 12  # past periods looked at, at most
LEARNED_FROM: Final = 6  # past periods the learned model reads
LEAST_EVENTS: Final = 30  # in the past periods; with fewer nothing is said
LEAST_TO_FIT: Final = 10  # events before a bandwidth or a boost is fitted
_BANDWIDTH_M: Final = 300.0  # where there is too little to choose by
_UNIFORM: Final = 0.01  # part of a forecast spread evenly, so that one far event does not decide
_START: Final = (FOREVER, 1.0)  # half-life [d] and strength before anything has been tried


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The model chosen on a day and what it was chosen by.

    `rates`: each model's events a day in each cell. `past`: each model's forecast of each past period beside what
    came, for `forecast_score`. `gains`: over last year's counts for all others, over the default for candidates
    (`"learned:shrunk"`).
    """

    model: Model
    half_life: float
    strength: float
    bandwidth_m: float
    rates: dict[Model, Floats]
    past: dict[Model, list[Pair]]
    gains: dict[str, Gain]

    @property
    def gain(self) -> Gain:
        """What the chosen model, or the default where last year's counts were stepped back to, gained over those."""
        return self.gains["shrunk" if self.model == "last_year" else self.model]


def choose(
    history: History,
    at: float,
    days: float,
    *,
    seed: int = 0,
    candidates: bool = True,
    bandwidth_m: float | None = None,
) -> Choice:
    """Return the model to forecast the `days` after `at` with, and every model's forecast.

    Parameters
    ----------
    history
        Events; those at or after `at` are not read.
    days
        Length of the period.
    seed
        For the bandwidth's folds and the intervals.
    candidates
        Whether the near-repeat and the learned model are tried.
    bandwidth_m
        Of the density [m]; chosen from the events before `at` without it.
    """
    bandwidth = _bandwidth(history, at, seed) if bandwidth_m is None else bandwidth_m
    origins = _origins(history, at, days)
    came = [history.count(each, each + days) for each in origins]
    grid = list(product(models.HALF_LIVES, models.STRENGTHS))
    picked = _pick(
        [[_log_score(_default(history, t, one, bandwidth), n, history) for one in grid] for t, n in zip(origins, came, strict=True)],
        grid.index(_START),
    )  # fmt: skip
    chosen = [grid[each] for each in picked]
    moments = [*origins, at]
    told: dict[Model, list[Floats]] = {
        "last_year": [models.last_year(history, t) for t in moments],
        "all_history": [models.all_history(history, t) for t in moments],
        "density": [models.density_alone(history, t, bandwidth) for t in moments],
        "shrunk": [_default(history, t, one, bandwidth) for t, one in zip(moments, chosen, strict=True)],
    }
    if candidates and origins and sum(each.sum() for each in came) >= LEAST_EVENTS:
        told |= _candidates(history, moments, came, told["shrunk"], days, bandwidth)
    past = {name: list(zip(rates, came, strict=False)) for name, rates in told.items()}
    gains: dict[str, Gain] = {}
    for name, pairs in past.items():
        if name != "last_year":
            gains[name] = compare_forecasts(pairs, past["last_year"], history.share, seed=seed)
        if name in {"near_repeat", "learned"}:
            gains[f"{name}:shrunk"] = compare_forecasts(pairs, past["shrunk"], history.share, seed=seed)
    half_life, strength = chosen[-1]
    rates = {name: each[-1] for name, each in told.items()}
    return Choice(_decide(gains), half_life, strength, bandwidth, rates, past, gains)


def _decide(gains: dict[str, Gain]) -> Model:
    """Return a candidate that surely beats the default, else the default, else last year's counts."""
    if gains["shrunk"].events < LEAST_EVENTS:
        return "last_year"
    best: Model = "shrunk"
    lead = 0.0
    for name in ("near_repeat", "learned"):
        over = gains.get(f"{name}:shrunk")
        if over is not None and over.low > 0 and over.mean > lead:
            best, lead = name, over.mean
    return best if gains[best].mean > 0 else "last_year"


def _candidates(
    history: History, moments: list[float], came: list[Floats], base: list[Floats], days: float, bandwidth: float
) -> dict[Model, list[Floats]]:
    """Return what the near-repeat and the learned model said or say, with numbers from before each moment."""
    grid = list(product(models.BOOSTS, models.BOOST_HALF_LIVES))

    def raised(t: float, rate: Floats, one: tuple[float, float]) -> Floats:
        return models.near_repeat(history, t, rate, boost=one[0], half_life=one[1])

    scores = [
        [_log_score(raised(t, rate, one), n, history) for one in grid]
        for t, rate, n in zip(moments, base, came, strict=False)
    ]
    picked = _pick(scores, 0)
    repeats = [raised(t, rate, grid[one]) for t, rate, one in zip(moments, base, picked, strict=True)]
    regressed = []
    for t, rate in zip(moments, base, strict=True):
        origins = [t - days * back for back in range(1, LEARNED_FROM + 1)]
        origins = [each for each in origins if each - history.start >= days]
        found = learned(history, t, origins=origins, days=days, bandwidth_m=bandwidth)
        regressed.append(rate if found is None else found)
    return {"near_repeat": repeats, "learned": regressed}


def _default(history: History, at: float, one: tuple[float, float], bandwidth: float) -> Floats:
    return models.shrunk(history, at, half_life=one[0], strength=one[1], bandwidth_m=bandwidth)


def _pick(scores: list[list[float]], start: int) -> list[int]:
    """Return which numbers were best on all periods before each one, and, last, on all of them."""
    if not scores:
        return [start]
    total = np.cumsum(np.asarray(scores), axis=0)
    return [start, *(int(np.argmax(each)) for each in total)]


def _log_score(rate: Floats, count: Floats, history: History) -> float:
    """Return the log likelihood of where the events of a period fell."""
    busy = count > 0
    total = float(rate.sum())
    part = rate[busy] / total if total > 0 else np.zeros(int(busy.sum()))
    even = history.share[busy] / history.share.sum()
    return float(count[busy] @ np.log((1 - _UNIFORM) * part + _UNIFORM * even))


def _origins(history: History, at: float, days: float) -> list[float]:
    """Return the beginnings of past periods, oldest first: at most PERIODS, with half of the time before them."""
    middle = history.start + (at - history.start) / 2
    starts = [at - days * back for back in range(1, PERIODS + 1)]
    return [each for each in reversed(starts) if each >= middle and each > history.start]


def _bandwidth(history: History, at: float, seed: int) -> float:
    held = history.day < at
    if held.sum() < LEAST_TO_FIT or history.fine.size_m > max(BANDWIDTHS_M):
        return max(_BANDWIDTH_M, float(history.fine.size_m))
    return choose_bandwidth(history.x[held], history.y[held], history.fine, seed=seed).chosen_m
