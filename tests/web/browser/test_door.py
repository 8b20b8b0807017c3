"""A door on a telephone in one hand: a visit in two taps, a plate installed where the phone is, and far from there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.domain.access import Role
from tests import makers
from tests.web.browser.conftest import PHONE

pytestmark = pytest.mark.browser
DOOR = makers.spot(0.3, 0.3)
LAT_M = 110_950.0


def at(metres):
    """Return a telephone so far north of the door, that may be asked where it is."""
    here = {"longitude": DOOR.x, "latitude": DOOR.y + metres / LAT_M, "accuracy": 3}
    return {"size": PHONE, "has_touch": True, "geolocation": here, "permissions": ["geolocation"]}


@pytest.fixture
def door(origin, held, person):
    """Return the function that opens the door's page on an officer's telephone."""

    def opened(role=Role.OFFICER, **wishes):
        page = person(role, **wishes).new_page()
        until = time.monotonic() + 60
        while True:  # the service begins to pass staff on when it has seen its database
            page.goto(f"{origin}/p/{held.plate}")
            if page.locator("body.door").count():
                return page
            assert time.monotonic() < until, page.content()[:2_000]
            time.sleep(0.3)

    return opened


def picture(page, name):
    """Keep a picture of the page where somebody asked for pictures."""
    folder = os.environ.get("GRIDMAP_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"door-{name}.png", full_page=True)


def steps(session):
    return [
        tuple(row)
        for row in session.execute(
            text("SELECT step, round(distance_m) FROM plate_step WHERE geom IS NOT NULL ORDER BY id")
        )
    ]


def test_a_visit_is_two_taps(door, session, watch):
    page = door(size=PHONE, has_touch=True)
    picture(page, "first")
    page.locator("label.tile", has_text="入户走访").tap()
    page.locator("button", has_text="记录走访").tap()
    page.wait_for_selector(".message")
    assert page.locator(".message").inner_text().startswith("走访已记录：入户走访")
    assert session.scalar(text("SELECT count(*) FROM visit")) == 1
    picture(page, "visited")
    watch.clean()


def test_a_plate_is_installed_at_its_door_in_one_tap(door, session, watch):
    page = door(**at(5))
    page.locator("button", has_text="已装好").tap()
    page.wait_for_selector(".message")
    expect(page.locator(".message")).to_have_text("已记录：已安装。 距门户 5 米。", use_inner_text=True)
    assert steps(session) == [("installed", 5)]
    watch.clean()


@pytest.mark.parametrize(
    ("answer", "wanted"), [("是，挂在别处", ["installed", "moved"]), ("不是，装在本户", ["installed"])]
)
def test_half_a_kilometre_away_it_is_asked_first(door, session, watch, answer, wanted):
    page = door(**at(520))
    page.locator("button", has_text="已装好").tap()
    page.wait_for_selector(".ask")
    expect(page.locator(".ask")).to_contain_text("手机距此门户 520 米", use_inner_text=True)
    assert steps(session) == []
    picture(page, "asked")
    page.locator("button", has_text=answer).tap()
    page.wait_for_selector(".message")
    session.rollback()
    assert steps(session) == [(step, 520) for step in wanted]
    picture(page, f"answered-{wanted[-1]}")
    assert page.locator(".message").inner_text().endswith("已列入待核门牌。")
    watch.clean()


def test_a_phone_that_may_not_be_asked_still_records_and_says_so(door, session, watch):
    page = door(size=PHONE, has_touch=True)
    page.locator("button", has_text="损坏").tap()
    page.wait_for_selector(".message")
    expect(page.locator(".message")).to_have_text("已记录：损坏。 没有可用的位置，未与门户核对。", use_inner_text=True)
    assert session.scalar(text("SELECT count(*) FROM plate_step WHERE step = 'damaged' AND geom IS NULL")) == 1
    watch.clean()


def test_without_scripts_everything_but_the_position_works(door, session):
    page = door(**{**at(5), "java_script_enabled": False})
    page.locator("button", has_text="已装好").tap()
    page.wait_for_selector(".message")
    expect(page.locator(".message")).to_contain_text("没有可用的位置", use_inner_text=True)
    assert steps(session) == []


def test_whoever_unticks_the_position_sends_none(door, session):
    page = door(**at(5))
    page.locator("[data-position]").uncheck()
    page.locator("button", has_text="已装好").tap()
    page.wait_for_selector(".message")
    assert steps(session) == []


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_fits_one_hand(door, width, language):
    page = door(size={"width": width, "height": 700}, has_touch=True)
    page.goto(f"{page.url.partition('?')[0]}?lang={language}")
    picture(page, f"{width}-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    low = page.evaluate(
        """[...document.querySelectorAll("main button, main .tile, main a, main summary, main input:not([type=hidden]):not(.tile input)")]
           .filter(one => one.offsetParent && one.type !== "checkbox").map(one => [one.textContent.trim(), one.offsetHeight])
           .filter(([, height]) => height < 44)"""
    )
    assert low == []
    assert page.locator("label.tile").first.bounding_box()["y"] < 700  # what is done first is on the first screen
