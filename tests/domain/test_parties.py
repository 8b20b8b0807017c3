"""How a list calls a party, and which numbers are the same."""

from __future__ import annotations

import pytest

from gridmap.domain.parties import PartyNotValid, Personal, check, reference_of, same_number


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("张三", "张某"),
        ("诸葛亮", "诸葛某"),
        ("Anna Karenina", "A.K."),
        ("  ", ""),
        ("阿 里", "阿某"),
        ("Ángel Ruiz", "Á.R."),
    ],
)
def test_a_reference_is_the_surname_or_the_initials(name, reference):
    assert reference_of(name) == reference


@pytest.mark.parametrize(
    "same", ["138 0000 0000", "+86-13800000000", "008613800000000", "138\u30000000\u30000000", "１３８００００００００"]
)
def test_a_telephone_number_is_the_same_however_it_is_written(same):
    assert same_number(Personal(phone=same)) == "phone 13800000000"


def test_numbers_that_are_not_the_same_are_not():
    told = [
        Personal(phone="13800000000"), Personal(phone="13800000001"), Personal(id_number="11010119900101123X"),
        Personal(id_number="110101199001011239"), Personal(phone="+44 13800000000"), Personal(id_number="13800000000"),
    ]  # fmt: skip
    assert len({same_number(one) for one in told}) == len(told)
    assert same_number(Personal(name="张三", phone="110")) is None


@pytest.mark.parametrize(
    ("side", "reference"), [(0, "张某"), (10, "张某"), (1, " "), (1, "张" * 41), (1, "张某 138-0000")]
)
def test_a_reference_tells_no_number_and_has_a_side(side, reference):
    with pytest.raises(PartyNotValid):
        check(side, reference)


def test_nothing_personal_is_shown_in_a_log():
    assert "张三" not in repr(Personal("张三", "13800000000"))
