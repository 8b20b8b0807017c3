"""What is sealed opens with its key and for its row, and not otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.services.sealing import SealBroken, Sealer, SealKeyNotValid

KEY, OTHER = bytes(range(32)), bytes(32)


@given(text=st.text(), context=st.text(max_size=40))
def test_what_is_sealed_opens_again(text: str, context: str) -> None:
    assert Sealer(KEY).open(Sealer(KEY).seal(text, context), context) == text


def test_the_text_and_its_repetition_do_not_show() -> None:
    first, second = (Sealer(KEY).seal("13800138000", "report 1") for _ in range(2))
    assert first != second
    assert b"138" not in first
    assert "range" not in repr(Sealer(KEY))
    assert KEY.hex() not in repr(Sealer(KEY))


@pytest.mark.parametrize(("key", "context"), [(OTHER, "report 1"), (KEY, "report 2")])
def test_another_key_or_row_does_not_open_it(key: bytes, context: str) -> None:
    sealed = Sealer(KEY).seal("someone", "report 1")
    with pytest.raises(SealBroken):
        Sealer(key).open(sealed, context)


@given(place=st.integers(0, 35), bit=st.integers(0, 7))
def test_one_changed_bit_does_not_open(place: int, bit: int) -> None:
    sealed = bytearray(Sealer(KEY).seal("someone", "report 1"))
    sealed[place] ^= 1 << bit
    with pytest.raises(SealBroken):
        Sealer(KEY).open(bytes(sealed), "report 1")


@pytest.mark.parametrize("rest", [b"", b"\x01", b"\x01" + bytes(27), b"plain text that was never sealed at all"])
def test_what_is_too_short_or_unknown_is_told(rest: bytes) -> None:
    with pytest.raises(SealBroken):
        Sealer(KEY).open(rest, "report 1")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(SealKeyNotValid):
        Sealer(bytes(length))
