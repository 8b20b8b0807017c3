"""The index of all plates: what was put is found, nothing else is, and damage is told."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.codes import number_code
from gridmap.store.snapshot.codes import BITS, LOW, Codes, write_codes
from gridmap.store.snapshot.codes_merge import merge_codes
from gridmap.store.snapshot.faults import PlateTwice, SnapshotBroken, SnapshotMissing, SnapshotRowsNotValid

#: Numbers near each other, near the ends, and at the borders of buckets, where mistakes live.
NUMBERS = st.one_of(
    st.integers(0, (1 << BITS) - 1),
    st.integers(0, 3),
    st.integers((1 << BITS) - 3, (1 << BITS) - 1),
    st.builds(lambda bucket, by: max((bucket << LOW) + by, 0), st.integers(0, 5), st.integers(-2, 2)),
)


def write(path, plates):
    """Write an index of {number: (station, slot)}."""
    numbers = np.array(list(plates), dtype=np.uint64)
    stations, slots = np.array(list(plates.values()), dtype=np.int64).reshape(-1, 2).T
    return write_codes(path, numbers, stations.astype(np.uint16), slots.astype(np.uint32))


@given(
    plates=st.dictionaries(NUMBERS, st.tuples(st.integers(0, 65_535), st.integers(0, 200_000)), max_size=40),
    others=st.lists(NUMBERS, max_size=20),
)
def test_what_was_put_is_found_and_nothing_else(tmp_path_factory, plates, others):
    path = tmp_path_factory.mktemp("codes") / "codes-1.idx"
    digest = write(path, plates)
    codes = Codes.open(path)

    assert {number: codes.find(number) for number in plates} == plates
    near = {number + by for number in plates for by in (-1, 1)} | set(others)
    assert all(codes.find(number) is None for number in near - plates.keys())
    assert len(codes) == len(plates)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("number", [-1, 1 << BITS, 1 << 64, 1 << 200])
def test_a_number_that_no_plate_can_have_is_not_found(tmp_path, number):
    write(tmp_path / "codes-1.idx", {0: (1, 2), (1 << BITS) - 1: (3, 4)})
    assert Codes.open(tmp_path / "codes-1.idx").find(number) is None


def test_a_plate_twice_is_refused_and_named(tmp_path):
    with pytest.raises(PlateTwice, match=number_code(77)):
        write_codes(tmp_path / "c", np.array([77, 5, 77], "u8"), np.array([1, 1, 2], "u2"), np.array([0, 1, 0], "u4"))
    assert list(tmp_path.iterdir()) == []


def test_columns_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(SnapshotRowsNotValid, match="must agree"):
        write_codes(tmp_path / "c", np.array([77], "u8"), np.array([1, 1], "u2"), np.array([0], "u4"))
    with pytest.raises(SnapshotRowsNotValid, match="50 bits"):
        write_codes(tmp_path / "c", np.array([1 << BITS], "u8"), np.array([1], "u2"), np.array([0], "u4"))


@given(
    stations=st.lists(st.sets(NUMBERS, max_size=12), min_size=1, max_size=5),
    anew=st.sets(st.integers(0, 4), max_size=5),
    gone=st.sets(st.integers(0, 4), max_size=2),
)
def test_a_merge_writes_what_writing_all_anew_writes(tmp_path_factory, stations, anew, gone):
    folder = tmp_path_factory.mktemp("merge")
    seen, own = set(), {}
    for station, numbers in enumerate(stations):
        own[station] = np.array(sorted(numbers - seen), dtype=np.uint64)
        seen |= numbers
    before = {station: numbers if station not in anew else numbers[::2] for station, numbers in own.items()}
    kept = {station: numbers for station, numbers in own.items() if station not in gone}

    merge_codes(folder / "before", None, before)
    changed = {station: numbers for station, numbers in kept.items() if station in anew}
    merged = merge_codes(folder / "merged", Codes.open(folder / "before"), changed, gone)
    plates = {int(n): (s, slot) for s, numbers in kept.items() for slot, n in enumerate(numbers)}
    assert merged == merge_codes(folder / "all", None, kept) == write(folder / "plain", plates)


def test_a_merge_refuses_a_plate_of_two_stations(tmp_path):
    merge_codes(tmp_path / "before", None, {1: np.array([5, 9], "u8")})
    with pytest.raises(PlateTwice, match=number_code(9)):
        merge_codes(tmp_path / "after", Codes.open(tmp_path / "before"), {2: np.array([9], "u8")})


def some_codes(path: Path) -> dict[int, tuple[int, int]]:
    plates = {number * 0x1234567890F % (1 << BITS): (number % 7, number) for number in range(200)}
    write(path, plates)
    return plates


@given(where=st.integers(0), bit=st.integers(0, 7))
def test_a_changed_byte_is_refused_or_answered_without_any_other_error(tmp_path_factory, where, bit):
    path = tmp_path_factory.mktemp("flip") / "codes-1.idx"
    plates = some_codes(path)
    whole = bytearray(path.read_bytes())
    head = 172  # what the header's own checksum covers, and that
    at = where % (2 * head) if where % 2 else where % len(whole)
    whole[at] ^= 1 << bit
    path.write_bytes(whole)
    try:
        codes = Codes.open(path)
    except SnapshotBroken:
        return
    assert at >= head, "a changed header was taken"
    for number in plates:
        with suppress(SnapshotBroken):
            codes.find(number)


@given(left=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_off_anywhere_is_refused(tmp_path_factory, left):
    path = tmp_path_factory.mktemp("cut") / "codes-1.idx"
    some_codes(path)
    path.write_bytes(path.read_bytes()[: int(left * path.stat().st_size)])
    with pytest.raises(SnapshotBroken, match=r"codes-1\.idx is damaged"):
        Codes.open(path)


def test_a_bucket_that_points_out_of_the_file_is_told(tmp_path):
    path = tmp_path / "codes-1.idx"
    write(path, {5: (1, 1), 6: (1, 2)})
    whole = path.read_bytes()
    first = whole.index((2).to_bytes(4, "little") * 8)  # the table after bucket 0
    path.write_bytes(whole[:first] + b"\xff\xff\xff\x7f" + whole[first + 4 :])
    with pytest.raises(SnapshotBroken, match="points out of the file"):
        Codes.open(path).find(7)


def test_a_file_of_another_kind_or_none_is_refused(tmp_path):
    with pytest.raises(SnapshotMissing, match="gone"):
        Codes.open(tmp_path / "nothing")
    (tmp_path / "text").write_text("hello " * 100)
    with pytest.raises(SnapshotBroken, match="first bytes"):
        Codes.open(tmp_path / "text")
    with pytest.raises(SnapshotBroken, match="cannot be read"):
        Codes.open(tmp_path)
