"""Near repeat: whether an incident makes others near it likelier for some time."""

from __future__ import annotations

from typing import Final, Literal

from gridmap.geo.near_repeat import calendar_blocks, near_repeat
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found

SEED: Final = 20_261_101
SPACE_M: Final = (0.0, 1.0, 100.0, 200.0, 400.0, 800.0)
DAYS: Final = (0.0, 1.0, 7.0, 14.0, 28.0, 56.0)
#: From this length on times are dealt out only within their season: what a whole winter shares is no near repeat [days].
LONG: Final = 270


def compute(case: Case) -> Found:
    """Return Knox's table for a case's events.

    `facts`: `events`, `permutations`, `seed`, `within` (all or season), `significant` (bands with q <= 5 %). `tables.bands`: a row a
    band, half-open: `place_from`, `place_to` [m], `days_from`, `days_to`, `pairs`, `expected`, `ratio`, `ratio_median`, `p`, `q`.
    """
    events = case.events
    within: Literal["all", "season"] = "season" if case.view.days > LONG else "all"
    blocks = calendar_blocks(events.times(), within, case.timezone) if len(events) else None
    found = near_repeat(
        events.x, events.y, events.at, space_m=SPACE_M, days=DAYS, blocks=blocks, permutations=999, seed=SEED
    )
    bands = found.bands.rename(columns={
        "from_m": "place_from", "to_m": "place_to", "from_days": "days_from", "to_days": "days_to", "mean": "expected",
        "ratio_mean": "ratio",
    })  # fmt: skip
    facts = {
        "method": "near_repeat", "events": found.incidents, "left_out": found.left_out, "permutations": found.permutations,
        "seed": found.seed, "within": within, "significant": int((bands["q"] <= 0.05).sum()),
    }  # fmt: skip
    return Found(facts, tables={"bands": bands.drop(columns="median")})
