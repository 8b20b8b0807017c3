"""`gridmap plates boards`: notice boards for the entrances of buildings."""

from __future__ import annotations

from pathlib import Path

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services import plate_boards as service
from gridmap.store.writing.aside import aside


@click.command("boards")
@click.argument("station")
@click.option("--out", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write.")
@click.option("--cell", "cells", multiple=True, help="Only the board of this grid cell; may be said several times.")
@pass_console
def print_boards(console: Console, station: str, out: Path, cells: tuple[str, ...]) -> None:
    """Print an A4 notice board for each grid cell of STATION: its team, as far as the station publishes it."""
    from gridmap.web.sheets import boards, fonts  # noqa: PLC0415  (reportlab takes half a second)

    settings = console.settings
    font = fonts.use_font(settings.font, settings.data)
    emergency = [one.strip() for one in settings.emergency_numbers.split(",") if one.strip()]
    with console.sessions.begin() as session:
        run = service.boards(session, station, cells or None, by=console.person)
        with aside(out) as path:
            path.write_bytes(boards.draw(run, font=font, emergency=emergency))
    if font != fonts.NAME:
        click.echo("  no font with Chinese was found: install fonts-wqy-microhei, or set GRIDMAP_FONT", err=True)
    if service.NAMES not in run.station.published:
        click.echo(f"  station {station} publishes no names: the boards have roles and numbers only", err=True)
    click.echo(
        f"{len(run.boards):,} boards of station {station}, edition {run.edition}, as of {run.day}, printed to {out}, "
        f"{out.stat().st_size:,} bytes"
    )
