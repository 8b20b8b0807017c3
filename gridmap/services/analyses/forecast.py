"""Where next: a forecast for the coming week or month, beside what such forecasts were worth in past weeks or months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.domain.incidents import OF_ORIGIN, Origin
from gridmap.errors import Invalid
from gridmap.geo.forecast import forecast
from gridmap.geo.forecast_score import part_taken
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found

DAYS: Final = {"week": 7, "month": 30}
LEVELS: Final = (0.01, 0.05, 0.1, 0.2)
SEED: Final = 20_261_101
#: Squares of a forecast: finer ones hold nothing to learn from [m].
LEAST_M: Final = 200


class NothingToLearn(Invalid):
    """There are no incidents to learn from before the day the forecast starts."""

    slug, title = "nothing-to-learn", "There is nothing to learn a forecast from"


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """What a forecast learns from: `points` (metric CRS of the case) and `at` of (n,) events, of which `origin`, `start` the day after."""

    points: gpd.GeoSeries
    at: NDArray[np.datetime64]
    origin: Origin
    start: pd.Timestamp
    days: int
    size_m: int


def compute(case: Case) -> Found:
    """Return the events to expect in the coming week or month, learned from what residents reported unless asked otherwise.

    `facts`: `model`, `verdict`, `beats_last_year`, `stepped_back`, `half_life_days`, `bandwidth_m`, `ahead`, `first_day`, `last_day`,
    `origin`, `gain` with `gain_low`, `gain_high`, `periods`, `expected`. `tables.scores`: how each model did in the past `periods`, each
    forecast from what was known then: `model`, `share` (of the area), `pai` and `hit_rate` with intervals, `pei`, and the range over
    ties. `cells`: squares that together are the first 20 % of the area: `rank`, `expected`, `class` ("1", "5", "10", "20").
    What moving the squares changes is asked of `back_test`, which takes its time.

    Raises
    ------
    NothingToLearn
    """
    given = learning(case)
    found = forecast(
        given.points, given.at, case.ground, size_m=given.size_m, until=given.start, days=given.days, seed=SEED
    )
    facts = {
        "method": "forecast", "model": found.model, "verdict": found.verdict, "beats_last_year": found.beats_last_year,
        "stepped_back": not found.beats_last_year, "half_life_days": found.half_life_days, "bandwidth_m": found.bandwidth_m,
        **told(case, given), "gain": found.gain.mean, "gain_low": found.gain.low, "gain_high": found.gain.high,
        "periods": found.periods, "learned_from": found.events, "outside": found.outside,
        "expected": float(found.cells["expected"].sum()),
    }  # fmt: skip
    return Found(facts, _first(found.cells), {"scores": scores(found.tests)})


def learning(case: Case) -> Learning:
    """Return what a forecast for a case may learn from: not what patrols started, unless that was asked for.

    Raises
    ------
    NothingToLearn
    """
    origin = Origin.REPORTED if case.view.origin is Origin.ALL else case.view.origin
    allowed = [case.sources.index(source) for source in OF_ORIGIN[origin]]
    events = case.history.where(np.isin(case.history.source, allowed))
    start = pd.Timestamp(case.recorded_until)
    events = events.where(events.at < np.datetime64(int(start.timestamp()), "s"))
    if not len(events):
        raise NothingToLearn(
            f"no incident of this view ({origin}) lies before {start.date()}; choose more categories, zones or another period"
        )
    points = gpd.GeoSeries(shapely.points(events.x, events.y), crs=case.metric_epsg)
    return Learning(points, events.at, origin, start, DAYS[case.options.ahead], max(case.options.size_m, LEAST_M))


def told(case: Case, given: Learning) -> dict[str, Any]:
    """Return the facts of a forecast that do not hang on how it was made."""
    return {
        "ahead": case.options.ahead, "days": given.days, "size_m": given.size_m, "first_day": given.start.date(),
        "last_day": (given.start + timedelta(days=given.days - 1)).date(), "origin": str(given.origin),
    }  # fmt: skip


def scores(tests: pd.DataFrame) -> pd.DataFrame:
    """Return scores of past forecasts by the names a reader gets."""
    names = {
        "level": "share", "pai_worst": "tie_low", "pai_best": "tie_high", "pai_shift_low": "shift_low",
        "pai_shift_high": "shift_high",
    }  # fmt: skip
    return tests.rename(columns=names)


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
