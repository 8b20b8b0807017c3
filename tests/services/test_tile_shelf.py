"""The shelf of tiles: bounded by bytes, the longest unused goes first, and one making serves everybody who waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.services.tile_shelf import OVERHEAD, Shelf, shelf_of


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 300)), max_size=60))
def test_a_shelf_never_holds_more_than_its_limit_and_answers_as_if_it_kept_nothing(asked):
    shelf = Shelf(3 * OVERHEAD + 500)
    sizes: dict[int, int] = {}
    for key, wish in asked:
        size = sizes.setdefault(key, wish)
        assert shelf.get(key, lambda size=size: bytes(size)) == bytes(size)
        assert shelf.size <= shelf.limit
        assert shelf.size == sum(len(body) + OVERHEAD for body in shelf._kept.values())


def test_the_longest_unused_goes_first():
    shelf = Shelf(2 * (OVERHEAD + 1))
    for key in ("a", "b", "a", "c"):
        shelf.get(key, lambda: b"x")
    assert list(shelf._kept) == ["a", "c"]


def test_many_who_ask_for_one_tile_at_once_share_one_making():
    shelf, made, start = Shelf(), [], threading.Event()

    def make() -> bytes:
        made.append(1)
        start.wait(60)
        return b"tile"

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(shelf.get, "key", make) for _ in range(8)]
        while not made:
            pass
        start.set()
        assert {one.result(60) for one in asked} == {b"tile"}
    assert made == [1]


def test_what_fails_is_told_to_all_and_tried_again():
    shelf = Shelf()

    def fail() -> bytes:
        raise LookupError("away")

    with pytest.raises(LookupError):
        shelf.get("key", fail)
    assert shelf.get("key", lambda: b"there") == b"there"


def test_each_database_has_its_own(sessions, app_sessions):
    with sessions() as one, sessions() as other, app_sessions() as third:
        assert shelf_of(one) is shelf_of(other)
        assert shelf_of(one) is not shelf_of(third)
