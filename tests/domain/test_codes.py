"""Plate codes: what is issued is read back, and what is misread is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.codes import ALPHABET, LENGTH, PlateCodeNotValid, new_plate_code, parse_plate_code, spaced

codes = st.builds(lambda _: new_plate_code(), st.integers())
places = st.integers(0, LENGTH - 1)
symbols = st.sampled_from(ALPHABET)


def swapped(code: str, at: int, other: str) -> str:
    return code[:at] + other + code[at + 1 :]


@given(codes)
def test_a_code_is_read_back_however_it_is_typed(code):
    assert parse_plate_code(code) == code
    assert parse_plate_code(spaced(code).lower()) == code
    assert parse_plate_code(" ".join(code.replace("0", "o").replace("1", "l"))) == code


@given(codes, places, symbols)
def test_one_wrong_symbol_is_noticed_and_the_right_code_offered(code, at, other):
    wrong = swapped(code, at, other)
    if wrong != code:
        with pytest.raises(PlateCodeNotValid) as caught:
            parse_plate_code(wrong)
        assert caught.value.facts["suggestion"] == code


@given(codes, places, symbols, places, symbols)
def test_two_wrong_symbols_are_always_noticed(code, at, other, at_too, other_too):
    wrong = swapped(swapped(code, at, other), at_too, other_too)
    if wrong != code:
        with pytest.raises(PlateCodeNotValid):
            parse_plate_code(wrong)


@given(codes, st.integers(0, LENGTH - 3), st.sampled_from([1, 2]))
def test_swapped_symbols_are_always_noticed(code, at, apart):
    letters = list(code)
    letters[at], letters[at + apart] = letters[at + apart], letters[at]
    if "".join(letters) != code:
        with pytest.raises(PlateCodeNotValid):
            parse_plate_code("".join(letters))


@pytest.mark.parametrize(
    ("typed", "why"),
    [("", "this has 0"), ("ABC", "this has 3"), ("UUUUUUUUUUUU", "U does not occur"), ("零" * 12, "零")],
)
def test_what_is_no_code_says_why(typed, why):
    with pytest.raises(PlateCodeNotValid, match=why):
        parse_plate_code(typed)


def test_codes_do_not_repeat():
    assert len({new_plate_code() for _ in range(20_000)}) == 20_000
