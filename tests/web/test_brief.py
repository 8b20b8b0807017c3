"""The briefing's page: numbers with what lies behind them, small maps that are light, no text of a dispute, no door without the right."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from gridmap.domain.access import Role
from gridmap.store.tables import Audit, Dispute
from gridmap.web.maps.small import Drawn, Mark, small_map
from tests import makers
from tests.web.filled import NOW, STATION, TODAY

SINCE, UNTIL = TODAY - timedelta(days=27), TODAY
ADDRESS = f"/brief?station={STATION}&since={SINCE}&until={UNTIL}"
MOST_BYTES = 60_000


@pytest.fixture
def officer(held, sessions, as_role):
    with sessions.begin() as session:
        place = makers.wkb(makers.spot(0.5, 0.5))
        for n, due in enumerate((NOW - timedelta(days=1), NOW + timedelta(days=1))):
            facts = {"number": f"secret-{n}", "kind": "quarrel", "tier": 2, "opened_at": NOW - timedelta(days=9)}
            session.add(Dispute(station=STATION, due_at=due, geom=place, **facts))
    return as_role(Role.OFFICER)


@pytest.fixture
def page(officer):
    reply = officer.get(f"{ADDRESS}&lang=en")
    assert reply.status_code == 200, reply.text
    return reply.text


def test_the_page_needs_no_script_and_no_other_host(page):
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
    assert not re.search(r'<[^>]+ style="', page)  # the policy forbids it: it would be lost


def test_every_section_has_a_light_map(page):
    maps = re.findall(r'<svg class="small-map".*?</svg>', page, re.DOTALL)
    assert len(maps) == 5
    for one in maps:
        assert len(one.encode()) < MOST_BYTES
        assert ET.fromstring(one).get("aria-label")  # noqa: S314  # our own


def test_figures_lead_to_the_view_they_are_counted_in(officer, page):
    row = re.search(r"<th scope=\"row\">Incidents</th>.*?href=\"([^\"]+)\">(\d+)</a>", page, re.DOTALL)
    assert row is not None
    url, told = row[1].replace("&amp;", "&"), row[2]
    assert f"{told} incidents" in officer.get(url + "&lang=en").text
    for link in set(re.findall(r'href="(/(?:map|gaps|brief)\?[^"]+)"', page)):
        assert officer.get(link.replace("&amp;", "&")).status_code == 200, link


def test_no_number_of_a_dispute_is_told(officer, page):
    assert "secret" not in page
    assert re.search(r"tier 2</th>.*?>2</a></td>\s*<td class=\"number bad\"><a [^>]+>1</a></td>", page, re.DOTALL)


def test_a_look_at_doors_is_on_record_and_only_then(officer, sessions, held):
    with sessions.begin() as session:
        door = makers.make_door(session, 0.31, 0.31, code="XY")
        for n in range(3):
            makers.make_incident(
                session, 0.31, 0.31, NOW - timedelta(days=n + 1), category="quarrel"
            ).address_id = door.id
    page = officer.get(ADDRESS).text
    assert "试验路XY号" in page
    with sessions() as session:
        assert [row.after for row in session.query(Audit).filter_by(thing="addresses", action="look")] == [
            {"brief": True}
        ]


def test_both_languages_say_everything(officer):
    zh, en = (officer.get(f"{ADDRESS}&lang={lang}").text for lang in ("zh", "en"))
    assert "反复发生的地点" in zh
    assert "Repeat places" in en
    assert len(re.findall(r"<h2", zh)) == len(re.findall(r"<h2", en)) == 7
    assert "brief_" not in zh + en


def test_without_dates_it_is_the_last_whole_month_and_a_wrong_period_is_refused(officer):
    page = officer.get("/brief").text
    since, until = re.findall(r'name="(?:since|until)" value="(\d{4}-\d\d-\d\d)"', page)
    assert since.endswith("-01")
    assert since[:7] == until[:7]
    assert officer.get(f"/brief?since={UNTIL}&until={SINCE}").status_code == 422


def test_only_who_may_read_analyses_may_open_it(held, as_role):
    for role in (Role.GRID_MEMBER, Role.MEDIATOR, Role.AUDITOR):
        somebody = as_role(role)
        assert somebody.get(ADDRESS).status_code == 403, role
        assert "/brief" not in somebody.get("/").text
    assert f"/brief?station={STATION}" in as_role(Role.PLANNER).get("/").text


def test_a_small_map_is_light_however_fine_the_borders_are():
    turn = np.linspace(0, 2 * np.pi, 40_001)
    fine = shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]) * (5_000 + 20 * np.sin(9_000 * turn))[:, None])
    spots = shapely.points(np.random.default_rng(3).uniform(-3_000, 3_000, (20_000, 2)))
    drawn = small_map(fine, [fine], [Drawn("gap", spots)], [Mark(0, 0, "<1>")], label='a "map"')
    assert len(drawn) < MOST_BYTES
    root = ET.fromstring(drawn)  # noqa: S314  # our own
    assert "".join(root.itertext()) == "<1>"
    assert root.get("aria-label") == 'a "map"'


def test_a_small_map_puts_north_up_and_keeps_to_its_box():
    ground = shapely.box(1_000, 2_000, 3_000, 8_000)
    drawn = ET.fromstring(small_map(ground, [], [], [Mark(1_000, 8_000, "1"), Mark(3_000, 2_000, "2")]))  # noqa: S314
    wide, high = (int(value) for value in drawn.get("viewBox").split()[2:])
    first, second = ([int(circle.get(name)) for name in ("cx", "cy")] for circle in drawn.iter("circle"))
    assert 0 <= first[0] < second[0] <= wide
    assert 0 <= first[1] < second[1] <= high
    assert (second[1] - first[1]) / (second[0] - first[0]) == pytest.approx(3, rel=0.01)
    assert high <= 1.1 * wide + 30
