"""What the drawing tests do with the page: open it, point at places, wait for a version, ask the draft."""

from __future__ import annotations

import json
from typing import Any

import shapely
from playwright.sync_api import Page
from sqlalchemy.orm import Session, sessionmaker

from gridmap.services import editions
from tests.makers import SIDE, SOUTH, WEST
from tests.web.browser.conftest import ready
from tests.web.filled import STATION


def open_draft(sessions: sessionmaker[Session]) -> int:
    """Open a sound draft of the edition in force and return its number."""
    with sessions.begin() as session:
        return editions.open_draft(session, STATION, by="test").number


def draw(page: Page, origin: str, number: int, query: str = "") -> Page:
    """Open the drawing page of a draft."""
    return ready(page, f"{origin}/plan/draw?station={STATION}&edition={number}{query}")


def degrees(x: float, y: float) -> list[float]:
    """Return longitude and latitude of a place in units of the test station's squares."""
    return [round(WEST + x * SIDE, 7), round(SOUTH + y * SIDE, 7)]


def pixel(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a place is on the screen."""
    lon, lat = degrees(x, y)
    at = page.evaluate(
        "([lon, lat]) => { const box = map_main.getContainer().getBoundingClientRect();"
        " const at = map_main.latLngToContainerPoint([lat, lon]); return [box.x + at.x, box.y + at.y]; }",
        [lon, lat],
    )
    return at[0], at[1]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag the mouse from one place of the test station to another."""
    (x1, y1), (x2, y2) = pixel(page, *start), pixel(page, *end)
    page.mouse.move(x1, y1)
    page.mouse.down()
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2, steps=3)
    page.mouse.move(x2, y2, steps=3)
    page.mouse.up()


def click(page: Page, x: float, y: float, **how: Any) -> None:
    """Click a place of the test station."""
    page.mouse.click(*pixel(page, x, y), **how)


def trace(page: Page, *corners: tuple[float, float]) -> None:
    """Click the corners of a line or outline and end it with Enter."""
    for corner in corners:
        page.mouse.move(*pixel(page, *corner), steps=2)
        click(page, *corner)
    page.keyboard.press("Enter")


def layer(page: Page, kind: str) -> None:
    """Take the beats or the grid cells in hand."""
    page.locator(f".legend [data-layer-kind={kind}]").click()


def choose(page: Page, code: str) -> None:
    """Choose a zone in the table."""
    page.locator(f'#draw-figures tr[data-code="{code}"] button').click()


def tool(page: Page, name: str) -> None:
    """Take a tool in hand."""
    page.locator(f"[data-tool={name}]").click()


def version(page: Page, number: int) -> None:
    """Wait until the page shows version `number` of the draft."""
    page.wait_for_selector(f'html[data-draw-version="{number}"]', state="attached")


def snap(page: Page, *, on: bool) -> None:
    """Switch snapping."""
    page.locator("#draw-snap").set_checked(on)


def told(page: Page, number: int) -> dict[str, Any]:
    """Return the draft as the interface tells it."""
    reply = page.request.get(f"{page.url.split('/plan')[0]}/api/v1/stations/{STATION}/editions/{number}/draft")
    answer: dict[str, Any] = reply.json()
    return answer


def shapes(draft: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return code -> polygon of the draft's beats or cells."""
    return {
        one["properties"]["code"]: shapely.from_geojson(json.dumps(one["geometry"])) for one in draft[kind]["features"]
    }


def is_partition(draft: dict[str, Any]) -> bool:
    """Return whether the draft has no fault and its cells fill the two squares once."""
    cells = shapely.union_all(list(shapes(draft, "cells").values()))
    whole = sum(shape.area for shape in shapes(draft, "cells").values())
    ground = 2 * SIDE * SIDE
    return draft["live"]["faults"] == [] and abs(cells.area - ground) < 1e-9 and abs(whole - ground) < 1e-9
