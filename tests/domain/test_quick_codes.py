"""The quick way to read a code says what the careful one says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.codes import ALPHABET, LENGTH, PlateCodeNotValid, number_code, parse_plate_code, spaced
from gridmap.domain.quick_codes import read_code

NUMBERS = st.integers(0, 2**50 - 1)


@given(NUMBERS)
def test_every_code_as_issued_is_read_as_itself(number):
    code = number_code(number)
    assert read_code(code) is code
    assert read_code(spaced(code).lower()) == code


@given(NUMBERS, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed_and_the_right_code_offered(number, place, symbol):
    code = number_code(number)
    wrong = code[:place] + symbol + code[place + 1 :]
    if wrong == code:
        return
    with pytest.raises(PlateCodeNotValid) as told:
        read_code(wrong)
    assert told.value.facts["suggestion"] == code


@given(st.text(st.sampled_from(ALPHABET), min_size=LENGTH, max_size=LENGTH))
def test_any_twelve_symbols_are_right_or_wrong_as_the_careful_way_says(symbols):
    try:
        careful = parse_plate_code(symbols)
    except PlateCodeNotValid:
        with pytest.raises(PlateCodeNotValid):
            read_code(symbols)
    else:
        assert read_code(symbols) == careful


@pytest.mark.parametrize(
    "typed", ["+00000000168", "0_0000000168", "00000000016８", "\n00000000168", "", "0" * 13, "U" * 12]
)
def test_what_python_reads_as_a_number_is_not_a_code(typed):
    with pytest.raises(PlateCodeNotValid):
        read_code(typed)
