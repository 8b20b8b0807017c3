"""Visits: at a door by its code or its words, told once, by somebody who is there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gridmap.services import imports
from gridmap.store.tables import Person, Visit
from tests.makers import make_door, make_person, make_station

TABLE = """地址编码,地址,走访时间,走访人,走访事由
D1,,2026-05-31 08:05,G1,入户走访
,上庄村委会3组１号,2026-05-31 09:05,G1,纠纷回访
上庄村3组1号,,2026-05-31 10:05,,
D1,,2026-05-31 08:05,G2,household
D9,,2026-05-31 08:05,G1,
D1,,2026-05-31 08:06,G9,
,,2026-05-31 08:07,G1,
D1,,,G1,
D1,,2026-05-31 08:08,G1,喝茶
"""


@pytest.fixture
def load(session, tmp_path):
    """Return a function that loads a text as visits of station S001, where D1 and D2, G1 and G2 are."""
    make_station(session)
    make_door(session, 0.5, 0.5, code="D1")
    make_door(session, 1.5, 0.5, code="D2").full = "上庄村3组1号"
    for name in ("G1", "G2"):
        make_person(session, name, "grid_member", cell="A1")

    def work(table: str) -> imports.Report:
        path = tmp_path / "visits.csv"
        path.write_text(table)
        return imports.load_file(session, "visits", path, station="S001")

    return work


def test_visits_are_kept_and_faulty_ones_refused_by_line_and_reason(session, load):
    report = load(TABLE)
    assert {one.line: (one.reason, one.value) for one in report.rejected} == {
        5: ("the visit stands already on line 2", "G2"), 6: ("no such address at this station", "D9"),
        7: ("there is no such person", "G9"), 8: ("neither the code nor the text of an address", ""),
        9: ("at is empty", ""), 10: ("purpose is none of household, dispute, safety, plate, other", "喝茶"),
    }  # fmt: skip
    rows = session.scalars(select(Visit).order_by(Visit.at)).all()
    people = {person.id: person.code for person in session.scalars(select(Person))}
    told = [(one.at, one.purpose, None if one.person_id is None else people[one.person_id]) for one in rows]
    assert told == [
        (datetime(2026, 5, 31, 0, 5, tzinfo=UTC), "household", "G1"),
        (datetime(2026, 5, 31, 1, 5, tzinfo=UTC), "dispute", "G1"),
        (datetime(2026, 5, 31, 2, 5, tzinfo=UTC), "household", None),
    ]
    assert rows[0].address_id != rows[1].address_id == rows[2].address_id
    again = load(TABLE)
    assert (again.added, again.updated, again.unchanged, again.refused) == (0, 0, 3, 6)


def test_a_visit_that_is_there_gets_its_person_and_keeps_them(session, load):
    for person, updated in (("", 0), ("G2", 1), ("G1", 1)):
        assert load(f"address,at,person\nD1,2026-05-31 08:05,{person}\n").updated == updated
    assert load("address,at\nD1,2026-05-31 08:05\n").unchanged == 1
    assert session.scalars(select(Person.code).join(Visit, Visit.person_id == Person.id)).one() == "G1"


def test_a_visit_still_to_come_is_told(load):
    report = load("address,at\nD1,2999-05-31 08:05\n")
    assert report.added == 1
    assert report.warnings == ["1 visits lie in the future: a visit is one that was made"]
