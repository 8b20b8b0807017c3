"""The resident's page in a real browser: a phone, large text, the dark, a keyboard, no script and no reading of small print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette

from gridmap.domain.codes import number_code
from gridmap.http.scan import PlateDesk, ScanPath
from gridmap.web.resident_page import ResidentPages
from tests import made_scans as made
from tests.serving import serving_app
from tests.web.browser.conftest import PHONE, Watch

SMALL = {"width": 320, "height": 640}
KINDS = {
    "plain": made.CODE, "replaced": number_code(1), "retired": number_code(2), "stale": number_code(3), "desk": number_code(5),
    "unknown": made.NONE, "mistyped": made.CODE[:-1] + "A",
}  # fmt: skip

#: Every text of the page with less contrast than WCAG 2.2 AA wants against what lies behind it.
CONTRAST = """() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; }
    return [255, 255, 255, 1]; };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), e = walker.currentNode.parentElement, style = getComputedStyle(e);
    if (!text) continue;
    const [a, b] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${text.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
#: Everything to touch that is smaller than 44 pixels.
SMALL_TARGETS = """() => [...document.querySelectorAll('a,button,input:not([type=hidden])')]
  .map((e) => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])
  .filter(([, r]) => r.width < 44 || r.height < 43.9).map(([text, r]) => `${text} ${r.width}x${r.height}`)"""
#: What sticks out of the screen sideways, or of its own box.
WIDE = """() => [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5
  || e.getBoundingClientRect().left < -0.5).map((e) => e.tagName + ' ' + e.textContent.trim().slice(0, 30))"""
#: What does not fit its own box.
CLIPPED = """() => [...document.querySelectorAll('body *')].filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Return the address of the fast path with plates in every state."""
    everywhere = made.station(languages=made.ALL)
    plates = {
        made.CODE: made.found(made=made.part(station=everywhere)),
        made.NEW: made.found(made.NEW),
        KINDS["replaced"]: made.replaced(KINDS["replaced"]),
        KINDS["retired"]: made.found(KINDS["retired"], status="retired"),
        KINDS["stale"]: made.found(KINDS["stale"], stale=True, status="moved"),
        KINDS["desk"]: made.found(
            KINDS["desk"],
            made.part(
                people=(replace(made.MEMBER, phone=made.DESK.phone), made.DESK), following=(made.OFFICER, made.DESK)
            ),
        ),
    }
    desk = PlateDesk(made.MadeScans(plates), ResidentPages("110,119,120,122", secure=False), secure=False)
    with serving_app(ScanPath(Starlette(), desk=desk)) as address:
        yield address


@pytest.fixture
def phone(browser: Browser, origin: str, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Return the function that opens an address on a phone; at the end nothing may have been asked of others."""
    opened = []

    def go(path: str, **wishes: Any) -> Page:
        context = browser.new_context(**{"viewport": PHONE, "java_script_enabled": True, **wishes})
        opened.append(context)
        page = context.new_page()
        watch.on(page)
        page.goto(origin + path)
        return page

    yield go
    watch.clean()
    for context in opened:
        assert context.cookies() == []
        context.close()


def test_the_printed_address_opens_the_page_and_needs_one_request(phone, origin):
    page = phone("/p/x")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{origin}/P/{made.CODE}".upper())
    assert page.get_by_role("heading", level=1).inner_text().startswith("这扇门由谁负责")
    assert [url for url in asked if not url.startswith("data:")] == [f"{origin}/P/{made.CODE}"]


def test_without_script_it_is_the_same(phone):
    page = phone(f"/p/{made.CODE}", java_script_enabled=False)
    expect(page.get_by_text("王建国")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Who is responsible for this door")).to_be_visible()


def test_emergency_numbers_and_the_address_stand_on_the_first_screen(phone):
    page = phone(f"/p/{made.CODE}")
    for name in ("110", "119", "120", "122"):
        box = page.locator(f'a[href="tel:{name}"]').bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE["height"] / 2
    box = page.get_by_text("人民东路").bounding_box()
    assert box is not None
    assert box["y"] < PHONE["height"] - 100


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_has_contrast_and_every_target_room_for_a_finger(phone, kind):
    page = phone(f"/p/{KINDS[kind]}")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(WIDE) == []


@pytest.mark.parametrize("language", made.ALL)
def test_nothing_is_lost_on_a_small_phone_or_with_text_twice_as_large(phone, language):
    page = phone(f"/p/{made.CODE}?lang={language}")
    for size, text in ((SMALL, "100%"), (PHONE, "225%"), (SMALL, "225%")):
        page.set_viewport_size(size)
        page.evaluate("(text) => { document.documentElement.style.fontSize = text; }", text)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate(WIDE) == []
        assert page.evaluate(CLIPPED) == []


def test_the_dark_page_is_dark(phone):
    page = phone(f"/p/{made.CODE}", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 22, 23)"


def test_a_keyboard_reaches_everything_in_order_and_sees_where_it_is(phone):
    page = phone(f"/p/{made.CODE}")
    wanted = page.evaluate("[...document.querySelectorAll('a,button,input')].map((e) => e.getAttribute('href'))")
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href')"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    assert reached == wanted
    assert next(link for link in reached if link.startswith("tel:")) == "tel:110"


def test_arabic_runs_from_the_right_and_its_numbers_do_not(phone):
    page = phone(f"/p/{made.CODE}?lang=ar")
    heading, code = page.locator("h1").bounding_box(), page.locator("main .code bdi")
    assert heading is not None
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    assert code.evaluate("(e) => getComputedStyle(e).direction") == "ltr"
    expect(code).to_have_text("3G92-30VQ-VSH3", use_inner_text=True)


def test_a_mistyped_code_leads_back_to_the_door(phone, origin):
    page = phone(f"/p/{KINDS['mistyped']}?lang=en")
    page.get_by_role("link", name="3G92-30VQ-VSH3").click()
    expect(page).to_have_url(f"{origin}/p/{made.CODE}?lang=en")
    expect(page.get_by_text("Wang Jianguo")).to_be_visible()


def test_a_replaced_plate_leads_to_the_new_door(phone, origin):
    page = phone(f"/p/{KINDS['replaced']}")
    page.get_by_role("link", name="查看新门牌").click()
    expect(page).to_have_url(f"{origin}/p/{made.NEW}")
    expect(page.get_by_text("王建国")).to_be_visible()


def test_in_forced_colours_and_on_paper_it_still_says_what_it_says(phone):
    page = phone(f"/p/{made.CODE}", forced_colors="active")
    assert page.locator(".plate").evaluate("(e) => getComputedStyle(e).borderTopStyle") == "solid"
    page.emulate_media(media="print")
    expect(page.get_by_text("000-6612 3461")).to_be_visible()
    expect(page.get_by_role("link", name="English")).to_be_hidden()


def test_a_printed_plate_scanned_by_a_phone_opens_the_page_of_its_door(phone, origin):
    """The whole way: a plate drawn as PDF, rendered as a camera sees it, its code read, what it says opened."""
    import io

    import pypdfium2
    import zxingcpp

    from gridmap.domain.plate_face import face
    from gridmap.web.sheets import fonts, plates, qr
    from gridmap.web.sheets.plate_design import PlateSize, PlateStation

    levels = ("云禾县", "城关镇", "柳家河村")
    plate = face(
        made.CODE,
        levels=levels,
        street="鼓楼路",
        number="8",
        estate=("", "", "", ""),
        full="鼓楼路8号",
        zones=("B1", "C1"),
    )
    batch = plates.PlateBatch(PlateStation("试验派出所", "Test Station", "0356-555 0110", True), 1, [plate])
    made_pdf = plates.draw(batch, links=qr.links(origin), size=PlateSize(150, 90, 40), font=fonts.use_font(None, None))
    sheet = pypdfium2.PdfDocument(io.BytesIO(made_pdf))[0].render(scale=150 / 72).to_pil()
    (read,) = [found.text for found in zxingcpp.read_barcodes(sheet)]
    assert read == f"{origin}/P/{made.CODE}".upper()
    page = phone("/p/x")
    page.goto(read)
    assert page.get_by_role("heading", level=1).inner_text().startswith("这扇门由谁负责")
    assert page.evaluate("innerWidth") == PHONE["width"]
