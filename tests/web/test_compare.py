"""The page that compares two editions."""

from __future__ import annotations

import json
import re

import pytest

from gridmap.domain.access import Role
from gridmap.services import editions
from gridmap.web.compare import share
from tests import makers


def facts(page):
    """Return what the page tells its module."""
    return json.loads(re.search(r'id="page">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture
def planner(held, as_role):
    return as_role(Role.PLANNER)


@pytest.fixture
def sound(sessions, held):
    """Return a draft in which B took the east of A and gave its north to a new beat C."""
    with sessions.begin() as session:
        draft = editions.open_draft(session, "S001", by="test", note="试拟二")
        beats = makers.zones({
            "A": makers.square(0, 0, 0.5), "B": makers.square(0.5, 0, 1.5, 0.5), "C": makers.square(0.5, 0.5, 1.5, 0.5),
        })  # fmt: skip
        editions.put_zones(session, draft, beats, makers.two_squares()[1].iloc[:0])
        return draft.number


def test_two_editions_are_told_in_figures_zones_ground_and_officers(planner, sound):
    page = planner.get(f"/plan/compare?station=S001&before=1&after={sound}").text
    assert "第 1 版" in page
    told = facts(page)
    assert told["changes"] == {"A": "reshaped", "B": "split", "C": "split"}
    assert [pin["n"] for pin in told["pins"]] == [1, 2, 3]
    assert page.count('data-n="') == 3
    assert told["before"].endswith("edition=1")
    assert told["after"].endswith(f"edition={sound}")
    row = re.search(r'<tr data-code="A">.*?</tr>', page, re.DOTALL)[0]
    assert "调整" in row
    assert "王警官" in row
    assert "王警官" in re.search(r'<section class="flush" id="officers">.*?</section>', page, re.DOTALL)[0]


def test_the_sheet_for_the_meeting_is_linked(planner, sound):
    page = planner.get(f"/plan/compare?station=S001&before=1&after={sound}").text
    assert f'href="/api/v1/stations/S001/editions/{sound}/changes-since/1/sheet.pdf"' in page


def test_asked_for_nothing_it_sets_the_newest_against_the_one_in_force(planner, sound):
    told = facts(planner.get("/plan/compare").text)
    assert (told["before"][-1], told["after"][-1]) == ("1", str(sound))


def test_the_same_edition_twice_is_the_same(planner):
    page = planner.get("/plan/compare?before=1&after=1").text
    assert "两个版次完全相同" in page
    assert facts(page)["pins"] == []


def test_cells_are_compared_with_their_members(planner, sound):
    page = planner.get(f"/plan/compare?before=1&after={sound}&kind=grid_cell").text
    assert "李网格" in re.search(r'<tr data-code="A1">.*?</tr>', page, re.DOTALL)[0]
    assert set(facts(page)["changes"].values()) == {"removed"}


def test_a_draft_too_broken_to_be_compared_says_so(planner, sessions, sound):
    with sessions.begin() as session:
        draft = editions.open_draft(session, "S001", by="test")
        bow = makers.square(0, 0)
        crossed = type(bow.geoms[0])([(112.9, 35.8), (112.91, 35.81), (112.91, 35.8), (112.9, 35.81)])
        beats = makers.zones({"A": type(bow)([crossed]), "B": makers.square(1, 0)})
        editions.put_zones(session, draft, beats, makers.two_squares()[1].iloc[:0])
        number = draft.number
    page = planner.get(f"/plan/compare?before=1&after={number}")
    assert page.status_code == 200
    assert 'role="alert"' in page.text


def test_an_edition_that_is_not_there_is_404_and_a_station_without_any_says_so(planner, as_role):
    assert planner.get("/plan/compare?after=77").status_code == 404
    assert "还没有任何版次" in as_role(Role.PLANNER, ("S009",)).get("/plan/compare?station=S009").text


def test_who_reads_no_drafts_does_not_compare(held, as_role):
    assert as_role(Role.OFFICER).get("/plan/compare").status_code == 403


@pytest.mark.parametrize(
    ("part", "whole", "told"), [(1, 8, "12.5%"), (0, 0, "0%"), (1, 100_000, "< 0.1%"), (5, 5, "100.0%")]
)
def test_a_share_is_told_in_words_that_never_round_to_nothing(part, whole, told):
    assert share(part, whole) == told
