"""The map at scale: 70,000 cells and 100,000 incidents in a real browser and tile by tile, beside Folium as it comes.

Goals at that size: usable in under 1 s and 1 CPU-second of the main thread, under 300 kB beyond the cached assets, under 100 MB
of heap; every tile under 20 ms, or from the cache. The peers are VectorGrid (what Folium's VectorGridProtobuf loads) on
the same tiles, and a page of Folium's GeoJson with a style function and one CircleMarker with a Popup for each incident, at the
sizes a browser can bear. Main-thread CPU comes from thread ticks, so that a busy machine does not change it much; time to usable
does change.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import folium
import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Route
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Actor, Role
from gridmap.services import shapes, tiles, views
from gridmap.store import editions, frames
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Station
from gridmap.web import assets
from tests.benchmarks import city
from tests.benchmarks.load_once import _backend_seconds
from tests.web.browser.conftest import DESKTOP, PHONE, browser, origin, person, watch
from tests.web.browser.tile_page import html

__all__ = ["browser", "origin", "person", "watch"]
pytestmark = pytest.mark.benchmark
DAYS = (date(2024, 7, 1), date(2025, 6, 30))
VIEW = "since=2024-07-01&until=2025-06-30"
OFFICER = Actor(1, "officer", "officer", Role.OFFICER, (city.STATION,))
#: Zooms of the map in the browser: the whole city, before and after cells begin, a quarter, a street.
ZOOMS = (9, 11, 12.5, 14, 16)
GRID = """
const grid = (layer, query, looks, more) => L.vectorGrid.protobuf(`/tiles/S001/${layer}/{z}/{x}/{y}.mvt?${query}`, {
  rendererFactory: L.canvas.tile, vectorTileLayerStyles: looks, ...more });  // tiles of 256: it knows no zoomOffset
window.layers = {
  cells: grid("cells", "edition=1", { cells: (p) => ({ fill: true, fillColor: shade(p.beat), fillOpacity: 1, color: "#88aa88", weight: 0.7 }), cells_counted: [] }, { minZoom: 12 }),
  beats: grid("beats", "edition=1", { beats: { color: "#334455", weight: 1.8 } }),
  incidents: grid("incidents", asked.get("view") ?? "", {
    incidents: { fill: true, fillColor: "#c00000", fillOpacity: 1, color: "#ffffff", weight: 1, radius: 4 },
    incidents_counted: (p) => ({ fill: true, stroke: false, fillColor: "#be2828", fillOpacity: Math.min(0.85, 0.1 + p.count / 100) }) }) };
