"""`gridmap disputes`: a station's disputes as a file, whether any of them is lost, and the counts of its days."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from gridmap.cli.console import Console
from gridmap.domain.dispute_filter import ANY, DUES, OVER_STATES, Filter
from gridmap.domain.dispute_words import MARKS, MATTERS, SOURCES, STATES
from gridmap.services.disputes import days
from gridmap.services.disputes import export as service
from gridmap.store import dispute_days, dispute_rows, scan_source

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def disputes() -> None:
    """Disputes of a station: write them to a file, look whether one is lost."""


@disputes.command()
@click.argument("stations", nargs=-1)
@click.pass_obj
def lost(console: Console, /, stations: tuple[str, ...]) -> None:
    """Tell the open disputes of STATIONS (all where none is named) that nobody would see again; status 1 if there is one.

    Lost is what has no holder or no due time (the database stores no such dispute), whose holder left or is away for long
    with nobody in their place, or whose body is gone or has nobody in it. Within minutes the service's clock gives these to
    whoever has their tier, or to the desk: what stands here longer was left by a service that does not run.
    """
    with console.sessions() as session:
        found = dispute_rows.lost(session, stations or tuple(scan_source.stations(session)))
    for station, dispute, why in found:
        click.echo(f"{station}  dispute {dispute}: {why}")
    click.echo(f"{len(found):,} lost" if found else "none is lost")
    if found:
        sys.exit(1)


@disputes.command()
@click.argument("stations", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; name the days whose counts are wrong, with status 1.")
@click.pass_obj
def count(console: Console, /, stations: tuple[str, ...], *, check: bool) -> None:
    """Count the days of STATIONS (all where none is named) anew, for the figures; 20 s for a million disputes.

    The service keeps the counts by itself. After rows were loaded past the triggers of the database (a restored table, say),
    nobody has told it of them: count anew.
    """
    wrong = 0
    with console.sessions() as session:
        named = stations or tuple(scan_source.stations(session))
    for station in named:
        with console.sessions.begin() as session:
            if check:
                found = dispute_days.wrong(session, station)
                wrong += len(found)
                click.echo(f"{station}  {', '.join(map(str, found)) or 'right'}")
            else:
                click.echo(f"{station}  {days.recount(session, [station]):,} days counted")
    if wrong:
        sys.exit(1)


@disputes.command()
@click.argument("station")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file: .csv, .xlsx or .gpkg."
)
@click.option(
    "--state",
    type=click.Choice([ANY, OVER_STATES, *STATES]),
    default=ANY,
    show_default=True,
    help="Only those in a state.",
)
@click.option("--matter", type=click.Choice(MATTERS), help="Only disputes, tips, hazards or cases.")
@click.option("--kind", default="", help="Only this kind, by its code.")
@click.option("--tier", type=click.IntRange(1, 9), help="Only those at this tier.")
@click.option("--grade", type=click.IntRange(1, 9), help="Only those of this grade.")
@click.option("--beat", default="", help="Only in this beat, as of their day.")
@click.option("--cell", default="", help="Only in this grid cell, as of their day.")
@click.option("--holder", default="", metavar="person:CODE|body:CODE", help="Only those somebody holds.")
@click.option("--mark", type=click.Choice(MARKS), help="Only those with this mark.")
@click.option("--source", type=click.Choice(SOURCES), help="Only those that came this way.")
@click.option(
    "--due",
    type=click.Choice([one for one in DUES if one != "waiting"]),
    help="Only those due so; open ones.",
)
@click.option("--opened-from", type=DAY, help="Opened on this day or later, by the station's clocks.")
@click.option("--opened-to", type=DAY, help="Opened on this day or before.")
@click.option("--settled-from", type=DAY, help="Settled on this day or later.")
@click.option("--settled-to", type=DAY, help="Settled on this day or before.")
@click.option("--closed-from", type=DAY, help="Closed on this day or later.")
@click.option("--closed-to", type=DAY, help="Closed on this day or before.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of headings and words.")
@click.pass_obj
def export(console: Console, /, station: str, out: Path, **asked: Any) -> None:
    """Write the disputes of STATION that the options let pass, oldest first, to a CSV, Excel or GeoPackage file.

    No parties are named, and numbers of telephones and identity cards in texts are masked. `gridmap load disputes` reads
    the file again.
    """
    kind = service.kind_of(out)
    if asked["holder"] and not asked["holder"].startswith(("person:", "body:")):
        raise click.UsageError("--holder is person:CODE or body:CODE")
    opened, settled, closed = (
        (_day(asked.pop(f"{name}_from")), _day(asked.pop(f"{name}_to"))) for name in ("opened", "settled", "closed")
    )
    language = asked.pop("lang")
    said = {name: value for name, value in asked.items() if value is not None}
    wanted = Filter(**said, opened=opened, settled=settled, closed=closed)
    with (
        console.sessions.begin() as session,
        click.progressbar(length=1000, label="disputes", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar,
    ):
        notes = service.write(
            session, station, out, kind, wanted, by=console.person, language=language, now=datetime.now(UTC),
            progress=lambda done, total: bar.update(max(1000 * done // max(total, 1) - bar.pos, 0)),
        )  # fmt: skip
    for told in notes.told:
        click.echo(f"note: {told}", err=True)
    click.echo(f"{notes.rows:,} disputes in {out}")


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()
