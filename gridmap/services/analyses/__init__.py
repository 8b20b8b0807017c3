"""Analyses of a station's incidents: one module a question, each `compute(case) -> Found`, asked through `asking`.

| name in addresses | what it answers |
| --- | --- |
| hotspots | where do incidents gather more than chance would have it |
| density | how dense are they, smoothly |
| moran | which places are like their neighbours, which stand out |
| near_repeat | does an incident make others near it likelier for a time |
| forecast | where next, and what such forecasts were worth |
"""

from __future__ import annotations

from typing import Final

from gridmap.services.analyses import density, forecast, gi_star, moran, near_repeat
from gridmap.services.analyses.asking import Analysis, AnalysisNotFound, Look, keep, look, work
from gridmap.services.analyses.case import Options
from gridmap.services.analyses.gi_star import CLASSES, Hotspots, counted, hotspots, incidents, rhythm

ANALYSES: Final[dict[str, Analysis]] = {
    one.name: one
    for one in (
        Analysis("hotspots", 1, gi_star.compute),
        Analysis("density", 1, density.compute),
        Analysis("moran", 1, moran.compute),
        Analysis("near_repeat", 1, near_repeat.compute),
        Analysis("forecast", 1, forecast.compute),
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
    "CLASSES",
    "AnalysisNotFound",
    "Hotspots",
    "Look",
    "Options",
    "counted",
    "find",
    "hotspots",
    "incidents",
    "keep",
    "look",
    "rhythm",
    "work",
]
