"""What a map says in words: names of beats, codes of cells, villages and roads; what has no room is left out and told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.web.sheets import labels
from gridmap.web.sheets.canvas import Colour, Page, Style, text_width
from gridmap.web.sheets.labels import Ground, Line, Wish
from gridmap.web.sheets.layers import road_class
from gridmap.web.sheets.view import View

BEAT_INK: Final[Colour] = (0.06, 0.13, 0.32)
CELL_INK: Final[Colour] = (0.20, 0.21, 0.26)
VILLAGE_INK: Final[Colour] = (0.13, 0.33, 0.17)
ROAD_INK: Final[Colour] = (0.42, 0.30, 0.12)
WATER_INK: Final[Colour] = (0.13, 0.35, 0.55)
#: A beat's name takes at most this share of its ground: the rest is for its cells.
ROOMY: Final = 0.16
PIECE_INK: Final[Colour] = (0.45, 0.10, 0.05)
FADED: Final[Colour] = (0.52, 0.54, 0.58)


def sizes(page: Page, largest: float, least: float) -> Iterator[float]:
    """Yield sizes of type [points], each an eighth smaller: from `largest` on A3, more on larger paper, to `least`."""
    size = largest * page.growth
    while size > 1.06 * least:
        yield size
        size *= 0.875
    yield least


def in_view(view: View, zones: gpd.GeoDataFrame) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the places of the zones whose larger part the frame shows, and those zones on the page, cut at the frame."""
    shapes = zones.geometry.to_numpy()
    cut = shapely.intersection(shapely.make_valid(shapes), view.ground)
    mostly = np.flatnonzero(shapely.area(cut) > 0.5 * shapely.area(shapes))
    return mostly, view.shapes(cut[mostly])


def name_beats(
    page: Page,
    view: View,
    beats: gpd.GeoDataFrame,
    ground: Ground,
    *,
    people: bool,
    faded: bool = False,
    small: bool = False,
) -> set[str]:
    """Name each beat as large as its ground lets: Chinese, code and English; with `people` also its officer.

    `small`: for small maps, a code below a Chinese name at most. Returns the codes of the beats that are named.
    """
    at, shapes = in_view(view, beats)
    found: set[str] = set()
    ink = FADED if faded else BEAT_INK
    for place in np.argsort(shapely.area(shapes)):  # the small ones have fewer spots
        row = beats.iloc[int(at[place])]
        tries = (
            _small_wishes(row, shapes[place], ink)
            if small
            else _beat_wishes(page, row, shapes[place], ink, people=people)
        )
        found |= labels.place(page, tries, ground)
    return found


def _beat_wishes(page: Page, row: Any, shape: shapely.Geometry, ink: Colour, *, people: bool) -> Iterator[Wish]:
    code, name = str(row["code"]), str(row["name_zh"] or row["code"])
    officer = [str(row["officer"])] if people and row["officer"] else []
    spots, area = labels.spots_in(shape, step=2.2), shapely.area(shape)
    for big in sizes(page, 11.0, 6.4):
        bold, thin = Style(big, bold=True, colour=ink, halo=0.55), Style(0.6 * big + 0.7, colour=ink, halo=0.45)
        for below in dict.fromkeys((f"{code}  {row['name_en'] or ''}".strip(), code)):
            lines = (Line(name, bold), *(Line(told, thin) for told in (below, *officer)))
            width, height = labels.size_of(page, lines)
            if width * height < ROOMY * area:
                yield Wish(code, lines, spots, inside=shape)
    least = Style(6.0, bold=True, colour=ink, halo=0.45)
    yield Wish(code, (Line(name, least), *(Line(told, least) for told in officer)), spots)
    yield Wish(code, (Line(name, least),), spots)
    yield Wish(code, (Line(code, least),), spots)


def _small_wishes(row: Any, shape: shapely.Geometry, ink: Colour) -> Iterator[Wish]:
    code, name = str(row["code"]), str(row["name_zh"])
    spots = labels.spots_in(shape, step=1.5)
    bold, thin = Style(6.6, bold=True, colour=ink, halo=0.4), Style(5.0, colour=ink, halo=0.35)
    if name:
        yield Wish(code, (Line(code, bold), Line(name, thin)), spots, inside=shape)
    yield Wish(code, (Line(code, bold),), spots, inside=shape)
    yield Wish(code, (Line(code, Style(5.0, bold=True, colour=ink, halo=0.35)),), spots)


def number_pieces(page: Page, view: View, pieces: gpd.GeoDataFrame, ground: Ground) -> None:
    """Write its number on each piece of ground that changes hands, or beside it."""
    shapes = view.shapes(pieces.geometry.to_numpy())
    for number, shape in zip(pieces["n"], shapes, strict=True):
        line = (Line(str(number), Style(7.0, bold=True, colour=PIECE_INK, halo=0.45)),)
        inside = labels.spots_in(shape, step=1.2)
        around = inside[:1] + 3.2 * np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)])
        labels.place(page, [Wish(str(number), line, np.vstack([inside, around]))], ground)


