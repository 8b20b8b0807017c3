"""How long a planner waits: from the mouse released to map, figures and faults shown anew, at a hundred zones."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from playwright.sync_api import expect
from sqlalchemy import insert

from gridmap.domain.access import Role
from gridmap.services import editions
from gridmap.store.tables import Address
from tests import makers
from tests.web.browser.drawing import choose, drag, draw, layer, open_draft, snap, tool, version
from tests.web.filled import STATION

pytestmark = pytest.mark.browser
DOORS, MOVES = 5_000, 8
#: Rows and columns of cells, and what the page itself may take of the wait for them; the service has its own goal
#: (tests/benchmarks/test_live.py) [ms].
SIZES = [
    pytest.param((9, 10, 100), id="100 zones"),
    pytest.param((40, 50, 400), id="2,000 zones", marks=pytest.mark.benchmark),
]


@pytest.fixture(params=SIZES)
def size(request):
    return request.param


@pytest.fixture
def number(held, sessions, size):
    """Return the number of a draft whose beats are columns of cells, with 5,000 doors in them."""
    number = open_draft(sessions)
    rows, columns, _ = size
    high, wide = 1 / rows, 2 / columns
    beats = makers.zones({f"K{x}": makers.square(x * wide, 0, wide, 1) for x in range(columns)})
    cells = makers.zones(
        {f"K{x}-{y}": makers.square(x * wide, y * high, wide, high) for x in range(columns) for y in range(rows)},
        beat=[f"K{x}" for x in range(columns) for _ in range(rows)],
    )
    rng = np.random.default_rng(7)
    with sessions.begin() as session:
        draft = editions.editions.find(session, STATION, number)
        editions.put_zones(session, draft, beats, cells)
        places = zip(rng.uniform(0, 2, DOORS), rng.uniform(0, 1, DOORS), strict=True)
        doors = [
            {"station": STATION, "code": f"N{n}", "full": f"N{n}", "street": "路", "number": str(n), "households": 5,
             "geom": makers.wkb(makers.spot(x, y))}
            for n, (x, y) in enumerate(places)
        ]  # fmt: skip
        session.execute(insert(Address), doors)
    return number


def test_a_moved_border_shows_its_figures_soon(origin, number, size, person, watch, capsys):
    rows, columns, most = size
    page = draw(person(Role.PLANNER).new_page(), origin, number)
    layer(page, "grid_cell")
    snap(page, on=False)
    expect(page.locator("#draw-figures tbody tr")).to_have_count(rows * columns)
    choose(page, "K4-4")
    tool(page, "border")
    corner, step = (8 / columns, 4 / rows), (0.15 * 2 / columns, 0.15 / rows)
    place, waits, shares = corner, [], []
    for n in range(1, MOVES + 1):
        away = (corner[0] + step[0] * (n % 2), corner[1] + step[1] * (n % 2))
        drag(page, place, away)
        version(page, n)
        place = away
        data = page.evaluate("({...document.documentElement.dataset})")
        waits.append(float(data["drawMs"]))
        shares.append(float(data["drawPageMs"]))
    with capsys.disabled():
        print(
            f"\nrelease to panel, {rows * columns + columns:,} zones, {DOORS:,} doors [ms]: median "
            f"{statistics.median(waits):.0f}, least {min(waits):.0f}, most {max(waits):.0f}; "
            f"of which the page itself {statistics.median(shares):.0f}"
        )
    assert statistics.median(shares) < most
    watch.clean()