Object.values(layers).forEach((layer) => (layer.restyle = () => layer.redraw()));
"""


@dataclass
class Measured:
    """What one visit cost."""

    ready_ms: float
    cpu_ms: float
    heap_mb: float
    kb: float
    requests: int
    pan_ms: float = float("nan")
    restyle_ms: float = float("nan")

    def row(self, name: str) -> str:
        return (
            f"{name:<46}{self.ready_ms:>9.0f}{self.cpu_ms:>8.0f}{self.heap_mb:>8.1f}{self.kb:>9.0f}{self.requests:>6}"
            f"{self.pan_ms:>8.0f}{self.restyle_ms:>9.0f}"
        )


HEAD = f"{'page':<46}{'ready ms':>9}{'CPU ms':>8}{'heap MB':>8}{'kB':>9}{'asked':>6}{'pan ms':>8}{'restyle':>9}"


def answering(body: str, kind: str) -> Callable[[Route], None]:
    """Return what answers a request of the browser with a text."""
    return lambda route: route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")


def metric(client: CDPSession, name: str) -> float:
    return {one["name"]: one["value"] for one in client.send("Performance.getMetrics")["metrics"]}[name]


def visit(context: BrowserContext, url: str, html_: str, held: dict[str, str], *, moves: bool = True) -> Measured:
    """Open a page of ours and measure until it says it is ready, then a pan and a change of style."""
    page = context.new_page()
    page.route("**/bare.html*", answering(html_, "text/html"))
    for address, body in held.items():
        kind = "text/css" if address.endswith("css") else "text/javascript"
        page.route(address, answering(body, kind))
    client = context.new_cdp_session(page)
    sizes: dict[str, float] = {}
    urls: dict[str, str] = {}
    client.on("Network.requestWillBeSent", lambda told: urls.update({told["requestId"]: told["request"]["url"]}))
    client.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    client.send("Network.enable")
    client.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(url)
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=300_000)
    ready = page.evaluate("window.readyAt")
    page.wait_for_timeout(300)
    cpu = metric(client, "TaskDuration")
    data = [size for key, size in sizes.items() if "/assets/" not in urls[key] and urls[key] not in held]
    client.send("HeapProfiler.collectGarbage")
    done = Measured(ready, cpu * 1000, metric(client, "JSHeapUsedSize") / 1e6, sum(data) / 1000, len(data))
    if moves:
        done.pan_ms = cost(page, client, "map.panBy([300, 150], { animate: false })")
        done.restyle_ms = cost(page, client, "Object.values(layers).forEach((layer) => layer.restyle())")
    page.close()
    return done


def cost(page: Page, client: CDPSession, step: str) -> float:
    """Return the CPU of the main thread for a step and what follows it [ms]."""
    before = metric(client, "TaskDuration")
    page.evaluate(step)
    page.wait_for_timeout(1500)
    return (metric(client, "TaskDuration") - before) * 1000


def vector_grid(held: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Return the same page drawn by Leaflet.VectorGrid, and that library by its address; skips where it is not there."""
    found = [address for address in held if "vectorgrid" in address.lower() and address.endswith(".js")]
    if not found:
        pytest.skip("VectorGrid is not among the assets")
    page = html()
    start, end = page.index("window.layers = {"), page.index("window.failed")
    head = page[:start].replace("<style>", f'<script src="{found[0]}"></script><style>', 1)
    return head + GRID + page[end:], {found[0]: held[found[0]]}


def naive(session: Session, n_incidents: int, n_cells: int) -> str:
    """Return the page Folium writes by itself: a style function for the cells, a marker and a popup for each incident."""
    edition = editions.in_force(session, city.STATION)
    cells = frames.zones(session, edition.id, "grid_cell").iloc[:n_cells]
    since, until = views.View(*DAYS).moments("Asia/Shanghai")
    events = frames.incidents(session, city.STATION, since, until).iloc[:n_incidents]
    map_ = folium.Map(location=[36.0, 111.5], zoom_start=9, tiles=None, prefer_canvas=True)
    folium.GeoJson(
        cells.to_json(),
        style_function=lambda one: {"fillColor": "#c8dfe6" if one["properties"]["beat"] else "#fff", "weight": 1},
    ).add_to(map_)
    for x, y, category in zip(events.geometry.x, events.geometry.y, events["category"], strict=True):
        folium.CircleMarker([y, x], radius=4, popup=folium.Popup(category)).add_to(map_)
    page = map_.get_root().render()
    told = "window.readyAt = performance.now(); document.documentElement.dataset.map = 'ready';"
    return page.replace(
        "</html>", f"<script>requestAnimationFrame(() => setTimeout(() => {{ {told} }}));</script></html>"
    )


@pytest.fixture
def built(sessions: sessionmaker[Session]) -> tuple[float, float]:
    """Build the city with its shapes; return its middle (longitude, latitude)."""
    with sessions.begin() as session:
        edition = city.build(session)
        began, cpu = time.perf_counter(), time.process_time()
        zones = shapes.fill(session, edition.id)
        print(
            f"\nshapes of {zones:,} zones: {time.perf_counter() - began:.0f} s, {time.process_time() - cpu:.0f} CPU-s"
        )
        session.execute(text("ANALYZE"))
        query = "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_Centroid(jurisdiction) AS c FROM station) AS s"
        return tuple(session.execute(text(query)).one())


