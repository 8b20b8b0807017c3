"""What a file of zones holds, whatever its format: two layers of zones, and what is to be known about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd

#: The columns of every layer; `beat` is empty for beats. Ten characters at most, but for the one named below.
COLUMNS: Final = (
    "kind", "code", "name_zh", "name_en", "beat", "area_m2", "station", "edition", "in_force_since", "synthetic",
)  # fmt: skip
BEATS, CELLS = "beats", "grid_cells"


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """The zones of one edition, ready to be written.

    `beats`, `cells`: frames in EPSG:4326 with `COLUMNS` and (Multi)Polygons; `cells` may be empty. `facts`: what is to
    be known of the whole (station, edition, state, since when, systems of coordinates …), plain values by name.
    `title` and `description`: in a person's words; made-up data is called so there.
    """

    beats: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    title: str
    description: str
    facts: Mapping[str, Any]

    @property
    def layers(self) -> tuple[tuple[str, gpd.GeoDataFrame], ...]:
        """The layers that hold zones, by name; beats first."""
        both = ((BEATS, self.beats.drop(columns="beat")), (CELLS, self.cells))
        return tuple((name, frame) for name, frame in both if len(frame) or name == BEATS)

    @property
    def together(self) -> gpd.GeoDataFrame:
        """All zones in one frame, beats first, for formats with a single layer."""
        if self.cells.empty:
            return self.beats
        return gpd.GeoDataFrame(
            pd.concat([self.beats.astype({"beat": object}), self.cells], ignore_index=True),
            geometry="geometry",
            crs=self.beats.crs,
        )

    @property
    def told(self) -> str:
        """The description and every fact, a line each, for formats that keep plain text alone."""
        return "\n".join([self.description, "", *(f"{name}: {value}" for name, value in self.facts.items())])
