"""What forecasts were worth: whole forecasts of past weeks or months, chosen anew at each, on squares that are moved too."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import pandas as pd

from gridmap.geo import forecast_back_test
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.forecast import SEED, learning, scores, told
from gridmap.services.analyses.found import Found

#: How many past periods are forecast, and to how many other places the squares are moved.
PERIODS: Final = 6
SHIFTS: Final = 4


def compute(case: Case) -> Found:
    """Return how forecasts of the last periods before the view's end would have done.

    `facts`: `ahead`, `days`, `size_m`, `first_day`, `last_day` (of the coming period), `origin`, `periods`, `shifts`, `seed`. `tables.scores`:
    as of `forecast`, `model` "chosen" being what would have been shown, and `hit_shift_low`, `hit_shift_high`, `shift_low`, `shift_high`
    (of the PAI): the range over the moved squares. `tables.steps`: a row a period: `until`, `model`, `half_life_days`, `strength`,
    `bandwidth_m`, `expected`, `came`. `tables.gains`: each model over last year's counts: `model`, `mean`, `low`, `high`, `events`.

    Raises
    ------
    NothingToLearn
    HorizonWrong
        If nothing is on record before the first of those periods.
    """
    given = learning(case)
    past = forecast_back_test.back_test(
        given.points, given.at, case.ground, size_m=given.size_m, until=given.start, days=given.days, periods=PERIODS,
        shifts=SHIFTS, seed=SEED,
    )  # fmt: skip
    gains = pd.DataFrame([{"model": name, **asdict(gain)} for name, gain in past.gains.items()])
    steps = past.steps.assign(until=past.steps["until"].dt.round("s"))  # days as floats are a hair off
    facts = {"method": "back_test", **told(case, given), "periods": PERIODS, "shifts": SHIFTS, "seed": SEED}
    return Found(facts, tables={"scores": scores(past.scores), "steps": steps, "gains": gains})
