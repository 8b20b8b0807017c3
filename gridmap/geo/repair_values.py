"""What a repair is told in: proposals by number, and the zones that the accepted ones change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from gridmap.errors import Conflict, Invalid
from gridmap.geo.topology_issue import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyproj

RULES: Final = ("former", "longest border", "outline", "cells", "vertex", "ask")
"""Who gets the ground: who had it in the former edition; who has the longest border with it; nobody, for it lies past
the jurisdiction; the beat whose cells lie there; nobody, for only a vertex is added; whom the planner names."""
REASONS: Final = ("large", "tie", "no border", "broken", "harm", "cells", "fault")
"""Why the planner is asked: much ground; two borders equally long; none; a zone that crosses itself; a zone would be
lost or split; no cell or several lie there; a fault that only a person can mend."""


class RepairNotKnown(Invalid):
    """A number that no proposal has, or an answer that names no zone."""

    slug, title = "repair-not-known", "There is no such repair"


class RepairNotPossible(Conflict):
    """The chosen repairs together would lose a zone or split one into parts."""

    slug, title = "repair-not-possible", "These repairs would lose or split a zone"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one fault; see `Repairs`."""

    kind: str
    zones: tuple[str, ...]
    losers: tuple[str, ...]
    to: str
    rule: str
    why: str
    shape: shapely.Geometry | None


@dataclass(frozen=True, slots=True)
class Repaired:
    """What repairs did: the zones that changed, as whole rows in the order they came, and the codes that are gone."""

    zones: gpd.GeoDataFrame
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repairs:
    """Proposals, and what they come to.

    `rows`: frame of `n` (from 1), `kind` of fault, `zones` (the codes it names), `from` (codes that lose the ground, or
    go), `to` (the code that gains it, "" for nobody), `rule` (see `RULES`), `why` the planner is asked (see `REASONS`,
    else ""), `area_m2`, geometry in the zones' CRS. `all_sure`: the zones after every proposal that asks nothing.
    """

    rows: gpd.GeoDataFrame
    all_sure: Repaired

    @property
    def sure(self) -> list[int]:
        """Return the numbers of all proposals that ask nothing."""
        found: list[int] = self.rows.loc[self.rows["rule"] != "ask", "n"].tolist()
        return found


def proposals_frame(proposals: Sequence[Proposal], crs: pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return the `rows` of `Repairs`: the worst kinds first, then the largest."""
    shapes = np.array([one.shape for one in proposals], dtype=object)
    areas = np.nan_to_num(shapely.area(shapes))
    order = sorted(range(len(proposals)), key=lambda i: (KINDS.index(proposals[i].kind), -areas[i], proposals[i].zones))
    chosen = [proposals[i] for i in order]
    return gpd.GeoDataFrame(
        {
            "n": np.arange(1, len(order) + 1),
            "kind": [one.kind for one in chosen],
            "zones": [list(one.zones) for one in chosen],
            "from": [list(one.losers) for one in chosen],
            "to": [one.to for one in chosen],
            "rule": [one.rule for one in chosen],
            "why": [one.why for one in chosen],
            "area_m2": areas[order],
        },
        geometry=gpd.GeoSeries(shapes[order], crs=crs),
        crs=crs,
    )
