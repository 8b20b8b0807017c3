"""`gridmap plates print` and `export`: plates on paper, and for the workshop that makes them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast

import click
from sqlalchemy.orm import Session

from gridmap.cli.console import Console, pass_console
from gridmap.services import plate_print as service
from gridmap.services.plate_print import PrintRun
from gridmap.store.plate_rows import PlateChoice
from gridmap.store.writing.aside import aside

Command = TypeVar("Command", bound=Callable[..., Any])


def choosing(command: Command) -> Command:
    """Add the options that say which plates, of which size, and where they lead."""
    options: list[Callable[[Any], Any]] = [
        click.argument("station"),
        click.option("--out", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."),
        click.option("--beat", "beats", multiple=True, help="Only plates of this beat; may be said several times."),
        click.option("--cell", "cells", multiple=True, help="Only plates of this grid cell; may be said several times."),
        click.option("--street", "streets", multiple=True, help="Only plates of this street or estate; may be said several times."),
        click.option("--list", "listed", type=click.File(encoding="utf-8"), help="Only plates of this list: one code a line."),
        click.option(
            "--status", "states", multiple=True, type=click.Choice(service.PRINTABLE), default=("issued",), show_default=True,
            help="Plates in this state; may be said several times.",
        ),
        click.option("--width", type=float, help="Width of a plate [mm]; GRIDMAP_PLATE_WIDTH_MM where none is given."),
        click.option("--height", type=float, help="Height of a plate [mm]; GRIDMAP_PLATE_HEIGHT_MM where none is given."),
        click.option("--qr", type=float, help="Side of the code, at least 40 [mm]; GRIDMAP_PLATE_QR_MM where none is given."),
        click.option("--mark-printed", is_flag=True, help="Record that these plates have been printed."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command("print")
@choosing
@click.option("--paper", type=click.Choice(["a4", "a3", "plate"]), default="a4", show_default=True,
              help="Size of the paper; plate: one page a plate.")  # fmt: skip
@click.option("--verify", is_flag=True, help="Draw every page and read every code on it, not only a sample.")
@pass_console
def print_plates(
    console: Console,
    station: str,
    out: Path,
    beats: tuple[str, ...],
    cells: tuple[str, ...],
    streets: tuple[str, ...],
    listed: TextIO | None,
    states: tuple[str, ...],
    width: float | None,
    height: float | None,
    qr: float | None,
    paper: str,
    *,
    mark_printed: bool,
    verify: bool,
) -> None:
    """Print the plates of STATION as a PDF of vectors, every code read back before the file is there."""
    from gridmap.web.sheets import imposition, plate_proof, plates  # noqa: PLC0415  (reportlab takes half a second)

    job = _Job(console, width, height, qr)
    on = cast("imposition.PlatePaper", paper)
    with console.sessions.begin() as session:
        run = service.choose(session, station, _choice(beats, cells, streets, listed, states))
        batch = job.batch(run)
        with click.progressbar(length=len(run.faces), label="plates", file=sys.stderr) as bar:
            made = plates.draw(batch, links=job.links, size=job.size, font=job.font, paper=on, tell=bar.update)
        pages = -(-len(run.faces) // len(imposition.impose(on, job.size.width, job.size.height).corners))
        looked = pages if verify else len(plate_proof.sample(pages))
        with click.progressbar(length=looked, label="reading back", file=sys.stderr) as bar:
            read = plate_proof.prove(
                made, batch, links=job.links, size=job.size, font=job.font, paper=on, whole=verify, tell=bar.update
            )
        with aside(out) as path:
            path.write_bytes(made)
            told = job.record(session, run, "print plates", mark=mark_printed)
    click.echo(
        f"{len(run.faces):,} plates of station {station}, edition {run.edition}, printed to {out}: {pages:,} pages "
        f"{paper.upper()}, {len(made):,} bytes, batch {batch.name(job.links)}; all codes read back, {read:,} of them from the page{told}"
    )


@click.command("export")
@choosing
@click.option("--as", "kind", type=click.Choice(["svg", "csv"]), required=True,
              help="svg: a zip with one drawing a plate and the list; csv: the list.")  # fmt: skip
@pass_console
def export_plates(
    console: Console,
    station: str,
    out: Path,
    beats: tuple[str, ...],
    cells: tuple[str, ...],
    streets: tuple[str, ...],
    listed: TextIO | None,
    states: tuple[str, ...],
    width: float | None,
    height: float | None,
    qr: float | None,
    kind: str,
    *,
    mark_printed: bool,
) -> None:
    """Write the plates of STATION for a workshop: outlines in millimetres (SVG), or a list (CSV)."""
    from gridmap.web.sheets import plate_files  # noqa: PLC0415

    job = _Job(console, width, height, qr)
    with console.sessions.begin() as session:
        run = service.choose(session, station, _choice(beats, cells, streets, listed, states))
        batch = job.batch(run)
        with aside(out) as path:
            if kind == "csv":
                path.write_bytes(plate_files.as_csv(batch, links=job.links, size=job.size))
            else:
                with click.progressbar(length=len(run.faces), label="plates", file=sys.stderr) as bar:
                    plate_files.write_svgs(batch, path, links=job.links, size=job.size, font=job.font, tell=bar.update)
            told = job.record(session, run, "export plates", mark=mark_printed)
    click.echo(
        f"{len(run.faces):,} plates of station {station}, edition {run.edition}, written to {out}: {kind}, "
        f"{out.stat().st_size:,} bytes, batch {batch.name(job.links)}{told}"
    )


def _choice(
    beats: tuple[str, ...],
    cells: tuple[str, ...],
    streets: tuple[str, ...],
    listed: TextIO | None,
    states: tuple[str, ...],
) -> PlateChoice:
    codes = None if listed is None else service.read_list(listed)
    return PlateChoice(states, beats or None, cells or None, streets or None, codes)


class _Job:
    """What one command prints with: where codes lead, the size of plates, the font; it warns of what would not do."""

    def __init__(self, console: Console, width: float | None, height: float | None, side: float | None) -> None:
        from gridmap.web.sheets import fonts, plate_design, qr  # noqa: PLC0415

        settings = console.settings
        self.by = console.person
        url = settings.plate_url
        if url is None:
            url = f"http://{settings.host}:{settings.port}"
            click.echo(f"  GRIDMAP_PLATE_URL is not set: these codes lead to {url}, which no phone reaches", err=True)
        self.links = qr.links(url)
        if self.links.version != qr.WANTED:
            click.echo(
                f"  {url} is long: the code has {self.links.modules} modules a side in place of 29, each smaller",
                err=True,
            )
        self.size = plate_design.PlateSize(
            settings.plate_width_mm if width is None else width,
            settings.plate_height_mm if height is None else height,
            settings.plate_qr_mm if side is None else side,
        )
        self.font = fonts.use_font(settings.font, settings.data)
        if self.font != fonts.NAME:
            click.echo("  no font with Chinese was found: install fonts-wqy-microhei, or set GRIDMAP_FONT", err=True)

    def batch(self, run: PrintRun) -> Any:
        """Return a run as what the sheets draw."""
        from gridmap.web.sheets.plate_design import PlateStation  # noqa: PLC0415
        from gridmap.web.sheets.plates import PlateBatch  # noqa: PLC0415

        station = PlateStation(run.name_zh, run.name_en, run.desk_phone, run.synthetic)
        return PlateBatch(station, run.edition, run.faces)

    def record(self, session: Session, run: PrintRun, what: str, *, mark: bool) -> str:
        """Put the run on record; return what is to be told of it."""
        name = self.batch(run).name(self.links)
        marked = service.put_on_record(session, run, what=what, batch=name, by=self.by, mark=mark)
        return f"; {marked:,} marked as printed" if mark else ""
