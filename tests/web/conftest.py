"""The application, its clients, and a station with everything the pages show."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.served import app, as_role, client, queries
from tests.web.filled import Held, fill

__all__ = ["app", "as_role", "client", "queries"]


@pytest.fixture
def held(sessions: sessionmaker[Session]) -> Held:
    """Fill S001 and return what it holds."""
    with sessions.begin() as session:
        return fill(session)
