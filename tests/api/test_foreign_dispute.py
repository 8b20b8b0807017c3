"""A dispute outside what somebody may see, asked for by its number in every route there is: as if there were none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.access import PERMISSIONS, Role
from tests.api.matrix import ROWS
from tests.api.test_matrix import call
from tests.served import FOREIGN, OWN

OF_ONE = [row for row in ROWS if "{dispute" in row.route]
#: Whatever a dispute may leave behind.
TABLES = ("dispute", "dispute_event", "dispute_body", "dispute_link", "dispute_party", "dispute_paper", "mail", "audit")


def test_every_route_of_a_dispute_can_be_asked_for_another_one():
    assert len(OF_ONE) > 20
    assert [row.name for row in OF_ONE if "99999" not in row.url] == []


@pytest.mark.parametrize(
    ("role", "station"),
    [(Role.OFFICER, FOREIGN), (Role.COMMANDER, FOREIGN), (Role.MEDIATOR, FOREIGN), (Role.MEDIATOR, OWN), (Role.GRID_MEMBER, OWN)],
)  # fmt: skip
def test_a_dispute_outside_one_s_sight_is_none_at_all(two_stations, sessions, as_role, role, station):
    """Another station's; of one's own station, one that was given to others, or that lies in another's cell."""
    somebody = as_role(role)
    with sessions.begin() as session:
        session.execute(text("UPDATE dispute SET grid_cell = 'B1', beat = 'B' WHERE station = :own"), {"own": OWN})
        unseen = session.scalar(text("SELECT id FROM dispute WHERE station = :station"), {"station": station})
        before = _left(session, station)
    wrong: list[tuple[object, ...]] = []
    for row in (row for row in OF_ONE if row.who in PERMISSIONS[role]):
        nothing = call(somebody, row, OWN, two_stations)
        found = call(somebody, replace(row, url=row.url.replace("99999", str(unseen))), OWN, two_stations)
        if (found.status_code, nothing.status_code) != (404, 404):
            wrong.append((row.name, found.status_code, nothing.status_code))
        if "D1" in found.text or FOREIGN in found.text:
            wrong.append((row.name, "leaks", found.text[:300]))
    assert not wrong, "\n".join(map(str, wrong))
    with sessions() as session:
        assert _left(session, station) == before, "nothing was written of it"


def _left(session: Session, station: str) -> list[object]:
    """Return how many rows a station has of what disputes leave behind."""
    return [
        session.scalar(text(f"SELECT count(*) FROM {table} WHERE station = :station"), {"station": station})
        for table in TABLES
    ]
