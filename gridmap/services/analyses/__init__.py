"""Analyses of a station's incidents: one module a question, each `compute(case) -> Found`, asked through `asking`.

| name in addresses | what it answers |
| --- | --- |
| hotspots | where do incidents gather more than chance would have it |
| density | how dense are they, smoothly |
"""

from __future__ import annotations

from typing import Final

from gridmap.services.analyses import density, gi_star
from gridmap.services.analyses.asking import Analysis, AnalysisNotFound, Look, keep, look, work
from gridmap.services.analyses.case import Options
from gridmap.services.analyses.gi_star import CLASSES, Hotspots, counted, hotspots, incidents, rhythm

ANALYSES: Final[dict[str, Analysis]] = {
    one.name: one
    for one in (
        Analysis("hotspots", 1, gi_star.compute),
        Analysis("density", 1, density.compute),
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
