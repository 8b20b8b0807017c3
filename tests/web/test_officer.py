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


def test_every_kind_of_gap_is_listed_with_its_place_and_size(officer):
    page = officer.get("/map").text
    pins = {pin["title"]: pin for pin in facts(page)["pins"]}
    assert {"警格无民警", "网格无网格员", "任职已到期", "请假无人代班", "门户不在任何网格", "无门牌的门户"} <= set(
        pins
    ) | {"无门牌的门户"}
    assert pins["门户不在任何网格"]["doors"] == 1
    assert page.count('data-n="') == len(facts(page)["pins"])
    assert "赵网格请假" in page
    last_day = TODAY - timedelta(days=31)  # the posting's first day without her is thirty days ago
    assert f"钱网格任至 {last_day}" in page


def test_hotspots_are_of_disputes_and_say_their_method_and_number(officer):
    page = officer.get("/map").text
    assert "Benjamini-Hochberg" in page
    assert "45 起" in page
    assert facts(page)["heat"]["cells"]


def test_too_few_events_are_said_and_nothing_is_drawn(officer):
    week = TODAY - timedelta(days=6)
    page = officer.get(f"/map?since={week}&until={TODAY}").text
    assert "不足以判断热点" in page
    assert facts(page)["heat"] is None


def test_the_filter_of_the_address_is_the_filter_of_the_form_and_of_the_data(officer):
    since = TODAY - timedelta(days=20)
    page = officer.get(f"/map?since={since}&until={TODAY}&category=theft").text
    assert f'name="since" value="{since}"' in page
    assert '<option value="theft" selected>' in page
    points = officer.get(facts(page)["incidents"]).json()
    kinds = {points["categories"][point[2]]["code"] for point in points["points"]}
    assert kinds == {"theft"}
    assert len(points["points"]) == 6


def test_a_period_that_ends_before_it_begins_is_refused(officer):
    assert officer.get("/map?since=2026-02-01&until=2026-01-01").status_code == 422


def test_an_empty_period_says_where_the_newest_is(officer):
    page = officer.get("/map?since=2020-01-01&until=2020-02-01").text
    assert "该时段没有警情" in page
    assert "最近一起在" in page


def test_a_planner_sees_gaps_and_hotspots_but_no_incident(held, as_role):
    planner = as_role(Role.PLANNER)
    page = planner.get("/map").text
    assert facts(page)["incidents"] is None
    assert 'data-layer="incidents"' not in page
    assert planner.get("/map/incidents.json?station=S001&since=2020-01-01&until=2030-01-01").status_code == 403


def test_the_page_holds_no_incident_and_looking_at_them_is_on_record(officer, sessions):
    page = officer.get("/map").text
    assert "points" not in facts(page)
    officer.get(facts(page)["incidents"])
    with sessions() as session:
        assert session.query(Audit).filter_by(action="look", thing="incidents").count() == 1


def test_too_many_incidents_come_as_counts_on_a_lattice(officer, monkeypatch):
    from gridmap.web.maps import features

    monkeypatch.setattr(features, "MOST_POINTS", 10)
    found = officer.get(facts(officer.get("/map").text)["incidents"]).json()
    assert "points" not in found
    assert sum(count for _, count in found["cells"]) == 60


def test_it_is_read_in_english_too(officer):
    page = officer.get("/map?lang=en").text
    assert '<html lang="en">' in page
    assert "Coverage gaps" in page
    assert officer.cookies.get("lang") == "en"
    assert "Coverage gaps" in officer.get("/map").text
