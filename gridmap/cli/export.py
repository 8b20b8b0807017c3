"""`gridmap edition export` and `gridmap edition sheet`: an edition as a file, and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services import exports, sheets
from gridmap.store.writing import FORMATS, Format, aside, format_of
from gridmap.web.sheets import Paper, Printer


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


@click.command()
@click.argument("station")
@click.argument("number", type=int)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write.")
@click.option(
    "--paper", type=click.Choice(["a4", "a3", "a2"]), default="a3", show_default=True, help="Size of the paper."
)
@click.option("--beat", "beats", multiple=True, help="Only the page of this beat; may be said several times.")
@click.option("--every-beat", is_flag=True, help="After the station's page, one of each beat.")
@click.option("--since", type=int, help="Compare with this edition instead: the sheet for the review meeting.")
@click.option("--names", is_flag=True, help="With the names of who is posted today: for the station's own wall only.")
@pass_console
def sheet(
    console: Console,
    station: str,
    number: int,
    out: Path,
    paper: str,
    beats: tuple[str, ...],
    since: int | None,
    *,
    every_beat: bool,
    names: bool,
) -> None:
    """Print edition NUMBER of STATION as a map sheet (PDF) for the wall."""
    printer = Printer(font=console.settings.font, data=console.settings.data)
    size = cast("Paper", paper)
    with console.sessions.begin() as session:
        if since is not None:
            compared = sheets.compare_sheet(session, station, since, number, by=console.person, names=names)
            made = printer.compare_sheet(compared, paper=size)
        else:
            content = sheets.sheet(session, station, number, by=console.person, names=names, beats=beats)
            pages = list(content.beats["code"]) if every_beat else list(beats)
            made = printer.map_sheet(content, paper=size, beats=pages, station=not beats)
    with aside(out) as path:
        path.write_bytes(made)
    if not printer.embeds():
        click.echo(
            "  no font with Chinese was found to put into the PDF: install fonts-wqy-microhei, or set GRIDMAP_FONT",
            err=True,
        )
    click.echo(f"edition {number} of station {station} printed to {out}, {paper.upper()}, {len(made):,} bytes")
