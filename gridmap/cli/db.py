"""`gridmap db`: gridmap's own PostgreSQL, and the tables in whichever database is set."""

from __future__ import annotations

import os
import shutil

import click

from gridmap.cli.console import Console, pass_console
from gridmap.errors import Conflict, Unavailable
from gridmap.store import cluster as clusters
from gridmap.store import databases, migrate

STOPPED = 3  # the exit status of `pg_ctl status` for a server that does not run


class NotOurServer(Conflict):
    """The database set is another server, and gridmap starts and stops only its own."""

    slug, title = "not-our-server", "The database is not gridmap's own"


class PsqlMissing(Unavailable):
    """PostgreSQL's own shell is not on this machine."""

    slug, title = "psql-missing", "psql is not installed"


@click.group()
def db() -> None:
    """Start and stop gridmap's own database; bring the tables up to date; look inside."""


@db.command()
@pass_console
def start(console: Console) -> None:
    """Make gridmap's own database where it is missing, and start it."""
    cluster = _ours(console)
    clusters.ensure(cluster)
    click.echo(_line(clusters.status(cluster)))


@db.command()
@pass_console
def stop(console: Console) -> None:
    """Stop gridmap's own database; sessions still open are ended, nothing that was saved is lost."""
    cluster = _ours(console)
    click.echo("stopped" if clusters.stop(cluster) else "was not running")


@db.command()
@pass_console
def status(console: Console) -> None:
    """Tell how the database is; starts nothing. Exit status 3 where it does not run."""
    given = console.settings.database_url
    if given is not None:
        server = databases.require(given)
        click.echo(f"running: PostgreSQL {server.postgres}, PostGIS {server.postgis}, at {databases.shown(given)}")
        return
    found = clusters.status(console.cluster)
    click.echo(_line(found))
    if found.state != "running":
        raise SystemExit(STOPPED)


@db.command()
@click.option("--to", "revision", default="head", show_default=True, help="Stop at this revision.")
@pass_console
def upgrade(console: Console, revision: str) -> None:
    """Bring the tables up to this gridmap's; starts gridmap's own database if need be."""
    url = console.database_url
    before = migrate.current(url)
    migrate.upgrade(url, revision)
    after = migrate.current(url)
    click.echo(f"already at revision {after}" if before == after else f"revision {before or 'none'} -> {after}")


@db.command()
@pass_console
def check(console: Console) -> None:
    """Compare the tables with what this gridmap expects; exit status 1 where they differ."""
    url = console.database_url
    at, head = migrate.current(url), migrate.head()
    if at != head:
        click.echo(f"at revision {at or 'none'}, this gridmap needs {head}: run `gridmap db upgrade`")
        raise SystemExit(1)
    found = migrate.differences(url)
    for difference in found:
        click.echo(difference)
    click.echo(f"at revision {head}, {len(found)} differences")
    if found:
        raise SystemExit(1)


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_console
def shell(console: Console, arguments: tuple[str, ...]) -> None:
    """Open psql on the database as its owner; ARGUMENTS are psql's own (`-c 'SELECT 1'`)."""
    url = console.database_url
    environment = dict(os.environ)
    program = shutil.which("psql")
    if console.settings.database_url is None:
        binaries = console.cluster.binaries
        environment = binaries.environment
        program = str(binaries.bin_dir / "psql")
    if program is None or not os.access(program, os.X_OK):
        raise PsqlMissing("psql was not found; install it (Debian: apt-get install postgresql-client)")
    address, password = databases.without_password(url)
    if password:
        environment["PGPASSWORD"] = password
    os.execve(program, [program, address, *arguments], environment)  # noqa: S606 -- psql in our place, no shell


def _ours(console: Console) -> clusters.Cluster:
    given = console.settings.database_url
    if given is not None:
        raise NotOurServer(
            f"GRIDMAP_DATABASE_URL names {databases.shown(given)}, and gridmap starts and stops only its own "
            "database; unset it to use that, or start the other server by its own means",
        )
    return console.cluster


def _line(found: clusters.Status) -> str:
    """Return one line on gridmap's own database."""
    if found.state == "absent":
        return f"absent: no database was made in {found.folder} yet; `gridmap db start` makes it"
    process = f", process {found.pid}" if found.pid else ""
    return (
        f"{found.state}: PostgreSQL {found.postgres}, PostGIS {found.postgis}, in {found.folder}, "
        f"as {found.owner}{process}, socket {found.socket}"
    )
