"""The resident's page: right, small, without script, and silent about everything else."""

from __future__ import annotations

import re

import pytest

from gridmap.domain.codes import spaced
from gridmap.store.tables import Address


def test_it_names_officer_and_grid_member_and_how_to_call_them(client, held):
    page = client.get(f"/p/{held.plate}").text
    for word in (
        "王警官",
        "李网格",
        "警务室",
        'href="tel:0001234"',
        'href="tel:0000110"',
        "A格",
        "A1格",
        'href="tel:110"',
    ):
        assert word in page
    assert page.index('href="tel:110"') < page.index('href="tel:119"') < page.index('href="tel:120"')


def test_it_is_one_query_for_a_stranger(client, held, queries):
    queries.clear()
    client.get(f"/p/{held.plate}")
    assert len([query for query in queries if "plate_answer" in query]) == 1
    assert len([query for query in queries if query.lstrip().upper().startswith(("SELECT", "WITH"))]) == 1


def test_it_is_small_and_needs_nothing_else(client, held):
    reply = client.get(f"/p/{held.plate}")
    assert len(reply.content) < 14_000
    assert not re.search(r"<script|<link rel=.?stylesheet|<img|src=|url\(", reply.text)
    assert "https://" not in reply.text.replace("https://gridmap.test", "")


def test_its_policy_allows_its_one_style_and_no_other(client, held):
    policy = client.get(f"/p/{held.plate}").headers["content-security-policy"]
    assert "style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


@pytest.mark.parametrize("typed", [str.lower, spaced, lambda code: f" {code[:4]} {code[4:]} "])
def test_a_code_is_read_as_people_type_it(client, held, typed):
    reply = client.get(f"/p/{typed(held.plate)}")
    assert (reply.status_code, "王警官" in reply.text) == (200, True)


def test_o_is_read_as_zero_and_l_as_one(client, sessions):
    from tests import makers

    with sessions.begin() as session:
        makers.make_station(session)
        makers.make_plate(session, "000000000000", makers.make_door(session, 0.5, 0.5))
    assert client.get("/p/OoOOOOOOOOoO").status_code == 200


def test_a_code_that_is_none_gets_help_and_404(client, held):
    reply = client.get("/p/ABCD")
    assert reply.status_code == 404
    assert "没有这个门牌码" in reply.text
    assert 'href="tel:110"' in reply.text


def test_one_wrong_letter_is_offered_back(client, held):
    wrong = held.plate[:-1] + ("A" if held.plate[-1] != "A" else "B")
    reply = client.get(f"/p/{wrong}")
    assert reply.status_code == 404
    assert spaced(held.plate) in reply.text


def test_a_replaced_plate_leads_to_the_new_one_and_names_nobody(client, held):
    page = client.get(f"/p/{held.replaced}").text
    assert "这块门牌已更换" in page
    assert f'href="/p/{held.plate}"' in page
    assert "王警官" not in page


def test_a_door_in_no_beat_is_sent_to_the_duty_desk(client, held):
    page = client.get(f"/p/{held.outside}").text
    assert "请拨打派出所值班电话" in page
    assert 'href="tel:0000110"' in page


def test_it_tells_nothing_of_the_people_behind_the_door(client, held, sessions):
    page = client.get(f"/p/{held.plate}").text
    with sessions() as session:
        full = session.query(Address).filter_by(code="D0.3").one()
        assert full.full not in page
    assert "households" not in page.lower()
    assert "quarrel" not in page


def test_it_is_chinese_first_and_english_on_demand(client, held):
    chinese, english = client.get(f"/p/{held.plate}").text, client.get(f"/p/{held.plate}?lang=en").text
    assert '<html lang="zh-CN">' in chinese
    assert "Who is responsible" in chinese
    assert '<html lang="en">' in english
    assert english.index("Who is responsible") < english.index("由谁负责")


def test_it_says_that_its_station_is_made_up_and_as_of_when(client, held):
    page = client.get(f"/p/{held.plate}").text
    assert "均为虚构" in page
    assert re.search(r"截至 20\d\d-\d\d-\d\d \d\d:\d\d", page)


def test_it_may_be_kept_for_seconds_only(client, held):
    assert client.get(f"/p/{held.plate}").headers["cache-control"] == "private, max-age=30"


def test_a_typed_code_is_led_to_its_page(client):
    reply = client.get("/p", params={"code": " ab-cd //evil "})
    assert (reply.status_code, reply.headers["location"]) == (303, "/p/abcdevil")


def test_whoever_tries_codes_at_will_is_stopped_and_still_told_whom_to_call(client):
    replies = [client.get(f"/p/{n:012d}") for n in range(32)]
    assert [reply.status_code for reply in replies[:30]] == [404] * 30
    assert replies[31].status_code == 429
    assert "tel:110" in replies[31].text
