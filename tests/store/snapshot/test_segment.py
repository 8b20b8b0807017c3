"""One station's plates: every row comes back, numbers too, and damage is told."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.plates import PLATE_STATES
from gridmap.store.snapshot.codes import BITS
from gridmap.store.snapshot.faults import PlateTwice, SnapshotBroken, SnapshotRowsNotValid
from gridmap.store.snapshot.segment import PlateRow, Segment, SegmentRows, write_segment
from tests.store.snapshot.small import PLACES, TAILS, rows

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
PLATE = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, len(PLATE_STATES) - 1), st.integers(0, 9))


@given(
    plates=st.dictionaries(st.integers(0, (1 << BITS) - 1), PLATE, max_size=30),
    places=st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=4, max_size=4),
    tails=st.lists(TEXT, min_size=3, max_size=3),
)
def test_every_row_comes_back(tmp_path_factory, plates, places, tails):
    path = tmp_path_factory.mktemp("segment") / "1-1.seg"
    heirs = {number: each[3] for number, each in plates.items() if PLATE_STATES[each[2]] == "replaced"}
    columns = list(zip(*plates.values(), strict=True)) or [(), (), (), ()]
    write_segment(path, SegmentRows(list(plates), *columns[:3], places, tails, heirs))
    segment = Segment.open(path)

    assert segment.numbers().tolist() == sorted(plates)
    for slot, number in enumerate(sorted(plates)):
        place, tail, status, _ = plates[number]
        street, village, beat, cell = places[place]
        expected = (PLATE_STATES[status], street, village, beat or None, cell or None, tails[tail], heirs.get(number))
        assert segment.at(slot) == PlateRow(*expected)
        assert segment.zones(slot) == (beat or None, cell or None)


def test_the_same_plates_in_another_order_make_the_same_slots(tmp_path):
    write_segment(tmp_path / "1-1.seg", rows(9, 4, 7))
    write_segment(tmp_path / "1-2.seg", rows(4, 7, 9))
    one, two = (Segment.open(tmp_path / name).numbers().tolist() for name in ("1-1.seg", "1-2.seg"))
    assert one == two == [4, 7, 9]


def test_more_than_65_536_plates_places_and_tails_fit(tmp_path):
    n = 70_000
    places = [(f"street {at}", "", "B", "") for at in range(n)]
    tails = [f"no {at}" for at in range(n)]
    numbers = np.arange(n, dtype=np.uint64) * 16_000_000_000
    write_segment(tmp_path / "1-1.seg", SegmentRows(numbers, np.arange(n), np.arange(n), np.zeros(n), places, tails))
    row = Segment.open(tmp_path / "1-1.seg").at(n - 1)
    assert (row.street, row.tail) == (f"street {n - 1}", f"no {n - 1}")


def changed(**values):
    """Return rows with some column that does not fit."""
    plain = rows(1, 2)
    for name, value in values.items():
        setattr(plain, name, value)
    return plain


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (changed(place=[0]), "must agree"),
        (changed(place=[0, len(PLACES)]), "place 4"),
        (changed(tail=[-1, 0]), "tail"),
        (changed(tail=[0, len(TAILS)]), "tail 3"),
        (changed(status=[0, len(PLATE_STATES)]), "status 8"),
        (changed(numbers=[0, 1 << BITS]), "50 bits"),
        (changed(replaced_by={3: 1}), "replaced_by"),
        (changed(tails=["1\0", "", ""]), "U\\+0000"),
        (changed(places=[("", "", "B\0", "")] * 4), "U\\+0000"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path, wrong, match):
    with pytest.raises(SnapshotRowsNotValid, match=match):
        write_segment(tmp_path / "1-1.seg", wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_plate_twice_is_refused(tmp_path):
    with pytest.raises(PlateTwice):
        write_segment(tmp_path / "1-1.seg", rows(8, 9, 8))


@given(where=st.integers(0), bit=st.integers(0, 7))
def test_a_changed_byte_never_raises_another_error(tmp_path_factory, where, bit):
    path = tmp_path_factory.mktemp("flip") / "1-1.seg"
    write_segment(path, rows(*range(0, 4_000, 40), replaced={80: 120}))
    whole = bytearray(path.read_bytes())
    behind = 4_400  # past the header and the table of buckets stand the columns
    at = behind + where % (len(whole) - behind) if where % 3 else where % len(whole)
    whole[at] ^= 1 << bit
    path.write_bytes(whole)
    try:
        segment = Segment.open(path)
    except SnapshotBroken:
        return
    for slot in range(len(segment)):
        with suppress(SnapshotBroken):
            segment.at(slot)


def test_a_slot_that_is_not_there_is_told(tmp_path):
    write_segment(tmp_path / "1-1.seg", rows(8))
    with pytest.raises(SnapshotBroken, match="slot 1"):
        Segment.open(tmp_path / "1-1.seg").at(1)
    with pytest.raises(SnapshotBroken, match="slot 7"):
        Segment.open(tmp_path / "1-1.seg").zones(7)