def shared_start(codes: Sequence[str]) -> str:
    """Return what all codes of a map begin with and need not be written each time: three signs or more, or nothing.

    >>> shared_start(["140581001001", "140581001002", "140581002001"]), shared_start(["W001", "W002"])
    ('14058100', '')
    """
    if len(codes) < 2:
        return ""
    first, last = min(codes), max(codes)
    same = next((place for place, sign in enumerate(first) if last[place : place + 1] != sign), len(first))
    start = first[: max(min(same, min(map(len, codes)) - 3), 0)]
    if not start.isdigit():
        start = start.rstrip("0123456789")  # a number is not cut in two
    return start if len(start) >= 3 else ""


def short_code(code: str, beat: str | None, start: str) -> str:
    """Return a cell's code without its beat's where it begins with that, else without what all codes begin with.

    >>> short_code("J13-02", "J13", ""), short_code("W001", "J13", ""), short_code("140581001001", None, "140581")
    ('02', 'W001', '001001')
    """
    if beat and code.startswith(beat) and len(code) > len(beat):
        return code[len(beat) :].lstrip("-_.·/") or code
    return code.removeprefix(start)


def name_cells(
    page: Page,
    view: View,
    cells: gpd.GeoDataFrame,
    ground: Ground,
    *,
    full: bool,
    people: bool = False,
    start: str = "",
) -> set[str]:
    """Write the code of each cell, less the `start` all have, with `full` whole and its name; return those written."""
    at, shapes = in_view(view, cells)
    found: set[str] = set()
    for place in np.argsort(shapely.area(shapes)):
        row = cells.iloc[int(at[place])]
        short = str(row["code"]) if full else short_code(str(row["code"]), row["beat"], start)
        wishes = _cell_wishes(page, row, shapes[place], short, full=full, people=people)
        found |= labels.place(page, wishes, ground)
    return found


def _cell_wishes(
    page: Page, row: Any, shape: shapely.Geometry, short: str, *, full: bool, people: bool
) -> Iterator[Wish]:
    code = str(row["code"])
    spots = labels.spots_in(shape, step=1.6)
    if full:
        member = [str(row["grid_member"])] if people and row["grid_member"] else []
        names = [[str(row["name_zh"]), str(row["name_en"])], [str(row["name_zh"])]]
        for big, small in ((15.0, 9.0), (12.5, 8.0), (10.5, 7.0), (9.0, 6.2), (7.5, 5.4), (6.4, 4.8)):
            bold = Style(big * page.growth, bold=True, colour=BEAT_INK, halo=0.5)
            thin = Style(small * page.growth, colour=CELL_INK, halo=0.4)
            for texts in names:
                below = tuple(Line(told, thin) for told in (*texts, *member) if told)
                yield Wish(code, (Line(code, bold), *below), spots, inside=shape)
    for size in sizes(page, 6.6, 4.4):
        yield Wish(code, (Line(short, Style(size, colour=CELL_INK, halo=0.3)),), spots, inside=shape)
    west, south, east, north = shapely.bounds(shape).tolist()
    if text_width(page, short, 4.4) < 0.8 * min(east - west, 1.6 * (north - south)):  # a little over its border at most
        yield Wish(code, (Line(short, Style(4.4, colour=CELL_INK, halo=0.3)),), spots)


def name_villages(page: Page, view: View, villages: gpd.GeoDataFrame, ground: Ground) -> None:
    """Write the names of villages where there is room."""
    at, shapes = in_view(view, villages)
    for place in np.argsort(shapely.area(shapes)):
        row = villages.iloc[int(at[place])]
        spots = labels.spots_in(shapes[place], step=3.0)
        wishes = (
            Wish(
                "v",
                (Line(str(row["name_zh"]), Style(size * page.growth, colour=VILLAGE_INK, halo=0.4)),),
                spots,
                inside=shapes[place],
            )
            for size in (7.4, 6.4, 5.6)
        )
        labels.place(page, wishes, ground)


def name_roads(page: Page, view: View, roads: gpd.GeoDataFrame, ground: Ground, *, streets: bool) -> None:
    """Write the names of main roads and rivers along them, with `streets` also of streets; each name once."""
    ranks = {"main": 0, "river": 1, "street": 2}
    wanted: dict[str, tuple[int, list[shapely.Geometry]]] = {}
    for name, kind, shape in zip(roads["name"], roads["kind"], roads.geometry, strict=True):
        rank = ranks.get(road_class(kind), 9)
        if isinstance(name, str) and name and (rank < 2 or (streets and rank == 2)):
            wanted.setdefault(name, (rank, []))[1].append(shape)
    for name, (rank, shapes) in sorted(wanted.items(), key=lambda one: (one[1][0], one[0])):
        size = min(max(5.2 * (20_000 / view.denominator) ** 0.3, 4.6), 7.0)
        style = Style(
            page.growth * (size + (1.0 if rank < 2 else 0.0)), colour=WATER_INK if rank == 1 else ROAD_INK, halo=0.35
        )
        merged = shapely.line_merge(shapely.intersection(shapely.union_all(shapes), view.ground))
        lines = [part for part in shapely.get_parts(merged) if part.geom_type == "LineString"]
        lines.sort(key=lambda one: -one.length)
        for one in lines[:3]:
            course = shapely.simplify(view.shapes(np.array([one], dtype=object))[0], 0.25)
            if labels.along(page, name, style, shapely.get_coordinates(course), ground):
                break
