"""The layer of vector tiles in a real browser: what is drawn, what is asked for, and what a click finds."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from gridmap.domain.access import Role
from tests import makers
from tests.web.browser.conftest import PHONE
from tests.web.browser.tile_page import open_page
from tests.web.conftest import held
from tests.web.filled import NOW

__all__ = ["held"]
VIEW = "since=2020-01-01&until=2040-01-01"
AT_UNITS = (0.75, 0.3)
AT = makers.spot(*AT_UNITS)
#: What the canvases of a layer show: [pixels drawn, pixels of nearly one colour].
COUNT = """([name, red, green, blue]) => {
  let [drawn, like] = [0, 0];
  for (const canvas of layers[name].getPane().querySelectorAll("canvas")) {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3]) drawn += 1;
      if (data[i + 3] > 200 && Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue) < 12) like += 1;
    }
  }
  return [drawn, like];
}"""


#: The colour of a layer's canvas under a place, wherever that canvas was put.
UNDER = """([name, lat, lon]) => {
  const at = map.latLngToContainerPoint([lat, lon]);
  for (const canvas of layers[name].getPane().querySelectorAll("canvas")) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [((at.x - box.x) / box.width) * canvas.width, ((at.y - box.y) / box.height) * canvas.height];
    const found = [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
    if (found[3]) return found;
  }
  return null;
}"""


@pytest.fixture
def placed(held, sessions):
    """Put one more incident where the tests look; return it."""
    with sessions.begin() as session:
        return makers.make_incident(session, *AT_UNITS, NOW).id


@pytest.fixture(params=["desktop", "phone"])
def page(request, placed, person, origin):
    size = PHONE if request.param == "phone" else None
    context = person(Role.OFFICER, size=size, **({"device_scale_factor": 3} if size else {}))
    return open_page(context, origin, lat=AT.y, lon=AT.x, zoom=15.25, view=VIEW)


def settled(page: Page) -> None:
    page.wait_for_function("Object.values(layers).every((layer) => !layer._busy)")


def click_at(page: Page, x: float, y: float) -> dict:
    at = page.evaluate(f"map.latLngToContainerPoint([{y}, {x}])")
    page.evaluate("clicked.length = 0")
    page.mouse.click(at["x"], at["y"])
    page.wait_for_timeout(50)
    found = page.evaluate("clicked")
    assert len(found) <= 1, "the topmost feature alone is told"
    return found[0] if found else {}


def test_dots_lie_over_cells_and_a_click_finds_the_topmost(page, placed, watch):
    assert page.evaluate("failed") == []
    assert page.evaluate(COUNT, ["incidents", 192, 0, 0])[1] > 20
    assert page.evaluate(COUNT, ["cells", 221, 230, 200])[0] > 10_000
    dot = click_at(page, AT.x, AT.y)
    assert (dot["name"], dot["layer"], dot["id"], dot["type"]) == ("incidents", "incidents", placed, 1)
    assert dot["properties"]["category"] == "noise"
    assert abs(dot["centre"]["lng"] - AT.x) < 1e-5
    assert abs(dot["centre"]["lat"] - AT.y) < 1e-5
    free = makers.spot(0.75, 0.45)
    cell = click_at(page, free.x, free.y)
    assert (cell["name"], cell["properties"]["code"], cell["properties"]["beat"], cell["type"]) == (
        "cells",
        "A1",
        "A",
        3,
    )
    watch.clean()


def test_restyling_asks_for_nothing_and_another_address_does(page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("look.dot = '#0000c0'; layers.incidents.restyle()")
    settled(page)
    assert page.evaluate(COUNT, ["incidents", 0, 0, 192])[1] > 20
    assert page.evaluate(COUNT, ["incidents", 192, 0, 0])[1] == 0
    assert asked == []
    page.evaluate("layers.incidents.setUrl(address('incidents', 'since=2001-01-01&until=2001-01-02'))")
    settled(page)
    assert asked
    assert all("/incidents/" in url for url in asked)
    assert page.evaluate(COUNT, ["incidents", 0, 0, 192])[0] == 0, "nothing happened that day"


def test_what_was_seen_is_not_asked_for_again_and_a_dot_stays_at_its_place(page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for step in ("map.setZoom(15.5, { animate: false })", "map.setZoom(15.25, { animate: false })"):
        page.evaluate(step)
        settled(page)
        assert click_at(page, AT.x, AT.y)["name"] == "incidents"
    page.evaluate("map.panBy([90, 60], { animate: false })")
    settled(page)
    assert click_at(page, AT.x, AT.y)["name"] == "incidents"
    page.evaluate("map.panBy([-90, -60], { animate: false })")
    settled(page)
    assert len(asked) == len(set(asked))
    assert page.evaluate(UNDER, ["incidents", AT.y, AT.x]) == [192, 0, 0, 255]


@pytest.mark.parametrize("zoom", [12.25, 15.25, 18])
def test_a_dot_is_drawn_where_a_shifted_base_map_has_its_place(placed, person, origin, zoom):
    """Tiles are cut in WGS 84; over a base map in GCJ-02 all of it moves by some 500 m, to where Leaflet puts a marker."""
    page = open_page(person(Role.OFFICER), origin, lat=AT.y, lon=AT.x, zoom=zoom, view=VIEW, crs="GCJ02")
    assert page.evaluate(UNDER, ["incidents", AT.y, AT.x]) == [192, 0, 0, 255]
    page.evaluate("map.panBy([160, 90], { animate: false })")
    settled(page)
    assert page.evaluate(UNDER, ["incidents", AT.y, AT.x]) == [192, 0, 0, 255]


def test_a_layer_beyond_its_zooms_is_empty_and_comes_back(page):
    page.evaluate("map.setZoom(10, { animate: false })")
    settled(page)
    assert page.evaluate("layers.cells.getPane().querySelectorAll('canvas').length") == 0
    page.evaluate(f"map.setView([{AT.y}, {AT.x}], 15, {{ animate: false }})")
    settled(page)
    assert page.evaluate(COUNT, ["cells", 221, 230, 200])[0] > 10_000


def test_tiles_that_do_not_come_are_told_and_asked_for_again(page):
    page.route("**/tiles/S001/incidents/**", lambda route: route.abort())
    page.evaluate("layers.incidents.setUrl(address('incidents', 'since=2021-01-01&until=2040-01-01'))")
    page.wait_for_function("failed.length > 0")
    settled(page)
    page.unroute("**/tiles/S001/incidents/**")
    page.evaluate("map.panBy([2, 0], { animate: false })")
    settled(page)
    assert click_at(page, AT.x, AT.y)["name"] == "incidents"
