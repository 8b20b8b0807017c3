"""The commander's page in a real browser: each tile's value stands on one line and inside its tile, on a phone and a desk."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from tests.disputes import add_kinds
from tests.web.filled import STATION

#: The widest values there are: so many taken in, and a share of them with two digits.
TAKEN, CLOSED = 3_400, 3_370
#: Tiles whose value takes more than one line, or more room than there is.
SPILT = """() => [...document.querySelectorAll('.tiles b')].filter((one) => {
  const range = document.createRange();
  range.selectNodeContents(one.querySelector('a') ?? one);
  const parts = [...range.getClientRects()], tile = one.closest('li').getBoundingClientRect();
  return parts.length !== 1 || parts[0].right > tile.right - 4;
}).map((one) => one.innerText)"""
#: What a thumb opens and is too small for it [CSS px].
SMALL = """() => [...document.querySelectorAll('main a, main button, main summary, main input:not([type=hidden])')].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.height && box.height < 43.5;
}).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def many(sessions, held):
    """Take in 3,400 disputes of this month, nearly all of them closed."""
    with sessions.begin() as session:
        add_kinds(session)
        session.execute(
            text("""INSERT INTO dispute (station, number, kind, opened_at, state, settled_at)
                    SELECT :station, 'wide' || i, 'debt', now() - interval '9 minutes',
                           CASE WHEN i > :closed THEN 'open' ELSE 'closed' END, CASE WHEN i <= :closed THEN now() END
                    FROM generate_series(1, :taken) i"""),
            {"station": STATION, "taken": TAKEN, "closed": CLOSED},
        )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_tile_s_value_is_on_one_line(origin, many, person, watch, language):
    page = person(Role.COMMANDER).new_page()
    for width in (360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{origin}/desk/figures?station={STATION}&period=year&lang={language}")
        told = page.locator(".tiles b").all_inner_texts()
        assert any("99." in one and "%" in one for one in told), told
        assert page.evaluate(SPILT) == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        assert width > 360 or page.evaluate(SMALL) == []
        assert page.locator("nav [aria-current=page]").get_attribute("href") == f"/desk?station={STATION}"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # A4 without its margins
    assert page.evaluate(SPILT) == [], "on paper"
    watch.clean()


#: Cells of a table that stand beyond their table, or whose text does.
CUT = """() => [...document.querySelectorAll('table td, table th')].filter((one) => one.offsetParent && getComputedStyle(one).display !== 'none'
  && one.closest('thead')?.offsetWidth !== 1 && (one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 2)
  ).map((one) => one.innerText)"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_medians_of_three_periods_and_the_city_are_read_on_a_phone(origin, many, person, watch, language):
    page = person(Role.COMMANDER).new_page()
    page.set_viewport_size({"width": 360, "height": 800})
    for path in (f"/desk/figures?station={STATION}&", "/desk/figures/city?", "/desk/figures/city?figure=tier-1&"):
        page.goto(f"{origin}{path}period=month&lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(CUT) == [], path
        told = page.locator("section#tier td.then, section#by-station td.then, section#by-station td.against")
        assert told.count() >= 2
        assert all(told.nth(n).is_visible() for n in range(told.count()))
        label = "上期中位数" if language == "zh" else "Median, last period"
        if "city" not in path or "tier" in path:  # on a phone each number says what it is
            said = "getComputedStyle(document.querySelector('td.then'), '::before').content"
            assert label in page.evaluate(said)
    watch.clean()
