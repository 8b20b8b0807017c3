"""Coming in, going out, the station's page, and errors as pages."""

from __future__ import annotations

import re

import pytest

from gridmap.domain.access import Role
from gridmap.services import accounts
from gridmap.web.entry import _inside

PASSWORD = "correct horse battery"


@pytest.fixture
def account(held, sessions):
    with sessions.begin() as session:
        accounts.add(
            session,
            login="wang",
            display_name="王",
            role=Role.OFFICER,
            password=PASSWORD,
            stations=("S001",),
            by="test",
        )


def send(client, **fields):
    page = client.get("/log-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    return client.post("/log-in", data={"csrf_token": token, "login": "wang", "password": PASSWORD, **fields})


def test_a_right_password_opens_the_page_that_was_asked_for(client, account):
    reply = send(client, next="/map?category=theft")
    assert (reply.status_code, reply.headers["location"]) == (303, "/map?category=theft")
    assert client.get("/").status_code == 200


def test_a_wrong_password_says_no_more_than_that(client, account):
    known, unknown = send(client, password="wrong"), send(client, login="nobody")
    assert known.status_code == unknown.status_code == 401
    assert "账号或口令不正确" in known.text


def test_logging_out_ends_the_session(client, account):
    send(client)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)[1]
    assert client.post("/log-out", data={"csrf_token": token}).headers["location"] == "/log-in"
    assert client.get("/").status_code == 401


def test_a_browser_that_is_not_logged_in_is_led_to_the_form_and_back(client):
    reply = client.get("/map?category=theft", headers={"Accept": "text/html"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/log-in?next=/map%3Fcategory%3Dtheft")


@pytest.mark.parametrize(
    "outside", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil"]
)
def test_a_log_in_leads_to_no_other_site(outside):
    assert _inside(outside) == "/"


@pytest.mark.parametrize("role", list(Role))
def test_the_station_page_offers_what_the_role_may_open(held, as_role, role):
    page = as_role(role).get("/").text
    for path, roles in (
        ("/plan", {"planner", "commander", "auditor"}), ("/map", {"planner", "officer", "commander", "grid_member"}),
    ):  # fmt: skip
        assert (f'href="{path}?station=S001"' in page) == (role in roles), path


def test_somebody_without_a_station_is_told_so(as_role):
    assert "没有派出所" in as_role(Role.OFFICER, stations=()).get("/").text


def test_an_error_is_a_page_for_a_browser(held, as_role):
    reply = as_role(Role.PLANNER).get("/plan?edition=99", headers={"Accept": "text/html"})
    assert reply.status_code == 404
    assert "没有找到" in reply.text
    assert 'href="/"' in reply.text


PAGES = {
    "/log-in": None,
    "/": "planner",
    "/plan": "planner",
    "/plan?kind=grid_cell&lang=en": "planner",
    "/map": "officer",
    "/gaps": "officer",
}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_stands_by_itself(held, as_role, client, path):
    reply = (as_role(PAGES[path]) if PAGES[path] else client).get(path)
    page = reply.text
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", page)
    assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", page)
    assert not re.search(r"\sstyle=|\son\w+=|<style", page)
    assert re.search(r'<html lang="(zh-CN|en)">', page)
    assert page.count("<h1") == 1
    assert "<main" in page
    assert "no-store" in reply.headers["cache-control"]


@pytest.mark.parametrize("path", [path for path, role in PAGES.items() if role])
def test_made_up_data_say_so(held, as_role, path):
    page = as_role(PAGES[path]).get(path).text
    assert 'class="synthetic"' in page
