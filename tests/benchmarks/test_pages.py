"""Weight and time to a usable map of the three pages on the made-up station, beside Folium as it comes.

The peer draws the same zones and the incidents of the same year with Folium's own means (a style function, one marker
and popup for each incident), its assets answered from the same package, so no network is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import folium
import pytest
from playwright.sync_api import Browser, BrowserContext

from gridmap.domain.access import Role
from gridmap.services import demo, figures
from gridmap.store import editions, frames
from gridmap.web import assets
from tests.web.browser import conftest as browsing
from tests.web.browser.conftest import browser, origin, person, watch

__all__ = ["browser", "origin", "person", "watch"]
pytestmark = pytest.mark.benchmark
FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


@dataclass
class Measured:
    """What one visit cost."""

    requests: int
    wire_kb: float
    ready_ms: float
    cpu_ms: float
    heap_mb: float

    def row(self, name: str) -> str:
        return f"{name:<34}{self.requests:>9}{self.wire_kb:>9.0f}{self.ready_ms:>10.0f}{self.cpu_ms:>9.0f}{self.heap_mb:>9.1f}"


def visit(context: BrowserContext, url: str, wait: str) -> Measured:
    """Open `url` in a fresh tab and measure until `wait` is there."""
    page = context.new_page()
    client = context.new_cdp_session(page)
    bytes_, requests = [], []
    client.on("Network.loadingFinished", lambda event: bytes_.append(event["encodedDataLength"]))
    client.on("Network.requestWillBeSent", lambda event: requests.append(event["request"]["url"]))
    client.send("Network.enable")
    client.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(url)
    page.wait_for_selector(wait, state="attached", timeout=60_000)
    ready = page.evaluate("performance.now()")
    page.wait_for_timeout(500)
    found = {one["name"]: one["value"] for one in client.send("Performance.getMetrics")["metrics"]}
    page.close()
    kept = [url for url in requests if not url.startswith("data:")]
    return Measured(len(kept), sum(bytes_) / 1000, ready, found["TaskDuration"] * 1000, found["JSHeapUsedSize"] / 1e6)


def naive(session, station: str) -> str:
    """Return the page Folium writes by itself for the same zones and incidents."""
    edition = editions.in_force(session, station)
    since, until = figures.year_of_incidents(session, station, datetime.now(UTC))
    events = frames.incidents(session, station, since, until)
    map_ = folium.Map(location=[35.8, 112.9], zoom_start=12, tiles=None)
    for kind in ("grid_cell", "beat"):
        zones = frames.zones(session, edition.id, kind)
        folium.GeoJson(
            zones.to_json(), style_function=lambda _: {"weight": 1}, tooltip=folium.GeoJsonTooltip(["name_zh"])
        ).add_to(map_)
    for row in events.itertuples():
        folium.CircleMarker([row.geometry.y, row.geometry.x], radius=3, popup=f"{row.category} {row.at}").add_to(map_)
    return map_.get_root().render()


def test_pages(sessions, origin, person, browser: Browser, monkeypatch):
    with sessions.begin() as session:
        built = demo.build(session, FIXTURES, password="correct horse battery", say=lambda _: None)
    monkeypatch.setattr(browsing, "STATION", built.station)
    with sessions() as session:
        html = naive(session, built.station)
    ready = "html[data-map=ready]"
    planner, officer, nobody = person(Role.PLANNER), person(Role.OFFICER), person(None)
    visit(person(Role.OFFICER), f"{origin}/map", ready)  # what the server compiles once
    visit(person(Role.PLANNER), f"{origin}/plan?edition=2", ready)
    rows = []
    for name, context, path, wait in (
        ("/plan", planner, "/plan", ready),
        ("/plan?edition=2 (draft, cells)", planner, "/plan?edition=2&kind=grid_cell", ready),
        ("/map", officer, "/map", ready),
        ("/map (hours of the week)", officer, "/map?panel=when", ready),
        ("/map (density)", officer, "/map?layer=density", ready),
        ("/p/{code}", nobody, f"/p/{built.plate}", "footer"),
    ):
        rows += [visit(context, origin + path, wait).row(f"{name}, {again}") for again in ("first", "again")]
    bare = browser.new_context(viewport=browsing.DESKTOP)
    held = assets._read_package()
    bare.route("**/*", lambda route: _answer(route, html, held))
    peer = visit(bare, f"{origin}/naive.html", "path.leaflet-interactive")
    bare.close()
    rows.append(peer.row("Folium as it comes, same data") + f"   (html alone {len(html) / 1000:,.0f} kB)")
    print("\n" + f"{'page':<34}{'requests':>9}{'kB':>9}{'ready ms':>10}{'CPU ms':>9}{'heap MB':>9}")
    print("\n".join(rows))


def _answer(route, html: str, held: dict[str, str]) -> None:
    url = route.request.url
    if url.endswith("/naive.html"):
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
    elif url in held:
        kind = "text/css" if url.endswith("css") else "text/javascript"
        route.fulfill(body=held[url], content_type=f"{kind}; charset=utf-8")
    else:
        route.abort()
