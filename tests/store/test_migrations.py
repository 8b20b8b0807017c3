"""Migrations and tables agree, and every migration can be undone."""

from __future__ import annotations

from sqlalchemy import text

from gridmap.store import migrate


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url):
    assert migrate.current(database_url) == migrate.head()
    assert migrate.differences(database_url) == []


def test_every_migration_can_be_undone_and_done_again(database_url, sessions):
    migrate.downgrade(database_url, "base")
    with sessions() as session:
        left = session.scalars(
            text("""SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                    AND relname NOT IN ('spatial_ref_sys', 'alembic_version')""")
        ).all()
        ours = session.scalars(
            text("""SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
                    AND p.proname ~ '^(guard_|scope_|plate_answer|responsible|edition_in_force)'""")
        ).all()
    assert (left, ours) == ([], [])
    migrate.upgrade(database_url)
    assert migrate.differences(database_url) == []
