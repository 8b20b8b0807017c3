"""Boards at entrances show who looks after a cell, no more than the station publishes, and always somebody to call."""

from __future__ import annotations

from contextlib import closing
from datetime import date

import pypdfium2 as pdfium
import pytest
import zxingcpp

from gridmap.domain.team import StationFacts
from gridmap.services.plate_boards import Board, BoardRun, Member
from gridmap.web.sheets import boards, fonts

CELL, BEAT = ("C1", "第七网格", "Grid 7"), ("B1", "东风警格", "Dongfeng Beat")
OFFICER = Member("officer", "王志刚", "Wang Zhigang", "041123", "0356-555 0123", "警务室", own_phone=True)
MEMBER = Member("grid_member", "", "", "", "0356-555 0110", "", own_phone=False)


def facts(**changes):
    told = {"code": "S001", "name_zh": "试验派出所", "name_en": "Test Station", "desk_phone": "0356-555 0110",
            "timezone": "Asia/Shanghai", "synthetic": True, "published": frozenset(), "languages": ("zh", "en")}  # fmt: skip
    return StationFacts(**{**told, **changes})


def drawn(*made, emergency=("110", "119", "120"), **changes):
    run = BoardRun(facts(**changes), 3, date(2026, 11, 22), made)
    return boards.draw(run, font=fonts.use_font(), emergency=emergency)


def texts(pdf):
    with closing(pdfium.PdfDocument(pdf)) as document:
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]


def test_a_board_tells_who_where_and_as_of_when():
    pdf = drawn(Board(CELL, BEAT, (OFFICER, MEMBER)), Board(("C2", "", ""), BEAT, ()))
    first, second = texts(pdf)
    for words in ("试验派出所", "Who looks after this building", "第七网格", "Grid 7", "C1", "东风警格", "社区民警", "王志刚", "Wang Zhigang",
                  "警号 No. 041123", "0356-555 0123", "警务室", "网格员", "0356-555 0110", "110", "119", "120", "2026-11-22", "第 3 版", "edition 3",
                  "SYNTHETIC DATA", "合成数据"):  # fmt: skip
        assert words in first, words
    assert "王志刚" not in second
    assert b"/FontFile2" in pdf
    with closing(pdfium.PdfDocument(pdf)) as document:
        assert document[0].get_size() == pytest.approx((210 * 72 / 25.4, 297 * 72 / 25.4), abs=0.01)
        image = document[0].render(scale=2, grayscale=True).to_numpy().squeeze()
    assert zxingcpp.read_barcodes(image) == [], "a board is no plate"


def test_without_an_officer_the_board_says_whom_to_call():
    told = texts(drawn(Board(CELL, BEAT, (MEMBER,))))[0]
    assert "社区民警" in told
    assert told.count("请联系派出所值班") == 2
    assert told.count("0356-555 0110") == 3


@pytest.mark.parametrize(("count", "left"), [(8, 0), (9, 2), (30, 23)])
def test_who_has_no_room_is_counted(count, left):
    told = texts(drawn(Board(CELL, BEAT, (OFFICER, *[MEMBER] * (count - 1)))))[0]
    assert told.count("网格员") == count - 1 - left
    assert (f"and {left} more" in told) == (left > 0)


def test_a_real_station_bears_no_mark_of_made_up_data():
    assert "SYNTHETIC" not in texts(drawn(Board(CELL, BEAT, ()), synthetic=False))[0]
