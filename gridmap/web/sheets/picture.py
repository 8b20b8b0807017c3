"""What a briefing sheet of the officer's map holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd

from gridmap.services.map_sheet import MapGround
from gridmap.web.map_told import Both, Entry


@dataclass(frozen=True, slots=True)
class PictureContent:
    """A picture to be printed.

    `cells`: polygons or points in the metric CRS, `look` (position in `legend`, -1 for not drawn). `title`, `view`: what is shown
    and of which incidents, in Chinese and English. `unit`: of the legend's numbers. `how`: sentences on the method.
    """

    ground: MapGround
    title: Both
    view: Both
    cells: gpd.GeoDataFrame
    legend: Sequence[Entry]
    unit: Both | None
    how: Sequence[Both]
