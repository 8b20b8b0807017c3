"""`gridmap plates`: issue them, and ask what one says; its other commands have modules of their own."""

from __future__ import annotations

from datetime import datetime

import click

from gridmap.cli import plates_boards, plates_life, plates_list, plates_print
from gridmap.cli.console import Console, pass_console
from gridmap.domain.codes import spaced
from gridmap.services import look_up
from gridmap.services import plates as service


@click.group()
def plates() -> None:
    """Plates on doors: issue, print, scan, follow their life, sign and verify lists of them."""


@plates.command()
@click.argument("station")
@pass_console
def issue(console: Console, station: str) -> None:
    """Issue a plate for every address of STATION that has none."""
    with console.sessions.begin() as session:
        count = service.issue(session, station, by=console.person, tie_m=console.settings.tie_m)
    click.echo(f"{count:,} plates issued")


@plates.command()
@click.argument("code")
@click.option("--at", type=click.DateTime(), help="As it was at this moment (UTC); now where none is given.")
@pass_console
def scan(console: Console, code: str, at: datetime | None) -> None:
    """Say who answers for the plate CODE."""
    with console.sessions.begin() as session:
        answer = look_up.look(session, code, at)
    click.echo(f"{spaced(answer.plate)}  {answer.status}  {answer.street} …{answer.number_tail}")
    click.echo(f"station {answer.station} {answer.station_zh}, desk {answer.desk_phone}, edition {answer.edition}")
    for person in answer.people:
        click.echo(f"{person.role:12} {person.name}  {person.phone or ''}  {person.office}  ({person.via})")


for command in (
    plates_life.step_command, plates_life.replace, plates_life.history, plates_life.flagged,
    plates_list.sign, plates_list.verify, plates_list.key, plates_print.print_plates, plates_print.export_plates,
    plates_boards.print_boards,
):  # fmt: skip
    plates.add_command(command)
