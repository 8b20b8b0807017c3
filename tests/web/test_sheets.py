"""Sheets are fit for the wall: to scale, north up, Chinese that can be read and searched, nothing over anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

import geopandas as gpd
import numpy as np
import pypdfium2 as pdfium
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.domain.access import PERMISSIONS, Action, Role
from gridmap.services.sheets import Facts, SheetContent
from gridmap.settings import Settings
from gridmap.web.sheets import Printer, fonts, labels, map_sheet
from gridmap.web.sheets.canvas import Box, Page, Style
from gridmap.web.sheets.colours import PALETTE, colour_zones, lightness
from gridmap.web.sheets.furniture import bar_length, degrees
from gridmap.web.sheets.labels import Ground, Line, Wish
from gridmap.web.sheets.layers import EDGE, borders
from gridmap.web.sheets.layout import layout_for
from gridmap.web.sheets.view import View, view_of
from tests import makers

URL = "/api/v1/stations/S001/editions"
DOT = 72 / 25.4  # points a millimetre
PX = 6  # pixels a millimetre, as pages are looked at here


def content(width: int = 6, height: int = 3, *, metres: float = 500.0, **changes: object) -> SheetContent:
    """Return a station of unit squares: a beat a column, a cell a square; roads, a village; to be drawn, not stored."""
    east, north = 400_000.0, 3_960_000.0
    rows = [
        {"code": f"B{x}-{y}", "beat": f"B{x}", "name_zh": f"第{x}村{y}组", "name_en": f"Village {x}.{y}",
         "geometry": shapely.box(east + x * metres, north + y * metres, east + (x + 1) * metres, north + (y + 1) * metres)}
        for x in range(width) for y in range(height)
    ]  # fmt: skip
    cells = gpd.GeoDataFrame(rows, crs=4547)
    for column, value in {"doors": 100, "households": 80, "area_km2": 0.25, "officer": "", "officer_en": "", "grid_member": "",
                          "grid_member_en": ""}.items():  # fmt: skip
        cells[column] = value
    beats = cells.dissolve("beat").reset_index().assign(cells=height)
    beats["code"], beats["name_zh"], beats["name_en"] = beats["beat"], "东风警格", "Dongfeng Beat"
    roads = gpd.GeoDataFrame(
        {"name": ["长江路"], "kind": ["main"]},
        geometry=[shapely.LineString([(east + 10, north + 700), (east + width * metres - 10, north + 800)])], crs=4547,
    )  # fmt: skip
    facts = Facts("S001", "试验派出所", "Test Station", "0000-110", 3, "published", "", datetime(2025, 6, 1, tzinfo=UTC),
                  datetime(2026, 1, 2, 3, 4, tzinfo=UTC), synthetic=True, metric_epsg=4547)  # fmt: skip
    made = SheetContent(
        facts,
        shapely.union_all(beats.geometry.to_numpy()),
        beats.drop(columns="beat"),
        cells,
        beats.iloc[:1],
        roads,
        False,
    )
    return replace(made, **changes)


def drawn(made: SheetContent | None = None, **how: object) -> bytes:
    return map_sheet.draw(made or content(), font=fonts.use_font(), **how)


def texts(pdf: bytes) -> list[str]:
    """Return the text of each page."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]


def pixels(pdf: bytes, number: int = 0) -> np.ndarray:
    """Return a page as (rows, columns, 3) bytes, row 0 in the north."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        return document[number].render(scale=PX / DOT).to_numpy()[:, :, ::-1].astype(int)


def middles(pdf: bytes, told: str) -> Iterator[tuple[float, float]]:
    """Yield the middle of each place where a text stands on the first page [mm]."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        page = document[0].get_textpage()
        found = page.search(told)
        while (place := found.get_next()) is not None:
            west, south, east, north = page.get_rect(page.count_rects(*place) - 1)
            yield (west + east) / 2 / DOT, (south + north) / 2 / DOT


def of_colour(image: np.ndarray, colour: tuple[float, float, float], tolerance: int = 12) -> np.ndarray:
    return (np.abs(image - np.array(colour) * 255) < tolerance).all(axis=2)


