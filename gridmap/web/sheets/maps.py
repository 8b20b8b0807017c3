"""Maps in a frame: the whole station, its dense part enlarged, or one beat with its cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.services.sheets import SheetContent
from gridmap.web.sheets import layers, naming
from gridmap.web.sheets.canvas import WHITE, Box, Colour, Page, box, clip, stroke
from gridmap.web.sheets.colours import PALETTE, colour_zones
from gridmap.web.sheets.furniture import graticule, neat_line
from gridmap.web.sheets.labels import Ground
from gridmap.web.sheets.view import View, nice_scale, view_of

#: Tint of zones that a sheet is not about.
ASIDE: Colour = (0.945, 0.945, 0.940)
BEAT_TINT: Colour = (0.30, 0.42, 0.66)
#: Tint of ground that changes hands.
MOVED: Colour = (0.95, 0.62, 0.36)
#: A cell smaller than this on paper has no room for its code [mm], and worth enlarging at this ratio of scales.
CRAMPED, WORTH = 9.0, 1.5


@dataclass(frozen=True, slots=True)
class Atlas:
    """What all maps of one edition share: its content, a colour a beat, and borders as lines [m].

    `start`: what the codes of all cells begin with, which the map of the station leaves out.
    """

    content: SheetContent
    colours: dict[str, Colour]
    edge: NDArray[np.object_]
    beats: NDArray[np.object_]
    cells: NDArray[np.object_]
    villages: NDArray[np.object_]
    start: str


def atlas_of(content: SheetContent, *others: gpd.GeoDataFrame) -> Atlas:
    """Return what all maps of an edition share; a beat that is also in `others` has one colour in both."""
    picked = colour_zones(content.beats, *others)
    beats, keys = layers.borders(content.beats)
    cells = layers.borders(content.cells, without=keys)[0] if len(content.cells) else np.empty(0, dtype=object)
    villages = layers.borders(content.villages)[0] if len(content.villages) else np.empty(0, dtype=object)
    edge = np.asarray(shapely.get_parts(shapely.boundary(content.ground)), dtype=object)
    start = naming.shared_start(list(content.cells["code"]))
    return Atlas(content, {code: PALETTE[place] for code, place in picked.items()}, edge, beats, cells, villages, start)


def inset_ground(atlas: Atlas, main: View) -> shapely.Polygon | None:
    """Return the ground whose cells are too small on the main map to be read, or None where there is little of it."""
    cells = atlas.content.cells
    if cells.empty:
        return None
    side = np.sqrt(shapely.area(cells.geometry.to_numpy())) * main.per_metre
    small = cells.geometry.to_numpy()[side < CRAMPED]
    if len(small) < 6:
        return None
    middles = shapely.get_coordinates(shapely.centroid(small))
    low, high = np.percentile(middles, [8, 92], axis=0)
    reach = 0.75 * (high - low) + 1.0
    near = small[(np.abs(middles - np.median(middles, axis=0)) <= reach).all(axis=1)]
    if len(near) < max(6, 0.6 * len(small)):
        return None
    return shapely.box(*shapely.total_bounds(near))


def inset_view(wanted: shapely.Polygon | None, frame: Box, main: View) -> View | None:
    """Return the view of an inset that shows a piece of ground in a frame, or None where it would enlarge too little."""
    if wanted is None:
        return None
    west, south, east, north = wanted.bounds
    scale = nice_scale(east - west, north - south, frame.shrunk(2))
    return View(frame, (west + east) / 2, (south + north) / 2, scale) if main.denominator / scale >= WORTH else None


def draw_ground(page: Page, atlas: Atlas, view: View, *, epsg: int) -> None:
    """Draw a map of all beats without words, and the numbers of the graticule around it."""
    with _inside(page, view.frame):
        box(page, view.frame, fill=layers.PAPER)
        layers.ground(page, view, atlas.content.ground)
        layers.tint(page, view, atlas.content.beats, atlas.colours)
        _lines(page, atlas, view)
    graticule(page, view, epsg)


def draw_station(
    page: Page, atlas: Atlas, view: View, *, inset: View | None = None, taken: tuple[Box, ...] = ()
) -> set[str]:
    """Draw the whole station, or a part of it; return the codes of the cells whose code is written on it.

    `inset`: the view drawn elsewhere at a larger scale, which is marked here; cells inside are left to it.
    """
    content = atlas.content
    draw_ground(page, atlas, view, epsg=content.facts.metric_epsg)
    ground = Ground(
        view.frame.shrunk(0.8), np.array([(one.x0, one.y0, one.x1, one.y1) for one in taken]).reshape(-1, 4)
    )
    cells = content.cells
    with _inside(page, view.frame):
        if inset is not None:
            _mark(page, view, inset)
            cells = _less(cells, inset)
        naming.name_beats(page, view, content.beats, ground, people=content.names)
        written = naming.name_cells(page, view, cells, ground, full=False, start=atlas.start)
        naming.name_villages(page, view, _less(content.villages, inset), ground)
        naming.name_roads(page, view, content.roads, ground, streets=view.denominator <= 20_000)
    neat_line(page, view.frame)
    return written


def draw_beat(page: Page, atlas: Atlas, view: View, beat: str) -> set[str]:
    """Draw one beat with its cells in colours, its neighbours pale; return the codes of its cells that are written."""
    content = atlas.content
    beats, cells = content.beats, content.cells
    own = gpd.GeoDataFrame(cells[cells["beat"] == beat]).reset_index(drop=True)
    mine = gpd.GeoDataFrame(beats[beats["code"] == beat]).reset_index(drop=True)
    with _inside(page, view.frame):
        box(page, view.frame, fill=layers.PAPER)
        layers.ground(page, view, content.ground)
        layers.tint(page, view, beats, dict.fromkeys(beats["code"], ASIDE) | {beat: PALETTE[0]})
        if len(own):
            picked = colour_zones(own)
            layers.tint(page, view, own, {code: PALETTE[place] for code, place in picked.items()})
        _lines(page, atlas, view)
    graticule(page, view, content.facts.metric_epsg)
    ground = Ground(view.frame.shrunk(0.8))
    with _inside(page, view.frame):
        written = naming.name_cells(page, view, own, ground, full=True, people=content.names)
        if own.empty:
            naming.name_beats(page, view, mine, ground, people=content.names)
        naming.name_roads(page, view, content.roads, ground, streets=True)
        others = gpd.GeoDataFrame(beats[beats["code"] != beat]).reset_index(drop=True)
        naming.name_beats(page, view, _cut(others, view), ground, people=content.names, faded=True)
    neat_line(page, view.frame)
    return written


def draw_beats(page: Page, atlas: Atlas, view: View) -> None:
    """Draw the beats with their names, without cells: for maps that are small."""
    content = atlas.content
    with _inside(page, view.frame):
        box(page, view.frame, fill=layers.PAPER)
        layers.ground(page, view, content.ground)
        layers.tint(page, view, content.beats, atlas.colours)
        layers.roads(page, view, _large_roads(content))
        layers.border(page, view, atlas.beats, "beat", colour=layers.BEAT, strength=0.7)
        layers.border(page, view, atlas.edge, "edge", colour=layers.EDGE, strength=0.7)
        naming.name_beats(page, view, content.beats, Ground(view.frame.shrunk(0.5)), people=False, small=True)
    neat_line(page, view.frame, heavy=False)


def draw_changes(page: Page, atlas: Atlas, view: View, former: NDArray[np.object_], pieces: gpd.GeoDataFrame) -> None:
    """Draw the ground that changes hands, numbered, with the borders of now, and those of before dashed.

    `former`: the borders of the edition before as lines [m]. `pieces`: `n`, geometry [m].
    """
    content = atlas.content
    with _inside(page, view.frame):
        box(page, view.frame, fill=layers.PAPER)
        layers.tint(page, view, content.beats, dict.fromkeys(content.beats["code"], ASIDE))
        layers.tint(
            page, view, pieces.assign(code=pieces["n"].astype(str)), dict.fromkeys(pieces["n"].astype(str), MOVED)
        )
        layers.roads(page, view, _large_roads(content))
        layers.border(page, view, atlas.beats, "beat", colour=layers.BEAT, strength=0.6)
        layers.border(page, view, former, "former", colour=layers.EDGE)
        layers.border(page, view, atlas.edge, "edge", colour=layers.EDGE, strength=0.7)
        ground = Ground(view.frame.shrunk(0.5))
        naming.number_pieces(page, view, pieces, ground)
        naming.name_beats(page, view, _cut(content.beats, view), ground, people=False, small=True, faded=True)
    neat_line(page, view.frame, heavy=False)


def draw_locator(page: Page, atlas: Atlas, frame: Box, beat: str) -> None:
    """Draw where in the station a beat lies, small and without words."""
    content = atlas.content
    view = view_of(content.ground, frame, margin=0.5)
    tints = {code: BEAT_TINT if code == beat else ASIDE for code in content.beats["code"]}
    with _inside(page, frame):
        layers.tint(page, view, content.beats, tints)
        layers.border(page, view, atlas.beats, "cell", colour=layers.CELL, solid=True)
        layers.border(page, view, atlas.edge, "edge", colour=layers.EDGE, strength=0.6)


def _lines(page: Page, atlas: Atlas, view: View) -> None:
    layers.roads(page, view, atlas.content.roads)
    layers.border(page, view, atlas.villages, "village", colour=layers.VILLAGE)
    layers.border(page, view, atlas.cells, "cell", colour=layers.CELL)
    layers.border(page, view, atlas.beats, "beat", colour=layers.BEAT)
    layers.border(page, view, atlas.edge, "edge", colour=layers.EDGE)


def _large_roads(content: SheetContent) -> gpd.GeoDataFrame:
    """Return main roads and water, which small maps show alone."""
    return gpd.GeoDataFrame(content.roads[content.roads["kind"].map(layers.road_class).isin(("main", "river"))])


def _less(zones: gpd.GeoDataFrame, inset: View | None) -> gpd.GeoDataFrame:
    """Return the zones that do not lie within an inset."""
    if inset is None or zones.empty:
        return zones
    return gpd.GeoDataFrame(zones[~shapely.within(zones.geometry.to_numpy(), inset.ground)]).reset_index(drop=True)


def _cut(zones: gpd.GeoDataFrame, view: View) -> gpd.GeoDataFrame:
    """Return zones cut at the frame, so that what is seen of each can be named."""
    cut = shapely.intersection(shapely.make_valid(zones.geometry.to_numpy()), view.ground)
    kept = shapely.area(cut) * view.per_metre**2 > 300
    return gpd.GeoDataFrame(zones[kept], geometry=cut[kept], crs=zones.crs).reset_index(drop=True)


def _mark(page: Page, view: View, inset: View) -> None:
    """Draw the outline of an inset's ground on the main map."""
    outline = view.on_page(shapely.get_coordinates(inset.ground))
    stroke(page, [outline], colour=WHITE, width=0.8)
    stroke(page, [outline], colour=layers.EDGE, width=0.32, dash=(2.4, 1.0))


@contextmanager
def _inside(page: Page, at: Box) -> Iterator[None]:
    """Paint inside a box only, as long as the block lasts."""
    page.canvas.saveState()
    clip(page, at)
    yield
    page.canvas.restoreState()
