"""Standard addresses: one form for the eye, one for comparison."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.addresses import UNTIDY, code_for, compose, normalise, tidy

SAME = [
    ("南城街道幸福路12号", "南城街道　幸福路１２号", "南城街道幸福路 12 號", "南城街道幸福路十二号"),
    ("上庄村3组12号", "上庄村委会3组12号", "上庄村民委员会第三村民小组12号", "上庄村村民委员会三组１２號", "上庄村第3组，12号"),
    ("幸福社区5栋2单元301室", "幸福社区居委会5号楼2单元301户", "幸福居委会五幢2單元301室", "幸福社区居民委员会5棟2单元301房"),
    ("成功鎮中山路5之3號", "成功镇中山路5-3号", "成功镇中山路５－３号", "成功镇中山路5号附3", "成功镇中山路5号之3"),
    ("125XX Block of Aurora Av N", "125xx  BLOCK OF AURORA AV N"),
]  # fmt: skip
OTHER = [
    ("幸福路12号", "幸福路21号"), ("上庄村3组12号", "下庄村3组12号"), ("上庄村3组12号", "上庄村13组2号"),
    ("幸福路5-3号", "幸福路53号"), ("幸福路12号", "幸福路12号2单元"), ("五一路1号", "五四路1号"), ("三里村1号", "二里村1号"),
]  # fmt: skip


@pytest.mark.parametrize("ways", SAME)
def test_the_ways_one_address_is_written_have_one_form_and_one_code(ways):
    assert len({normalise(way) for way in ways}) == 1
    assert len({code_for(way) for way in ways}) == 1


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_addresses_keep_two_forms(one, other):
    assert normalise(one) != normalise(other)
    assert code_for(one) != code_for(other)


def test_a_number_in_chinese_inside_a_name_stays():
    assert normalise("五一路三十六号") == "五一路36号"
    assert normalise("二〇三室") == "203室"
    assert normalise("一百零八号") == "108号"


def test_tidy_keeps_the_signs_of_the_place():
    assert tidy("  臺東縣成功鎮　中山路５號 ") == "臺東縣成功鎮中山路5號"
    assert tidy("125XX  BLOCK OF AURORA AV N") == "125XX BLOCK OF AURORA AV N"


def test_levels_make_a_full_text_without_gaps():
    assert compose("山西省", "", "南城街道", "幸福路", "１２号") == "山西省南城街道幸福路12号"


TEXTS = st.text(
    st.sampled_from("幸福路村委会社区居第三十二〇号號栋楼单元组室鄰 　12３－—-之附,，()（）aＢ#\t\u200b"), max_size=30
)


@given(TEXTS)
def test_tidying_twice_changes_nothing_more(text):
    assert tidy(tidy(text)) == tidy(text)


@given(TEXTS)
def test_an_address_and_its_tidied_form_are_the_same_address(text):
    assert normalise(tidy(text)) == normalise(text)


@given(TEXTS)
def test_whatever_tidy_changes_is_found_by_the_quick_search(text):
    if tidy(text) != text:
        assert re.search(UNTIDY, text)


@given(TEXTS)
def test_a_code_is_fourteen_signs_that_fit_anywhere(text):
    assert re.fullmatch("[A-Z2-7]{14}", code_for(text))
