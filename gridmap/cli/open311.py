"""`gridmap open311`: the keys with which neighbours' applications file requests at a station."""

from __future__ import annotations

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services import open311_keys as service


@click.group()
def open311() -> None:
    """Let report applications file and follow requests by Open311 GeoReport v2, at /open311/v2."""


@open311.group()
def key() -> None:
    """Make, list and end the keys of applications."""


@key.command()
@click.argument("station")
@click.option("--name", required=True, help="The application the key is for.")
@pass_console
def add(console: Console, station: str, name: str) -> None:
    """Make a key with which an application files requests at STATION. It is shown this once."""
    with console.sessions.begin() as session:
        number, made = service.add(session, station, name, by=console.person)
    click.echo(f"key {number} of {station} for {name}")
    click.echo(f"api_key, shown this once: {made}")


@key.command("list")
@click.option("--station", help="Only this station's.")
@pass_console
def list_(console: Console, station: str | None) -> None:
    """List the keys, and how much was filed with each."""
    with console.sessions.begin() as session:
        found = service.listing(session, station)
    for one in found:
        last = "never used" if one.last is None else f"last {one.last:%Y-%m-%d %H:%M} UTC"
        state = "" if one.active else "  (ended)"
        click.echo(
            f"{one.id:4} {one.station:14} {one.name}{state}: {one.filed} filed, {last}; made {one.at:%Y-%m-%d} by {one.by}"
        )
    click.echo(f"{len(found)} keys")


@key.command()
@click.argument("number", type=click.IntRange(min=1))
@pass_console
def end(console: Console, number: int) -> None:
    """End key NUMBER: nothing is filed or read with it any more."""
    with console.sessions.begin() as session:
        service.end(session, number, by=console.person)
    click.echo(f"key {number} has ended; what was filed with it stays")
