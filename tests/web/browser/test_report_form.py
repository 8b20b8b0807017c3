"""A resident reports with a phone that runs no script: sends, keeps the receipt, follows, adds, withdraws."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.http.reports import ReportDesk
from gridmap.services.reports.keys import Keys
from gridmap.services.sealing import Sealer
from gridmap.settings import Settings
from tests.served import SECRET, make_app
from tests.serving import serving_app
from tests.web.browser.conftest import PHONE, Watch
from tests.web.conftest import held

__all__ = ["held"]
pytestmark = pytest.mark.browser
#: What the smallest target may measure on a phone [CSS pixels]; WCAG 2.2 asks 24, the page promises 44.
TARGET = 44
#: Where pictures of the pages go, to be looked at; none are taken where it is not set.
PICTURES = os.environ.get("GRIDMAP_PICTURES")
NARROW = {"width": 320, "height": 640}
SIZES = """() => [...document.querySelectorAll('main a, main button, main summary, main input:not([type=hidden]), main label:has(input)')]
  .filter(e => e.offsetParent && !e.closest('.trap') && !e.matches('label input'))
  .map(e => { const b = e.getBoundingClientRect(); return [e.outerHTML.slice(0, 80), Math.round(b.width), Math.round(b.height)]; })"""
UNNAMED = """() => [...document.querySelectorAll('input:not([type=hidden]), textarea, select')]
  .filter(e => !e.closest('.trap') && !(e.labels && e.labels.length && e.labels[0].textContent.trim())).map(e => e.outerHTML)"""
TWICE = """() => { const seen = {}; document.querySelectorAll('[id]').forEach(e => seen[e.id] = (seen[e.id] || 0) + 1);
  return Object.keys(seen).filter(id => seen[id] > 1); }"""
NOWHERE = """() => [...document.querySelectorAll('[aria-describedby]')].flatMap(e => e.getAttribute('aria-describedby').split(' '))
  .filter(id => id && !document.getElementById(id))"""
PALE = """() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const paper = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$|transparent/.test(c)) return c; } return 'rgb(255,255,255)'; };
  const found = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const e = walk.currentNode.parentElement; if (!walk.currentNode.data.trim() || !e.offsetParent || e.closest('.trap, option')) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(paper(e))].sort((x, y) => y - x); const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push([walk.currentNode.data.trim().slice(0, 30), ratio.toFixed(2)]); }
  return found; }"""


@pytest.fixture
def served(app_sessions: sessionmaker[Session], tmp_path: Path) -> Iterator[str]:
    settings = Settings(
        secret=SECRET, secure_cookies=False, log_level="error", database_url=None, scan=tmp_path / "scan"
    )
    app = make_app(settings, app_sessions)
    app.state.report_desk = ReportDesk(app_sessions, app.state.seats, Keys(SECRET), Sealer(bytes(32)))
    with serving_app(app) as address:
        yield address


@pytest.fixture
def phone(browser: Browser, served: str) -> Iterator[Page]:
    """Return a page of a phone without script, watched."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (800, 600), "gray").save(kept, "JPEG")
    return kept.getvalue()


def test_send_follow_add_withdraw(phone: Page, served: str, held, session: Session) -> None:
    phone.goto(f"{served}/p/{held.plate}/report?kind=hazard")
    expect(phone.get_by_label("报告隐患")).to_be_checked()
    assert phone.locator("input[name=website]").bounding_box()["x"] < 0
    phone.get_by_label("请说说情况").fill("楼道堆满杂物")
    phone.locator("#phone").fill("13800138000")
    phone.locator("#photos").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    phone.get_by_role("button", name="提交").click()
    assert phone.get_by_role("heading", level=1).inner_text().startswith("已收到")
    code = phone.locator(".receipt").inner_text()
    phone.goto(f"{served}/r")
    phone.get_by_label("回执码").fill(code.lower())
    phone.get_by_role("button", name="查看").click()
    assert phone.url.endswith("/r/" + code.replace("-", ""))
    expect(phone.get_by_text("照片 1 张")).to_be_visible()
    phone.get_by_text("补充情况").click()
    phone.locator("#add-words").fill("又多了一辆电动车")
    phone.locator("form:has(#add-words) button").click()
    expect(phone.get_by_text("又多了一辆电动车")).to_be_visible()
    phone.locator("summary", has_text="撤回").click()
    phone.get_by_label("我要撤回").check()
    phone.locator("form:has(input[name=sure]) button").click()
    expect(phone.get_by_text("您已撤回。联系方式和照片已删除。")).to_be_visible()
    assert session.execute(text("SELECT state, (SELECT count(*) FROM report_photo) FROM report")).one() == (
        "withdrawn",
        0,
    )


