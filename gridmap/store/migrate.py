"""Bring a database to the tables this gridmap expects, back, or say how they differ."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine, pool

from gridmap.store.tables import Base

FOLDER = Path(__file__).parent / "migrations"


def config_for(url: str) -> Config:
    """Return Alembic's configuration for the database at `url`, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration up to `revision`; one transaction each, two runners take turns."""
    command.upgrade(config_for(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Undo migrations down to `revision` ("base" undoes all)."""
    command.downgrade(config_for(url), revision)


def head() -> str:
    """Return the newest revision this gridmap knows."""
    return ScriptDirectory(str(FOLDER)).get_current_head() or ""


def current(url: str) -> str | None:
    """Return the revision the database at `url` stands at, or None where it was never upgraded."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def differences(url: str) -> list[str]:
    """Return how the database at `url` differs from the tables in the code; empty when they agree."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": alembic_helpers.include_object, "compare_type": True}
        )
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]
