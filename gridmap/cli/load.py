"""`gridmap load`: stations, boundaries, doors, people and incidents out of the files people have."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import click
from sqlalchemy.orm import Session

from gridmap.cli.console import Console
from gridmap.errors import Invalid
from gridmap.services import imports
from gridmap.services.imports import Rejection, Report

#: Rejected rows shown on screen.
SHOWN: Final = 20

FILE = click.argument("file", type=click.Path(path_type=Path))
STATION = click.option("--station", required=True, help="Code of the station the rows belong to.")
COMMON = (
    click.option("--commit", is_flag=True, help="Keep the rows; without it this is a dry run."),
    click.option(
        "--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Write every rejected row here, as CSV."
    ),
    click.option("--encoding", help="Of CSV and Shapefile: utf-8 or gb18030; found out by itself where not given."),
    click.option(
        "--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="Which column a field is in; repeatable."
    ),
    click.option("--crs", help="EPSG:n, gcj02 or bd09; goes before what the file says."),
    click.option("--layer", help="Which layer, or sheet, of a file that has several."),
)
PLACED = (
    click.option("--timezone", help="In which times without an offset are read; the station's where not given."),
    click.option("--add-categories", is_flag=True, help="Add categories that are not there yet."),
    click.option("--keep-unplaced", is_flag=True, help="Keep rows whose address nobody knows, without a place."),
    click.option(
        "--duplicates", type=click.Choice(["keep", "skip"]), default="keep", show_default=True,
        help="What to do with new rows that look like another under another number.",
    ),
)  # fmt: skip
REPLACE = click.option(
    "--replace",
    is_flag=True,
    help="Remove shifts of the file's people, from each one's first to last in it, that the file does not have.",
)


@click.group()
def load() -> None:
    """Load a FILE: GeoPackage, Shapefile (or zipped), GeoJSON, KML, FlatGeobuf, GeoParquet, Excel (.xlsx) or CSV.

    A dry run unless --commit is given: everything is read, checked and reported, nothing is kept. A faulty row is
    rejected alone, by line and reason; a file that is not what it claims changes nothing.
    """


def _add(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in options:
            function = option(function)
        return function

    return decorate


def _define(kind: str, *extra: Callable[[Any], Any]) -> None:
    """Add the command of one kind of import."""
    fields = imports.KINDS[kind].fields
    needed = ", ".join(each.name for each in fields if each.required) or "none"
    told = ", ".join(each.name for each in fields)
    summary = {
        "addresses": "standard addresses and their doors", "people": "people and their postings",
        "leave": "spells of leave and who stands in", "roads": "street centre lines",
        "places": "towns, villages and groups", "stations": "stations with jurisdiction and duty desk",
        "incidents": "incidents", "disputes": "disputes", "categories": "categories of incidents",
        "shifts": "who is on duty when and for which beats", "visits": "visits to doors",
        "facilities": "schools, cameras, alarms, police posts and the like",
    }  # fmt: skip

    def command(console: Console, /, file: Path, **options: Any) -> None:
        wishes = imports.Options(**{
            name: options[name]
            for name in ("layer", "encoding", "timezone", "add_categories", "keep_unplaced", "replace", "duplicates")
            if name in options
        })  # fmt: skip
        mapping = _mapping(options["pairs"])

        def work(session: Session, progress: imports.Progress, on_reject: Callable[[Rejection], None]) -> Report:
            return imports.load_file(
                session, kind, file, station=options.get("station"), mapping=mapping, crs=options["crs"],
                options=wishes, progress=progress, on_reject=on_reject,
            )  # fmt: skip

        _run(console, file, work, label=kind, commit=options["commit"], rejects=options["rejects"])

    command.__doc__ = (
        f"Load {summary[kind]} from FILE.\n\nFields: {told}. Needed: {needed}. Columns are found by their names in "
        "English or Chinese, or by --map."
    )
    load.command(kind)(_add(click.pass_obj, FILE, *COMMON, *extra)(command))


for _kind in ("stations", "categories"):
    _define(_kind)
for _kind in ("places", "roads", "addresses", "people", "leave", "facilities"):
    _define(_kind, STATION)
for _kind in ("incidents", "disputes"):
    _define(_kind, STATION, *PLACED)
_define("shifts", STATION, PLACED[0], REPLACE)
_define("visits", STATION, PLACED[0])


@load.command()
@FILE
@click.option("--station", required=True, help="Code of the station, there already or to be made (--new-station).")
@click.option("--kind", type=click.Choice(["beat", "grid_cell"]), help="What all zones of the file are.")
@click.option("--beat-layer", help="The layer with the beats, where a file keeps both.")
@click.option("--cell-layer", help="The layer with the grid cells, where a file keeps both.")
@click.option("--make-codes", is_flag=True, help="The codes are names (in Chinese, say): make a code of each.")
@click.option("--draft", default="new", show_default=True, help="Number of the draft to put them in, or new.")
@click.option("--new-station", metavar="NAME", help="Make the station, its jurisdiction being the union of the zones.")
@click.option("--name-en", default="", help="English name of the new station.")
@click.option("--desk-phone", help="Telephone of the duty desk of the new station.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="Time zone of the new station.")
@_add(*COMMON)
@click.pass_obj
def zones(console: Console, /, file: Path, **options: Any) -> None:
    """Put the beats and grid cells of FILE into a draft edition of a station.

    Fields: code, kind (beat or grid_cell), beat (of a cell), name_zh, name_en. A grid cell whose row names no beat is
    given the one it overlaps most. Then: gridmap edition check, gridmap edition publish.
    """
    new = None
    if options["new_station"]:
        if not options["desk_phone"]:
            raise click.UsageError("a new station needs --desk-phone: what a resident calls when nobody else answers")
        new = imports.NewStation(options["new_station"], options["desk_phone"], options["name_en"], options["timezone"])
    if options["draft"] != "new" and not options["draft"].isdigit():
        raise click.UsageError("--draft is the number of a draft, or new")
    wishes = imports.ZoneOptions(
        kind=options["kind"], beat_layer=options["beat_layer"], cell_layer=options["cell_layer"],
        make_codes=options["make_codes"],
        layer=options["layer"], encoding=options["encoding"], new_station=new,
        draft=None if options["draft"] == "new" else int(options["draft"]),
    )  # fmt: skip
    mapping = _mapping(options["pairs"])

    def work(session: Session, progress: imports.Progress, on_reject: Callable[[Rejection], None]) -> Report:
        return imports.load_zones(
            session, file, station=options["station"], by=console.person, mapping=mapping, crs=options["crs"],
            options=wishes, progress=progress, on_reject=on_reject,
        )  # fmt: skip

    report = _run(console, file, work, label="zones", commit=options["commit"], rejects=options["rejects"])
    facts = report.facts
    click.echo(
        f"edition {facts['edition']} of {report.station} (draft): {facts['beats']} beats, {facts['cells']} grid cells"
    )


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise click.UsageError(f"--map {wrong[0]}: write FIELD=COLUMN, for example --map code=BEAT")
    return dict(pair.split("=", 1) for pair in pairs)


Work = Callable[[Session, imports.Progress, Callable[[Rejection], None]], Report]


def _run(console: Console, file: Path, work: Work, *, label: str, commit: bool, rejects: Path | None) -> Report:
    """Do one import in one transaction, show how it goes and what came of it; roll back unless asked to keep."""
    with console.sessions.begin() as session:
        with _progress(label) as progress, _reject_file(rejects, file) as on_reject:
            report = work(session, progress, on_reject)
        if commit:
            imports.record(session, report, file, by=console.person)
        else:
            session.rollback()
    if not commit:
        _tell_columns(report)
    _tell(report, rejects)
    click.echo("kept" if commit else "dry run: nothing was kept; pass --commit to keep")
    if report.refused and not report.kept:
        raise NothingLoaded(
            f"not one of the {report.refused:,} rows of {file.name} could be used; see the reasons above"
        )
    return report


class NothingLoaded(Invalid):
    """Every row of the file was rejected."""

    slug, title = "nothing-loaded", "Nothing was loaded"


@contextmanager
def _progress(label: str) -> Iterator[imports.Progress]:
    """Give a function that moves a bar on standard error; silent where that is no terminal."""
    with click.progressbar(length=1000, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda done, total: bar.update(max(1000 * done // max(total, 1) - bar.pos, 0))


@contextmanager
def _reject_file(path: Path | None, file: Path) -> Iterator[Callable[[Rejection], None]]:
    """Give a function that writes a rejected row to `path`, as CSV that a spreadsheet opens without running it."""
    if path is None:
        yield lambda _: None
        return
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "line", "reason", "value"])
        yield lambda one: writer.writerow([file.name, one.line, one.reason, _harmless(one.value)])


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _tell_columns(report: Report) -> None:
    """Tell which column was taken for which field, and which for none."""
    if report.columns:
        click.echo("columns: " + ", ".join(f"{name}={column}" for name, column in report.columns.items()))
    if report.unused:
        more = f" and {len(report.unused) - SHOWN} more" if len(report.unused) > SHOWN else ""
        click.echo(f"not used: {', '.join(report.unused[:SHOWN])}{more} (--map FIELD=COLUMN says what one is)")


def _tell(report: Report, rejects: Path | None, out: IO[str] | None = None) -> None:
    click.echo(str(report), file=out)
    for warning in report.warnings:
        click.echo(f"note: {warning}", file=out)
    for one in report.rejected[:SHOWN]:
        value = f": {_printable(one.value)}" if one.value else ""
        click.echo(f"  {report.unit} {one.line}: {one.reason}{value}", file=out)
    if report.refused > SHOWN:
        where = f"all are in {rejects}" if rejects else "--rejects FILE.csv writes all"
        click.echo(f"  … and {report.refused - SHOWN:,} more; {where}", file=out)


def _printable(value: str) -> str:
    """Return a value without what would move the cursor or colour a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in value)