def test_chinese_can_be_read_out_of_the_pdf_and_its_font_is_inside():
    pdf = drawn()
    told = texts(pdf)[0]
    for words in ("试验派出所警格网格图", "东风警格", "第 3 版", "2025-06-01 起施行", "图例", "比例尺", "合成数据", "SYNTHETIC DATA",
                  "Beats and grid cells of Test Station", "第 1 页，共 1 页", "Page 1 of 1", "2026-01-02 03:04"):  # fmt: skip
        assert words in told, words
    assert b"/FontFile2" in pdf
    assert b"STSong" not in pdf


def test_where_no_font_is_found_the_readers_own_is_used_and_said(monkeypatch):
    monkeypatch.setattr(fonts, "_candidates", lambda _: iter(()))
    fonts._found.cache_clear()
    try:
        assert fonts.use_font() == fonts.FALLBACK
        pdf = drawn()
        assert b"STSong-Light" in pdf
        assert "试验派出所" in texts(pdf)[0]
        assert not Printer().embeds()
    finally:
        monkeypatch.undo()
        fonts._found.cache_clear()
    assert Printer().embeds()


def test_a_font_among_unpacked_packages_is_found(tmp_path, monkeypatch):
    there = next(fonts._candidates(None), None)
    if there is None:
        pytest.skip("this machine has no font with Chinese to copy")
    folder = tmp_path / "browser/usr/share/fonts/truetype/wqy"
    folder.mkdir(parents=True)
    (folder / there.name).symlink_to(there)
    monkeypatch.setattr(fonts, "FOLDERS", ())
    assert next(fonts._candidates(tmp_path)) == folder / there.name
    assert fonts.use_font(there) == fonts.NAME


def test_a_font_that_is_set_must_be_one(tmp_path):
    wrong = tmp_path / "font.ttf"
    wrong.write_bytes(b"no font")
    for path in (wrong, tmp_path / "nowhere.ttf"):
        with pytest.raises(fonts.FontNotUsable):
            fonts.use_font(path)


@pytest.mark.parametrize(("paper", "short"), [("a4", 210), ("a3", 297), ("a2", 420)])
@pytest.mark.parametrize("shape", [(9, 3), (3, 12)])
def test_the_paper_lies_as_the_ground_does_and_nothing_leaves_it(paper, short, shape):
    pdf = drawn(content(*shape), paper=paper, beats=["B0"])
    with closing(pdfium.PdfDocument(pdf)) as document:
        width, height = (round(side / DOT) for side in document[0].get_size())
        assert min(width, height) == short
        assert (width > height) == (shape[0] > shape[1])
        for page in (document[number] for number in range(len(document))):
            edge = page.get_size()
            for thing in page.get_objects():
                west, south, east, north = thing.get_bounds()
                assert west > -0.5
                assert south > -0.5
                assert east < edge[0] + 0.5
                assert north < edge[1] + 0.5
    picture = pixels(pdf)
    margin = round(3.5 * PX)
    for strip in (picture[:margin], picture[-margin:], picture[:, :margin], picture[:, -margin:]):
        assert (strip == 255).all()  # what a printer cannot reach stays empty


@pytest.mark.parametrize("metres", [120.0, 500.0, 3_000.0])
def test_the_scale_bar_is_as_long_as_the_ground_it_names(metres):
    made = content(metres=metres)
    pdf = drawn(made)
    picture, told = pixels(pdf), texts(pdf)[0]
    denominator = int(re.search(r"1 : ([\d ]+)", told)[1].replace(" ", ""))
    named, unit = re.search(r"([\d.]+) (k?m)\b", told.split("1 : ")[1]).groups()
    bar_m = float(named) * (1000 if unit == "km" else 1)

    x, y = next(middles(pdf, "比例尺"))
    top = picture.shape[0] - round(y * PX)
    below = picture[top + 2 * PX : top + 14 * PX, max(round((x - 20) * PX), 0) : round((x + 70) * PX)].max(axis=2) < 110
    bar_mm = max(_longest(row) for row in below) / PX
    assert bar_mm / 1000 * denominator == pytest.approx(bar_m, rel=0.01)

    frame = layout_for(made.ground, "a3", rows=len(made.beats)).frame
    north, south = (picture.shape[0] - round(side * PX) for side in (frame.y1, frame.y0))
    on_map = picture[north:south, round(frame.x0 * PX) : round(frame.x1 * PX)]
    columns = np.flatnonzero(of_colour(on_map, EDGE).any(axis=0))
    ground_mm = (columns[-1] - columns[0]) / PX - 0.85  # less the width of the line
    assert ground_mm / 1000 * denominator == pytest.approx(6 * metres, rel=0.01)
    assert bar_mm / ground_mm == pytest.approx(bar_m / (6 * metres), rel=0.01)


