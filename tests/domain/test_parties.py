"""How a list calls a party, and which numbers are the same."""

from __future__ import annotations

import pytest

from gridmap.domain.parties import PartyNotValid, Personal, check, numbers, with_name


@pytest.mark.parametrize(
    "same", ["138 0000 0000", "+86-13800000000", "008613800000000", "138\u30000000\u30000000", "１３８００００００００"]
)
def test_a_telephone_number_is_the_same_however_it_is_written(same):
    assert numbers(Personal(phone=same)) == ("phone 13800000000", None)


def test_numbers_that_are_not_the_same_are_not():
    told = [
        Personal(phone="13800000000"), Personal(phone="13800000001"), Personal(id_number="11010119900101123X"),
        Personal(id_number="110101199001011239"), Personal(phone="+44 13800000000"), Personal(id_number="13800000000"),
    ]  # fmt: skip
    assert len({numbers(one) for one in told}) == len(told)
    assert numbers(Personal(name="张三", phone="110")) == (None, None)


@pytest.mark.parametrize(
    ("side", "reference", "reason"),
    [
        (0, "张某", "side"), (10, "张某", "side"), (1, " ", "empty"), (1, "甲" * 41, "long"), (1, "王" * 41, "long"),
        (1, "张某 138-0000", "number"), (1, "张某138，0013，8000", "number"), (1, "张某 a@b.cn", "number"),
        (1, "张某一三八零零一三八零零零", "number"), (1, "李四光 住城关街3号", "address"), (1, "李某，城关村 12", "address"),
        (1, "301室王某", "address"), (1, "王某 12 Main Street", "address"), (1, "Flat 3, upstairs", "address"),
    ],
)  # fmt: skip
def test_a_reference_tells_no_number_and_no_address_and_has_a_side(side, reference, reason):
    with pytest.raises(PartyNotValid) as refused:
        check(side, reference)
    assert refused.value.facts["reason"] == reason


def test_a_name_typed_as_a_reference_is_the_person_s_name_or_noted_beside_it():
    assert check(1, "张三丰") == ("张某", "张三丰")
    assert with_name(Personal(phone="1"), "张三丰") == Personal("张三丰", "1")
    assert with_name(Personal("张三丰", note="二楼"), "李四光") == Personal("张三丰", note="二楼\n李四光")
    assert with_name(with_name(Personal("张三丰"), "李四光"), "李四光") == Personal("张三丰", note="李四光")


def test_nothing_personal_is_shown_in_a_log():
    assert "张三" not in repr(Personal("张三", "13800000000"))
