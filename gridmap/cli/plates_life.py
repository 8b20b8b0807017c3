"""`gridmap plates step`, `replace`, `history` and `flagged`: the life of plates."""

from __future__ import annotations

from typing import TextIO

import click

from gridmap.cli.console import Console, pass_console
from gridmap.domain.codes import parse_plate_code, spaced
from gridmap.domain.plate_life import OF_MANY, Limits
from gridmap.services import plate_life as service


@click.command(name="step")
@click.argument("codes", nargs=-1)
@click.argument("step", type=click.Choice(OF_MANY))
@click.option(
    "--from", "file", type=click.File(encoding="utf-8"), help="Read more codes from here, one a line; - is stdin."
)
@click.option("--note", default="", help="A word about it, kept on record.")
@pass_console
def step_command(console: Console, codes: tuple[str, ...], step: str, *, file: TextIO | None, note: str) -> None:
    """Record STEP for the plates CODES: all of them, or none if one of them cannot take it."""
    wanted = [*codes, *(line.strip() for line in file or () if line.strip())]
    if not wanted:
        raise click.UsageError("name at least one CODE before the STEP, or give a file of codes with --from")
    with console.sessions.begin() as session:
        counts = service.record_anywhere(session, wanted, step, by=console.person, note=note)
    for station, count in counts.items():
        click.echo(f"station {station}: {count:,} plates {step}")


@click.command()
@click.argument("code")
@click.option("--reason", default="", help="Why; kept on record.")
@pass_console
def replace(console: Console, code: str, reason: str) -> None:
    """Give the door of the plate CODE a new plate, which answers at once; the old code leads to the new one."""
    with console.sessions.begin() as session:
        new = service.replace(session, code, by=console.person, reason=reason, tie_m=console.settings.tie_m)
    click.echo(f"{spaced(parse_plate_code(code))} is replaced by {spaced(new)}; print it: gridmap plates print")


@click.command()
@click.argument("code")
@pass_console
def history(console: Console, code: str) -> None:
    """List the steps of the plate CODE, oldest first (times in UTC)."""
    with console.sessions.begin() as session:
        steps = service.history(session, code)
    for one in steps:
        end = f" → {spaced(one.replaced_by)}" if one.replaced_by else ""
        far = "" if one.distance_m is None else f"  {one.distance_m:,.0f} m from its door"
        rough = "" if one.accuracy_m is None else f" (± {one.accuracy_m:,.0f} m)"
        click.echo(
            f"{one.at:%Y-%m-%d %H:%M}  {one.step:9}{end}  {one.by}{far}{rough}{'  ' + one.note if one.note else ''}"
        )
    click.echo(f"{len(steps)} steps")


@click.command()
@click.argument("station")
@pass_console
def flagged(console: Console, station: str) -> None:
    """List the living plates of STATION somebody should look at: damaged, lost, elsewhere, or far from their door."""
    with console.sessions.begin() as session:
        rows = service.flagged(session, station, Limits(console.settings.plate_near_m, console.settings.plate_far_m))
    for row in rows:
        far = "" if row.distance_m is None else f"  {row.distance_m:,.0f} m from its door"
        click.echo(f"{spaced(row.code)}  {row.status:9}  {row.full}{far}")
    click.echo(f"{len(rows)} plates")
