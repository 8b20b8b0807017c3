"""The application, its clients, and a station with everything the pages show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.houses import copy_of, filled_by
from tests.served import app, as_role, client, queries
from tests.web.filled import Held, fill

__all__ = ["app", "as_role", "client", "queries"]


@pytest.fixture(scope="session")
def held_template(server_url: str, template_database: str) -> Iterator[tuple[str, Held]]:
    """Return a database to copy, in which S001 is filled, and what it holds; filled once, for it takes 0.2 s."""
    yield from filled_by(server_url, template_database, fill)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, server_url: str, template_database: str) -> Iterator[str]:
    """Return the URL of a fresh database: with S001 in it where the test asks for `held`, else without rows."""
    asked = "held" in request.fixturenames
    yield from copy_of(server_url, request.getfixturevalue("held_template")[0] if asked else template_database)


@pytest.fixture
def held(held_template: tuple[str, Held]) -> Held:
    """Return what S001 holds in the test's own database."""
    return held_template[1]
