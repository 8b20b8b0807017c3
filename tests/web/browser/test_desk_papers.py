"""Mediators, parties, papers and series in a real browser at phone size: the way of one dispute, nothing wider than the screen."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gridmap.domain import loops
from gridmap.domain.access import Role
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import KindRule, Named, Rules, SeriesRule
from gridmap.services.disputes import opening
from gridmap.store import loops as kept_loops
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Body, IncidentCategory, Mediator
from tests import makers
from tests.disputes import actor_of
from tests.web.browser.conftest import PHONE
from tests.web.conftest import held
from tests.web.filled import NOW, STATION

__all__ = ["held"]
#: Where pictures of the pages are put, for whoever wants to look at them.
SHOTS = os.environ.get("GRIDMAP_SHOTS")


@pytest.fixture
def dispute(held, sessions) -> int:
    """Take in a dispute of labour, with mediators of several trades, and thefts that look like a series."""
    with sessions.begin() as session:
        enter_scope(session, [STATION])
        session.add(IncidentCategory(code="labour", name_zh="劳资纠纷", name_en="Labour", is_dispute=True))
        rules = Rules(
            kinds=(KindRule("labour", trades=("union",)),), trades=(Named("union", "工会调解员", "Trade union"),),
            series=SeriesRule(("theft",), 200.0, 7, 3),
        )  # fmt: skip
        loop = loops.Loop("town", "试", "Try", loops.STANDARD.tiers.values(), loops.STANDARD.moves.values(), rules)
        kept_loops.put(session, loop, to_json(rules), by="test")
        kept_loops.follow(session, STATION, "town")
        session.add(Body(station=STATION, code="union", name_zh="镇工会", name_en="Trade union", trades=["union"]))
        session.flush()
        for name, body, languages, facts in (
            ("周调解", None, ["zh"], {"cell": "A1"}), ("吴调解", "union", ["zh", "ru"], {}), ("郑调解", None, ["zh"], {"beat": "B"}),
        ):  # fmt: skip
            one = makers.make_person(session, name, "mediator", **facts)
            session.add(Mediator(person_id=one.id, station=STATION, body=body, languages=languages))
            if name == "郑调解":
                makers.make_leave(session, one, NOW.date(), NOW.date() + timedelta(days=4))
        session.flush()
        officer = actor_of(None, Role.OFFICER, "li", STATION)
        for n in range(1, 5):
            wish = opening.Intake(
                "theft", f"第{n}起电瓶车被盗", matter="case", lon=112.915 + n / 10_000, lat=35.805, opened_at=NOW - timedelta(days=n)
            )  # fmt: skip
            opening.open_dispute(session, officer, STATION, wish)
        wish = opening.Intake("labour", "拖欠工资两个月", lon=112.9045, lat=35.8025)
        return opening.open_dispute(session, officer, STATION, wish).dispute


def look(page, name: str) -> None:
    """See that nothing is wider than the screen; keep a picture where wished."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh"), ({"width": 1280, "height": 800}, "en")])
def test_the_way_of_a_dispute_through_its_pages(person, origin, held, dispute, watch, size, language):
    page = person(Role.OFFICER, size=size).new_page()
    tag = f"{language}-{size['width']}"
    base, query = f"{origin}/desk/{dispute}", f"?station={STATION}&lang={language}"
    page.goto(f"{base}/parties{query}")
    page.fill(".card [name=name]", "Ivan Petrov")
    page.fill(".card [name=phone]", "13800000000")
    page.select_option(".card [name=language]", "ru")
    page.click(".card form > button")
    page.wait_for_selector(".entry[data-id]")
    page.click(".entry details:first-of-type summary")
    page.fill(".entry [name=reason]", "约到所里调解")
    page.click(".entry form[action$=open] button")
    page.wait_for_selector(".opened")
    assert "13800000000" in page.text_content(".opened")
    look(page, f"parties-{tag}")

    page.goto(f"{base}/papers{query}&kind=accounts")
    look(page, f"accounts-{tag}")
    for name in ("heart", "ties", "consequences", "interests"):
        page.fill(f"[name={name}]", f"{name}: 各让一步，工资月底前付清。")
    page.click("form.stack button")
    page.goto(f"{base}/papers{query}&kind=agreement")
    page.fill("[name=reason]", "制作协议书")
    page.click("form[action$=begin] button")
    assert "Ivan Petrov" in page.input_value("textarea.paper")
    look(page, f"agreement-{tag}")
    page.click("form[action$=papers] button")
    page.wait_for_selector(".versions [aria-current]")
    page.click(".versions li:first-child a[href*=print]")
    page.wait_for_selector(".sheet .signs")
    look(page, f"print-{tag}")

    page.goto(f"{base}/match{query}")
    first = page.locator(".people > li").first
    assert "吴调解" in first.text_content()  # of the trade, and speaks Russian
    expect(page.locator(".entry.later")).to_have_count(1)
    look(page, f"match-{tag}")
    first.locator("button").click()
    page.wait_for_url(f"{base}?*")

    page.goto(f"{origin}/desk/series{query}")
    expect(page.locator("svg.small-map .s-mark")).to_have_count(4)
    look(page, f"series-{tag}")
    page.click(".proposal form button")
    page.wait_for_url("**/desk/series/*")
    look(page, f"one-series-{tag}")
    watch.clean()
