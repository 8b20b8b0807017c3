"""Standard addresses: one bad row of many, codes, levels, twice the same."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from gridmap.services import imports
from gridmap.services.imports.columns import ColumnUnclear
from gridmap.store.editions import StationNotFound
from gridmap.store.reading import Bomb
from gridmap.store.tables import Address
from tests.makers import make_station

HEAD = "编码,地址,村,组,街路巷,门牌号,户数,经度,纬度\n"


def load(session, path, text_, **more):
    path.write_text(text_)
    return imports.load_file(session, "addresses", path, station="S001", **more)


@pytest.fixture
def file(session, tmp_path):
    make_station(session)
    return tmp_path / "doors.csv"


def test_one_bad_row_of_many_is_refused_alone_by_line_and_reason(session, file):
    rows = [f"A{n},幸福路{n}号,上庄村,3组,幸福路,{n}号,2,112.905,35.805" for n in range(100)]
    faults = {
        10: (",幸福路10号,,,,,2,112.905,35.805", "code is empty", ""),
        20: ("A20,,,,,,2,112.905,35.805", "the full text is empty", ""),
        30: ("A30,幸福路30号,,,,,two,112.905,35.805", "households is no whole number from 0 to 100,000", "two"),
        31: ("A31,幸福路31号,,,,,-1,112.905,35.805", "households is no whole number from 0 to 100,000", "-1"),
        32: ("A32,幸福路32号,,,,,1.5,112.905,35.805", "households is no whole number from 0 to 100,000", "1.5"),
        40: ("A40,幸福路40号,,,,,2,,", "no coordinates", ""),
        50: ("A50,幸福路50号,,,,,2,35.805,112.905", "longitude and latitude are the wrong way round", "35.805,112.905"),
        60: ("A60,幸福路60号,,,,,2,0,0", "0, 0 is a place in the sea, not this one", "0,0"),
        70: ("A69,幸福路70号,,,,,2,112.905,35.805", "the code stands already on line 71", "A69"),
        80: ("A80,幸福\x07路80号,,,,,2,112.905,35.805", "full has control characters", ""),
        90: (f"A90,{'长' * 501},,,,,2,112.905,35.805", "full is longer than 500 characters", "长" * 120),
    }
    for place, (row, _, _) in faults.items():
        rows[place] = row
    report = load(session, file, HEAD + "\n".join(rows))
    assert report.added == 100 - len(faults)
    found = {one.line: (one.reason, one.value) for one in report.rejected}
    expected = {place + 2: (reason, value) for place, (_, reason, value) in faults.items()}
    expected[82] = ("full has control characters", found[82][1])
    assert found == expected


def test_what_a_row_says_comes_to_stand_in_its_columns(session, file):
    load(session, file, HEAD + "A1,南城街道　上庄村民委员会３组幸福路１２号,上庄村,3组,幸福路,12号,4,112.905,35.805\n")
    door = session.scalars(select(Address)).one()
    assert (door.full, door.village, door.group, door.street, door.number, door.households) == (
        "南城街道上庄村民委员会3组幸福路12号", "上庄村", "3组", "幸福路", "12号", 4,
    )  # fmt: skip


def test_loading_twice_changes_nothing_and_a_change_is_counted(session, file):
    rows = HEAD + "".join(f"A{n},幸福路{n}号,,,,,1,112.905,35.805\n" for n in range(5))
    assert (load(session, file, rows).added, load(session, file, rows).unchanged) == (5, 5)
    report = load(session, file, rows.replace("幸福路3号", "和平路3号"))
    assert (report.added, report.updated, report.unchanged) == (0, 1, 4)
    assert report.kept == 5


def test_a_column_that_a_second_file_does_not_have_keeps_what_stood(session, file):
    load(session, file, HEAD + "A1,幸福路1号,上庄村,3组,幸福路,1号,7,112.905,35.805\n")
    report = load(session, file, "code,full,lon,lat\nA1,幸福路1号,112.906,35.805\n")
    assert report.updated == 1
    door = session.scalars(select(Address)).one()
    session.refresh(door)
    assert (door.households, door.village) == (7, "上庄村")


def test_residents_are_numbers_and_nothing_told_is_not_nobody_there(session, file):
    table = "编码,地址,常住人口,经度,纬度\nA1,幸福路1号,7,112.905,35.805\nA2,幸福路2号,,112.905,35.805\nA3,幸福路3号,some,112.905,35.805\n"
    report = load(session, file, table)
    assert [(one.line, one.reason) for one in report.rejected] == [
        (4, "residents is no whole number from 0 to 100,000")
    ]
    assert session.execute(select(Address.code, Address.residents).order_by(Address.code)).all() == [
        ("A1", 7),
        ("A2", None),
    ]
    assert load(session, file, table).unchanged == 2
    assert load(session, file, "code,full,lon,lat\nA1,幸福路1号,112.905,35.805\n").unchanged == 1


def test_a_file_without_codes_gets_the_same_codes_every_time(session, file):
    table = "地址,经度,纬度\n幸福路1号,112.905,35.805\n幸福路　１號,112.906,35.805\n幸福路2号,112.905,35.805\n"
    report = load(session, file, table)
    assert (report.added, report.rejected[0].line, report.rejected[0].reason) == (
        2,
        3,
        "the same address stands already on line 2",
    )
    assert load(session, file, table).unchanged == 2


def test_a_file_of_levels_makes_its_own_full_text(session, file):
    load(session, file, "code,town,village,street,number,lon,lat\nA1,南城街道,上庄村,幸福路,12号,112.905,35.805\n")
    assert session.scalars(select(Address.full)).one() == "南城街道上庄村幸福路12号"


def test_columns_are_mapped_as_a_person_says(session, file):
    table = "BEAT,WHERE,E,N,lon,lat\nA1,幸福路1号,112.905,35.805,0,0\n"
    mapping = {"code": "beat", "full": "WHERE", "lon": "E", "lat": "N"}
    assert load(session, file, table, mapping=mapping).added == 1
    with pytest.raises(ColumnUnclear, match="--map code=X: the file has no such column; it has: BEAT, WHERE"):
        load(session, file, table, mapping={"code": "X"})
    with pytest.raises(ColumnUnclear, match="--map colour=…: there is no such field; there are: building, city, code"):
        load(session, file, table, mapping={"colour": "BEAT"})


def test_an_unknown_station_and_kind_and_a_missing_station_are_told(session, file):
    file.write_text(HEAD)
    with pytest.raises(StationNotFound, match="no station S999"):
        imports.load_file(session, "addresses", file, station="S999")
    with pytest.raises(imports.ImportUnclear, match="--station CODE"):
        imports.load_file(session, "addresses", file)
    with pytest.raises(imports.ImportUnclear, match="no import of 'doors'"):
        imports.load_file(session, "doors", file)


def test_doors_outside_the_jurisdiction_are_kept_and_told(session, file):
    report = load(session, file, HEAD + "A1,幸福路1号,,,,,1,112.95,35.805\nA2,幸福路2号,,,,,1,112.905,35.805\n")
    assert report.added == 2
    assert report.warnings == ["1 places lie outside the jurisdiction of station S001"]


def test_a_file_of_blocks_finds_repeats_across_them(session, file):
    rows = "".join(f"A{n % 50_010},幸福路{n}号,,,,,1,112.905,35.805\n" for n in range(50_020))
    progress: list[tuple[int, int]] = []
    report = load(session, file, HEAD + rows, progress=lambda done, total: progress.append((done, total)))
    assert (report.added, report.refused) == (50_010, 10)
    assert report.rejected[0].reason == "the code stands already on line 2"
    assert len(progress) == 2
    assert progress[-1][0] == progress[-1][1]


def test_every_rejection_is_handed_on_while_the_report_keeps_a_thousand(session, file):
    handed = []
    report = load(session, file, HEAD + "A,,,,,,,,\n" * 1500, on_reject=handed.append)
    assert (len(handed), len(report.rejected), report.refused) == (1500, 1000, 1500)


def test_a_half_way_error_leaves_nothing(session, file):
    table = HEAD + "A1,幸福路1号,,,,,1,112.905,35.805\n" * 60_000 + '"never closed'
    savepoint = session.begin_nested()
    with pytest.raises(Bomb):
        load(session, file, table + "x" * (3 << 20))
    savepoint.rollback()
    assert session.execute(text("SELECT count(*) FROM address")).scalar_one() == 0
