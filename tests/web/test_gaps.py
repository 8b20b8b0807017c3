"""The page of coverage gaps: groups, list, hours of the week, filters, downloads, and who may see disputes."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest

from gridmap.domain.access import Role
from gridmap.services.coverage import KINDS
from gridmap.store.tables import Address, Audit, Dispute, Person
from gridmap.web import gaps_rows, words
from tests import makers
from tests.web.filled import NOW


def facts(page: str) -> dict:
    return json.loads(re.search(r'id="page">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def faulty(sessions, held):
    """Add a roster with nights of nobody in B, a visit, a post far away and a dispute nobody came back to."""
    with sessions.begin() as session:
        officer = session.query(Person).filter(Person.name.endswith("王警官")).one()
        makers.make_shift(session, officer, NOW - timedelta(days=2), NOW + timedelta(days=16))
        door = session.query(Address).filter_by(code="D0.3").one()
        makers.make_visit(session, door, NOW - timedelta(days=3))
        makers.make_facility(session, "police_post", 0.3, 0.3)
        makers.make_facility(session, "school", 40, 0.5, code="FAR")
        session.add(
            Dispute(
                station="S001", number="SECRET-7", kind="quarrel", opened_at=NOW - timedelta(days=80), state="settled",
                settled_at=NOW - timedelta(days=60), geom=makers.wkb(makers.spot(0.2, 0.2)),
            )
        )  # fmt: skip
    return held


@pytest.fixture
def officer(faulty, as_role):
    return as_role(Role.OFFICER)


def test_every_group_is_there_with_its_kinds_their_sizes_and_what_to_do(officer):
    page = officer.get("/gaps").text
    told = {pin["kind"]: pin for pin in facts(page)["pins"]}
    assert set(told) == {
        "door_no_cell", "door_no_plate", "beat_no_officer", "cell_no_member", "posting_ended", "leave_no_substitute",
        "off_duty_now", "off_duty_hours", "door_not_visited", "dispute_no_follow_up", "door_out_of_reach",
        "facility_out_of_reach",
    }  # fmt: skip
    for group in ("地面与门户", "人员", "时段", "走访与回访", "可达"):
        assert f">{group}</a>" in page
    assert page.count("<tr data-n=") == len(facts(page)["pins"])
    assert "指定代班人" in page
    assert "沿道路、车，10 分钟以内" in page
    assert told["beat_no_officer"]["since"].endswith("或更早")
    assert "无人值班</title>" in page
    assert "Coverage gaps" in officer.get("/gaps?lang=en").text


def test_filters_of_the_address_are_those_of_the_form_the_list_and_the_files(officer):
    page = officer.get("/gaps?group=people").text
    assert {pin["kind"] for pin in facts(page)["pins"]} == {
        "beat_no_officer", "cell_no_member", "posting_ended", "leave_no_substitute",
    }  # fmt: skip
    assert '<option value="people" selected>' in page
    one = officer.get("/gaps?kind=beat_no_officer&zone=B&minutes=5&by=foot").text
    assert [pin["where"] for pin in facts(one)["pins"]] == ["B格"]
    assert "步行，5 分钟以内" in one
    assert 'class="hours-table"' in one
    href = re.search(r'href="(/gaps/gaps\.csv\?[^"]+)"', one)[1].replace("&amp;", "&")
    reply = officer.get(href)
    assert reply.headers["content-disposition"] == 'attachment; filename="gaps-S001.csv"'
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert [(row["kind"], row["code"], row["beats"]) for row in rows] == [("beat_no_officer", "B", "B")]
    shapes = officer.get(href.replace(".csv", ".geojson")).json()
    assert [one["properties"]["code"] for one in shapes["features"]] == ["B"]
    assert shapes["synthetic"] is True


def test_the_list_is_sorted_and_paged(officer, monkeypatch):
    monkeypatch.setattr("gridmap.web.gaps.A_PAGE", 2)
    first = officer.get("/gaps?sort=households").text
    sizes = [
        pin["households"]
        for page in range(1, 9)
        for pin in facts(officer.get(f"/gaps?sort=households&page={page}").text)["pins"]
    ]
    assert 'aria-sort="descending"' in first
    assert [pin["n"] for pin in facts(first)["pins"]] == [1, 2]
    assert 'rel="next"' in first
    assert sizes[:4] == sorted(sizes[:4], reverse=True)
    last = officer.get("/gaps?page=999").text
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    up = officer.get("/gaps?sort=since&up=1").text
    assert 'aria-sort="ascending"' in up


def test_disputes_are_told_one_by_one_only_to_who_may_read_incidents_and_on_record(officer, as_role, sessions):
    page = officer.get("/gaps").text
    assert "SECRET-7" in page
    with sessions() as session:
        looks = session.query(Audit).filter_by(action="look", thing="disputes").count()
    assert looks == 1
    planner = as_role(Role.PLANNER)
    for path in (
        "/gaps",
        "/gaps/gaps.csv?station=S001",
        "/gaps/gaps.geojson?station=S001",
        "/api/v1/stations/S001/coverage-gaps",
    ):
        text = planner.get(path).text
        assert "SECRET" not in text, path
        assert "dispute_no_follow_up" in text, path
    assert "全辖区（位置不公开）" in planner.get("/gaps").text
    assert "SECRET-7" in officer.get("/api/v1/stations/S001/coverage-gaps").text


def test_what_is_not_loaded_is_said_and_nobody_accused(held, as_role):
    page = as_role(Role.OFFICER).get("/gaps").text
    assert "未载入值班表" in page
    assert "没有走访记录" in page
    assert "未载入警务室位置" in page
    assert not {pin["kind"] for pin in facts(page)["pins"]} & {"off_duty_now", "off_duty_hours", "door_not_visited"}
    assert 'id="week"' not in page


def test_the_api_filters_by_kind_and_group_and_says_its_limits(officer):
    path = "/api/v1/stations/S001/coverage-gaps"
    found = officer.get(path, params={"group": ["reach"], "minutes": 3, "by": "foot"}).json()
    assert {one["properties"]["kind"] for one in found["features"]} <= {"door_out_of_reach", "facility_out_of_reach"}
    assert (found["limits"]["reach_minutes"], found["limits"]["reach_by"]) == (3, "foot")
    assert [note["key"] for note in found["notes"]] == ["reach_streets"]
    past = officer.get(path, params={"at": "2000-01-01T00:00:00Z", "kind": "beat_no_officer"}).json()
    assert past["features"] == []
    assert past["notes"][0]["key"] == "no_edition"
    assert officer.get(path, params={"kind": "nonsense"}).json()["type"] == "/problems/gap-kind-not-known"
    assert officer.get("/gaps?kind=nonsense").status_code == 422


def test_every_kind_has_a_name_and_something_to_do():
    for kind in KINDS:
        assert kind in words.KINDS, kind
        assert all(words.WORDS[f"todo_{kind}"]), kind


def test_many_doors_are_thinned_for_the_map_and_few_are_not():
    import shapely

    many = shapely.MultiPoint([(112.9 + n * 1e-5, 35.8) for n in range(1_000)])
    assert 10 <= len(gaps_rows._thin(many).geoms) <= 12
    few = shapely.MultiPoint([(112.9, 35.8), (112.900001, 35.8)])
    assert gaps_rows._thin(few) is few
