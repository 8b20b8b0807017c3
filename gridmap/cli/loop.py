"""`gridmap loop`: the rules of a station's disputes, from a file into the database."""

from __future__ import annotations

from pathlib import Path

import click

from gridmap.cli.console import Console, pass_console
from gridmap.domain import loop_chart
from gridmap.domain.loop_file import LoopFile
from gridmap.domain.loop_zones import with_zones
from gridmap.domain.loops import LoopNotValid
from gridmap.services.disputes import configure as service

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def loop() -> None:
    """Rules of disputes: tiers, steps, clocks, bodies and mediators as a file a clerk can write; see docs/loops.md."""


@loop.command()
@FILE
def check(file: Path) -> None:
    """Read FILE and tell every fault; no database is asked."""
    given = _read(file)
    made = given.loop
    click.echo(f"{file.name}: loop {made.code} holds: {len(made.tiers)} tiers, {len(made.moves)} moves, ", nl=False)
    click.echo(f"{len(given.bodies)} bodies, {len(given.mediators)} mediators, {len(given.categories)} new kinds")


@loop.command()
@FILE
@click.option("--station", "stations", multiple=True, help="Station that shall follow it; may be repeated.")
@click.option(
    "--zone",
    "zones",
    multiple=True,
    metavar="NAME=CODE",
    help="A beat or cell the file names, and the station's own code of it: --zone A=J01 --zone A1=W003; may be repeated.",
)
@click.option("--commit", is_flag=True, help="Keep it; without it this is a dry run.")
@pass_console
def load(console: Console, file: Path, stations: tuple[str, ...], zones: tuple[str, ...], *, commit: bool) -> None:
    """Load FILE: its loop, its new kinds, and the bodies and mediators of each --station.

    Bodies and mediators the file no longer names are let go; a file that would strand open disputes is refused. Steps
    wait while it is loaded, which takes less than a second.
    """
    given = with_zones(_read(file), _zones(zones))
    with console.sessions.begin() as session:
        done = service.load(session, given, stations, by=console.person)
        if not commit:
            session.rollback()
    click.echo(
        f"loop {done.loop.code}: {len(done.loop.tiers)} tiers, {len(done.loop.moves)} moves; followed by ", nl=False
    )
    click.echo(", ".join(done.followers) or "no station yet")
    click.echo(f"new kinds: {', '.join(done.kinds) or 'none'}")
    for station in stations:
        gone = ", ".join(done.retired[station]) or "nobody"
        click.echo(f"{station}: {done.bodies} bodies, {done.mediators} mediators; let go: {gone}")
    for station, empty in done.empty.items():
        _warn(station, empty)
    click.echo("kept" if commit else "dry run: nothing was kept; pass --commit to keep")


@loop.command("list")
@pass_console
def list_(console: Console) -> None:
    """List the loops and the stations that follow them."""
    with console.sessions.begin() as session:
        found = service.listing(session)
    for one in found:
        click.echo(f"{one.code:16} {one.name_zh}  {one.name_en}")
        click.echo(
            f"{'':16} loaded {one.loaded_at:%Y-%m-%d %H:%M} UTC by {one.by}; {', '.join(one.stations) or 'no station'}"
        )
    click.echo(f"{len(found)} loops")


@loop.command()
@click.argument("code")
@click.option("--dot", "chart", flag_value="dot", help="The states and steps as a chart for Graphviz.")
@click.option("--mermaid", "chart", flag_value="mermaid", help="The same for Mermaid.")
@pass_console
def show(console: Console, code: str, chart: str | None) -> None:
    """Show loop CODE: its tiers, its clocks, and which role may take which step."""
    with console.sessions.begin() as session:
        found = service.named(session, code)
    if chart is not None:
        click.echo(loop_chart.dot(found) if chart == "dot" else loop_chart.mermaid(found))
        return
    for line in (*loop_chart.clocks(found), "", *loop_chart.table(found)):
        click.echo(line)


@loop.command("set")
@click.argument("station")
@click.argument("code")
@pass_console
def set_(console: Console, station: str, code: str) -> None:
    """Let STATION follow loop CODE; refused where open disputes would be stranded or a tier's body is missing."""
    with console.sessions.begin() as session:
        made = service.follow(session, station, code, by=console.person)
        empty = service.empty_tiers(session, made, station)
    click.echo(f"station {station} follows {made.code} ({made.name_en})")
    _warn(station, empty)


def _zones(given: tuple[str, ...]) -> dict[str, str]:
    """Read --zone NAME=CODE, as often as it was given."""
    found: dict[str, str] = {}
    for said in given:
        name, _, code = (part.strip() for part in said.partition("="))
        if not name or not code or name in found:
            raise click.BadParameter(f"{said}: write --zone A=J01, once for each zone of the file")
        found[name] = code
    return found


def _warn(station: str, empty: tuple[str, ...]) -> None:
    """Tell of bodies that hold a tier and nobody is in."""
    for body in empty:
        click.echo(
            f"warning: station {station}: no mediator has body = {body!r}, which holds a tier: what comes to it goes to the "
            "desk until one has",
            err=True,
        )


def _read(file: Path) -> LoopFile:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise LoopNotValid(f"{file.name} is not written in UTF-8: save it as UTF-8", faults=[]) from None
    try:
        return service.check_file(text, file.name)
    except LoopNotValid as error:
        faults = error.facts.get("faults")
        if not isinstance(faults, list) or len(faults) < 2:
            raise
        for fault in faults:
            click.echo(f"  {fault}", err=True)
        raise LoopNotValid(f"{file.name} has {len(faults)} faults, told above", faults=faults) from error
