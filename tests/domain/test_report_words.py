"""Emergencies are seen, and the same matter is known again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.report_words import alike, is_urgent, likeness


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
