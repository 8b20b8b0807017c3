"""What changed: the period against the one before or a year ago, never a bare difference."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from gridmap.geo.change_tests import compare_counts, displacement
from gridmap.geo.neighbours import contiguity
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found
from gridmap.services.analyses.ground import make_units, sums, unit_of

#: Below this many events before, a zone is compared with no other: what fell from 3 to 1 tells nothing.
LEAST_BEFORE: Final = 10


def compute(case: Case) -> Found:
    """Return how the whole, each category and each zone changed.

    `facts`: `now`, `before`, `ratio`, `low`, `high`, `p`, `against`, `span_before`, `days`, `days_before`, `shape`. `tables.categories`:
    `code`, names, `now`, `before`, `ratio`, `low`, `high`, `p`, `q`. `tables.zones`: the same, and the weighted displacement difference
    against the most alike zone that is no neighbour: `control`, `net`, `net_low`, `net_high`, `net_p`. `cells`: the zones.
    """
    now, before = case.events, case.before()
    first, last = case.span_before()
    days = case.days_recorded
    days_before = (last - first).total_seconds() / 86_400
    spans = {"exposure_before": days_before, "exposure_after": days}
    whole = compare_counts(len(before), len(now), **spans).iloc[0]
    facts: dict[str, Any] = {
        "method": "change", "now": len(now), "before": len(before), "ratio": float(whole["ratio"]), "low": float(whole["low"]),
        "high": float(whole["high"]), "p": float(whole["p"]), "against": case.options.against,
        "span_before": [first.date(), (last - pd.Timedelta(days=1)).date()], "days": round(days), "days_before": round(days_before),
        "least_before": LEAST_BEFORE,
    }  # fmt: skip
    n = len(case.categories)
    held_before, held_now = (np.bincount(one.category, minlength=n) for one in (before, now))
    categories = _compared(pd.DataFrame(case.categories), held_before, held_now, spans)
    categories = categories[(categories["now"] > 0) | (categories["before"] > 0)].sort_values("p")
    shape = case.options.shape if case.options.shape in {"beat", "grid_cell", "village"} else "beat"
    facts["shape"] = shape
    if case.zones[shape].empty:
        return Found(facts, tables={"categories": categories.reset_index(drop=True)})
    units = make_units(case, shape)
    old, new = (sums(unit_of(case, units, shape, one.x, one.y), len(units)).astype(np.int64) for one in (before, now))
    zones = _compared(pd.DataFrame(units.drop(columns="geometry")), old, new, spans)
    zones = zones.join(_displaced(units, old, new))
    cells = units[["geometry"]].assign(**{name: zones[name] for name in ("code", "name_zh", "name_en", *_NUMBERS)})
    tables = {"categories": categories.reset_index(drop=True), "zones": zones.sort_values("p").reset_index(drop=True)}
    return Found(facts, cells, tables)


_NUMBERS: Final = ("now", "before", "ratio", "low", "high", "p", "q")


def _compared(things: pd.DataFrame, before: Any, now: Any, spans: dict[str, float]) -> pd.DataFrame:
    told = compare_counts(before, now, **spans)
    names = [name for name in ("code", "name_zh", "name_en", "is_dispute") if name in things]
    return things[names].assign(now=told["after"].to_numpy(), before=told["before"].to_numpy(), **{
        name: told[name].to_numpy() for name in ("ratio", "low", "high", "p", "q")
    })  # fmt: skip


def _displaced(units: Any, before: Any, now: Any) -> pd.DataFrame:
    """Return for each zone what it has less or more than the most alike zone that is no neighbour lets expect."""
    near = contiguity(units).tocsr()
    beside = [set(near.indices[near.indptr[i] : near.indptr[i + 1]]) for i in range(len(units))]
    around, around_now = (np.array([int(one[sorted(near)].sum()) for near in beside]) for one in (before, now))
    empty = {"control": None, "net": np.nan, "net_low": np.nan, "net_high": np.nan, "net_p": np.nan}
    rows: list[dict[str, Any]] = []
    for i in range(len(units)):
        others = [j for j in range(len(units)) if j != i and j not in beside[i] and before[j] >= LEAST_BEFORE]
        if before[i] < LEAST_BEFORE or not others:
            rows.append(empty)
            continue
        j = min(others, key=lambda other: (_unlike(before, around, i, other), other))
        moved = displacement(
            (int(before[i]), int(now[i])), (int(before[j]), int(now[j])),
            near_treated=(int(around[i]), int(around_now[i])), near_control=(int(around[j]), int(around_now[j])),
        )  # fmt: skip
        rows.append({
            "control": units["code"].iloc[j], "net": moved.net, "net_low": moved.low, "net_high": moved.high, "net_p": moved.p,
        })  # fmt: skip
    return pd.DataFrame(rows, index=units.index)


def _unlike(before: Any, around: Any, one: int, other: int) -> float:
    """Return how unlike two zones and their neighbours were before: differences are in events, so like must meet like."""
    return float(
        abs(np.log((before[one] + 1) / (before[other] + 1))) + abs(np.log((around[one] + 1) / (around[other] + 1)))
    )
