"""`gridmap edition export` and `gridmap edition sheet`: an edition as a file, and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services import exports
from gridmap.store.writing import FORMATS, Format, format_of


@click.command()
@click.argument("station")
@click.argument("number", type=int)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; its ending tells the format.",
)
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), help="The format, where the ending does not tell it."
)
@pass_console
def export(console: Console, station: str, number: int, out: Path, kind: str | None) -> None:
    """Write edition NUMBER of STATION as GeoPackage, GeoJSON, Shapefile (zipped), KML, GeoParquet or CSV."""
    chosen = format_of(out) if kind is None else cast("Format", kind)
    with console.sessions.begin() as session:
        notes = exports.export(session, station, number, out, chosen, by=console.person)
    for note in notes:
        click.echo(f"  {note}", err=True)
    click.echo(
        f"edition {number} of station {station} written to {out}: {FORMATS[chosen].name}, {out.stat().st_size:,} bytes"
    )
