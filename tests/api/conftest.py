"""The application and its clients, on a database in which two stations are filled alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.houses import copy_of
from tests.served import app, as_role, client, filled_template, queries, two_stations

__all__ = ["app", "as_role", "client", "filled_template", "queries", "two_stations"]


@pytest.fixture
def database_url(server_url: str, filled_template: tuple[str, object]) -> Iterator[str]:
    """Return the URL of a fresh copy of the filled database."""
    yield from copy_of(server_url, filled_template[0])
