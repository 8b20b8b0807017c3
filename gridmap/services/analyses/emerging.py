"""Emerging hotspots: new, growing, persistent, fading, sporadic or gone, by the last two years of four-week steps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from gridmap.errors import Invalid
from gridmap.geo import gistar
from gridmap.geo.emerging import LEAST_EVENTS, LEAST_STEPS, RULES, emerging
from gridmap.geo.neighbours import lattice_contiguity
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found
from gridmap.services.analyses.ground import make_cells, unit_of

STEP_DAYS: Final = 28
MOST_STEPS: Final = 26


class TooShort(Invalid):
    """There is not enough past to say what is new."""

    slug, title = "too-short", "There is not enough past to say what is new"


def compute(case: Case) -> Found:
    """Return the class of each square or hexagon that was ever hot.

    `facts`: `shape`, `size_m`, `step_days`, `steps`, `first_day`, `last_day`, `tally`, `rules` (class -> what it asks), `map_trend`,
    `enough`. `cells`: `class`, `count` (now, in the neighbourhood), `total`, `tau`, `p_trend`, `hot_steps`, `first_hot`, `last_hot`
    (first days of those steps), `series` (own events a step).

    Raises
    ------
    TooShort
    """
    end = pd.Timestamp(case.recorded_until)  # a step without records would look like peace
    past = max((end - case.history.times()[0]).days, 0) if len(case.history) else 0
    steps = min(past // STEP_DAYS, MOST_STEPS)
    if steps < LEAST_STEPS:
        raise TooShort(
            f"{past} days of incidents before {end.date()} are {steps} steps of {STEP_DAYS} days; {LEAST_STEPS} are needed: "
            "choose a later period or load older incidents"
        )
    begin = end - pd.Timedelta(days=steps * STEP_DAYS)
    shape: Literal["square", "hexagon"] = "hexagon" if case.options.shape == "hexagon" else "square"
    cells = make_cells(case, shape, case.options.size_m)
    counts = _cube(case, cells, shape, begin, steps)
    offsets = gistar.HEXAGON if shape == "hexagon" else gistar.QUEEN
    found = emerging(counts, lattice_contiguity(cells["column"], cells["row"], offsets))
    told = found.cells
    days = [(begin + pd.Timedelta(days=STEP_DAYS * step)).date().isoformat() for step in range(steps)]
    shown = told["class"].isin(list(RULES)).to_numpy()
    columns: dict[str, Any] = {
        "class": told["class"], "count": told["now"], "total": told["total"], "tau": told["tau"], "p_trend": told["trend_q"],
        "trend": told["trend"], "hot_steps": told["hot_steps"], "first_hot": _day(told["first_hot"], days),
        "last_hot": _day(told["last_hot"], days), "series": counts.tolist(),
    }  # fmt: skip
    kept = cells[["geometry"]].assign(**{name: list(values) for name, values in columns.items()})[shown]
    facts = {
        "method": "emerging", "shape": shape, "size_m": case.options.size_m, "step_days": STEP_DAYS, "steps": steps,
        "first_day": begin.date(), "last_day": (end - pd.Timedelta(days=1)).date(), "map_trend": found.map_trend,
        "tally": {str(name): int(n) for name, n in told["class"].value_counts().items()},
        "rules": {name: asdict(rule) for name, rule in RULES.items()}, "enough": int(counts.sum()) >= LEAST_EVENTS,
        "least_events": LEAST_EVENTS, "counted": int(counts.sum()), "days": days,
    }  # fmt: skip
    return Found(facts, kept.reset_index(drop=True))


def _cube(
    case: Case, cells: pd.DataFrame, shape: Literal["square", "hexagon"], begin: pd.Timestamp, steps: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return how many events each cell holds in each step, (cells, steps)."""
    events = case.history
    step = ((events.times() - begin) // pd.Timedelta(days=STEP_DAYS)).to_numpy()
    at = unit_of(case, cells, shape, events.x, events.y)  # type: ignore[arg-type]
    held = (at >= 0) & (step >= 0) & (step < steps)
    flat = np.bincount(at[held] * steps + step[held].astype(np.int64), minlength=len(cells) * steps)
    return flat.reshape(len(cells), steps).astype(np.int64)


def _day(step: pd.Series[int], days: list[str]) -> list[str | None]:
    return [None if pd.isna(one) else days[int(one)] for one in step]
