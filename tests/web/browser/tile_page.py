"""A page with a bare map and our layer of vector tiles on it; its script can be told what to do from outside."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from gridmap.web import assets

HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>tiles</title>
<link rel="stylesheet" href="{css}"><script src="{leaflet}"></script><script src="{shifted}"></script>
<style>html,body,#map{{height:100%;margin:0;background:#fff}}</style></head><body><div id="map"></div>
<script type="module">
import {{ tileLayer }} from "{tiles}";
const asked = new URLSearchParams(location.search);
const map = (window.map = L.map("map", {{ zoomSnap: 0.25, zoomControl: false, attributionControl: false, crs: L.CRS[asked.get("crs") ?? "EPSG3857"] }}));
map.setView([Number(asked.get("lat")), Number(asked.get("lon"))], Number(asked.get("zoom")));
[["fills", 340], ["lines", 420], ["dots", 430]].forEach(([name, height]) => (map.createPane(name).style.zIndex = height));
window.address = (layer, query) => ({{ z, x, y }}) => `/tiles/S001/${{layer}}/${{z}}/${{x}}/${{y}}.mvt?${{query}}`;
window.clicked = [];
window.ground = 0;
map.on("click", (event) => {{ if (!event.originalEvent.told) ground += 1; }});
const told = (name) => (one, at) => clicked.push({{ name, layer: one.layer, id: one.id, properties: one.properties, type: one.type, centre: one.centre, at }});
window.look = {{ dot: "#c00000" }};
const shades = ["#dde6c8", "#c8dfe6", "#e6d8c8", "#e0c8e6", "#c8e6d0"];
const shade = (code) => shades[[...code].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 5];
window.layers = {{
  cells: tileLayer(map, {{ pane: "fills", minZoom: 12, url: address("cells", "edition=1"), onClick: told("cells"),
    style: (one) => (one.layer === "cells" ? {{ fill: shade(one.properties.beat), stroke: "#88aa88", width: 0.7 }} : null) }}),
  beats: tileLayer(map, {{ pane: "lines", url: address("beats", "edition=1"), style: () => ({{ stroke: "#334455", width: 1.8 }}) }}),
  incidents: tileLayer(map, {{ pane: "dots", url: address("incidents", asked.get("view") ?? ""), onClick: told("incidents"),
    style: (one) => (one.layer === "incidents" ? {{ fill: look.dot, stroke: "#ffffff", width: 1, radius: 4 }}
      : {{ fill: `rgba(190, 40, 40, ${{Math.min(0.85, 0.1 + one.properties.count / 100)}})` }}) }}),
}};
window.failed = [];
let left = 0;
for (const [name, layer] of Object.entries(layers)) {{
  left += 1;
  layer.on("failed", (event) => failed.push([name, event.tiles, event.reason]));
  layer.once("load", () => {{
    left -= 1;
    if (left) return;
    window.readyAt = performance.now();
    document.documentElement.dataset.map = "ready";
  }});
}}
for (const layer of Object.values(layers)) map.addLayer(layer);
</script></body></html>"""


def html() -> str:
    """Return the page; its address says where it looks: lat, lon, zoom, crs, and view, the query of the incidents."""
    return HTML.format(
        css=assets.local(assets.LEAFLET_CSS),
        leaflet=assets.local(assets.LEAFLET_JS),
        tiles=assets.own("tiles.js"),
        shifted=assets.own("gcj02.js"),
    )


def open_page(
    context: BrowserContext, origin: str, *, lat: float, lon: float, zoom: float, view: str = "", crs: str = "EPSG3857"
) -> Page:
    """Return a page whose map is there; `view` is the query of the incidents."""
    page = context.new_page()
    body = html()
    page.route("**/bare.html*", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    page.goto(f"{origin}/bare.html?lat={lat}&lon={lon}&zoom={zoom}&crs={crs}&view={view.replace('&', '%26')}")
    page.wait_for_selector("html[data-map=ready]", state="attached", timeout=180_000)
    return page
