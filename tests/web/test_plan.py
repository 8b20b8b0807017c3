"""The planner's page: the edition, its figures, its faults, and the steps."""

from __future__ import annotations

import json
import re

import pytest

from gridmap.domain.access import Role
from gridmap.services import editions
from gridmap.store import editions as store


def facts(page: str) -> dict:
    """Return what the page tells its module."""
    return json.loads(re.search(r'id="page">(.*?)</script>', page, re.DOTALL)[1])


def form(page: str, action: str) -> bool:
    return f'action="{action}"' in page


@pytest.fixture
def planner(held, as_role):
    return as_role(Role.PLANNER)


def test_the_edition_in_force_is_shown_with_the_figures_of_each_zone(planner):
    page = planner.get("/plan?station=S001").text
    row = re.search(r'<tr data-code="A">.*?</tr>', page, re.DOTALL)[0]
    assert "王警官" in row
    assert "无人负责" in re.search(r'<tr data-code="B">.*?</tr>', page, re.DOTALL)[0]
    assert "现行" in page
    assert facts(page)["kind"] == "beat"


def test_cells_are_shown_with_their_grid_members(planner):
    page = planner.get("/plan?kind=grid_cell").text
    assert "李网格" in re.search(r'<tr data-code="A1">.*?</tr>', page, re.DOTALL)[0]
    assert len(re.findall(r'<tr data-code="', page)) == 4


def test_a_draft_is_checked_and_its_faults_are_listed_and_placed(planner, held):
    page = planner.get(f"/plan?edition={held.draft}").text
    pins = facts(page)["pins"]
    assert {"空白区"} <= {pin["title"] for pin in pins}
    assert page.count('data-n="') == len(pins)
    assert all(112.8 < pin["lon"] < 113 and 35.7 < pin["lat"] < 35.9 for pin in pins)
    assert facts(page)["before"].endswith("edition=1")


def test_a_draft_with_faults_cannot_be_published_from_the_page_nor_without_it(planner, held):
    page = planner.get(f"/plan?edition={held.draft}").text
    assert re.search(r'<button title="[^"]*" disabled>发布', page)
    reply = planner.post(
        "/plan/publish", data={"station": "S001", "edition": held.draft}, headers={"Accept": "text/html"}
    )
    assert reply.status_code == 409
    assert "gap" in reply.text


def test_a_sound_draft_is_published_and_withdrawn_again(planner, held, sessions):
    with sessions.begin() as session:
        number = editions.open_draft(session, "S001", by="test").number
    done = planner.post("/plan/publish", data={"station": "S001", "edition": number})
    assert done.status_code == 303
    assert f"已发布第 {number} 版" in planner.get(done.headers["location"]).text
    gone = planner.post("/plan/withdraw", data={"station": "S001", "edition": number, "reason": "test"})
    assert f"已撤回第 {number} 版" in planner.get(gone.headers["location"]).text
    with sessions() as session:
        assert store.in_force(session, "S001").number == 1


def test_an_address_alone_claims_nothing(planner, held):
    assert "已发布" not in planner.get(f"/plan?edition={held.draft}&done=published").text


def test_an_auditor_reads_and_has_no_button(held, as_role):
    page = as_role(Role.AUDITOR).get(f"/plan?edition={held.draft}").text
    assert not form(page, "/plan/publish")
    assert not form(page, "/plan/withdraw")


def test_a_form_without_its_token_changes_nothing(planner, held, sessions):
    del planner.headers["X-CSRF-Token"]
    reply = planner.post("/plan/withdraw", data={"station": "S001", "edition": 1, "reason": "x"})
    assert reply.status_code == 403
    with sessions() as session:
        assert store.find(session, "S001", 1).status == "published"


def test_what_a_draft_changes_is_summed_up(planner, held):
    page = planner.get(f"/plan?edition={held.draft}").text
    assert "与现行第 1 版比较" in page
    assert re.search(r"<td>A</td><td>调整", page)


def test_a_station_without_an_edition_says_so(as_role):
    assert "还没有任何版次" in as_role(Role.PLANNER).get("/plan").text


def test_the_zones_of_an_edition_are_read_once(planner):
    first = planner.get("/maps/zones.json?station=S001&edition=1")
    assert {one["properties"]["code"] for one in first.json()["beats"]["features"]} == {"A", "B"}
    again = planner.get("/maps/zones.json?station=S001&edition=1", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_changed_draft_is_read_again(planner, held, sessions):
    url = f"/maps/zones.json?station=S001&edition={held.draft}"
    first = planner.get(url)
    with sessions.begin() as session:
        draft = store.find(session, "S001", held.draft)
        editions.put_zones(session, draft, *reversed_names(session))
    assert planner.get(url, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def reversed_names(session):
    from tests.makers import two_squares

    beats, cells = two_squares()
    beats["name_zh"] = ["乙", "甲"]
    return beats, cells


def test_the_ground_holds_jurisdiction_roads_and_places(planner):
    ground = planner.get("/maps/ground.json?station=S001").json()
    assert ground["jurisdiction"]["type"] == "MultiPolygon"
    assert list(ground["roads"]) == ["street"]
    assert [place["kind"] for place in ground["places"]] == ["town", "village"]
    assert ground["tiles"] is False
