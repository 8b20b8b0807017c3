"""Numbers of disputes on the map and in the briefing: each opens the desk's list, which holds just as many."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Holder
from gridmap.services.disputes import opening
from gridmap.services.disputes.opening import Intake
from gridmap.store.tables import Body, Dispute
from tests import makers
from tests.disputes import add_kinds
from tests.web.filled import NOW, STATION, TODAY

SINCE, UNTIL = TODAY - timedelta(days=27), TODAY
BRIEF = f"/brief?station={STATION}&since={SINCE}&until={UNTIL}&lang=en"


@pytest.fixture
def town(held, sessions):
    """Open disputes at two tiers, late and not, settled ones and a tip: all in cell A1 but one in B1."""
    with sessions.begin() as session:
        add_kinds(session)
        session.add(Body(station=STATION, code="court", name_zh="小法庭", name_en="Small court"))
        session.flush()
        door = session.scalar(text("SELECT address_id FROM plate WHERE code = :code"), {"code": held.plate})
        for matter in ("dispute", "dispute", "tip"):
            intake = Intake("neighbours", "楼上漏水", matter=matter, address_id=door, to=Holder(body="court"))
            opening.take_in(session, STATION, intake, by="demo", role="officer")
        place = makers.wkb(makers.spot(0.2, 0.2))
        facts = {"station": STATION, "kind": "debt", "geom": place, "beat": "A", "grid_cell": "A1"}
        for n, late in enumerate((1, -1, -2)):
            due = NOW - timedelta(days=late)
            session.add(Dispute(**facts, number=f"t{n}", tier=2, opened_at=NOW - timedelta(days=9), due_at=due))
        there = {**facts, "beat": "B", "grid_cell": "B1"}
        session.add(
            Dispute(**there, number="b", tier=2, opened_at=NOW - timedelta(days=40), due_at=NOW + timedelta(days=1))
        )
        for n, day in enumerate((2, 3, 30)):
            settled = NOW - timedelta(days=day)
            session.add(
                Dispute(
                    **facts,
                    number=f"s{n}",
                    tier=1,
                    state="settled",
                    opened_at=settled - timedelta(days=4),
                    settled_at=settled,
                )
            )
    return held


def count_of(client, url: str) -> int:
    """Return how many disputes the list at an address says it holds, and check that it shows them."""
    assert url.startswith("/desk/list?"), url
    page = client.get(f"{url}&lang=en").text
    told = re.search(r'class="found"><b>([\d,]+) found', page)
    number = int(told[1]) if told else 0
    assert number == len(re.findall(r'<li data-id="', page))
    return number


def links(page: str) -> list[tuple[str, int]]:
    """Return the addresses of lists a page links numbers to, and the numbers."""
    found = re.findall(r'<a href="(/desk/list\?[^"]+)">(?:[^<]*?<b>)?\D*?([\d,]+)\D*?<', page)
    return [(unescape(url), int(number.replace(",", ""))) for url, number in found]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COMMANDER, Role.GRID_MEMBER])
def test_the_map_s_numbers_by_tier_open_lists_of_as_many(town, as_role, role):
    client = as_role(role)
    page = client.get(f"/map?station={STATION}&lang=en").text
    told = links(re.search(r'<p class="open-now">.*?</p>', page, re.DOTALL)[0])
    whole = role is not Role.GRID_MEMBER  # who sees A1, but not B1
    assert [number for _, number in told] == ([6, 2, 4] if whole else [5, 2, 3])
    assert [count_of(client, url) for url, _ in told] == [number for _, number in told]


def test_a_zone_on_the_map_leads_to_its_open_disputes(town, as_role):
    client = as_role(Role.OFFICER)
    view = f"station={STATION}&since={SINCE}&until={UNTIL}"
    for kind, code, number in (("beat", "A", 5), ("beat", "B", 1), ("grid_cell", "A1", 5)):
        told = client.get(f"/map/zone.json?{view}&kind={kind}&code={code}").json()["open"]
        assert told["count"] == number == count_of(client, told["url"])
    assert client.get(f"/map/zone.json?{view}&kind=village&code=V").json()["open"] is None


def test_the_briefing_s_numbers_open_lists_of_as_many(town, as_role):
    client = as_role(Role.OFFICER)
    page = client.get(BRIEF).text
    told = links(page)
    assert len(told) >= 6, "opened and settled with what they are compared with, tiers, overdue"
    for url, number in told:
        assert count_of(client, url) == number, url
    assert {number for url, number in told if "due=overdue" in url} == {1}
    assert sorted(number for url, number in told if "tier=" in url and "due=" not in url) == [2, 4]
    assert [number for url, number in told if f"settled_from={SINCE}" in url] == [2]


def test_who_has_no_desk_is_not_sent_there(town, as_role):
    planner = as_role(Role.PLANNER)
    for page in (planner.get(BRIEF).text, planner.get(f"/map?station={STATION}").text):
        assert 'href="/desk' not in page
    told = planner.get(f"/map/zone.json?station={STATION}&kind=beat&code=A&since={SINCE}&until={UNTIL}").json()
    assert told["open"] is None
