"""Plates on paper: to the millimetre, in vectors, with the font inside, a code that reads back, and no person's name."""

from __future__ import annotations

import re
import zlib
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pypdfium2 as pdfium
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.codes import spaced
from gridmap.web.sheets import fonts, plate_proof, plates, qr
from gridmap.web.sheets.imposition import BOTTOM, GAP, SIDE, TOP, PlateTooLarge, impose
from gridmap.web.sheets.plate_design import CAPITAL, Design, PlateSize, PlateSizeNotValid
from gridmap.web.sheets.qr_outline import inside, outlines
from tests.web.plate_batches import STATION, URL, batch, faces, printed

POINTS = 72 / 25.4
PX = 8  # pixels a millimetre
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def pages(pdf: bytes) -> list[str]:
    with closing(pdfium.PdfDocument(pdf)) as document:
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]


def picture(pdf: bytes, number: int = 0) -> np.ndarray:
    with closing(pdfium.PdfDocument(pdf)) as document:
        return document[number].render(scale=PX / POINTS, grayscale=True).to_numpy().squeeze()


def plate_picture(pdf: bytes, size: PlateSize, paper: str = "a4", place: int = 0) -> np.ndarray:
    """Return one plate of the first page, row 0 on top."""
    at = impose(paper, size.width, size.height)
    x, y = at.corners[place]
    north = at.height - y - size.height
    image = picture(pdf)
    return image[round(north * PX) : round((north + size.height) * PX), round(x * PX) : round((x + size.width) * PX)]


@given(st.text(SYMBOLS, min_size=12, max_size=12))
def test_a_code_is_version_3_level_q_and_in_alphanumeric_mode(code):
    told = qr.links(URL).link(code)
    modules = qr.matrix(told, 3)
    assert modules.shape == (29, 29)
    assert qr.read(modules) == (told, 3, "Q")
    assert len(told) > 32, "more than version 3 holds at level Q in bytes: so it can only be alphanumeric"


def test_a_code_is_of_the_kind_that_segno_makes():
    told = qr.links(URL).link("0123456789AB")
    made = segno.make_qr(told, error="q", boost_error=False)
    assert (made.version, made.error, made.mode) == (3, "Q", "alphanumeric")
    assert any(
        np.array_equal(
            qr.matrix(told, 3), np.array(segno.make_qr(told, error="q", boost_error=False, mask=mask).matrix) == 1
        )
        for mask in range(8)
    ), "but for the mask, which is a matter of taste, two programs make the same code"


@pytest.mark.parametrize(("url", "version"), [
    ("https://p.example.cn", 3), ("https://" + "p" * 24, 3), ("https://" + "p" * 25, 4), ("https://" + "p" * 44, 4),
    ("https://" + "p" * 45, 5), ("https://" + "p" * 64, 5), ("http://127.0.0.1:8000", 3), ("https://p.example.cn/", 3),
])  # fmt: skip
def test_a_longer_address_takes_a_finer_code(url, version):
    links = qr.links(url)
    assert links.version == version
    assert qr.read(qr.matrix(links.link("0" * 12), version)) == (links.link("0" * 12), version, "Q")
    assert links.link("0" * 12).startswith("HTTP")
    assert "//P/" not in links.link("0" * 12).removeprefix("HTTPS://P")


@pytest.mark.parametrize(
    "url",
    [
        "https://" + "p" * 65,
        "p.example.cn",
        "https://p_q.cn",
        "ftp://p.cn",
        "https://派出所.cn",
        "https://p.cn?x=1",
        "https://",
    ],
)
def test_an_address_that_no_code_can_hold_is_refused(url):
    with pytest.raises(qr.PlateUrlNotValid, match="GRIDMAP_PLATE_URL"):
        qr.links(url)


@given(st.integers(1, 12).flatmap(lambda side: st.lists(st.booleans(), min_size=side**2, max_size=side**2)))
def test_bars_and_outlines_paint_the_modules_they_were_made_of(cells):
    side = round(len(cells) ** 0.5)
    modules = np.array(cells).reshape(side, side)
    assert np.array_equal(qr.painted(qr.bars(modules), side), modules)
    assert np.array_equal(inside(outlines(modules), side), modules)


