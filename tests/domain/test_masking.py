"""No number of a person stands in what others read; sums, days and the numbers of things stay."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.masking import MASK, redact
from tests.costs import least_cost


def luhn(body: str) -> str:
    """Return a number with its check digit."""
    doubled = [int(sign) * (2 - place % 2) for place, sign in enumerate(reversed(body))]
    return f"{body}{-sum(sum(divmod(one, 10)) for one in doubled) % 10}"


GAPS = st.sampled_from(["", " ", "-", " - ", ".", "/", "，", ",", "（", "·", "—", "\u3000", "\n", "\u200b"])
FULL = str.maketrans("0123456789", "０１２３４５６７８９")
SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
MOBILE = st.builds(
    lambda number, cut, gap, before, dress: before + gap.join(
        number[begin:end] for begin, end in zip((0, *cut), (*cut, 11), strict=True)
    ).translate(dress),
    st.integers(13_000_000_000, 19_999_999_999).map(str), st.sampled_from([(), (3, 7), (3,), (4, 8), (3, 6), (7,), tuple(range(1, 11))]),
    GAPS, st.sampled_from(["", "+86 ", "86", "+86-", "0086", "(+86)", "0"]), st.sampled_from([{}, FULL]),
)  # fmt: skip
DAY = st.dates().filter(lambda day: 1900 <= day.year <= 2026)
AREA = st.builds(str.__add__, st.sampled_from(["11", "14", "33", "44", "65", "82"]), st.integers(1000, 9999).map(str))
IDENTITY = st.builds(
    lambda area, day, end, gap: gap.join([area, f"{day:%Y%m%d}", end]),
    AREA, DAY, st.sampled_from(["0017", "123X", "451x"]), st.sampled_from(["", " ", "-", "　"]),
)  # fmt: skip
CARD = st.builds(
    lambda start, body, gap: gap.join(re.findall(".{1,4}", luhn(f"{start}{body}"))),
    st.sampled_from(["62", "40", "51", "37"]),
    st.integers(13, 16).flatmap(lambda n: st.integers(0, 10**n - 1).map(lambda body: f"{body:0{n}}")),
    st.sampled_from(["", " ", "-"]),
)
LINE = st.builds(
    str.__add__,
    st.sampled_from(["010-", "0351-", "(0356)", "021 ", "0351", "电话：", "请致电", "tel "]),
    st.integers(2_000_000, 89_999_999)
    .map(str)
    .filter(lambda number: not re.fullmatch(r"(?:19|20)\d{6}", number)),  # days
)
AROUND = st.text(st.sampled_from("我的是，。 \n找我abcABC（）:：；"), max_size=12)


LISTED_DAY = re.compile(r"(?s)[,，\n].*(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:19|20)\d{6}[,，\n]")


def is_plain(number: str) -> bool:
    """Return whether it cannot be two things of a list: 150，20250601 is a sum and a day, 13000000，110 a sum and a number to call."""
    number = unicodedata.normalize("NFKC", number)
    return not LISTED_DAY.search(number) and not ("," in number and len(re.findall(r"\d+", number)) == 2)


@given(
    number=(MOBILE | IDENTITY | CARD).filter(is_plain),
    before=AROUND, after=AROUND,
)  # fmt: skip
def test_every_number_of_a_person_is_masked_in_any_dress_and_nothing_else(number, before, after):
    shown = redact(f"{before}号{number}止{after}")
    assert shown.replace("(***", "***") == f"{before}号{MASK}止{after}".replace("(***", "***")


@given(number=MOBILE.filter(is_plain), spoken=st.integers(13_000_000_000, 19_999_999_999).map(str), line=LINE)
def test_several_numbers_are_each_masked(number, spoken, line):
    shown = redact(f"找{number}；或{spoken.translate(SPOKEN)}；或{line}。")
    assert shown.count(MASK) == 3
    assert not any(sign.isdigit() or sign in "零幺二三四五六七八九" for sign in shown)


SUM = st.builds(
    lambda figure, unit: unit.format(figure), st.integers(1, 9_999_999_999),
    st.sampled_from(["{}元", "{} 元", "{:,}元", "{}万", "{}.50元", "¥{}", "￥ {:,}", "{} RMB", "{:,} yuan", "人民币{}元", "{}余元", "{}万元"]),
)  # fmt: skip
DATE = st.builds(
    lambda day, form: day.strftime(form),
    DAY,
    st.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M"]),
)
THING = st.sampled_from([
    "晋E12345", "车架号LSVAA4187E2184322", "订单号 4111111111111111", "订单20250601123456", "(2025)晋0502民初1234567号", "3号楼2单元1201", "110、119、120",
    "12345", "发票 01234567", "2024年", "1998至2003年", "二零二五年六月", "一二〇〇〇〇〇元", "运单号：75312345678901", "门牌100200300", "400-800-1234",
])  # fmt: skip


@given(
    parts=st.lists(SUM | DATE | THING, min_size=1, max_size=5),
    between=st.sampled_from(["，", "；", "。", " 和 ", "，三日内付清，", "\n"]),
)
def test_sums_days_years_and_numbers_of_things_stay(parts, between):
    text = between.join(parts)
    assert redact(text) == text


@given(text=st.text(st.sampled_from("0123456789１３８一三零 -，.元号电话()xX订单*\0"), max_size=60))
def test_what_was_masked_is_masked_alike_again(text):
    once = redact(text)
    assert redact(once) == once


@given(
    text=st.text(max_size=80).filter(
        lambda text: not any(sign.isdigit() or sign in "零〇一幺二两三四五六七八九" for sign in text)
    )
)
def test_a_text_without_numbers_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "赔偿1200000元，三日内付清", "150、2000、3000元", "13,800,138,000元", "2025-06-15，2025-06-16 3号", "2025-06-01 08:30 发生", "共计2000000.50元",
        "打了1200000元", "联系 20250601", "编号 03511234567", "3 号楼 2 单元 1201", "每月 1000 元", "110 119 120",
    ],
)  # fmt: skip
def test_what_looks_like_a_number_of_somebody_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "number",
    [
        "138/0013/8000", "138，0013，8000", "138(0013)8000", "138 - 0013 - 8000", "13 800 138 000", "13820250601", "138 20250601", "0351-1234567",
        "010 12345678", "一三八零零一三八零零零", "138零零一三八000", "１３８－００１３－８０００", "110105491231002", "1101 0519 4912 3100 2X",
    ],
)  # fmt: skip
def test_numbers_in_other_dress(number):
    assert redact(f"找{number}，谢谢") == f"找{MASK}，谢谢"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13800138000元旦回家", "***元旦回家"), ("电话 8888-1234", "电话 ***"), ("卡号 6222021234567890123", "卡号 ***"), ("护照 E12345678", "护照 ***"),
        ("13800138000、13900139000", "***、***"), ("身份证：410105 4912 31002", "身份证：***"),
    ],
)  # fmt: skip
def test_words_before_and_after_tell_what_a_number_is(text, shown):
    assert redact(text) == shown


def test_staff_may_name_an_office_but_nobody_s_own_number():
    text = "请打 0351-1234567 或致电 8888-1234，李某 {}"
    assert redact(text.format("13800138000"), offices=True) == text.format(MASK)
    assert redact(text.format("")) == "请打 *** 或致电 ***，李某 "


@pytest.mark.parametrize("unit", ["1 ", "13-", "138,0", "1" * 11 + " ", "电话", "人民币1,", "(", "0351 "])
def test_a_long_text_is_masked_in_a_moment(unit):
    text = (unit * 4_000)[:4_000]
    assert least_cost(lambda: redact(text), 0.5)[0] < 0.5
