"""Incidents, disputes, people and leave: times in the station's zone, places by address, postings that do not clash."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from gridmap.services import imports
from gridmap.services.imports import Options
from gridmap.services.imports.rows import Rows, day_of
from gridmap.services.imports.times import moments
from gridmap.store.reading import Block, Placing
from gridmap.store.tables import Dispute, DisputeEvent, Incident, IncidentCategory, Leave, Person, Posting
from tests.makers import make_door, make_person, make_station


@pytest.fixture
def load(session, tmp_path):
    """Return a function that loads a text as a file of a kind for station S001."""
    make_station(session)
    session.add_all([
        IncidentCategory(code="noise", name_zh="噪音扰民", name_en="Noise", is_dispute=True),
        IncidentCategory(code="theft", name_zh="盗窃", name_en="Theft"),
    ])  # fmt: skip
    session.flush()

    def work(kind: str, table: str, **options: object) -> imports.Report:
        path = tmp_path / f"{kind}.csv"
        path.write_text(table)
        return imports.load_file(session, kind, path, station="S001", options=Options(**options))  # type: ignore[arg-type]

    return work


def read(texts: list[str], zone: str = "Asia/Shanghai") -> tuple[list[datetime | None], dict[int, str]]:
    """Return the moments of texts, and the reasons of those refused by position."""
    block = Block(pd.RangeIndex(len(texts)).to_numpy(), pd.DataFrame({"at": pd.array(texts, dtype="str")}), None, {}, 0)
    rows = Rows(block, {"at": "at"}, Placing.__new__(Placing), ZoneInfo(zone))
    found = moments(rows, "at", ZoneInfo(zone))
    return [None if pd.isna(one) else one.to_pydatetime() for one in found], {
        one.line: one.reason for one in rows.rejections
    }


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2024-05-31 08:05", (2024, 5, 31, 0, 5)), ("2024-05-31T08:05:09", (2024, 5, 31, 0, 5, 9)),
        ("2024-05-31T08:05:00Z", (2024, 5, 31, 8, 5)), ("2024-05-31 08:05+09:00", (2024, 5, 30, 23, 5)),
        ("2024-05-31T08:05:00.250-0700", (2024, 5, 31, 15, 5, 0, 250_000)), ("2024/5/31 8:05", (2024, 5, 31, 0, 5)),
        ("2024.05.31 08:05", (2024, 5, 31, 0, 5)), ("2024-05-31", (2024, 5, 30, 16)), ("2024年5月31日", (2024, 5, 30, 16)),
        ("2024年5月31日 8时05分", (2024, 5, 31, 0, 5)), ("2024年05月31日08时05分09秒", (2024, 5, 31, 0, 5, 9)),
        ("2024年5月31日 下午3点", (2024, 5, 31, 7)), ("2024/5/31 下午 3:05", (2024, 5, 31, 7, 5)),
        ("2024/5/31 上午 12:05", (2024, 5, 30, 16, 5)), ("2024年5月31日 晚上8:30", (2024, 5, 31, 12, 30)),
        ("2024年5月31日 中午12:30", (2024, 5, 31, 4, 30)), ("2024-5-31 星期五 8:05", (2024, 5, 31, 0, 5)),
        ("20240531080509", (2024, 5, 31, 0, 5, 9)), ("202405310805", (2024, 5, 31, 0, 5)),
        ("5/31/2024 8:05 PM", (2024, 5, 31, 12, 5)), ("2024：5：31", None), ("2024-02-30 08:00", None), ("yesterday", None),
        ("2024/5/31 25:00", None), ("45443.33", None), ("1899-12-31 08:00", None),
    ],
)  # fmt: skip
def test_a_time_is_read_as_people_write_it_in_the_zone_of_the_station(written, utc):
    found, refused = read([written])
    if utc is None:
        assert list(refused) == [0]
    else:
        assert (found, refused) == ([datetime(*utc, tzinfo=UTC)], {})


@given(
    st.integers(694_224_000, 4_070_908_800).map(lambda second: datetime.fromtimestamp(second, UTC).replace(tzinfo=None))
)
def test_iso_times_of_one_column_agree_with_the_standard_library(moment):
    here = moment.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    found, _ = read([moment.isoformat(), moment.isoformat(" "), here.isoformat(), here.astimezone(UTC).isoformat()])
    assert found == [here.astimezone(UTC)] * 4


def test_an_hour_that_never_was_is_refused_and_of_one_that_came_twice_the_first_is_taken():
    found, refused = read(["2024-03-10 02:30", "2024-11-03 01:30"], "America/Los_Angeles")
    assert refused == {0: "at never was: the clocks of America/Los_Angeles were put forward then"}
    assert found[1] == datetime(2024, 11, 3, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "day"),
    [("2024-05-31", date(2024, 5, 31)), ("2024/5/1", date(2024, 5, 1)), ("2024年5月31日", date(2024, 5, 31)),
     ("20240531", date(2024, 5, 31)), ("2024-05-31T08:00", date(2024, 5, 31)), ("2024-02-30", None), ("", None), ("5月", None)],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(written, day):
    assert day_of(written) == day


CALLS = """警情编号,报警时间,类别,地址,经度,纬度,所属警格
1,2024-05-31 08:05,噪音扰民,上庄村委会3组１号,,,A
2,2024年5月31日 下午3时05分,theft,,112.905,35.805,B
3,2024/5/31 25:00,theft,,112.905,35.805,B
4,2024-05-31 08:05,shouting,,112.905,35.805,B
5,2024-05-31 08:05,theft,不存在路1号,,,
6,2024-05-31 08:05,theft,,,,
2,2024-05-31 08:05,theft,,112.905,35.805,
7,,theft,,112.905,35.805,
"""


def test_incidents_are_placed_categorised_and_refused_by_line(session, load):
    door = make_door(session, 0.5, 0.5)
    door.full = "上庄村3组1号"
    session.flush()
    report = load("incidents", CALLS)
    assert report.added == 3
    assert {one.line: one.reason.split(" (")[0] for one in report.rejected} == {
        4: "at is no time", 5: "there is no such category",
        6: "no such address at this station, and no coordinates", 8: "the number stands already on line 3",
        9: "at is empty",
    }  # fmt: skip
    rows = session.scalars(select(Incident).order_by(Incident.number)).all()
    assert [(one.number, one.category, one.recorded_zone) for one in rows] == [
        ("1", "noise", "A"),
        ("2", "theft", "B"),
        ("6", "theft", None),
    ]
    assert rows[0].at == datetime(2024, 5, 31, 0, 5, tzinfo=UTC)
    assert rows[0].address_id == door.id
    places = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM incident ORDER BY number")).all()
    assert places == [(pytest.approx(112.905), pytest.approx(35.805)), (112.905, 35.805), (None, None)]
    assert report.warnings == ["1 rows have no place; they count, but stand on no map"]
    assert load("incidents", CALLS).unchanged == 3


def test_categories_are_added_and_unknown_addresses_kept_only_when_asked(session, load):
    report = load("incidents", CALLS, add_categories=True, keep_unplaced=True)
    assert report.added == 5
    assert session.get(IncidentCategory, "shouting") is not None
    assert "1 categories were added: shouting" in report.warnings


def test_an_address_named_by_code_or_by_two_doors_alike(session, load):
    one, two = make_door(session, 0.5, 0.5, code="D1"), make_door(session, 1.5, 0.5, code="D2")
    one.full = two.full = "上庄村3组1号"
    session.flush()
    report = load(
        "incidents",
        "number,at,category,address,address_text\n1,2024-05-31 08:05,theft,D2,\n2,2024-05-31 08:05,theft,,上庄村3组1号\n",
    )
    assert report.added == 1
    assert session.scalars(select(Incident)).one().address_id == two.id
    assert report.rejected[0].line == 3


def test_the_zone_of_the_times_can_be_named(session, load):
    load("incidents", "number,at,category\n1,2024-05-31 08:05,theft\n", timezone="UTC")
    assert session.scalars(select(Incident)).one().at == datetime(2024, 5, 31, 8, 5, tzinfo=UTC)
    with pytest.raises(imports.ImportUnclear, match="no such time zone"):
        load("incidents", "number,at,category\n", timezone="Mars/Base")


DISPUTES = """number,kind,opened_at,tier,state,settled_at,incident
D1,noise,2024-05-31 09:00,1,已结案,2024-06-03 09:00,1
D2,noise,2024-05-31 09:00,2,open,,
D3,noise,2024-05-31 09:00,1,closed,,
D4,noise,2024-05-31 09:00,1,settled,2024-05-30 09:00,
D5,noise,2024-05-31 09:00,1,open,,99
D6,noise,2024-05-31 09:00,12,open,,
D7,noise,2024-05-31 09:00,1,lost,,
"""


def test_disputes_take_the_place_of_their_incident_and_log_their_steps_once(session, load):
    load("incidents", "number,at,category,lon,lat\n1,2024-05-31 08:05,noise,112.905,35.805\n")
    for _ in range(2):
        report = load("disputes", DISPUTES)
    assert (report.unchanged, [one.line for one in report.rejected]) == (2, [4, 5, 6, 7, 8])
    first = session.scalars(select(Dispute).where(Dispute.number == "D1")).one()
    assert (first.state, first.geom is not None) == ("closed", True)
    steps = session.scalars(
        select(DisputeEvent.what).where(DisputeEvent.dispute_id == first.id).order_by(DisputeEvent.id)
    )
    assert list(steps) == ["opened", "settled", "closed"]


PEOPLE = """工号,姓名,电话,角色,警格,网格,开始日期,结束日期
P1,张三,000-1234,民警,A,,2024-01-01,
P1,张三,000-1234,民警,B,,2024-01-01,2024年6月30日
P2,李四,not a number,网格员,,A1,2024-01-01,
P3,王五,(000) 1234.5,网格员,,A1,2024-01-01,
P3,王六,000-1235,网格员,,A2,2024-01-01,
P3,王五,000-1235,网格员,,A1,2024-06-01,
P4,赵七,000-1236,king,A,,2024-01-01,
P5,钱八,000-1237,officer,A,A1,2024-01-01,
P6,孙九,000-1238,officer,A,,2024-01-01,2023-01-01
P7,周十,000-1239,officer,A,,soon,
P8,吴一,000-1240,,,,,
"""


def test_people_are_posted_and_what_clashes_is_refused_by_line(session, load):
    report = load("people", PEOPLE)
    assert {one.line: one.reason.split(" (")[0] for one in report.rejected} == {
        4: "phone is none", 6: "5 has called this person '王五'", 7: "the same posting overlaps the one in row 5",
        8: "role is none of officer, auxiliary, grid_member, property_manager, volunteer, mediator, duty_desk",
        9: "a posting is for a beat or for a grid cell, not both", 10: "to lies before from", 11: "from is no date",
    }  # fmt: skip
    posted = session.scalars(select(Posting).order_by(Posting.id)).all()
    assert [(one.role, one.beat, one.grid_cell, one.during.lower, one.during.upper) for one in posted] == [
        ("officer", "A", None, date(2024, 1, 1), None), ("officer", "B", None, date(2024, 1, 1), date(2024, 7, 1)),
        ("grid_member", None, "A1", date(2024, 1, 1), None),
    ]  # fmt: skip
    assert session.scalars(select(Person.code).order_by(Person.code)).all() == ["P1", "P3", "P8"]
    assert session.scalars(select(Person.phone).where(Person.code == "P3")).one() == "000 12345"
    assert report.warnings == ["postings name zones that no edition of S001 has: A, A1, B"]
    again = load("people", PEOPLE)
    assert (again.added, again.updated) == (0, 0)
    assert len(session.scalars(select(Posting)).all()) == 3


def test_a_posting_that_is_there_gets_its_new_end_and_no_second_one(session, load):
    make_person(session, "P1", beat="A", since=date(2024, 1, 1))
    table = "code,name,role,beat,from,to\nP1,P1,officer,A,{},{}\n"
    assert load("people", table.format("2024-01-01", "2024-12-31")).updated == 1
    report = load("people", table.format("2024-03-01", ""))
    assert report.rejected[0].reason == "the same posting is there already, [2024-01-01,2025-01-01)"


def test_leave_needs_people_who_are_there_and_does_not_overlap(session, load):
    for name in ("P1", "P2"):
        make_person(session, name)
    table = (
        "person,substitute,from,to,reason\nP1,P2,2024-02-01,2024-02-10,年假\nP1,P1,2024-03-01,2024-03-02,\n"
        "P1,,2024-02-10,2024-02-20,\nP9,,2024-02-10,2024-02-20,\nP2,P9,2024-02-10,2024-02-20,\nP2,,2024-02-10,,\nP2,,2024-05-01,2024-05-01,\n"
    )
    report = load("leave", table)
    assert {one.line: one.reason for one in report.rejected} == {
        3: "nobody stands in for themselves", 4: "overlaps the leave in row 2", 5: "there is no such person",
        6: "there is no such substitute", 7: "to is empty",
    }  # fmt: skip
    spans = session.scalars(select(Leave.during).order_by(Leave.id)).all()
    assert [(span.lower, span.upper) for span in spans] == [
        (date(2024, 2, 1), date(2024, 2, 11)),
        (date(2024, 5, 1), date(2024, 5, 2)),
    ]
    assert load("leave", table).unchanged == 2