def test_a_code_that_says_something_else_is_not_handed_out():
    told = qr.links(URL).link("0" * 12)
    bars = qr.bars(qr.matrix(told, 3))
    qr.require_readable(bars, told, 3)
    with pytest.raises(qr.PlateNotReadable):
        qr.require_readable(bars, qr.links(URL).link("1" * 12), 3)
    with pytest.raises(qr.PlateNotReadable, match="nothing"):
        qr.require_readable(bars[: len(bars) // 3], told, 3)


@pytest.mark.parametrize(("size", "paper"), [
    (PlateSize(), "a4"), (PlateSize(), "a3"), (PlateSize(270, 170, 75), "a3"), (PlateSize(570, 370, 120), "plate"),
])  # fmt: skip
def test_plate_and_code_have_their_size_in_millimetres(size, paper):
    made = batch(1)
    pdf = printed(made, size, paper)
    with closing(pdfium.PdfDocument(pdf)) as document:
        at = impose(paper, size.width, size.height)
        assert document[0].get_size() == pytest.approx((at.width * POINTS, at.height * POINTS), abs=0.01)
    plate = plate_picture(pdf, size, paper)
    black = np.argwhere(plate[: -round(0.25 * size.height * PX)] < 8)
    high, wide = np.ptp(black, axis=0) + 1
    assert wide == pytest.approx(size.qr * PX, abs=2)
    assert high == pytest.approx(size.qr * PX, abs=2)
    top, left = black.min(axis=0)
    quiet = round(4 * size.qr / 29 * PX) - 2
    around = plate[top - quiet : top + high + quiet, left - quiet : left + wide + quiet].copy()
    around[quiet - 1 : quiet + high + 1, quiet - 1 : quiet + wide + 1] = 255
    assert around.min() > 250, "four white modules around the code"


def test_cut_marks_point_at_the_edges_of_plates_and_touch_none():
    size, at = PlateSize(), impose("a4", 150, 90)
    image = picture(printed(batch(3), size))
    west = round((at.xs[0] - 1.5 - 0.5 - 2) * PX)
    for y in at.ys:
        for edge in (y, y + size.height):
            row = round((at.height - edge) * PX)
            assert image[row - 1 : row + 2, west].min() < 200
            assert image[row - 1 : row + 2, round((at.xs[0] - 1.5 - 0.2) * PX)].min() == 255
    north = round((at.height - at.ys[0] - size.height - 1.5 - 0.5 - 2) * PX)
    for edge in (at.xs[0], at.xs[0] + size.width):
        column = round(edge * PX)
        assert image[north, column - 1 : column + 2].min() < 200


@given(width=st.floats(60, 400), height=st.floats(40, 400), paper=st.sampled_from(["a4", "a3", "plate"]))
def test_plates_lie_on_the_page_and_apart(width, height, paper):
    try:
        at = impose(paper, width, height)
    except PlateTooLarge:
        short, long = {"a4": (210, 297), "a3": (297, 420)}[paper]
        assert width > short - 2 * SIDE or height > long - TOP - BOTTOM
        assert width > long - 2 * SIDE or height > short - TOP - BOTTOM
        return
    for x, y in at.corners:
        assert x >= SIDE - 1e-6
        assert y >= BOTTOM - 1e-6
        assert x + width <= at.width - SIDE + 1e-6
        assert y + height <= at.height - TOP + 1e-6
    assert len(at.corners) == len(at.xs) * len(at.ys)
    for starts, long in ((sorted(at.xs), width), (sorted(at.ys), height)):
        assert all(later - former >= long + GAP - 1e-6 for former, later in pairwise(starts))


def test_what_a_plate_says_can_be_read_out_of_the_pdf_and_its_font_is_inside():
    made = batch(4)
    pdf = printed(made)
    told = pages(pdf)
    assert len(told) == 2
    first = made.faces[0]
    for words in ("云禾县 城关镇 柳家河村", "鼓楼路", "号", first.full, "格-0", spaced(first.code), "p.example.cn", "0356-555 0110", "110",
                  "扫码找到您的社区民警", "Scan for your officer", "合成数据 SYNTHETIC"):  # fmt: skip
        assert words in told[0], words
    assert "12" in told[0]
    assert "单元" in told[0]
    assert b"/FontFile2" in pdf
    assert b"STSong" not in pdf
    assert b"/Subtype /Image" not in pdf, "vectors only"


def test_the_footer_tells_edition_batch_count_and_checksum():
    made = batch(4)
    told = pages(printed(made))
    for number, (these, part) in enumerate((("1–3", made.faces[:3]), ("4–4", made.faces[3:]))):
        check = plates.checksum([one.code for one in part])
        for words in ("第 3 版", "edition 3", made.name(qr.links(URL)), "共 4 块", these, check, "SYNTHETIC DATA"):
            assert words in told[number], words
    other = replace(made, faces=made.faces[::-1])
    assert other.name(qr.links(URL)) != made.name(qr.links(URL)), "another order is another batch"


def test_a_real_station_bears_no_mark_of_made_up_data():
    told = pages(printed(batch(1, station=replace(STATION, synthetic=False))))[0]
    assert "SYNTHETIC" not in told
    assert "合成" not in told


def test_the_same_batch_gives_the_same_bytes():
    assert printed(batch(5)) == printed(batch(5))
    assert printed(batch(5)) != printed(batch(5, seed=2))


def test_a_code_is_one_path_of_rectangles_on_whole_modules():
    pdf = printed(batch(1))
    parts = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    streams = [zlib.decompressobj().decompress(part) for part in parts if part[:1] == b"x"]
    page = next(one for one in streams if b" 1 re" in one)
    assert len(re.findall(rb"(?m)^\d+ \d+ \d+ 1 re$", page)) == len(
        qr.bars(qr.matrix(qr.links(URL).link(faces(1)[0].code), 3))
    )
    assert f"{40 / 29:.6f} 0 0 {40 / 29:.6f}".encode() in page


@pytest.mark.parametrize(("size", "told"), [
    (PlateSize(150, 90, 39.9), "at least 40 mm"), (PlateSize(90, 60, 40), "no room"), (PlateSize(150, 70, 45), "no room"),
])  # fmt: skip
def test_a_plate_that_cannot_hold_its_code_is_refused(size, told):
    with pytest.raises(PlateSizeNotValid, match=told):
        printed(batch(1), size)


def test_a_plate_larger_than_the_paper_is_refused():
    with pytest.raises(PlateTooLarge, match="A3"):
        printed(batch(1), PlateSize(570, 370, 120), "a3")


def test_names_of_any_length_stay_on_their_half_of_the_plate():
    long = [replace(one, name="很长很长的街道名称一直不断延伸下去", number=(("123456789", "号"), ("17", "单元")), full=one.full * 3,
                    area="某某自治州某某自治县 某某镇某某街道 某某社区居民委员会", grid_cell="成功镇-三仙里-10邻" * 3) for one in faces(1)]  # fmt: skip
    plate = plate_picture(printed(batch(1, faces=long)), PlateSize())
    short = plate_picture(printed(batch(1)), PlateSize())
    right = slice(round(92.5 * PX), None)
    upper = slice(None, round(68 * PX))
    assert np.array_equal(plate[upper, right], short[upper, right])


def test_a_long_address_stands_on_two_lines_rather_than_too_small():
    one = replace(faces(1)[0], full="某某自治州某某自治县" * 7)
    design = Design(PlateSize(), qr.links(URL), fonts.use_font())
    lines = [words for words in design.own(one) if words.told and words.told in one.full]
    assert "".join(words.told for words in lines) == one.full
    assert len(lines) == 2
    assert all(words.size > 2 and design.width(words.told, words.size) <= design.left.width for words in lines)
    assert [words.size for words in design.own(faces(1)[0]) if words.told == faces(1)[0].full] >= [2.8]


@pytest.mark.parametrize("place", range(4))
def test_all_words_of_a_plate_stay_on_their_panel(place):
    design = Design(PlateSize(), qr.links(URL), fonts.use_font())
    for words in design.own(faces(4)[place]):
        panel = design.band if words.y < design.band.y1 else design.left
        assert panel.x0 <= words.x
        assert words.x + design.width(words.told, words.size) <= panel.x1 + 0.1, words.told
        assert words.y + 0.8 * words.size <= panel.y1 + 0.2
    code = next(words for words in design.own(faces(4)[place]) if words.spacing)
    assert 6.5 < code.size * CAPITAL <= 8.0, "capitals of about 8 mm"


def test_pages_are_read_as_they_are_drawn(monkeypatch):
    made = batch(7)
    pdf = printed(made)
    how = {"links": qr.links(URL), "size": PlateSize(), "font": fonts.use_font(), "paper": "a4"}
    seen = []
    assert plate_proof.prove(pdf, made, **how, whole=True, tell=seen.append) == 7
    assert seen == [1, 1, 1]
    swapped = replace(made, faces=[made.faces[1], made.faces[0], *made.faces[2:]])
    with pytest.raises(qr.PlateNotReadable, match="page 1"):
        plate_proof.prove(pdf, swapped, **how)
    monkeypatch.setattr(plate_proof, "SAMPLE", 2)
    assert plate_proof.prove(pdf, made, **how) == 4, "the first page and the last"
