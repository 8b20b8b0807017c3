"""Taking in a dispute over HTTP, and the ways that lead to the desk: doors, reports, the log-in, receipts."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.services import accounts
from gridmap.store.tables import Dispute, IncidentCategory, Person
from tests import makers
from tests.reported import make_report
from tests.web.desk_town import app, dispute, known, officer, town
from tests.web.filled import STATION

__all__ = ["app", "dispute", "known", "officer", "town"]


def new_form(client, query: str = "") -> dict[str, str]:
    page = client.get(f"/desk/new?station={STATION}{query}").text
    form = page.partition('action="/desk/new"')[2]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_a_dispute_is_taken_in_at_a_plate_and_once(officer, town, sessions):
    page = officer.get(f"/desk/new?station={STATION}&plate={town.plate}").text
    door = re.search(r'name="address" value="(\d+)" checked', page).group(1)
    sent = {
        **new_form(officer), "matter": "dispute", "kind": "neighbours", "address": door, "words": "停车争执",
        "marks": ["worse"], "side_1": "张某", "side_2": "李某", "source": "visit", "mine": "1",
    }  # fmt: skip
    replies = [officer.post("/desk/new", data=sent) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [303, 303]
    assert replies[0].headers["location"] == replies[1].headers["location"]
    with sessions() as session:
        (found,) = session.query(Dispute).all()
        assert (found.kind, found.words, found.marks, found.opened_by) == ("neighbours", "停车争执", ["worse"], "li")
        assert session.get_one(Person, found.holder_id).name == "王警官"
        assert session.execute(text("SELECT side, reference FROM dispute_party ORDER BY side")).all() == [
            (1, "张某"),
            (2, "李某"),
        ]


@pytest.mark.parametrize("other", [{"words": "另一件事"}, {"side_1": "王某"}])
def test_a_form_that_was_used_for_something_else_is_shown_again_with_all_of_it(officer, town, sessions, other):
    door = re.search(
        r'name="address" value="(\d+)"', officer.get(f"/desk/new?station={STATION}&plate={town.plate}").text
    )
    sent = {**new_form(officer), "kind": "neighbours", "address": door.group(1), "words": "停车争执", "side_1": "张某"}
    officer.post("/desk/new", data=sent)
    reply = officer.post("/desk/new", data={**sent, **other})
    assert reply.status_code == 409
    assert next(iter(other.values())) in reply.text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', reply.text))
    assert form["key"] != sent["key"]
    assert officer.post("/desk/new", data={**sent, **other, "key": form["key"]}).status_code == 303
    with sessions() as session:
        assert session.query(Dispute).count() == 2


def filled(officer, town, **typed) -> dict[str, str]:
    """Return a form that lacks nothing."""
    page = officer.get(f"/desk/new?station={STATION}&plate={town.plate}").text
    door = re.search(r'name="address" value="(\d+)" checked', page).group(1)
    return {**new_form(officer), "kind": "neighbours", "address": door, "words": "停车争执", **typed}


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("张某 13800138000", "不能有电话、证件等号码"),
        ("李四光 住城关街3号", "不能有住址"),
        ("王" * 41, "简称最多 40 个字"),
    ],
)
def test_a_reference_that_tells_too_much_is_refused_in_words_and_nothing_typed_is_lost(
    officer, town, sessions, reference, sentence
):
    sent = filled(officer, town, side_1="张某", side_2=reference)
    reply = officer.post("/desk/new", data=sent)
    assert (reply.status_code, sentence in reply.text) == (422, True)
    assert reply.headers["content-type"].startswith("text/html")
    assert "停车争执</textarea>" in reply.text
    assert f'name="side_2" value="{reference}"' in reply.text
    assert re.search(rf'name="address" value="{sent["address"]}" checked', reply.text)
    with sessions() as session:
        assert session.query(Dispute).count() == 0
    assert officer.post("/desk/new", data=sent | {"side_2": "李某"}).status_code == 303


def test_a_name_typed_for_a_party_is_shown_by_initials_and_sealed(officer, town, sessions):
    sent = filled(officer, town, side_1="张三丰", side_2="Mary Watson")
    page = officer.get(officer.post("/desk/new", data=sent, follow_redirects=False).headers["location"]).text
    assert ("张某" in page, "M.W." in page, "三丰" in page, "Watson" in page) == (True, True, False, False)
    with sessions() as session:
        rows = session.execute(text("SELECT reference, sealed IS NOT NULL FROM dispute_party ORDER BY side")).all()
        assert [tuple(row) for row in rows] == [("张某", True), ("M.W.", True)]
        everything = session.execute(text("SELECT string_agg(e::text, '') FROM dispute_event e")).scalar_one()
        audited = session.execute(text("SELECT string_agg(a::text, '') FROM audit a")).scalar_one()
    assert "三丰" not in everything + audited


def test_a_door_is_found_by_address_or_position_and_nothing_typed_is_lost(officer, town, sessions):
    with sessions() as session:
        lon, lat = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM address WHERE code = 'D0.3'")).one()
    sent = {**new_form(officer), "matter": "hazard", "kind": "theft", "words": "楼道堆物", "do": "find"}
    page = officer.post("/desk/new", data={**sent, "find": "0.3"}).text
    assert re.search(r'name="address" value="\d+" checked> <span>路0.3号', page)
    assert "楼道堆物</textarea>" in page
    assert 'value="hazard" checked' in page
    page = officer.post("/desk/new", data={**sent, "find": "没有的地方"}).text
    assert "没有找到" in page
    here = {**sent, "lon": str(lon), "lat": str(lat)}
    page = officer.post("/desk/new", data=here).text
    assert "路0.3号" in page
    reply = officer.post("/desk/new", data={**here, "do": "open", "address": "here"})
    assert reply.status_code == 303
    with sessions() as session:
        (found,) = session.query(Dispute).all()
        assert (found.matter, found.address_id, found.grid_cell) == ("hazard", None, "A1")


def test_what_is_missing_or_elsewhere_is_told_and_nothing_is_opened(officer, town, sessions):
    sent = {**new_form(officer), "matter": "dispute", "words": "x"}
    for typed, word in (
        ({}, "请选类别"), ({"kind": "none"}, "请选类别"), ({"kind": "debt"}, "请先选"), ({"kind": "debt", "address": "999999"}, "请先选"),
        ({"kind": "debt", "address": "here"}, "请先选"), ({"kind": "debt", "address": "here", "lon": "0", "lat": "0"}, "不在本所"),
    ):  # fmt: skip
        reply = officer.post("/desk/new", data={**sent, **typed})
        assert (reply.status_code, word in reply.text) == (422, True), typed
    with sessions() as session:
        assert session.query(Dispute).count() == 0


def test_a_dispute_is_taken_in_from_an_incident(officer, town, sessions):
    with sessions.begin() as session:
        number = session.scalar(text("SELECT number FROM incident WHERE category = 'quarrel' ORDER BY id LIMIT 1"))
    sent = new_form(officer, f"&incident={number}")
    assert sent["incident"] == number
    assert officer.post("/desk/new", data={**sent, "kind": "quarrel", "source": "call"}).status_code == 303
    with sessions() as session:
        (found,) = session.query(Dispute).all()
        assert found.incident_id is not None
        assert found.source == "call"


def test_a_grid_member_finds_doors_of_their_own_cells_alone(known, town, sessions):
    with sessions.begin() as session:
        makers.make_door(session, 1.5, 0.25)
    member = known("grid_member", "member", "李网格")
    sent = {**new_form(member), "do": "find", "find": "路"}
    found = re.findall(r'name="address" value="\d+"[^>]*> <span>([^<]+)', member.post("/desk/new", data=sent).text)
    assert found
    assert all("1.5" not in one for one in found)


def test_a_door_one_may_not_look_for_is_taken_in_at_by_its_plate_alone(known, town, sessions):
    with sessions() as session:
        door, told = session.execute(
            text("SELECT a.id, a.full_text FROM plate p JOIN address a ON a.id = p.address_id WHERE p.code = :code"),
            {"code": town.plate},
        ).one()
    mediator = known("mediator", "sun", "李网格")
    assert told not in mediator.get(f"/desk/new?station={STATION}&address={door}").text
    sent = {**new_form(mediator), "matter": "dispute", "kind": "debt", "address": str(door)}
    reply = mediator.post("/desk/new", data=sent)
    assert (reply.status_code, told in reply.text) == (422, False)
    assert mediator.post("/desk/new", data={**sent, "find": town.plate}).status_code == 303
    with sessions() as session:
        assert [one.address_id for one in session.query(Dispute)] == [door]


def test_kinds_of_the_station_can_be_chosen(officer, town, sessions):
    with sessions() as session:
        codes = {one.code for one in session.query(IncidentCategory)}
    page = officer.get(f"/desk/new?station={STATION}").text
    assert set(re.findall(r'name="kind" value="(\w+)"', page)) == codes


# The ways to the desk


def test_doors_reports_and_the_log_in_lead_to_the_desk(officer, as_role, town, dispute, sessions):
    number = dispute()
    door = officer.get(f"/p/{town.plate}").text
    assert f'href="/desk/{number}?station={STATION}"' in door
    assert f'href="/desk/new?station={STATION}&amp;plate={town.plate}"' in door
    with sessions.begin() as session:
        report = make_report(session, town.plate)
        report.dispute_id = number
        session.flush()
        report_id = report.id
    assert f'href="/desk/{number}?station={STATION}"' in officer.get(f"/reports/{report_id}?station={STATION}").text
    assert new_form(officer, f"&report={report_id}")["report"] == str(report_id)
    home = officer.get("/").text
    assert f'class="button" href="/desk?station={STATION}"' in home
    assert home.index('href="/desk?') < home.index('href="/map?')
    assert 'href="/desk' not in as_role("planner").get("/").text


@pytest.mark.parametrize(("role", "start"), [("officer", "/desk"), ("mediator", "/desk"), ("planner", "/")])
def test_the_day_begins_at_the_desk(client, town, sessions, role, start):
    with sessions.begin() as session:
        accounts.add(
            session,
            login="new",
            display_name="新",
            role=Role(role),
            password="a long password",
            stations=(STATION,),
            by="test",
        )
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/log-in").text)[1]
    reply = client.post("/log-in", data={"csrf_token": token, "login": "new", "password": "a long password"})
    assert (reply.status_code, reply.headers["location"]) == (303, start)


def test_a_receipt_is_given_from_the_page(officer, dispute):
    number = dispute()
    page = officer.get(f"/desk/{number}?station={STATION}").text
    form = page.partition(f'action="/desk/{number}/receipt"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    reply = officer.post(f"/desk/{number}/receipt", data=fields)
    assert reply.status_code == 200
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", reply.text)
