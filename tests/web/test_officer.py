"""The officer's page: what gathers, what is missing, in the period and category of the address."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from gridmap.domain.access import Role
from gridmap.store.tables import Audit
from tests.web.filled import TODAY


def facts(page: str) -> dict:
    return json.loads(re.search(r'id="page">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def officer(held, as_role):
    return as_role(Role.OFFICER)


def cells(client, page: str, name: str = "hotspots") -> dict:
    """Ask an analysis at the very address the page tells the browser to load early."""
    url = re.search(rf'rel="preload" href="([^"]+/analyses/{name}[^"]*)"', page)[1].replace("&amp;", "&")
    return client.get(url).json()


def test_every_kind_of_gap_is_listed_with_its_place_and_size(officer):
    page = officer.get("/map?panel=gaps").text
    found = facts(page)["pins"]
    pins = {pin["title"]: pin for pin in found["pins"]}
    assert {"警格无民警", "网格无网格员", "任职已到期", "请假无人代班", "门户不在任何网格"} <= set(pins)
    assert pins["门户不在任何网格"]["doors"] == 1
    assert page.count('data-n="') == len(found["pins"])
    assert found["all"] >= len(found["pins"])
    assert "赵网格请假" in page
    last_day = TODAY - timedelta(days=31)  # the posting's first day without her is thirty days ago
    assert f"钱网格任至 {last_day}" in page
    assert officer.get("/map/gaps.json?station=S001").json() == found


def test_the_map_counts_as_many_gaps_as_the_page_of_gaps(officer):
    told = re.search(r'</h1><span class="tag[^"]*">([\d,]+)<', officer.get("/gaps").text)[1]
    assert told == f"{facts(officer.get('/map?panel=gaps').text)['pins']['all']:,}"


def test_gaps_are_not_looked_for_before_somebody_wants_them(officer):
    page = officer.get("/map").text
    assert facts(page)["pins"] is None
    assert 'data-n="' not in page


def test_the_page_means_disputes_until_told_otherwise_and_loads_its_picture_early(officer):
    page = officer.get("/map").text
    assert "45 起警情" in page
    found = cells(officer, page)
    assert found["events"] == 45
    assert found["cells"]["features"]
    assert found["view"]["category"] == ["disputes"]
    assert "60 起警情" in officer.get("/map?category=").text


def test_too_few_events_are_said_and_nothing_is_called_hot(officer):
    week = TODAY - timedelta(days=6)
    found = cells(officer, officer.get(f"/map?since={week}&until={TODAY}").text)
    assert found["facts"]["enough"] is False
    assert {one["properties"]["class"] for one in found["cells"]["features"]} <= {"too_few"}


def test_the_filter_of_the_address_is_the_filter_of_the_form_and_of_the_data(officer):
    since = TODAY - timedelta(days=20)
    view = f"since={since}&until={TODAY}&category=theft&weekday=1&weekday=2&hours=0-12&origin=reported&tier=2"
    page = officer.get(f"/map?{view}").text
    assert f'name="since" value="{since}"' in page
    for box in ('name="category" value="theft"', 'name="weekday" value="2"', 'name="tier" value="2"'):
        assert f"{box} checked" in page, box
    assert 'value="0-12"' in page
    assert 'value="reported" checked' in page
    assert f"{view.replace('&tier=2', '')}".split("&")[2] in facts(page)["query"]


def test_incidents_of_a_view_come_as_columns(officer):
    since = TODAY - timedelta(days=20)
    points = officer.get(f"/map/incidents.json?station=S001&since={since}&until={TODAY}&category=theft").json()
    kinds = {points["categories"][point[2]]["code"] for point in points["points"]}
    assert kinds == {"theft"}
    assert len(points["points"]) == 6


@pytest.mark.parametrize(
    "narrow",
    ["category=theft", "zone=A", "zone=V", "zone=A1&zone=B", "hours=0-12", "hours=20-6", "hours=12-0", "weekday=1&weekday=7", "origin=started",
     "tier=1", "category=theft&zone=A&hours=6-22"],
)  # fmt: skip
def test_what_the_page_counts_is_what_an_analysis_counts(officer, narrow):
    view = f"since={TODAY - timedelta(days=60)}&until={TODAY}&{narrow}"
    held = officer.get(f"/map/held.json?station=S001&{view}").json()
    points = officer.get(f"/map/incidents.json?station=S001&{view}").json()["points"]
    found = officer.get(f"/api/v1/stations/S001/analyses/hotspots?{view}").json()
    assert held["incidents"] == len(points) == found["events"]


def test_a_zone_tells_who_answers_and_what_happened_now_and_before(officer):
    since = TODAY - timedelta(days=29)
    story = officer.get(f"/map/zone.json?station=S001&kind=beat&code=A&since={since}&until={TODAY}").json()
    assert [one["name"] for one in story["people"]] == ["王警官"]
    assert (story["doors"], story["households"]) == (2, 6)
    held = officer.get(f"/map/held.json?station=S001&zone=A&since={since}&until={TODAY}").json()
    assert story["incidents"]["now"] == held["incidents"] > 0
    assert story["disputes"]["now"] == held["disputes"]
    assert story["before"] == [str(since - timedelta(days=30)), str(since - timedelta(days=1))]
    assert sum(now for _, now, _ in story["categories"]) == story["incidents"]["now"]
    assert 0 < story["incidents"]["p"] <= 1


def test_a_zone_that_is_not_there_is_named(officer):
    reply = officer.get(f"/map/zone.json?station=S001&kind=beat&code=nowhere&since=2026-01-01&until={TODAY}")
    assert reply.status_code == 404
    assert reply.json()["type"].endswith("zone-not-on-map")


def test_a_point_on_a_shared_border_counts_for_one_zone(officer, sessions):
    view = f"since={TODAY - timedelta(days=60)}&until={TODAY}"
    stories = [officer.get(f"/map/zone.json?station=S001&kind=beat&code={code}&{view}").json() for code in "AB"]
    whole = officer.get(f"/map/held.json?station=S001&{view}").json()
    assert sum(story["incidents"]["now"] for story in stories) == whole["incidents"]


def test_months_on_record_have_no_hole_and_are_not_sent_twice(officer):
    reply = officer.get("/map/months.json?station=S001")
    months = reply.json()["months"]
    assert sum(count for _, count, _ in months) == 60
    assert sum(disputes for _, _, disputes in months) == 45
    assert [month for month, _, _ in months] == sorted({month for month, _, _ in months})
    again = officer.get("/map/months.json?station=S001", headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


def test_a_period_that_ends_before_it_begins_is_refused(officer):
    assert officer.get("/map?since=2026-02-01&until=2026-01-01").status_code == 422


def test_an_empty_period_says_where_the_newest_is(officer):
    page = officer.get("/map?since=2020-01-01&until=2020-02-01").text
    assert "该时段没有警情" in page
    assert "最近一起在" in page


def test_a_planner_sees_gaps_and_hotspots_but_no_incident(held, as_role):
    planner = as_role(Role.PLANNER)
    page = planner.get("/map").text
    assert facts(page)["may_read"] is False
    assert 'data-layer="incidents"' not in page
    assert planner.get("/map/incidents.json?station=S001&since=2020-01-01&until=2030-01-01").status_code == 403
    assert planner.get("/map/zone.json?station=S001&kind=beat&code=A").status_code == 200


def test_the_page_holds_no_incident_and_looking_at_them_is_on_record(officer, sessions):
    page = officer.get("/map").text
    assert "points" not in facts(page)
    officer.get("/map/incidents.json?station=S001&since=2020-01-01&until=2030-01-01")
    with sessions() as session:
        assert session.query(Audit).filter_by(action="look", thing="incidents").count() == 1


def test_too_many_incidents_come_as_counts_on_a_lattice(officer, monkeypatch):
    from gridmap.web.maps import features

    monkeypatch.setattr(features, "MOST_POINTS", 10)
    found = officer.get("/map/incidents.json?station=S001&since=2020-01-01&until=2030-01-01").json()
    assert "points" not in found
    assert sum(count for _, count in found["cells"]) == 60


def test_the_page_is_a_few_statements_and_computes_nothing(officer, queries):
    officer.get("/map")
    queries.clear()
    officer.get("/map")
    assert len(queries) <= 14
    assert not any("address" in one for one in queries)


def test_it_is_read_in_english_too(officer):
    page = officer.get("/map?lang=en").text
    assert '<html lang="en">' in page
    assert "Coverage gaps" in page
    assert officer.cookies.get("lang") == "en"
    assert "Coverage gaps" in officer.get("/map").text


def test_a_grid_member_sees_the_own_cells_and_no_gaps(held, as_role):
    member = as_role(Role.GRID_MEMBER)
    view = f"since={TODAY - timedelta(days=60)}&until={TODAY}"
    page = member.get(f"/map?category=&{view}").text
    whole = as_role(Role.OFFICER).get(f"/map/held.json?station=S001&{view}").json()["incidents"]
    mine = member.get(f"/map/held.json?station=S001&{view}").json()["incidents"]
    assert 0 < mine < whole
    assert facts(page)["held"][0] == mine
    assert member.get(f"/api/v1/stations/S001/analyses/hotspots?{view}").json()["events"] == mine
    assert 'data-panel="gaps"' not in page
    assert 'data-layer="gaps"' not in page
    assert 'data-n="' not in member.get("/map?panel=gaps").text
    assert member.get("/map/gaps.json?station=S001").status_code == 403
    assert sum(count for _, count, _ in member.get("/map/months.json?station=S001").json()["months"]) <= mine
