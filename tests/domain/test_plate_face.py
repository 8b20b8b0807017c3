"""What stands on a plate: the number large, its word small, nothing lost and nothing said twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.plate_face import face, numbered

HOW = {"levels": ("某县", "", "某村"), "full": "某县某村", "zones": ("", "")}


@given(st.text("0123456789-ABab号附栋座 ", max_size=8))
def test_a_number_keeps_its_signs_and_has_its_word_once(told):
    found = "".join(one + word for one, word in numbered(told, "号"))
    bare = told.strip().removesuffix("号")
    assert found in {bare, f"{bare}号", ""}
    assert bool(found) == bool(bare)
    assert numbered(found, "号") == numbered(told, "号") or bare.endswith("号")


@pytest.mark.parametrize(("street", "number", "estate", "name", "shown"), [
    ("长江路", "3", ("锦绣苑", "1", "", ""), "长江路", (("3", "号"),)),
    ("长江路", "", ("锦绣苑", "1栋", "2", "301"), "锦绣苑", (("1", "栋"), ("2", "单元"), ("301", "室"))),
    ("", "", ("锦绣苑", "A座", "", ""), "锦绣苑", (("A", "座"),)),
    ("", "12", ("", "", "", ""), "某村", (("12", "号"),)),
    ("", "", ("", "", "", ""), "某村", ()),
])  # fmt: skip
def test_street_and_number_come_before_the_estate(street, number, estate, name, shown):
    made = face("0" * 12, street=street, number=number, estate=estate, **HOW)
    assert (made.name, made.number, made.area) == (name, shown, "某县 某村")


def test_where_nothing_is_known_the_whole_address_is_the_name():
    made = face(
        "0" * 12, levels=("", "", ""), street="", number="", estate=("", "", "", ""), full="某处", zones=("", "")
    )
    assert (made.name, made.area) == ("某处", "")
