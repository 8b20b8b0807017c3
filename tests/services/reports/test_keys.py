"""Receipts come back for the same key, forms grow old, and no address can be read from a hash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.codes import new_plate_code, parse_plate_code, spaced
from gridmap.domain.receipts import receipt_hash
from gridmap.services.reports.keys import (
    FormTokenOld,
    Keys,
    ReceiptCodeNotValid,
    new_send_key,
    parse_receipt,
)

KEYS, OTHER = Keys("one secret"), Keys("another secret")
NOW = datetime(2025, 6, 1, 8, tzinfo=UTC)
PLATE = new_plate_code()


@given(send_key=st.text(max_size=70))
def test_a_receipt_is_a_code_and_always_the_same_one(send_key: str) -> None:
    code = KEYS.receipt(PLATE, send_key)
    assert parse_plate_code(code) == code == KEYS.receipt(PLATE, send_key)
    assert (
        len({code, OTHER.receipt(PLATE, send_key), KEYS.receipt(PLATE, send_key, 1), KEYS.receipt("x", send_key)}) == 4
    )


def test_two_sendings_have_two_keys_and_two_receipts() -> None:
    keys = {new_send_key() for _ in range(1_000)}
    assert len({KEYS.receipt(PLATE, key) for key in keys}) == len(keys) == 1_000


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=119), timedelta(minutes=120), -timedelta(minutes=1)])
def test_a_form_of_ours_passes_for_two_hours(later: timedelta) -> None:
    KEYS.check_form(KEYS.form_token(PLATE, NOW), PLATE, NOW + later)


@pytest.mark.parametrize("later", [timedelta(minutes=121), timedelta(days=1), -timedelta(minutes=2)])
def test_it_grows_old(later: timedelta) -> None:
    with pytest.raises(FormTokenOld):
        KEYS.check_form(KEYS.form_token(PLATE, NOW), PLATE, NOW + later)


@given(token=st.text(max_size=60))
def test_no_other_text_passes(token: str) -> None:
    with pytest.raises(FormTokenOld):
        KEYS.check_form(token, PLATE, NOW)


@pytest.mark.parametrize(
    "token",
    [OTHER.form_token(PLATE, NOW), KEYS.form_token("another plate", NOW), KEYS.form_token(PLATE, NOW)[:-1],
     "99" + KEYS.form_token(PLATE, NOW), "." + KEYS.form_token(PLATE, NOW), "é.é", "٣." + "0" * 32],
    ids=["other secret", "other plate", "cut", "other minute", "no minute", "letters", "digits of elsewhere"],
)  # fmt: skip
def test_nor_a_token_of_another_plate_secret_or_time(token: str) -> None:
    with pytest.raises(FormTokenOld):
        KEYS.check_form(token, PLATE, NOW)


def test_a_block_has_one_name_a_day_and_its_hash_tells_no_address() -> None:
    here = "203.0.113.0/24"
    assert KEYS.block(here, "2025-06-01") != KEYS.block(here, "2025-06-02")
    assert KEYS.block(here, "d") != OTHER.block(here, "d")
    assert KEYS.device(here, "A", "d") != KEYS.device(here, "B", "d")
    assert KEYS.device(here, "A", "d") == KEYS.device(here, "A", "d") != KEYS.block(here, "d")


def test_a_receipt_s_code_is_read_like_a_plate_code() -> None:
    code = KEYS.receipt(PLATE, "k")
    assert parse_receipt(spaced(code).lower()) == code
    wrong = ("1" if code[3] != "1" else "2").join((code[:3], code[4:]))
    with pytest.raises(ReceiptCodeNotValid) as told:
        parse_receipt(wrong)
    assert told.value.facts["suggestion"] == code
    with pytest.raises(ReceiptCodeNotValid, match="receipt's code has 12"):
        parse_receipt("ABC")
    assert len(receipt_hash(code)) == 32


def test_nothing_shows_the_secret() -> None:
    assert "secret" not in repr(KEYS)
