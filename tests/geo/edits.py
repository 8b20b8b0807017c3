"""Drafts to edit, made from tilings, and how an edit is put into them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.geo.crs import straight_plane
from gridmap.geo.edit import Cut, Draw, Edited, Give, Insert, Layers, Merge, Move, Op, Remove, Split, Straighten
from gridmap.geo.edit_work import BEAT, CELL
from gridmap.geo.topology import find_issues
from tests.geo.tilings import tiling


def draft(rows: int = 4, columns: int = 4, *, seed: int = 0, bends: int = 3, block: int = 2) -> Layers:
    """Return a tiling as cells, and beats that are blocks of `block` x `block` of them."""
    cells = tiling(rows, columns, seed=seed, bends=bends)
    row, column = np.divmod(np.arange(len(cells)), columns)
    codes = [f"B{r // block}{c // block}" for r, c in zip(row, column, strict=True)]
    cells = cells.assign(name_zh=[f"网格{code}" for code in cells["code"]], name_en=cells["code"], beat=codes)
    whole = {code: shapely.coverage_union_all(its.geometry.array) for code, its in cells.groupby("beat")}
    beats = gpd.GeoDataFrame(
        {"code": list(whole), "name_zh": [f"警格{code}" for code in whole], "name_en": list(whole)},
        geometry=list(whole.values()),
        crs=cells.crs,
    )
    return Layers(beats, cells)


def only_beats(layers: Layers) -> Layers:
    """Return the cells of a draft as beats without cells."""
    return Layers(layers.cells.drop(columns="beat"), layers.cells.iloc[:0])


def done(layers: Layers, edited: Edited) -> Layers:
    """Return the draft with an edit in it, as a store would write it."""
    return Layers(
        _written(layers.beats, edited.beats, edited.gone_beats), _written(layers.cells, edited.cells, edited.gone_cells)
    )


def _written(frame: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, gone: tuple[str, ...]) -> gpd.GeoDataFrame:
    kept = frame[~frame["code"].isin([*rows["code"], *gone])]
    if not len(rows):
        return kept.reset_index(drop=True)
    joined = pd.concat([kept, rows]).sort_values("code", ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=frame.crs)


def shape(layers: Layers, code: str) -> shapely.Geometry:
    """Return the ground of the cell or beat of this code."""
    frame = layers.cells if (layers.cells["code"] == code).any() else layers.beats
    return frame.set_index("code").geometry[code]


def in_degrees(layers: Layers) -> Layers:
    """Return a draft as it is stored, in longitude and latitude."""
    return Layers(layers.beats.to_crs(4326), layers.cells.to_crs(4326))


def faults(layers: Layers, jurisdiction: shapely.Polygon) -> list[str]:
    """Return the kinds of all faults of a draft, cells and beats, judged in a plane where straight stays straight."""
    beats, cells, area = layers.beats, layers.cells, gpd.GeoSeries([jurisdiction], crs=layers.beats.crs)
    if beats.crs.is_geographic:
        plane = straight_plane(jurisdiction.centroid.x, jurisdiction.centroid.y)
        beats, cells, area = (frame.to_crs(plane) for frame in (beats, cells, area))
    found = list(find_issues(beats, area.iloc[0])["kind"])
    return found + (list(find_issues(cells, area.iloc[0], beats=beats)["kind"]) if len(cells) else [])


def metres(layers: Layers, x: float, y: float) -> np.ndarray:
    """Return x and y [m] as coordinates of the draft."""
    if layers.beats.crs.is_geographic:
        return np.array([x, y]) / [91_000.0, 111_195.0]
    return np.array([x, y])


def any_edit(layers: Layers, random: np.random.Generator) -> Op:  # noqa: PLR0911  one return an edit
    """Return a random edit of a random place, sensible or not."""
    kind = CELL if len(layers.cells) and random.random() < 0.8 else BEAT
    frame = layers.cells if kind == CELL else layers.beats
    row = int(random.integers(len(frame)))
    code, ground = frame["code"].iloc[row], frame.geometry.iloc[row]
    near = frame["code"][frame.intersects(ground)].tolist()
    other = str(random.choice([name for name in near if name != code] or [code]))
    ring = shapely.get_coordinates(shapely.get_parts(ground)[0].exterior)
    corner = int(random.integers(len(ring) - 1))
    middle = shapely.get_coordinates(ground.point_on_surface())[0]
    step = metres(layers, *random.normal(0, 25, 2))
    reach = metres(layers, *random.uniform(10, 120, 2))
    turn = random.uniform(0, 7)
    ray = metres(layers, 500 * np.cos(turn), 500 * np.sin(turn))
    piece = ring[corner] + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * reach + step
    match int(random.integers(10)):
        case 0 | 1:
            moved = [ring[corner], ring[corner + 1]][: int(random.integers(1, 3))]
            return Move(tuple((tuple(place), tuple(place + step)) for place in moved))
        case 2:
            at = (ring[corner] + ring[corner + 1]) / 2 + step * random.integers(2)
            return Insert((tuple(ring[corner]), tuple(ring[corner + 1])), tuple(at))
        case 3:
            return Remove(tuple(ring[corner]))
        case 4:
            return Split(kind, code, (tuple(middle - ray), tuple(middle + step), tuple(middle + ray)))
        case 5:
            return Merge(kind, (code, other), other)
        case 6:
            return Cut(kind, code, tuple(map(tuple, piece)), other)
        case 7:
            new = f"N{int(random.integers(10**6))}"
            return Draw(tuple(map(tuple, piece)), new, swallow=bool(random.integers(2)))
        case 8:
            return Straighten(kind, code, other, [None, 5.0, 50.0][int(random.integers(3))])
        case _:
            cell = str(random.choice(layers.cells["code"])) if len(layers.cells) else code
            return Give((cell,), str(random.choice(layers.beats["code"])))
