"""A list of plates is believed only as it was signed, to the byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from gridmap.cli.console import Console
from gridmap.domain.codes import new_plate_code
from gridmap.services import list_keys, plate_life, signed_list
from gridmap.services.list_keys import ListKeyNotValid
from gridmap.services.signed_list import ListKeyUnknown, ListNotGenuine
from gridmap.settings import Settings
from tests import makers

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HEADER = {
    "station": "S001", "name_zh": "试验派出所", "name_en": "Test", "synthetic": True, "edition": 3,
    "made_at": NOW.isoformat(), "valid_until": (NOW + timedelta(days=30)).isoformat(),
}  # fmt: skip
ROWS = [("000000000000", "府前街", "12", "A1", "installed"), ("0123456789AB", '"街"', "3", "", "printed")]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return a folder and its way of keeping secrets."""
    folder = tmp_path_factory.mktemp("data")
    return folder, Console(Settings(data=folder)).kept


@pytest.fixture(scope="module")
def key(kept):
    return list_keys.in_use(*kept)


@pytest.fixture(scope="module")
def keys(key):
    return list_keys.by_id([key.known])


@pytest.fixture(scope="module")
def file(key):
    return signed_list.sign(HEADER, ROWS, key)


def test_a_list_says_what_was_signed_and_is_plain_json(file, keys, key):
    read = signed_list.verify(file, keys)
    assert read.plates["000000000000"].street == "府前街"
    assert read.plates["0123456789AB"].street == '"街"'
    assert (read.edition, read.key, read.expired(NOW), read.expired(NOW + timedelta(days=30))) == (
        3,
        key.known.id,
        False,
        True,
    )
    assert json.loads(file)["columns"] == list(signed_list.COLUMNS)


@given(st.data())
def test_no_byte_can_be_changed(file, keys, data):
    place = data.draw(st.integers(0, len(file) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != file[place]))
    with pytest.raises((ListNotGenuine, ListKeyUnknown)):
        signed_list.verify(file[:place] + bytes([other]) + file[place + 1 :], keys)


@given(st.data())
def test_nothing_can_be_cut_added_or_moved(file, keys, data):
    since, until = sorted(data.draw(st.tuples(*[st.integers(0, len(file))] * 2)))
    put = data.draw(st.binary(max_size=40) | st.just(b" ") | st.just(b"\n"))
    changed = file[:since] + put + file[until:]
    if changed != file:
        with pytest.raises((ListNotGenuine, ListKeyUnknown)):
            signed_list.verify(changed, keys)


def test_a_list_that_somebody_else_signed_is_refused(file, keys, tmp_path):
    foreign = list_keys.in_use(tmp_path, Console(Settings(data=tmp_path)).kept)
    theirs = signed_list.sign(HEADER, ROWS, foreign)
    with pytest.raises(ListKeyUnknown, match=foreign.known.id):
        signed_list.verify(theirs, keys)
    (mine,) = keys
    with pytest.raises(ListNotGenuine):  # and if it claims our key
        signed_list.verify(theirs.replace(foreign.known.id.encode(), mine.encode()), keys)
    with pytest.raises(ListKeyUnknown, match="known are none"):
        signed_list.verify(file, {})


def test_a_key_is_private_and_the_next_one_leaves_only_the_public_half(tmp_path):
    keep = Console(Settings(data=tmp_path)).kept
    first = list_keys.in_use(tmp_path, keep)
    assert first.known == list_keys.in_use(tmp_path, keep).known
    old = signed_list.sign(HEADER, ROWS, first)
    second = list_keys.rotate(tmp_path, keep)
    assert list_keys.in_use(tmp_path, keep).known == second.known != first.known

    known = list_keys.known(tmp_path)
    assert [one.public for one in known] == [first.known.public, second.known.public]
    assert known[0].until == known[1].since
    assert known[1].until is None
    signed_list.verify(old, list_keys.by_id(known))  # an older list is still genuine
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0
        assert (first.private.private_bytes_raw().hex() in path.read_text()) is False


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "00" * 33])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ListKeyNotValid):
        list_keys.read_public(text)


def test_a_broken_key_file_is_named(tmp_path):
    (tmp_path / f"{list_keys.STEM}1").write_text("?")
    with pytest.raises(ListKeyNotValid, match="plate-list-key-1"):
        list_keys.known(tmp_path)


def test_the_export_holds_the_living_plates_of_one_station(session, key, keys):
    makers.make_station(session)
    makers.make_station(session, "S002")
    code = makers.make_plate(session, new_plate_code(), makers.make_door(session, 0.5, 0.25)).code
    makers.make_plate(session, new_plate_code(), makers.make_door(session, 0.5, 0.25, station="S002"))
    new = plate_life.replace(session, code, by="test")
    read = signed_list.verify(signed_list.export(session, "S001", key, by="test", now=NOW), keys)
    assert set(read.plates) == {new}
    assert (read.plates[new].street, read.plates[new].number_tail, read.plates[new].status) == (
        "试验路",
        ".25",
        "issued",
    )
    assert (read.station, read.synthetic, read.edition, read.made_at) == ("S001", True, None, NOW)


def test_the_signature_is_of_the_bytes_before_it(file, key):
    """Whoever writes a phone's reader needs no more than this."""
    body, _, tail = file.rpartition(b',"signature":"')
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.known.text))
    public.verify(bytes.fromhex(tail[:128].decode()), body)
    with pytest.raises(InvalidSignature):
        public.verify(bytes.fromhex(tail[:128].decode()), body + b" ")
