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


@pytest.mark.parametrize(("full", "shown"), [
    ("某县锦绣苑20号楼1单元", (("20", "号楼"), ("1", "单元"))), ("某县锦绣苑20幢1门", (("20", "幢"), ("1", "门"))),
    ("某县锦绣苑", (("20", "栋"), ("1", "单元"))), ("某县锦绣苑20栋1单元", (("20", "栋"), ("1", "单元"))),
])  # fmt: skip
def test_a_building_is_called_what_the_standard_address_calls_it(full, shown):
    made = face(
        "0" * 12, levels=("", "", ""), street="", number="", estate=("锦绣苑", "20", "1", ""), full=full, zones=("", "")
    )
    assert made.number == shown
