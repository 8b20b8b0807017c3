"""A bounded store of what was asked for lately."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.shelf import Shelf


@pytest.mark.parametrize("limit", [1, 3])
@given(keys=st.lists(st.integers(0, 9)))
def test_a_shelf_is_bounded_and_gives_back_what_was_put(limit, keys):
    shelf: Shelf[int, str] = Shelf(limit)
    for key in keys:
        assert shelf.get(key) in {None, str(key)}
        shelf.put(key, str(key))
        assert shelf.get(key) == str(key)
        assert len(shelf) <= 2 * limit


def test_what_is_asked_for_stays_and_what_is_not_goes():
    shelf: Shelf[int, str] = Shelf(4)
    for key in range(100):
        shelf.put(key, str(key))
        assert shelf.get(0) == "0"
    assert shelf.get(50) is None
    assert shelf.get(99) == "99"
