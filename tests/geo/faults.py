"""Known faults put into a clean tiling, each with what a check must say about it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

WIDE, NARROW = (5.0, 25.0), (0.05, 0.5)


@dataclass(frozen=True)
class Fault:
    """A fault that was put in: its kind, the zones it must name, and its area [m2]."""

    kind: str
    zones: tuple[str, ...]
    area: float = 0.0


class Spoiled:
    """A tiling of `rows` x `columns` made by `tilings.tiling(..., bends=bends)`, and the faults put into it."""

    def __init__(self, zones: gpd.GeoDataFrame, columns: int, bends: int, seed: int = 0) -> None:
        self.crs, self.columns, self.bends = zones.crs, columns, bends
        self.codes = zones["code"].tolist()
        self.shapes = list(zones.geometry)
        self.random = np.random.default_rng(seed)
        self.faults: list[Fault] = []
        self.gone: set[int] = set()

    def frame(self) -> gpd.GeoDataFrame:
        """Return the spoiled zones."""
        keep = [i for i in range(len(self.codes)) if i not in self.gone]
        return gpd.GeoDataFrame(
            {"code": [self.codes[i] for i in keep]}, geometry=[self.shapes[i] for i in keep], crs=self.crs
        )

    def put(self, kind: str, row: int) -> Fault:
        """Put one fault of `kind` into the zone in `row`, which must not be in the last row or column."""
        fault = getattr(self, f"_{kind}")(row)
        self.faults.append(fault)
        return fault

    def _path(self, row: int) -> tuple[np.ndarray, int, int]:
        """Return the ring of a zone, the first index of one of its borders, and the zone beyond that border."""
        border = int(self.random.integers(2, 4))
        odd = row // self.columns % 2
        beyond = row + 1 if border == 2 else row + self.columns + odd
        return shapely.get_coordinates(self.shapes[row]), border * (self.bends + 1), beyond

    def _pushed(self, row: int, metres: float) -> tuple[float, int]:
        """Move the bends of a border outwards; return the area between the old and the new line, and the zone beyond."""
        ring, first, beyond = self._path(row)
        line = slice(first, first + self.bends + 2)
        old = ring[line].copy()
        step = old[-1] - old[0]
        out = np.array([step[1], -step[0]]) / np.hypot(*step)
        along = np.arange(1, self.bends + 1) / (self.bends + 1)
        ring[first + 1 : first + 1 + self.bends] += out * metres * (4 * along * (1 - along))[:, None]
        self.shapes[row] = shapely.Polygon(ring)
        return shapely.Polygon(np.concatenate([old, ring[line][::-1]])).area, beyond

    def _named(self, kind: str, rows: list[int], area: float = 0.0) -> Fault:
        return Fault(kind, tuple(sorted(self.codes[row] for row in rows)), area)

    def _overlap(self, row: int) -> Fault:
        area, beyond = self._pushed(row, self.random.uniform(*WIDE))
        return self._named("overlap", [row, beyond], area)

    def _gap(self, row: int) -> Fault:
        area, beyond = self._pushed(row, -self.random.uniform(*WIDE))
        return self._named("gap", [row, beyond], area)

    def _sliver_overlap(self, row: int) -> Fault:
        area, beyond = self._pushed(row, self.random.uniform(*NARROW))
        return self._named("sliver_overlap", [row, beyond], area)

    def _sliver_gap(self, row: int) -> Fault:
        area, beyond = self._pushed(row, -self.random.uniform(*NARROW))
        return self._named("sliver_gap", [row, beyond], area)

    def _unmatched_vertex(self, row: int) -> Fault:
        ring, first, beyond = self._path(row)
        share = self.random.uniform(0.2, 0.8)
        vertex = ring[first] * (1 - share) + ring[first + 1] * share
        self.shapes[row] = shapely.Polygon(np.insert(ring, first + 1, vertex, axis=0))
        return self._named("unmatched_vertex", [row, beyond])

    def _spike(self, row: int) -> Fault:
        ring, first, _ = self._path(row)
        step = ring[first + 1] - ring[first]
        along = step / np.hypot(*step)
        middle, out = ring[first] + step / 2, np.array([along[1], -along[0]])
        needle = [middle - along * 0.01, middle + out * 20, middle + along * 0.01]
        self.shapes[row] = shapely.Polygon(np.insert(ring, first + 1, needle, axis=0))
        return self._named("spike", [row])

    def _self_crossing(self, row: int) -> Fault:
        ring, first, _ = self._path(row)
        step = ring[first + 1] - ring[first]
        out = np.array([step[1], -step[0]]) / np.hypot(*step)
        bow = [ring[first] + step * share + out * 5 for share in (0.7, 0.3)]
        self.shapes[row] = shapely.Polygon(np.insert(ring, first + 1, bow, axis=0))
        return self._named("self_crossing", [row])

    def _duplicate(self, row: int) -> Fault:
        self.shapes.append(self.shapes[row])
        self.codes.append(f"{self.codes[row]}bis")
        return self._named("duplicate", [row, len(self.codes) - 1], self.shapes[row].area)

    def _missing_cell(self, row: int) -> Fault:
        self.gone.add(row)
        return self._named("missing_cell", [row], self.shapes[row].area)

    def _detached(self, row: int) -> Fault:
        """Give a small square in the middle of a zone to its neighbour."""
        x, y = self.shapes[row].centroid.coords[0]
        part = shapely.box(x - 10, y - 10, x + 10, y + 10)
        neighbour = row + 1
        self.shapes[row] = self.shapes[row].difference(part)
        self.shapes[neighbour] = shapely.MultiPolygon([self.shapes[neighbour], part])
        return self._named("detached", [neighbour], part.area)

    def _empty(self, row: int) -> Fault:
        self.shapes[row] = [None, shapely.Polygon()][int(self.random.integers(2))]
        return self._named("empty", [row])

    def _leak(self, row: int) -> Fault:
        """Push the lower border of a zone in the first row out of the jurisdiction."""
        ring = shapely.get_coordinates(self.shapes[row])
        old = ring[: self.bends + 2].copy()
        ring[1 : self.bends + 1, 1] -= self.random.uniform(*WIDE)
        self.shapes[row] = shapely.Polygon(ring)
        area = shapely.Polygon(np.concatenate([old, ring[: self.bends + 2][::-1]])).area
        return self._named("leak", [row], area)


KINDS = (
    "overlap",
    "gap",
    "sliver_overlap",
    "sliver_gap",
    "unmatched_vertex",
    "spike",
    "self_crossing",
    "duplicate",
    "missing_cell",
    "detached",
    "empty",
)
"""The kinds that can be put anywhere; `leak` goes into the first row."""


def found(fault: Fault, issues: pd.DataFrame) -> bool:
    """Return whether the issues name the fault by kind and zones, and its area to a millimetre along its outline."""
    same = issues[(issues["kind"] == fault.kind) & issues["zones"].map(lambda zones: tuple(zones) == fault.zones)]
    if fault.area:
        return bool((np.abs(same["area_m2"] - fault.area) <= 1e-3 * same["length_m"]).any())
    return len(same) > 0


def accused(faults: list[Fault], issues: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Return the issues that name no zone of any fault."""
    guilty = {code for fault in faults for code in fault.zones}
    return [
        (kind, zones) for kind, zones in zip(issues["kind"], issues["zones"], strict=True) if not guilty & set(zones)
    ]
