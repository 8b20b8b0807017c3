"""Emergencies are seen, the same matter is known again, and no number stands in what others read."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gridmap.domain.report_words import MASK, alike, is_urgent, likeness, redact


@pytest.mark.parametrize(
    "words",
    [
        "楼上着火了", "有火！", "大火", "门口有人持刀", "救命", "要杀人了", "他说要自杀", "听到爆炸", "煤气泄漏", "老人昏倒在楼道",
        "闻到煤气味", "配电箱冒烟", "孩子落水", "Fire on the 3rd floor", "a man with a KNIFE", "he has a gun",
        "she is bleeding", "gas leak in the kitchen", "someone was stabbed", "ｆｉｒｅ！", "my neighbour collapsed",
    ],
)  # fmt: skip
def test_an_emergency_is_seen(words: str) -> None:
    assert is_urgent(words)


@pytest.mark.parametrize(
    "words",
    [
        "", "楼下火锅店太吵", "火车站附近摩托车乱停", "灭火器过期了", "邻居对我发火", "想约民警走访", "楼道堆了杂物", "路灯坏了",
        "the fire door is blocked", "Fire extinguisher expired", "begun to make noise", "skillful", "please visit us",
    ],
)  # fmt: skip
def test_daily_matters_are_none(words: str) -> None:
    assert not is_urgent(words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("楼道里堆了很多杂物，挡住了消防通道", "楼道里堆了好多杂物，把消防通道挡住了"),
        ("The street lamp is broken", "street lamp is broken!!"), ("路灯坏了", "路灯 坏了。"),
    ],
)  # fmt: skip
def test_the_same_matter_said_otherwise(one: str, other: str) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(("one", "other"), [("路灯坏了", "井盖丢了"), ("楼上太吵", "停车占道"), ("路灯坏了", "")])
def test_other_matters(one: str, other: str) -> None:
    assert not alike(one, other)


@given(one=st.text(max_size=60), other=st.text(max_size=60))
def test_likeness_is_symmetric_and_whole_for_the_same(one: str, other: str) -> None:
    assert likeness(one, one) == 1
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1


MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
IDENTITY = st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True)
AROUND = st.text(st.sampled_from("我的电话是，。 \n找我abcABC（）:："), max_size=12)


@given(
    numbers=st.lists(MOBILE | IDENTITY, min_size=1, max_size=4),
    around=AROUND,
    mark=st.sampled_from(["", " ", "-", "."]),
)
def test_every_number_is_masked_wherever_it_stands_and_however_it_is_spaced(numbers, around, mark):  # type: ignore[no-untyped-def]
    spaced = [mark.join(number[start : start + 4] for start in range(0, len(number), 4)) for number in numbers]
    text = "号" + around.join(f"；{number}" for number in spaced) + around
    shown = redact(text)
    assume(not any(digit in around for digit in "0123456789"))
    assert not any(sign.isdigit() for sign in shown)
    assert MASK in shown


@pytest.mark.parametrize(
    "number",
    ["１３８００１３８０００", "138-0013-8000", "138 0013 8000", "+86 13800138000", "0351-1234567", "010 12345678",
     "6222021234567890123", "11010519491231002x", "一三八零零一三八零零零", "13820250601"],
)  # fmt: skip
def test_numbers_in_other_dress(number: str) -> None:
    assert redact(f"找{number}，谢谢") == f"找{MASK}，谢谢"


@pytest.mark.parametrize(
    "text",
    ["2025-06-01 08:30 发生", "20250601 晚上", "3 号楼 2 单元 1201", "二零二五年六月一日", "110 119 120", "12345 已告知", "每月 1000 元"],
)  # fmt: skip
def test_dates_times_and_house_numbers_stay(text: str) -> None:
    assert redact(text) == text


def test_staff_may_name_an_office_but_nobody_s_own_number() -> None:
    assert redact("请打 0351-1234567 或 13800138000", offices=True) == f"请打 0351-1234567 或 {MASK}"