def test_map_at_scale(built, sessions, app_sessions, origin, person, browser: Browser):
    lon, lat = built
    cut_tiles(app_sessions, lon, lat)
    packed = assets._read_package()
    rows = [HEAD]
    pages = {"our layer": (html(), {}), "VectorGrid, same tiles": vector_grid(packed)}
    for size, name in ((DESKTOP, "1280x800"), (PHONE, "390x844")):
        for peer, (body, held) in pages.items():
            context = person(Role.OFFICER, size=size)
            visit(context, f"{origin}/bare.html?lat={lat}&lon={lon}&zoom=9", body, held, moves=False)  # assets are kept
            for zoom in ZOOMS:
                url = f"{origin}/bare.html?lat={lat}&lon={lon}&zoom={zoom}&view={VIEW.replace('&', '%26')}"
                rows.append(visit(context, url, body, held).row(f"{peer}, {name}, zoom {zoom}"))
            context.close()
    with sessions() as session:
        for incidents, cells in ((1_000, 500), (10_000, 5_000)):
            began = time.process_time()
            body = naive(session, incidents, cells)
            python = time.process_time() - began
            bare = browser.new_context(viewport=DESKTOP)
            done = visit(bare, f"{origin}/bare.html", body, packed, moves=False)
            rows.append(done.row(f"Folium as it comes, {incidents:,} + {cells:,}") + f"   Python {python:.1f} s")
            bare.close()
    rows.append("Folium as it comes, 100,000 + 70,000: not run here")
    print("\n".join(rows))


def cut_tiles(app_sessions: sessionmaker[Session], lon: float, lat: float) -> None:
    """Print what tiles cost the application and the server, cut and kept."""
    print(f"{'tile':<24}{'cut: ms':>10}{'app CPU':>9}{'server CPU':>11}{'kB gz':>8}{'kept: ms':>10}")
    with app_sessions.begin() as session:
        enter_scope(session, [city.STATION])
        backend = session.scalar(text("SELECT pg_backend_pid()"))
        place, view = session.get(Station, city.STATION), views.View(*DAYS)
        for z in (7, 8, 9, 10, 11, 12, 13, 14, 15):
            n = 2**z
            y = session.scalar(
                text(
                    "SELECT (:half - ST_Y(ST_Transform(ST_SetSRID(ST_MakePoint(:x, :y), 4326), 3857))) / (2 * :half) * :n"
                ),
                {"half": tiles.tiles.HALF, "x": lon, "y": lat, "n": n},
            )
            spot = tiles.spot(z, int((lon + 180) / 360 * n), int(y))
            for layer in ("beats", "cells", "incidents"):
                ask = partial(tiles.zone_tile, session, OFFICER, city.STATION, layer, spot)
                if layer == "incidents":
                    ask = partial(tiles.incident_tile, session, OFFICER, place, view, spot)
                ask()
                tiles.shelf_of(session)._kept.clear()
                own, server, began = time.process_time(), _backend_seconds(backend), time.perf_counter()
                times = 5
                for _ in range(times):
                    body = ask().body
                    tiles.shelf_of(session)._kept.clear()
                wall = (time.perf_counter() - began) / times
                own, server = (time.process_time() - own) / times, (_backend_seconds(backend) - server) / times
                ask()
                began = time.perf_counter()
                for _ in range(20):
                    ask()
                kept = (time.perf_counter() - began) / 20
                drawn = "" if b"_counted" not in gzip.decompress(body) else " counted"
                print(
                    f"{f'{layer} z{z}{drawn}':<24}{wall * 1e3:>10.1f}{own * 1e3:>9.1f}{server * 1e3:>11.1f}"
                    f"{len(body) / 1e3:>8.1f}{kept * 1e3:>10.2f}"
                )
