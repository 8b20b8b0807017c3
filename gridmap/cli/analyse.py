"""`gridmap analyse`: an analysis of the officer's map for a nightly job, kept where the map finds it."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

import click
import orjson

from gridmap.cli.console import Console, pass_console
from gridmap.domain.incidents import Origin
from gridmap.services import analyses, views
from gridmap.services.analyses.case import Against, Ahead, Options, Per, Shape
from gridmap.services.analyses.files import to_file
from gridmap.services.views import Asked
from gridmap.store import editions
from gridmap.store.writing import aside

DAY: Final = click.DateTime(["%Y-%m-%d"])
#: Rows of a table that are written to the screen, and how wide a column may be.
MOST_ROWS: Final = 30
WIDEST: Final = 28


@click.command()
@click.argument("name", type=click.Choice(list(analyses.ANALYSES)))
@click.option("--station", required=True, help="Code of the station.")
@click.option(
    "--since", type=DAY, help="First day, in the station's zone; the newest year on record where none is given."
)
@click.option("--until", type=DAY, help="Last day, in the station's zone.")
@click.option(
    "--category", multiple=True, help="Only this category; may be given again; `disputes` stands for every dispute."
)
@click.option(
    "--tier", multiple=True, type=click.IntRange(1, 9), help="Only disputes of this tier; may be given again."
)
@click.option("--zone", multiple=True, help="Only in this beat, grid cell or village; may be given again.")
@click.option("--hours", default="", metavar="A-B", help="Only in these hours of the day: 20-6.")
@click.option(
    "--weekday",
    multiple=True,
    type=click.IntRange(1, 7),
    help="Only on this day of the week, 1 is Monday; may be given again.",
)
@click.option(
    "--origin",
    type=click.Choice([str(one) for one in Origin]),
    default="all",
    show_default=True,
    help="Whose incidents.",
)
@click.option(
    "--shape", type=click.Choice(get_args(Shape)), default="square", show_default=True, help="What is counted on."
)
@click.option(
    "--size", type=click.IntRange(100, 5_000), default=300, show_default=True, help="Side of a square [m], hundreds."
)
@click.option(
    "--bandwidth", type=click.FloatRange(100, 5_000), help="Bandwidth of densities [m]; chosen where none is given."
)
@click.option(
    "--per", type=click.Choice(get_args(Per)), default="none", show_default=True, help="What rates are told by."
)
@click.option(
    "--against",
    type=click.Choice(get_args(Against)),
    default="before",
    show_default=True,
    help="What is compared with.",
)
@click.option(
    "--ahead", type=click.Choice(get_args(Ahead)), default="week", show_default=True, help="How far a forecast looks."
)
@click.option("--distance", type=click.FloatRange(1, 5_000), help="What is near in place [m].")
@click.option("--days", type=click.FloatRange(0, 366, min_open=True), help="What is near in time [days].")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "geojson", "gpkg", "csv"]),
    default="table",
    show_default=True,
    help="What is written.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of the screen."
)
@pass_console
def analyse(
    console: Console, /, name: str, *, station: str, form: Literal["table", "json", "geojson", "gpkg", "csv"], out: Path | None,
    **chosen: Any,
) -> None:  # fmt: skip
    """Ask an analysis of a station's incidents; the officer's map then has the answer at once.

    An answer that is there already is written again. How long it took is said on the error stream.
    """
    if form == "gpkg" and out is None:
        raise click.UsageError("a GeoPackage is no text: give --out FILE")
    asked, options = _asked(chosen), _options(chosen)
    start = time.perf_counter()
    with console.sessions.begin() as session:
        place = editions.find_station(session, station)
        looked = analyses.look(session, place, analyses.find(name), views.settle(session, place, asked), options)
    if looked.case is not None:
        click.echo(f"{name} of {len(looked.case.events):,} incidents in station {station} …", err=True)
    body, took_ms = analyses.work(looked)
    if looked.body is None:
        with console.sessions.begin() as session:
            analyses.keep(session, looked, body, took_ms)
    content = (
        "".join(f"{line}\n" for line in lines(orjson.loads(body))).encode() if form == "table" else to_file(body, form)
    )
    if out is not None:
        with aside(out) as path:
            path.write_bytes(content)
    else:
        click.echo(content, nl=form != "table")
    how = f"worked out in {took_ms / 1000:.1f} CPU-s" if looked.body is None else "it was kept"
    click.echo(f"{name} in {time.perf_counter() - start:.1f} s, {how}", err=True)


def _asked(chosen: dict[str, Any]) -> Asked:
    days: list[datetime | None] = [chosen["since"], chosen["until"]]
    since, until = (None if day is None else day.date() for day in days)
    return Asked(
        since, until, chosen["category"], chosen["tier"], chosen["zone"], chosen["hours"], chosen["weekday"],
        Origin(chosen["origin"]),
    )  # fmt: skip


def _options(chosen: dict[str, Any]) -> Options:
    if chosen["size"] % 100:
        raise click.BadParameter(f"{chosen['size']} is no multiple of 100", param_hint="--size")
    return Options(
        chosen["shape"], chosen["size"], chosen["bandwidth"], chosen["per"], chosen["against"], chosen["ahead"],
        chosen["distance"], chosen["days"],
    )  # fmt: skip


def lines(answer: dict[str, Any]) -> list[str]:
    """Return an answer for a screen: its facts, then its tables, else its features, each cut after `MOST_ROWS` rows."""
    told = [
        f"{answer['analysis']} of station {answer['station']}, {answer['since']} to {answer['until']}: {answer['events']:,} events"
    ]
    told += [f"  {key}: {_short(value)}" for key, value in answer["facts"].items()]
    tables = dict(answer["tables"])
    if not tables and answer["cells"]:
        tables = {"features": [one["properties"] for one in answer["cells"]["features"]]}
    for name, rows in tables.items():
        told += ["", f"{name}: {len(rows):,}", *_table(rows[:MOST_ROWS])]
        if len(rows) > MOST_ROWS:
            told.append(f"  … and {len(rows) - MOST_ROWS:,} more: --format csv or json has all")
    return told


def _table(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    grid = [list(rows[0]), *([_short(value) for value in row.values()] for row in rows)]
    wide = [max(len(line[n]) for line in grid) for n in range(len(grid[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)).rstrip() for line in grid
    ]


def _short(value: Any) -> str:
    """Return a value in few letters.

    >>> _short(0.123456), _short(None), _short([1, 2])
    ('0.1235', '-', '1, 2')
    """
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        value = ", ".join(_short(one) for one in value)
    elif isinstance(value, dict):
        value = ", ".join(f"{name} {_short(one)}" for name, one in value.items())
    text = str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
