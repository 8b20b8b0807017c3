"""How long a planner waits: from the mouse released to map, figures and faults shown anew, at a hundred zones."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from sqlalchemy import insert

from gridmap.domain.access import Role
from gridmap.services import editions
from gridmap.store.tables import Address
from tests import makers
from tests.web.browser.drawing import choose, drag, draw, layer, open_draft, snap, tool, version
from tests.web.filled import STATION

pytestmark = pytest.mark.browser
ROWS, COLUMNS, DOORS, MOVES = 9, 10, 5_000, 8
#: What the page itself may take of the wait; the service has its own goal (tests/benchmarks/test_live.py) [ms].
PAGE_MS = 100


@pytest.fixture
def hundred(held, sessions):
    """Return the number of a draft of 10 beats and 90 cells with 5,000 doors in them."""
    number = open_draft(sessions)
    high, wide = 1 / ROWS, 2 / COLUMNS
    beats = makers.zones({f"K{x}": makers.square(x * wide, 0, wide, 1) for x in range(COLUMNS)})
    cells = makers.zones(
        {f"K{x}-{y}": makers.square(x * wide, y * high, wide, high) for x in range(COLUMNS) for y in range(ROWS)},
        beat=[f"K{x}" for x in range(COLUMNS) for _ in range(ROWS)],
    )
    rng = np.random.default_rng(7)
    with sessions.begin() as session:
        draft = editions.editions.find(session, STATION, number)
        editions.put_zones(session, draft, beats, cells)
        places = zip(rng.uniform(0, 2, DOORS), rng.uniform(0, 1, DOORS), strict=True)
        rows = [
            {"station": STATION, "code": f"N{n}", "full": f"N{n}", "street": "路", "number": str(n), "households": 5,
             "geom": makers.wkb(makers.spot(x, y))}
            for n, (x, y) in enumerate(places)
        ]  # fmt: skip
        session.execute(insert(Address), rows)
    return number


def test_a_moved_border_shows_its_figures_soon_at_a_hundred_zones(origin, hundred, person, watch, capsys):
    page = draw(person(Role.PLANNER).new_page(), origin, hundred)
    layer(page, "grid_cell")
    snap(page, on=False)
    assert page.locator("#draw-figures tbody tr").count() == ROWS * COLUMNS
    choose(page, "K4-4")
    tool(page, "border")
    place, waits, shares = (0.8, 4 / ROWS), [], []
    for n in range(1, MOVES + 1):
        away = (0.8 + 0.03 * (n % 2), 4 / ROWS + 0.02 * (n % 2))
        drag(page, place, away)
        version(page, n)
        place = away
        data = page.evaluate("({...document.documentElement.dataset})")
        waits.append(float(data["drawMs"]))
        shares.append(float(data["drawPageMs"]))
    with capsys.disabled():
        print(
            f"\nrelease to panel, 100 zones, {DOORS:,} doors [ms]: median {statistics.median(waits):.0f}, "
            f"least {min(waits):.0f}, most {max(waits):.0f}; of which the page itself {statistics.median(shares):.0f}"
        )
    assert statistics.median(shares) < PAGE_MS
    watch.clean()
