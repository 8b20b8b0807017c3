"""The page on which a draft is drawn, and the form that opens one."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import pytest

import gridmap.geo
from gridmap.domain.access import Role
from gridmap.services import drafts, gaps
from gridmap.store import editions as store
from gridmap.web import assets, words
from gridmap.web.words import draw
from gridmap.web.words.draw_reasons import REASONS


def facts(page: str) -> dict:
    """Return what the page tells its modules."""
    return json.loads(re.search(r'id="page">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def planner(held, as_role):
    return as_role(Role.PLANNER)


def test_a_draft_is_shown_with_its_tools_and_where_its_data_are(planner, held):
    page = planner.get(f"/plan/draw?edition={held.draft}").text
    told = facts(page)
    assert told["api"] == f"/api/v1/stations/S001/editions/{held.draft}"
    assert told["csrf"] == planner.headers["X-CSRF-Token"]
    assert [one["code"] for one in told["villages"]] == ["V"]
    assert len(re.findall(r'data-tool="', page)) == 10
    assert planner.get(told["api"] + "/draft").status_code == 200


def test_without_an_edition_the_newest_draft_is_taken(planner, held):
    assert facts(planner.get("/plan/draw").text)["api"].endswith(f"/editions/{held.draft}")


def test_what_is_no_draft_is_shown_on_the_planners_page(planner, held):
    reply = planner.get("/plan/draw?edition=1")
    assert (reply.status_code, reply.headers["location"]) == (303, "/plan?station=S001&edition=1")


def test_a_station_without_a_draft_leads_to_the_planners_page(as_role):
    assert as_role(Role.PLANNER).get("/plan/draw").headers["location"] == "/plan?station=S001"


def test_the_form_opens_a_draft_and_leads_to_it(planner, held, sessions):
    reply = planner.post("/plan/draft", data={"station": "S001", "base": 1, "note": "春季调整"})
    assert reply.headers["location"] == f"/plan/draw?station=S001&edition={held.draft + 1}"
    with sessions() as session:
        opened = store.find(session, "S001", held.draft + 1)
        assert (opened.status, opened.note, opened.base) == ("draft", "春季调整", 1)
    assert planner.get(reply.headers["location"]).status_code == 200


def test_a_form_without_its_token_opens_nothing(planner, held, sessions):
    del planner.headers["X-CSRF-Token"]
    assert planner.post("/plan/draft", data={"station": "S001"}).status_code == 403
    with sessions() as session:
        assert len(store.list_page(session, "S001")) == 2


def test_the_planners_page_leads_to_what_can_be_done_with_a_draft(planner, held, as_role):
    page = planner.get(f"/plan?edition={held.draft}").text
    for path in (
        f"/plan/draw?station=S001&amp;edition={held.draft}", f"/plan/review?station=S001&amp;edition={held.draft}",
        f"/plan/compare?station=S001&amp;before=1&amp;after={held.draft}", "/plan/proposals?station=S001",
        f"/api/v1/stations/S001/editions/{held.draft}/export?format=gpkg",
    ):  # fmt: skip
        assert f'href="{path}"' in page, path
    assert 'action="/plan/draft"' in page
    auditor = as_role(Role.AUDITOR).get(f"/plan?edition={held.draft}").text
    assert "/plan/draw" not in auditor
    assert 'action="/plan/draft"' not in auditor


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.COMMANDER])
def test_only_who_draws_may_open_the_page(as_role, held, role):
    assert as_role(role).get(f"/plan/draw?edition={held.draft}").status_code == 403


def test_every_word_the_modules_say_is_told_to_them():
    said = set()
    for path in assets.STATIC.glob("draw*.js"):
        said |= set(re.findall(r'\bsay\("(\w+)"', path.read_text(encoding="utf-8")))
        said |= set(re.findall(r'"(draw_\w+)"', path.read_text(encoding="utf-8")))
    page_words = {*words.WORDS}
    assert said <= page_words, said - page_words


def test_every_tool_has_a_name_and_a_hint():
    for name in ("border", "edge", "split", "merge", "cut", "cell", "straighten", "paint", "gap", "select"):
        assert f"draw_tool_{name}" in draw.WORDS
        assert f"draw_hint_{name}" in draw.WORDS


def test_shortcuts_are_not_given_twice(planner, held):
    keys = re.findall(r'aria-keyshortcuts="(\w)"', planner.get("/plan/draw").text)
    assert len(keys) == len(set(keys)) == 10


@pytest.mark.parametrize("sentence", REASONS)
def test_a_translated_reason_is_one_that_is_given(sentence):
    folder = Path(gridmap.geo.__file__).parent
    files = [*folder.glob("edit*.py"), Path(gaps.__file__), *Path(drafts.__file__).parent.glob("*.py")]
    source = re.sub(r'"\s+f?"', "", "\n".join(path.read_text(encoding="utf-8") for path in files))
    for piece in (part for part in re.split(r"\{\w+\}", sentence) if part.strip()):
        assert piece.removeprefix("Beat ") in source, piece


def test_a_translated_reason_keeps_its_facts():
    for told in REASONS.items():
        zh, en = ({name for _, name, _, _ in string.Formatter().parse(text) if name} for text in reversed(told))
        assert zh <= en, told
