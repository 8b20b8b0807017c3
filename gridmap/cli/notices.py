"""`gridmap notices`: what residents of a cell, a beat or a station read beside the names."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services import notices as service
from gridmap.services.notices import KINDS, Wish
from gridmap.store import editions

WHEN = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])


@click.group()
def notices() -> None:
    """Notices and warnings on residents' pages: add, list, end."""


@notices.command()
@click.argument("station")
@click.argument("text")
@click.option("--english", default="", help="The same in English.")
@click.option("--zone", default="", help="A beat or grid cell; the whole station where none is given.")
@click.option("--kind", type=click.Choice(KINDS), default="info", show_default=True, help="A notice or a warning.")
@click.option("--since", type=WHEN, help="From when on, by the station's clocks; now where none is given.")
@click.option("--until", type=WHEN, help="Until when; until it is ended where none is given.")
@pass_console
def add(
    console: Console,
    station: str,
    text: str,
    *,
    english: str,
    zone: str,
    kind: str,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Post TEXT (Chinese) for the residents of STATION."""
    with console.sessions.begin() as session:
        clock = ZoneInfo(editions.find_station(session, station).timezone)
        wish = Wish(
            text, english, kind, zone, *(None if at is None else at.replace(tzinfo=clock) for at in (since, until))
        )
        made = service.add(session, station, wish, by=console.person)
    click.echo(f"notice {made.id} for {made.grid_cell or made.beat or f'all of {station}'}")


@notices.command("list")
@click.argument("station")
@click.option("--past", is_flag=True, help="Those that have ended too.")
@pass_console
def list_(console: Console, station: str, *, past: bool) -> None:
    """List the notices of STATION that hold or will."""
    with console.sessions.begin() as session:
        clock = ZoneInfo(editions.find_station(session, station).timezone)
        found = service.listing(session, station, past=past)
    for one in found:
        until = "until ended" if one.until is None else f"to {one.until.astimezone(clock):%Y-%m-%d %H:%M}"
        over = "  (over)" if one.until is not None and one.until <= datetime.now(UTC) else ""
        click.echo(
            f"{one.id:4} {one.kind:8} {one.grid_cell or one.beat or '(station)':12} "
            f"{one.since.astimezone(clock):%Y-%m-%d %H:%M} {until}  {one.text_zh}{over}"
        )
    click.echo(f"{len(found)} notices")


@notices.command()
@click.argument("station")
@click.argument("number", type=click.IntRange(min=1))
@pass_console
def end(console: Console, station: str, number: int) -> None:
    """End notice NUMBER of STATION now."""
    with console.sessions.begin() as session:
        service.end(session, station, number, by=console.person)
    click.echo(f"notice {number} has ended")
