"""The town of the dispute loop: shared by all tests that keep nothing, in a database of its own for those that look from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from gridmap.store.engine import enter_scope
from tests.disputes import Town, make_town
from tests.houses import House, house_of

#: Who asks for one of these commits, or looks with other sessions at what was committed.
OWN = frozenset({"sessions", "app_sessions"})


@pytest.fixture(scope="module")
def common(server_url: str, template_database: str) -> Iterator[tuple[House, Town]]:
    """Return a database with the town to which nothing more is committed."""
    with house_of(server_url, template_database) as house:
        with house.owner.begin() as session:
            town = make_town(session)
        yield house, town


@pytest.fixture
def town(request: pytest.FixtureRequest) -> Town:
    """Return the town; in the test's own database where it asks for its sessions."""
    if not OWN & set(request.fixturenames):
        shared: tuple[House, Town] = request.getfixturevalue("common")
        return shared[1]
    with request.getfixturevalue("sessions").begin() as session:
        return make_town(session)


@pytest.fixture
def served(request: pytest.FixtureRequest, town: Town) -> Iterator[Session]:
    """Give a session of the service in the scope of the town's station; what the test leaves is thrown away."""
    own = OWN & set(request.fixturenames)
    sessions = request.getfixturevalue("app_sessions") if own else request.getfixturevalue("common")[0].service
    with sessions() as session:
        enter_scope(session, [town.station])
        yield session
        session.rollback()
