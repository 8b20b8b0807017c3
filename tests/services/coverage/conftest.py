"""A station where all is well, for faults to be planted in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gridmap.services import coverage, editions
from tests import makers

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)  # a Monday, noon in Shanghai
IN_FORCE = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def station(session):
    """Two beats with officers and four cells with members, a door in each cell, all with plates: no gap."""
    makers.make_station(session)
    draft = makers.make_draft(session)
    for beat in "AB":
        makers.make_person(session, f"警{beat}", beat=beat)
    for n, (cell, x, y) in enumerate([("A1", 0.5, 0.2), ("A2", 0.5, 0.8), ("B1", 1.5, 0.2), ("B2", 1.5, 0.8)]):
        makers.make_person(session, f"网{cell}", "grid_member", cell=cell)
        makers.make_plate(session, f"{n}" * 12, makers.make_door(session, x, y, code=cell))
    editions.publish(session, "S001", draft.number, by="test", since=IN_FORCE)
    return draft


@pytest.fixture
def told(session, station):
    """Return the function that looks for the gaps of the station at `NOW`, everything allowed."""

    def look(**wishes):
        session.flush()
        session.expire_all()
        return coverage.look(session, "S001", wishes.pop("at", NOW), disputes=wishes.pop("disputes", True), **wishes)

    return look


@pytest.fixture
def kinds(told):
    """Return the function that names each gap: (kind, code)."""

    def named(**wishes):
        found = told(**wishes).gaps
        return list(zip(found["kind"], found["code"], strict=True))

    return named
