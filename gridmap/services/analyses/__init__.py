"""Analyses of a station's incidents: one module a question, each `compute(case) -> Found`, asked through `asking`.

| name in addresses | what it answers |
| --- | --- |
| hotspots | where do incidents gather more than chance would have it |
| density | how dense are they, smoothly |
| rates | counts and rates of zones and cells, against before |
| emerging | which hotspots are new, growing, persistent, fading, sporadic, gone |
| change | what changed, by category and zone |
| when | at which hours, in which months, around which festivals |
| series | runs of like incidents close in place and time |
| repeat_places | which doors do incidents return to, where does it grow worse |
| scan | clusters in space and time nobody asked about |
| moran | which places are like their neighbours, which stand out |
| near_repeat | does an incident make others near it likelier for a time |
| forecast | where next, and what such forecasts were worth |
| back_test | what forecasts were worth when all is chosen anew and the squares are moved |
"""

from __future__ import annotations

from typing import Final

from gridmap.services.analyses import (
    back_test,
    change,
    density,
    emerging,
    forecast,
    gi_star,
    moran,
    near_repeat,
    rates,
    repeat_places,
    scan,
    series,
    when,
)
from gridmap.services.analyses.asking import Analysis, AnalysisNotFound, Look, keep, look, work
from gridmap.services.analyses.case import Options
from gridmap.services.analyses.hot_squares import Hotspots, counted, hotspots

ANALYSES: Final[dict[str, Analysis]] = {
    one.name: one
    for one in (
        Analysis("hotspots", 2, gi_star.compute),
        Analysis("density", 1, density.compute),
        Analysis("rates", 1, rates.compute),
        Analysis("emerging", 1, emerging.compute),
        Analysis("change", 1, change.compute),
        Analysis("when", 1, when.compute),
        Analysis("series", 1, series.compute),
        Analysis("repeat_places", 1, repeat_places.compute),
        Analysis("scan", 2, scan.compute),
        Analysis("moran", 1, moran.compute),
        Analysis("near_repeat", 1, near_repeat.compute),
        Analysis("forecast", 2, forecast.compute),
        Analysis("back_test", 1, back_test.compute),
    )
}


def find(name: str) -> Analysis:
    """Return the analysis of a name.

    Raises
    ------
    AnalysisNotFound
    """
    found = ANALYSES.get(name)
    if found is None:
        raise AnalysisNotFound(f"no analysis {name[:40]}; there are {', '.join(ANALYSES)}", analysis=name[:40])
    return found


__all__ = [
    "ANALYSES",
    "AnalysisNotFound",
    "Hotspots",
    "Look",
    "Options",
    "counted",
    "find",
    "hotspots",
    "keep",
    "look",
    "work",
]
