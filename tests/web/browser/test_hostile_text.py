"""Text that wants to be code stays text: every column the pages show, every page, every popup opened."""

from __future__ import annotations

import pytest

from gridmap.domain.access import Role
from tests.web.browser.conftest import ready
from tests.web.filled import fill

pytestmark = pytest.mark.browser
PAYLOADS = [
    "<img src=x onerror=window.__x=1>",
    "</script><script>window.__x=1</script>",
    "${window.__x=1}",
    "`;window.__x=1;`",
    '"onmouseover="window.__x=1" x="',
    "'-(window.__x=1)-'",
    "javascript:window.__x=1//",
    "{{ 7*7 }}</title><svg onload=window.__x=1>",
]


def opened_everything(page):
    """Point at, focus and click whatever the page offers, and open every popup."""
    for box in page.locator("input[data-layer]").all():
        box.set_checked(True)
    if page.locator("input[data-layer=incidents]").count():
        page.wait_for_selector(".event-dot, .bubble")
    page.evaluate("""for (const one of document.querySelectorAll("#figures tbody button, .items button, summary")) {
      for (const kind of ["mouseenter", "mouseover"]) one.dispatchEvent(new MouseEvent(kind, { bubbles: true }));
      one.focus();
      one.click();
    }""")
    for mark in page.locator(".event-dot, .pin, .bubble").all()[:6]:
        mark.dispatch_event("click")
    for shape in page.locator(".leaflet-fills-pane path, .leaflet-heat-pane path").all()[:6]:
        shape.dispatch_event("click")
        shape.dispatch_event("mouseover")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_shown_and_never_run(origin, sessions, person, watch, payload):
    with sessions.begin() as session:
        held = fill(session, payload)
    planner, officer = (person(role, name=payload) for role in (Role.PLANNER, Role.OFFICER))
    visits = [
        (planner, "/", False), (planner, "/plan", True), (planner, f"/plan?edition={held.draft}&kind=grid_cell", True),
        (planner, "/plan?lang=en&kind=grid_cell&check=1", True),
        (planner, f"/plan/draw?edition={held.draft}", True), (planner, f"/plan/draw?edition={held.draft}&lang=en", True), (officer, "/map", True),
        (officer, "/gaps", True), (officer, "/gaps?zone=A&lang=en", True),
        (officer, "/map?lang=en&category=quarrel", True), (person(None), f"/p/{held.plate}", False),
        (person(None), f"/p/{held.outside}?lang=en", False), (person(None), f"/log-in?next={payload}", False),
        (person(None), f"/p/{payload.replace('/', '')}", False), (planner, f"/plan?edition=1&done={payload}", True),
    ]  # fmt: skip
    for context, path, is_map in visits:
        page = context.new_page()
        if is_map:
            ready(page, origin + path)
            opened_everything(page)
        else:
            page.goto(origin + path)
        assert page.evaluate("window.__x") is None, path
        assert page.locator("img[onerror], svg[onload]").count() == 0, path
        if path in {"/", "/plan", "/map", "/gaps"}:
            assert payload in page.locator("body").inner_text(), f"{path} does not even show it"
        page.close()
    assert watch.outside == []
    assert [said for said in watch.complaints if "Content Security Policy" in said or "__x" in said] == []


def test_the_test_itself_would_notice(origin, held, person):
    page = person(None).new_page()
    page.goto(f"{origin}/p/{held.plate}")
    page.evaluate("window.__x = 1")
    assert page.evaluate("window.__x") == 1
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.reload()
    page.evaluate("document.body.innerHTML = '<img src=x onerror=window.__x=2>'")
    page.wait_for_function("window.__x === 2")


def test_the_policy_stops_what_would_slip_through(origin, held, person):
    page = person(None).new_page()
    page.goto(f"{origin}/log-in")
    page.evaluate("document.body.innerHTML = '<img src=x onerror=window.__x=2>'")
    page.wait_for_timeout(300)
    assert page.evaluate("window.__x") is None