def _longest(row: np.ndarray) -> int:
    """Return the length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def test_north_is_up_and_east_is_right():
    pdf = drawn(content(4, 2))
    (west, _), (east, _) = next(middles(pdf, "B0")), next(middles(pdf, "B3"))
    assert west < east
    one_beat = drawn(content(4, 3), beats=["B1"], station=False)
    south, north = (max(y for _, y in middles(one_beat, f"B1-{row}")) for row in (0, 2))  # the other place is the list
    assert south < north
    view = View(Box(0, 0, 100, 100), 400_000, 3_960_000, 10_000)
    corners = view.on_page(np.array([(400_000.0, 3_960_000.0), (400_100.0, 3_960_200.0)]))
    assert corners.ravel() == pytest.approx([50, 50, 60, 70])


def test_neighbours_differ_in_colour_and_on_a_photocopy():
    made = content(7, 5)
    picked = colour_zones(made.cells)
    assert max(picked.values()) <= 3
    at = made.cells.set_index("code").geometry
    for one, other in combinations(at.index, 2):
        if shapely.dwithin(at[one], at[other], 1):
            assert picked[one] != picked[other]
    light = [lightness(colour) for colour in PALETTE[:4]]
    assert min(abs(one - other) for one, other in combinations(light, 2)) > 4
    assert min(light) > 70  # black text stands out from each


def test_a_beat_of_two_editions_has_one_colour_in_both():
    before, after = content(4, 2).beats, content(4, 2).beats.iloc[1:]
    together = colour_zones(before, after)
    assert set(together) == {"B0", "B1", "B2", "B3"}
    assert together["B0"] != together["B1"] != together["B2"] != together["B3"]


def test_each_border_is_drawn_once():
    made = content(3, 2, metres=100.0)
    lines, keys = borders(made.cells)
    assert shapely.length(lines).sum() == pytest.approx(100 * (4 * 2 + 3 * 3))  # 4 lines of 2 squares, 3 lines of 3
    inner, _ = borders(made.cells, without=borders(made.beats)[1])
    covered = shapely.union_all(borders(made.beats)[0])
    assert shapely.length(shapely.difference(shapely.union_all(inner), covered)) == pytest.approx(300)
    assert len(keys) == 17


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(Canvas("unused"), fonts.use_font(), 200, 200)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 60), st.floats(0, 60), st.sampled_from(["警格", "W001", "很长的村名"])), max_size=40
    )
)
def test_labels_never_lie_over_each_other_or_outside(page, wishes):
    ground = Ground(Box(5, 5, 55, 55))
    wanted = [
        Wish(str(number), (Line(told, Style(7)),), np.array([(x, y), (x, y + 4), (x, y - 4)]))
        for number, (x, y, told) in enumerate(wishes)
    ]
    done = labels.place(page, wanted, ground)
    boxes = shapely.box(*ground.taken.T)
    assert len(boxes) == len(done)
    assert all(shapely.area(shapely.intersection(one, other)) < 1e-9 for one, other in combinations(boxes, 2))
    assert len(ground.taken) == 0 or (ground.taken.min() >= 5 and ground.taken.max() <= 55)


def test_a_label_that_has_one_place_stands_there_whatever_its_size(page):
    ground = Ground(Box(0, 0, 50, 50))
    tight = shapely.box(10, 10, 22, 16)
    tries = (
        Wish("a", (Line("警格名称", Style(size)),), labels.spots_in(tight, step=1), inside=tight)
        for size in (30, 14, 6)
    )
    assert labels.place(page, tries, ground) == {"a"}
    assert shapely.contains(tight, shapely.box(*ground.taken[0]))


def test_no_cell_is_left_without_its_code_unless_the_sheet_says_so():
    whole = content(6, 3)
    pdf = drawn(whole, station=True)
    assert "未注出" not in texts(pdf)[0]
    crowded = texts(drawn(content(60, 40, metres=20.0), paper="a4"))[0]
    assert re.search(r"\d+ 个网格编码在此比例尺下未注出", crowded)


def test_what_all_codes_begin_with_is_written_once_in_the_legend():
    made = content(6, 3)
    long = replace(made, cells=made.cells.assign(code=[f"140581{number:04}" for number in range(18)], beat="B0"))
    pdf = drawn(long)
    assert "网格编码省略开头 1405810" in texts(pdf)[0]
    assert "1405810012" not in texts(pdf)[0]
    assert list(middles(pdf, "012"))
    assert "省略开头" not in texts(drawn(made))[0]


def test_a_list_that_is_too_long_for_the_map_has_its_own_page():
    made = content(70, 1, metres=200.0)
    first, second = texts(drawn(made))
    assert "见后页" in first
    assert "Page 2 of 2" in second
    assert {f"B{number}" for number in range(70)} <= set(second.split())
    assert second.count("合计") == 1
    assert len(texts(drawn(content(6, 3)))) == 1


def test_officers_are_named_only_where_that_is_asked_for():
    made = content()
    beats, cells = made.beats.assign(officer="张三丰"), made.cells.assign(grid_member="李网格")
    with_names = replace(made, beats=beats, cells=cells, names=True)
    station, beat = texts(drawn(with_names, beats=["B0"]))
    assert "张三丰" in station
    assert "仅限所内张贴" in station
    assert "李网格" in beat
    assert "仅限所内张贴" not in texts(drawn(made))[0]


def test_pages_are_counted_and_each_beat_has_its_own():
    pages = texts(drawn(beats=["B0", "B4"]))
    assert len(pages) == 3
    for number, told in enumerate(pages, start=1):
        assert f"Page {number} of 3" in told
    assert "B0 试验派出所东风警格" in pages[1]
    assert "B4-2" in pages[2]
    assert "B0-2" not in pages[2]


@pytest.mark.parametrize(
    ("status", "mark"), [("draft", "草案"), ("in_review", "草案"), ("withdrawn", "已撤回"), ("superseded", "已替代")]
)
def test_what_is_not_in_force_says_so(status, mark):
    made = content()
    told = texts(drawn(replace(made, facts=replace(made.facts, status=status, synthetic=False))))[0]
    assert mark in told
    assert "SYNTHETIC" not in told


def test_the_same_edition_printed_at_the_same_time_is_the_same_file():
    assert drawn(content()) == drawn(content())


def test_names_of_any_length_stay_on_the_sheet():
    made = content()
    long = "很长的名字" * 40
    facts = replace(made.facts, name_zh=long, name_en="A very long name " * 12)
    beats = made.beats.assign(name_zh=long, name_en="x" * 200)
    pdf = drawn(replace(made, facts=facts, beats=beats, villages=beats), beats=["B0"])
    picture = pixels(pdf)
    assert (picture[:, -3 * PX :] == 255).all()
    assert len(texts(pdf)) == 2


def test_a_station_without_cells_roads_or_villages_has_a_sheet_too():
    made = content()
    bare = replace(made, cells=made.cells.iloc[:0], roads=made.roads.iloc[:0], villages=made.villages.iloc[:0])
    told = texts(drawn(bare, beats=["B0"]))
    assert "东风警格" in told[0]
    assert "网格界与编码" not in told[0]


def test_zones_of_a_draft_that_lie_over_each_other_are_drawn():
    made = content()
    beats = made.beats.copy()
    beats.loc[1, "geometry"] = shapely.box(400_000, 3_960_000, 403_000, 3_961_500)
    bow = shapely.Polygon([(400_000, 3_960_000), (401_000, 3_961_000), (401_000, 3_960_000), (400_000, 3_961_000)])
    beats.loc[2, "geometry"] = bow
    assert len(texts(drawn(replace(made, beats=beats), beats=["B2"]))) == 2


def test_round_figures_for_people():
    assert bar_length(35_000, 70) == (2000, pytest.approx(57.14, abs=0.01))
    assert degrees(112 * 3600 + 30, east=True) == "112°00′30″E"
    wide = view_of(shapely.box(0, 0, 9_000, 100), Box(0, 0, 100, 100))
    assert wide.denominator == 100_000
    assert view_of(shapely.box(0, 0, 9_000, 100), Box(0, 0, 108, 100)).denominator == 100_000


# what is asked of the service


def test_a_sheet_is_printed_from_what_is_stored(held, as_role):
    reply = as_role("officer").get(f"{URL}/current/sheet.pdf?every_beat=true")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.headers["content-disposition"].endswith("S001_edition-1_a3.pdf")
    pages = texts(reply.content)
    assert len(pages) == 3
    assert "试验派出所警格网格图" in pages[0]
    assert "A格" in pages[0]


def test_only_who_may_read_people_prints_their_names(held, as_role):
    for role in Role:
        may = Action.READ_PEOPLE in PERMISSIONS[role]
        wanted = 200 if may else 403
        for path in ("current/sheet.pdf?names=true", "1/changes-since/1/sheet.pdf?names=true"):
            assert as_role(role).get(f"{URL}/{path}").status_code == wanted, (role, path)


def test_a_draft_is_printed_for_those_who_may_read_drafts(held, as_role):
    assert "草案" in texts(as_role("planner").get(f"{URL}/{held.draft}/sheet.pdf").content)[0]
    assert as_role("officer").get(f"{URL}/{held.draft}/sheet.pdf").status_code == 404
    assert as_role("officer").get(f"{URL}/1/changes-since/{held.draft}/sheet.pdf").status_code == 404


def test_a_beat_that_is_none_is_not_found(held, as_role):
    one = as_role("officer").get(f"{URL}/1/sheet.pdf?beat=A&paper=a4")
    assert "A格" in texts(one.content)[0]
    none = as_role("officer").get(f"{URL}/1/sheet.pdf?beat=Z")
    assert (none.status_code, none.json()["type"]) == (404, "/problems/beat-not-on-sheet")


def test_two_editions_are_compared_for_the_meeting(held, sessions, as_role):
    with sessions.begin() as session:
        beats, cells = makers.two_squares()
        cells.loc[1, "beat"] = "B"
        beats.loc[0, "geometry"] = makers.square(0, 0, 1, 0.5)
        beats.loc[1, "geometry"] = shapely.MultiPolygon(
            [shapely.union_all([makers.square(1, 0), makers.square(0, 0.5, 1, 0.5)])]
        )
        number = makers.make_draft(session, "S001", beats=beats, cells=cells).number
    first, second = texts(as_role("planner").get(f"{URL}/{number}/changes-since/1/sheet.pdf").content)
    for words in (
        f"第 1 版 → 第 {number} 版",
        "调整前",
        "调整后",
        "划转地块",
        "会审意见",
        "Approved",
        "草案",
        "SYNTHETIC DATA",
    ):
        assert words in first, words
    for words in ("调整 reshaped", "户数 前", "民警负担变化", "无人"):
        assert words in second, words


def test_a_sheet_is_printed_from_the_command_line(held, database_url, tmp_path):
    console = Console(Settings(database_url=database_url))
    path = tmp_path / "wall.pdf"
    for more in (["--names", "--paper", "a4"], ["--beat", "A", "--beat", "B"], ["--since", "1"]):
        done = CliRunner().invoke(group, ["edition", "sheet", "S001", "1", "--out", str(path), *more], obj=console)
        assert done.exit_code == 0, done.output
        assert "printed to" in done.output
        assert len(texts(path.read_bytes())) == (2 if more[0] != "--names" else 1)
    console.forget_database()
