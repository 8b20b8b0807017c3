"""Does the database answer, and at which migration."""

from __future__ import annotations

import functools

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from gridmap.store import migrate


@functools.cache
def expected() -> str:
    """Return the migration this gridmap needs."""
    return migrate.head()


def migration(session: Session) -> str | None:
    """Return the migration the database stands at, or None where it was never upgraded; one query."""
    try:
        return session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except ProgrammingError:  # no such table, or not granted: the tables were never made
        return None
