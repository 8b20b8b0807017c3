"""Facilities: kinds in either language, one point each, those outside counted."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.services import imports
from gridmap.services.imports.facilities import KINDS
from gridmap.store.tables.analyses import FACILITY_KINDS
from tests.makers import make_station

TABLE = """编码,类别,名称,英文名,经度,纬度
F1,警务室,鼓楼警务室,Gulou Post,112.905,35.805
F2,幼儿园,双井幼儿园,,112.906,35.805
F3,camera,,,112.95,35.805
F4,灯塔,灯塔,,112.905,35.805
F5,监控,,,x,35.805
F1,shop,,,112.905,35.805
,shop,,,112.905,35.805
"""


@pytest.fixture
def load(session, tmp_path):
    """Return a function that loads a text as facilities of station S001."""
    make_station(session)

    def work(table: str) -> imports.Report:
        path = tmp_path / "facilities.csv"
        path.write_text(table)
        return imports.load_file(session, "facilities", path, station="S001")

    return work


def test_every_kind_the_table_knows_can_be_written():
    assert set(KINDS.values()) == set(FACILITY_KINDS)


def test_facilities_are_kept_and_faulty_ones_refused_by_line_and_reason(session, load):
    report = load(TABLE)
    assert {one.line: one.reason for one in report.rejected} == {
        5: f"kind is none of {', '.join(FACILITY_KINDS)}", 6: "coordinates that are no finite numbers",
        7: "the code stands already on line 2", 8: "code is empty",
    }  # fmt: skip
    assert report.warnings == ["1 places lie outside the jurisdiction of station S001"]
    rows = session.execute(
        text("SELECT code, kind, name_zh, name_en, ST_X(geom), ST_Y(geom) FROM facility ORDER BY code")
    )
    assert [tuple(row) for row in rows] == [
        ("F1", "police_post", "鼓楼警务室", "Gulou Post", 112.905, 35.805),
        ("F2", "school", "双井幼儿园", "双井幼儿园", 112.906, 35.805),
        ("F3", "camera", "F3", "F3", 112.95, 35.805),
    ]
    again = load(TABLE)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 3)
    assert load("code,kind,name_zh,lon,lat\nF2,school,北关幼儿园,112.906,35.805\n").updated == 1
