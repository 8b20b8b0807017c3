"""Where next: a forecast for the coming week or month, beside what such forecasts were worth in the past."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.domain.incidents import OF_ORIGIN, Origin
from gridmap.errors import Invalid
from gridmap.geo.forecast import forecast
from gridmap.geo.forecast_back_test import back_test
from gridmap.geo.forecast_score import part_taken
from gridmap.services.analyses.case import Case, Events
from gridmap.services.analyses.found import Found

DAYS: Final = {"week": 7, "month": 30}
#: How many past periods the hit rates on the page are measured on, and how often the squares are moved.
PERIODS: Final = 6
SHIFTS: Final = 4
LEVELS: Final = (0.01, 0.05, 0.1, 0.2)
SEED: Final = 20_261_101
#: Squares of a forecast: finer ones hold nothing to learn from [m].
LEAST_M: Final = 200


class NothingToLearn(Invalid):
    """There are no incidents to learn from before the day the forecast starts."""

    slug, title = "nothing-to-learn", "There is nothing to learn a forecast from"


def compute(case: Case) -> Found:
    """Return the events to expect in the coming week or month, learned from what residents reported unless asked otherwise.

    `facts`: `model`, `verdict`, `beats_last_year`, `stepped_back`, `half_life_days`, `bandwidth_m`, `ahead`, `first_day`, `last_day`,
    `origin`, `gain` with `gain_low`, `gain_high`, `periods`, `expected`. `tables.scores`: `model`, `share` (of the area), `pai` with
    intervals, `pei`, `hit_rate`, ties and the range of moved squares. `cells`: squares that together are the first 20 % of the area:
    `rank`, `expected`, `class` ("1", "5", "10", "20").

    Raises
    ------
    NothingToLearn
    """
    events, origin = _learned_from(case)
    if not len(events):
        raise NothingToLearn(
            f"no incident of this view lies before {case.view.until}; choose more categories or a longer period"
        )
    start = pd.Timestamp(case.recorded_until)
    days = DAYS[case.options.ahead]
    size = max(case.options.size_m, LEAST_M)
    points = gpd.GeoSeries(shapely.points(events.x, events.y), crs=case.metric_epsg)
    given = {"size_m": size, "until": start, "days": days, "seed": SEED}
    found = forecast(points, events.at, case.ground, **given)  # type: ignore[arg-type]
    past = back_test(points, events.at, case.ground, periods=PERIODS, shifts=SHIFTS, **given)  # type: ignore[arg-type]
    facts = {
        "method": "forecast", "model": found.model, "verdict": found.verdict, "beats_last_year": found.beats_last_year,
        "stepped_back": not found.beats_last_year, "half_life_days": found.half_life_days, "bandwidth_m": found.bandwidth_m,
        "ahead": case.options.ahead, "days": days, "size_m": size, "first_day": start.date(),
        "last_day": (start + timedelta(days=days - 1)).date(), "origin": str(origin), "gain": found.gain.mean,
        "gain_low": found.gain.low, "gain_high": found.gain.high, "periods": PERIODS, "learned_from": found.events,
        "outside": found.outside, "expected": float(found.cells["expected"].sum()),
    }  # fmt: skip
    return Found(facts, _first(found.cells), {"scores": _scores(past.scores), "steps": past.steps})


def _learned_from(case: Case) -> tuple[Events, Origin]:
    """Return the events a forecast may learn from: not what patrols started, unless that was asked for."""
    origin = Origin.REPORTED if case.view.origin is Origin.ALL else case.view.origin
    allowed = [case.sources.index(source) for source in OF_ORIGIN[origin]]
    return case.history.where(np.isin(case.history.source, allowed)), origin


def _first(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the squares that are, or tie with, the first 20 % of the area, by the smallest share that takes them."""
    score, share = cells["expected"].to_numpy(), cells["inside_share"].to_numpy()
    named = np.full(len(cells), "", dtype=object)
    for level in reversed(LEVELS):
        named[part_taken(score, share, level) > 0] = f"{level:.0%}".rstrip("%")
    kept = cells.assign(**{"class": named, "expected": np.round(score, 3)})
    kept = kept[(named != "") & (score > 0)].sort_values("rank")
    chosen: gpd.GeoDataFrame = kept[["rank", "expected", "class", "geometry"]].reset_index(drop=True)
    return chosen


def _scores(scores: pd.DataFrame) -> pd.DataFrame:
    names = {
        "level": "share", "pai_worst": "tie_low", "pai_best": "tie_high", "pai_shift_low": "shift_low",
        "pai_shift_high": "shift_high",
    }  # fmt: skip
    return scores.rename(columns=names)
