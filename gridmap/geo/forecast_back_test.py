"""Would it have been right: whole forecasts made anew for past periods, from what was known then, and scored.

Everything is chosen again at each past day, the bandwidth, the half-life and the model too, so that nothing is praised
for what it has seen. Where the origin of the squares lies is chance, yet moves the figures as much as many a choice of
model; so the squares are also moved and the range is told.

References
----------
Tashman (2000), "Out-of-sample tests of forecasting accuracy", Int. J. Forecasting 16, 437-450 (rolling origin).
Openshaw (1984), "The Modifiable Areal Unit Problem", CATMOG 38 (why the squares are moved).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmap.geo.crs import require_metric
from gridmap.geo.forecast import HorizonWrong, Moment, known_until
from gridmap.geo.forecast_choice import choose
from gridmap.geo.forecast_history import History
from gridmap.geo.forecast_score import TIMES, Gain, compare_forecasts, score_forecasts

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class BackTest:
    """How whole forecasts of past periods did.

    `scores`: a row a model and level: `model` (``"chosen"`` is what `forecast` would have given; the others as there),
    the columns of `score_forecasts`, and `hit_shift_low`, `hit_shift_high`, `pai_shift_low`, `pai_shift_high`, the
    least and most over all positions of the squares. `gains`: each model over last year's counts. `steps`: a row a
    period: `until`, `model`, `half_life_days`, `strength`, `bandwidth_m`, `expected` and `came` (events).
    """

    scores: pd.DataFrame
    gains: dict[str, Gain]
    steps: pd.DataFrame


def back_test(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    when: ArrayLike,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon,
    *,
    size_m: int,
    until: Moment,
    days: int = 30,
    periods: int = 6,
    since: Moment | None = None,
    shifts: int = 0,
    seed: int = 0,
) -> BackTest:
    """Return how the forecasts of the last `periods` periods before `until` would have done.

    Parameters
    ----------
    points, when, jurisdiction, size_m, days, since, seed
        As in `gridmap.geo.forecast.forecast`.
    until
        End of the last period tested.
    periods
        How many periods of `days` are tested, one after the other.
    shifts
        To how many other places the origin of the squares is moved; the time taken grows with it.

    Raises
    ------
    NotMetric, BadShape, LatticeSizeWrong, LatticeTooLarge
    HorizonWrong
        If nothing was observed before the first period.
    """
    require_metric(points)
    if days <= 0 or periods <= 0 or shifts < 0:
        raise HorizonWrong(f"{periods} periods of {days} days, {shifts} shifts; give at least 1, 1 and 0.")
    moves = np.vstack([np.zeros((1, 2)), np.random.default_rng(seed).uniform(0, size_m, (shifts, 2))])
    coords = shapely.get_coordinates(np.asarray(points.geometry.array))
    tables: list[pd.DataFrame] = []
    gains: dict[str, Gain] = {}
    steps = pd.DataFrame()
    for move in moves:
        moved = shapely.transform(jurisdiction, lambda xy, by=move: xy + by)
        places = gpd.GeoSeries(shapely.points(coords + move), crs=points.crs)
        history, end = known_until(places, when, moved, size_m=size_m, until=until, since=since)
        if end - days * periods <= history.start:
            raise HorizonWrong(f"Nothing was observed before {periods} periods of {days} days; test fewer.")
        past, stepped = _roll(history, end, days, periods, seed, steps)
        tables.append(_table(past, history, seed, times=2 if tables else TIMES))
        if steps.empty:
            steps = stepped
            gains = {
                name: compare_forecasts(pairs, past["last_year"], history.share, seed=seed)
                for name, pairs in past.items()
                if name != "last_year"
            }
    scores = tables[0]
    for measure in ("hit", "pai"):
        column = "hit_rate" if measure == "hit" else "pai"
        every = np.column_stack([table[column] for table in tables])
        scores[f"{measure}_shift_low"], scores[f"{measure}_shift_high"] = every.min(axis=1), every.max(axis=1)
    return BackTest(scores, gains, steps)


def _roll(
    history: History, end: float, days: int, periods: int, seed: int, known: pd.DataFrame
) -> tuple[dict[str, list[Pair]], pd.DataFrame]:
    """Return each model's forecasts of the periods before `end` beside what came, and what was chosen."""
    past: dict[str, list[Pair]] = {}
    rows = []
    for place in range(periods):
        at = end - days * (periods - place)
        # The width of the density does not hang on where the squares begin; it is chosen once a period.
        width = None if known.empty else float(known["bandwidth_m"].iloc[place])
        choice = choose(history, at, float(days), seed=seed, bandwidth_m=width)
        came = history.count(at, at + days)
        told: dict[str, NDArray[np.float64]] = {"chosen": choice.rates[choice.model]}
        told.update({str(name): rate for name, rate in choice.rates.items()})
        for name in ("near_repeat", "learned"):  # too little past to try them: the default stands for them
            told.setdefault(name, choice.rates["shrunk"])
        for name, rate in told.items():
            past.setdefault(name, []).append((rate, came))
        rows.append(
            {
                "until": pd.Timestamp(at, unit="D", tz="UTC"),
                "model": choice.model,
                "half_life_days": choice.half_life,
                "strength": choice.strength,
                "bandwidth_m": choice.bandwidth_m,
                "expected": float(told["chosen"].sum()) * days,
                "came": int(came.sum()),
            }
        )
    return past, pd.DataFrame(rows)


def _table(past: dict[str, list[Pair]], history: History, seed: int, *, times: int) -> pd.DataFrame:
    tables = []
    for name, pairs in past.items():
        scores = score_forecasts(pairs, history.share, times=times, seed=seed)
        scores.insert(0, "model", name)
        tables.append(scores)
    return pd.concat(tables, ignore_index=True)
