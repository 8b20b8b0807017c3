"""Counts and rates of beats, grid cells, villages, squares or hexagons, against an earlier span, small numbers marked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from gridmap.geo.change_tests import compare_counts
from gridmap.geo.rates import map_rate, rates
from gridmap.services.analyses.case import Case, Floats
from gridmap.services.analyses.found import Found
from gridmap.services.analyses.ground import make_units, sums, unit_of

#: what a rate is told by -> how many of it.
PER: Final = {"none": 1.0, "household": 1_000.0, "resident": 1_000.0, "km2": 1.0}
LEAST_BASE: Final = {"none": 0.0, "household": 30.0, "resident": 50.0, "km2": 0.0}
#: Classes of colour: quantiles of what is above zero.
QUANTILES: Final = (0.2, 0.4, 0.6, 0.8)


def compute(case: Case) -> Found:
    """Return the count and the rate of every unit of ground.

    `facts`: `shape`, `per`, `of` (how many of it), `unit`, `total`, `without_denominator`, `rate` of the map with `low`, `high`,
    `breaks`, `against`, `span_before`. `cells`: `code`, names, `count`, `base`, `rate`, `shrunken`, `low`, `high`, `class` (ok,
    small_number, no_denominator), `level` 0 to 5 (of `shrunken`, or of the count), `before`, `ratio`, `ratio_low`, `ratio_high`,
    `p`, `q`.
    """
    shape, per = case.options.shape, case.options.per
    units = make_units(case, shape)
    at = unit_of(case, units, shape, case.events.x, case.events.y)
    count = sums(at, len(units)).astype(np.int64)
    earlier = case.before()
    before = sums(unit_of(case, units, shape, earlier.x, earlier.y), len(units)).astype(np.int64)
    base = _base(case, units)
    told = rates(count, base, per=PER[per], least_base=LEAST_BASE[per])
    whole = map_rate(count, base, per=PER[per])
    first, last = case.span_before()
    days_before = (last - first).total_seconds() / 86_400
    change = compare_counts(before, count, exposure_before=days_before, exposure_after=case.days_recorded)
    value = count.astype(float) if per == "none" else told["shrunken"].to_numpy()
    level, breaks = classes(value)
    # an empty square says nothing that its absence does not; a zone is told whatever it holds
    shown = (count > 0) | (before > 0) if shape in {"square", "hexagon"} else np.ones(len(units), dtype=bool)
    columns: dict[str, Any] = {
        "code": units["code"], "name_zh": units["name_zh"], "name_en": units["name_en"], "count": count, "base": base,
        "rate": told["rate"].to_numpy(), "shrunken": told["shrunken"].to_numpy(), "low": told["low"].to_numpy(),
        "high": told["high"].to_numpy(), "class": told["class"].to_numpy(), "level": level, "before": before,
        "ratio": change["ratio"].to_numpy(), "ratio_low": change["low"].to_numpy(), "ratio_high": change["high"].to_numpy(),
        "p": change["p"].to_numpy(), "q": change["q"].to_numpy(),
    }  # fmt: skip
    cells = units[["geometry"]].assign(**columns)[shown].reset_index(drop=True)
    facts = {
        "method": "rates", "shape": shape, "size_m": case.options.size_m, "per": per, "of": PER[per], "total": int(count.sum()),
        "outside": int((at < 0).sum()), "without_denominator": whole.events_without_base, "rate": whole.rate, "low": whole.low,
        "high": whole.high, "breaks": breaks, "against": case.options.against, "total_before": int(before.sum()),
        "span_before": [first.date(), (last - timedelta(days=1)).date()], "least_base": LEAST_BASE[per], "least_events": 5,
    }  # fmt: skip
    return Found(facts, cells)


def _base(case: Case, units: pd.DataFrame) -> Floats:
    """Return what the rate of each unit is told by: 1, households, residents or km2."""
    per = case.options.per
    if per == "none":
        return np.ones(len(units))
    if per == "km2":
        return units["area_km2"].to_numpy(dtype=float)
    doors = case.doors
    at = unit_of(case, units, case.options.shape, doors.x, doors.y)  # type: ignore[arg-type]
    known = doors.households if per == "household" else np.nan_to_num(doors.residents)
    return sums(at, len(units), known)


def classes(value: Floats) -> tuple[list[int], list[float]]:
    """Return the class of colour of each value, 0 (none or unknown) to 5, and the breaks between 1 and 5."""
    positive = np.where(np.isfinite(value) & (value > 0), value, np.nan)
    if np.isnan(positive).all():
        return [0] * len(value), []
    breaks = sorted({float(one) for one in np.nanquantile(positive, QUANTILES)})
    level = np.where(np.isnan(positive), 0, 1 + np.searchsorted(breaks, np.nan_to_num(positive), side="right"))
    return level.astype(int).tolist(), breaks
