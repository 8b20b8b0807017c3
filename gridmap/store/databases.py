"""Databases on a server, whoever's it is: is it new enough, make one, copy one, drop one."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from gridmap.errors import Unavailable

OLDEST_POSTGRES = 130_000  # as server_version_num tells it
OLDEST_POSTGIS = (3, 3)


class ServerNotReached(Unavailable):
    """The database server does not answer, or does not let us in."""

    slug, title = "database-not-reached", "The database cannot be reached"


class ServerTooOld(Unavailable):
    """The server's PostgreSQL or PostGIS is older than gridmap needs, or PostGIS is missing."""

    slug, title = "database-too-old", "The database server is too old for gridmap"


@dataclass(frozen=True)
class Server:
    """What a server says of itself; `postgis` is "" where PostGIS cannot be had there."""

    postgres: str
    postgres_number: int
    postgis: str
    has_postgis: bool


def libpq(url: str) -> str:
    """Return SQLAlchemy's `url` as libpq writes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def on_server(url: str, database: str) -> str:
    """Return `url` with another database of the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def shown(url: str) -> str:
    """Return `url` as it may be printed: with stars for a password."""
    return make_url(url).render_as_string(hide_password=True)


def without_password(url: str) -> tuple[str, str]:
    """Return `url` as libpq writes it without its password, and the password ("" where there is none).

    For programs: what stands in their arguments, every user of the machine can read.
    """
    parts = make_url(url)
    bare = URL.create("postgresql", parts.username, None, parts.host, parts.port, parts.database, parts.query)
    return bare.render_as_string(hide_password=False), str(parts.password or "")


def connect(url: str) -> psycopg.Connection:
    """Return a session that commits each statement, outside SQLAlchemy.

    Raises
    ------
    ServerNotReached
        If the server does not answer within 5 s or refuses.
    """
    try:
        return psycopg.connect(libpq(url), autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise ServerNotReached(
            f"{shown(url)} does not let gridmap in: {str(error).strip().splitlines()[-1]}; "
            "start it (`gridmap db start`), or correct GRIDMAP_DATABASE_URL",
        ) from error


def inspect(url: str) -> Server:
    """Return the versions of the server behind `url`: PostGIS as the database has it, else as it could be installed."""
    query = """
        SELECT current_setting('server_version'), current_setting('server_version_num')::int,
               (SELECT extversion FROM pg_extension WHERE extname = 'postgis'),
               (SELECT default_version FROM pg_available_extensions WHERE name = 'postgis')
    """
    with connect(url) as session:
        row = session.execute(query).fetchone()
    assert row is not None  # noqa: S101 -- a SELECT without FROM has one row
    version, number, installed, available = row
    return Server(version, number, installed or available or "", installed is not None)


def require(url: str) -> Server:
    """Return the server's versions if gridmap can run on them.

    Raises
    ------
    ServerNotReached
        If the server does not answer.
    ServerTooOld
        If it has less than PostgreSQL 13 with PostGIS 3.3.
    """
    server = inspect(url)
    place = shown(url)
    if server.postgres_number < OLDEST_POSTGRES:
        raise ServerTooOld(f"{place} is PostgreSQL {server.postgres}; gridmap needs 13 or later: upgrade the server")
    if not server.postgis:
        raise ServerTooOld(f"{place} has no PostGIS; install PostGIS 3.3 or later on that server")
    if tuple(int(part) for part in server.postgis.split(".")[:2]) < OLDEST_POSTGIS:
        raise ServerTooOld(f"{place} has PostGIS {server.postgis}; gridmap needs 3.3 or later: upgrade it there")
    return server


def create(server: str, name: str, template: str | None = None, *, exist_ok: bool = False) -> str:
    """Make the database `name` on `server` (the URL of any database there) and return its URL.

    With `template` it is a copy of that database (about 0.1 s; nobody may be connected to it); without, it is
    empty but for PostGIS.
    """
    fresh = on_server(server, name)
    order = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with connect(server) as session:
        there = session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if there is None or not exist_ok:
            try:
                session.execute(order)
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                if not exist_ok:
                    raise
    if template is None:
        with connect(fresh) as session:
            try:
                session.execute("CREATE EXTENSION IF NOT EXISTS postgis")
            except psycopg.errors.UniqueViolation:  # another process made it in the same moment
                session.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    return fresh


def drop(url: str) -> None:
    """Drop the database of `url`, ending the sessions that are open in it."""
    name = make_url(url).database
    with connect(on_server(url, "postgres")) as session:
        session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name or "")))