def test_an_emergency_shows_the_telephone_before_anything_is_kept(
    phone: Page, served: str, held, session: Session
) -> None:
    phone.goto(f"{served}/p/{held.plate}/report?kind=other&lang=en")
    phone.locator("#words").fill("There is a fire on the stairs")
    phone.get_by_role("button", name="Send").click()
    alarm = phone.locator(".alarm")
    assert alarm.bounding_box()["y"] < phone.locator("form").bounding_box()["y"]
    expect(alarm.locator("a").first).to_have_attribute("href", "tel:110")
    assert session.scalar(text("SELECT count(*) FROM report")) == 0
    phone.get_by_label("I have called, or it can wait").check()
    phone.get_by_role("button", name="Send").click()
    assert phone.get_by_role("heading", level=1).inner_text().startswith("We have it")


def test_every_page_reads_well_on_a_phone_in_both_languages_light_and_dark(
    browser: Browser, served: str, held, sessions: sessionmaker[Session]
) -> None:
    watch = Watch(served)
    for language in ("zh", "en"):
        for scheme in ("light", "dark"):
            # Scripts are on here, for the checks alone; the pages hold none.
            context = browser.new_context(viewport=PHONE, locale="zh-CN", color_scheme=scheme)
            context.on("page", watch.on)
            page = context.new_page()

            def good(name: str, page: Page = page, mark: str = f"{language}-{scheme}") -> None:
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert page.evaluate(wide) <= 0, f"{name} is wider than the screen"
                small = [one for one in page.evaluate(SIZES) if one[2] < TARGET]
                assert (small, page.evaluate(UNNAMED), page.evaluate(TWICE)) == ([], [], []), name
                assert (page.evaluate(NOWHERE), page.evaluate(PALE)) == ([], []), (name, mark)
                expect(page.locator("h1")).to_have_count(1)
                page.set_viewport_size(NARROW)  # 400 % on a screen of 1280
                assert page.evaluate(wide) <= 0, f"{name} is wider than a narrow screen"
                page.set_viewport_size(PHONE)
                if PICTURES:
                    page.screenshot(path=f"{PICTURES}/report-{name}-{mark}.png", full_page=True)

            page.goto(f"{served}/p/{held.plate}/report?kind=dispute&lang={language}")
            good("form")
            page.locator("#words").fill("邻居占道，还持刀 13800138000")
            page.locator("button").click()
            good("urgent")
            page.locator("input[name=confirm]").check()
            page.locator("#phone").fill("0000-119")
            page.locator("button").click()
            good("receipt")
            page.locator("main a.call").first.click()
            for fold in page.locator("details").all():
                fold.locator("summary").click()
            good("open")
            with sessions.begin() as session:
                for step, note in (("accepted", ""), ("settled", "双方已和解。")):
                    session.execute(
                        text("""INSERT INTO report_event (station, report_id, by, what, note)
                                SELECT station, max(id), 'officer/zhang', :step, :note FROM report WHERE joined_to IS NULL
                                GROUP BY station"""),
                        {"step": step, "note": note},
                    )
            page.reload()
            for fold in page.locator("details").all():
                fold.locator("summary").click()
            good("settled")
            page.goto(f"{served}/r/{held.plate}?lang={language}")
            good("unknown")
            context.close()
    assert watch.outside == []
    assert [one for one in watch.complaints if "422" not in one] == []
