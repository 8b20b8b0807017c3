"""`gridmap edition`: list, draft, check, publish, compare, withdraw."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import pandas as pd

from gridmap.cli.console import Console, pass_console
from gridmap.cli.export import export, sheet
from gridmap.cli.review import publish_due, two_person
from gridmap.geo.repair import SMALL_GAP_M2
from gridmap.services import editions as service
from gridmap.services import norms as norm_hints
from gridmap.services import repairs
from gridmap.store import editions as store

ACCEPTABLE = click.Choice(sorted(service.ACCEPTABLE))


@click.group()
def edition() -> None:
    """Editions of a station's boundaries: draft, check, publish, compare, withdraw."""


@edition.command("list")
@click.argument("station")
@click.option("--after", type=int, help="Show editions older than this number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Lines to show.")
@pass_console
def list_(console: Console, station: str, after: int | None, limit: int) -> None:
    """List the editions of STATION, newest first; days are the station's."""
    with console.sessions.begin() as session:
        zone = ZoneInfo(store.find_station(session, station).timezone)
        found = store.list_page(session, station, after=after, limit=limit)
        since = store.in_force_since(session, station)
        for one in found:
            base = "" if one.base is None else f"  from {one.base}"
            when = ""
            if one.published_at is not None:
                when = (
                    f"  in force since {since[one.id].astimezone(zone):%Y-%m-%d %H:%M}  published by {one.published_by}"
                )
            click.echo(f"{one.number:>5}  {one.status:<10}{base}{when}  {one.note}".rstrip())
    click.echo(f"{len(found)} editions")


@edition.command()
@click.argument("station")
@click.option("--base", type=int, help="Edition to start from; the one in force where none is given.")
@click.option("--note", default="", help="What this draft is for.")
@pass_console
def draft(console: Console, station: str, base: int | None, note: str) -> None:
    """Open a draft for STATION that holds the zones of the edition in force."""
    with console.sessions.begin() as session:
        opened = service.open_draft(session, station, by=console.person, base=base, note=note)
        click.echo(f"edition {opened.number} of station {station} is a draft, from edition {opened.base or 'none'}")


@edition.command()
@click.argument("station")
@click.argument("number", type=int)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the faults as GeoJSON.")
@click.option("--norms", is_flag=True, help="Also list doors in no zone, zones without doors, cells off the norm.")
@pass_console
def check(console: Console, station: str, number: int, out: Path | None, *, norms: bool) -> None:
    """List the topology faults of edition NUMBER of STATION, each with its place; status 1 if any stops publishing."""
    settings = console.settings
    with console.sessions.begin() as session:
        faults = service.check(session, station, number, sliver_m=settings.sliver_m)
        if norms:
            hints = norm_hints.check(session, station, number, norm=(settings.norm_low, settings.norm_high))
            faults = pd.concat([faults, hints], ignore_index=True) if len(faults) else hints
    for row in service.fault_rows(faults):
        area = "" if row["area_m2"] is None else f"{row['area_m2']:,.1f} m2"
        harmless = "  (harmless)" if row["kind"] in service.HARMLESS else ""
        click.echo(
            f"{row['layer']:9} {row['kind']:16} {area:>18}  at {row['lon']}, {row['lat']}  {row['detail']}{harmless}"
        )
    if out is not None:
        out.write_text(faults.to_json(drop_id=True), encoding="utf-8")
    stopping = int((~faults["kind"].isin(service.HARMLESS)).sum()) if len(faults) else 0
    click.echo(f"{len(faults)} faults, {stopping} of them stop publishing")
    if stopping:
        raise click.exceptions.Exit(1)


@edition.command()
@click.argument("station")
@click.argument("number", type=int)
@click.option("--accept", metavar="all|N,N", help="Carry these out, or all that ask nothing; without it a dry run.")
@click.option("--give", "pairs", multiple=True, metavar="N=CODE", help="Answer a question: zone CODE gets the ground.")
@click.option(
    "--small-gap",
    type=click.FloatRange(0),
    default=SMALL_GAP_M2,
    show_default=True,
    help="Larger gaps are asked about, not filled [m2].",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the repairs as GeoJSON.")
@pass_console
def repair(
    console: Console,
    station: str,
    number: int,
    accept: str | None,
    pairs: tuple[str, ...],
    small_gap: float,
    out: Path | None,
) -> None:
    """Show what would mend the faults of draft NUMBER of STATION, or carry it out as one change that can be undone.

    Ground goes to the zone that had it in the edition in force, else to the one with the longest shared border; where
    neither tells, you are asked. No zone is lost or split, and a missing cell is never filled in silence.
    """
    chosen, answers = _chosen(accept), _answers(pairs)
    sliver = console.settings.sliver_m
    with console.sessions.begin() as session:
        draft = store.find(session, station, number)
        shown = repairs.preview(session, draft, sliver_m=sliver, small_gap_m2=small_gap)
        for row in shown.rows.to_dict("records"):
            click.echo(_repair_line(row))
        if out is not None:
            out.write_text(shown.rows.to_json(drop_id=True), encoding="utf-8")
        click.echo(f"{len(shown.rows)} repairs, {len(shown.rows) - len(shown.sure)} of them ask")
        if accept is None and not answers:
            click.echo("dry run: nothing was changed; pass --accept all, or --accept with numbers")
            return
        done = repairs.accept(
            session, draft, by=console.person, token=shown.token, answers=answers,
            chosen=set() if accept is None else chosen, sliver_m=sliver, small_gap_m2=small_gap,
        )  # fmt: skip
        changed = ", ".join(code for _, code in done.done.changed) or "no zone"
        click.echo(f"{len(done.numbers)} repairs carried out: {changed} changed")
        for _, code in done.done.gone:
            click.echo(f"  {code} is gone")


def _repair_line(row: dict[Any, Any]) -> str:
    """Return a repair as one line: number, where, what, how much, who loses and gains, by which rule."""
    lost = f"from {', '.join(row['from'])} " if row["from"] else ""
    gains = f"to {row['to']}" if row["to"] else ""
    why = f": {row['why']}" if row["why"] else ""
    what = f"{lost}{gains}".strip() or f"beside {', '.join(row['zones'])}"
    return (
        f"{row['n']:>4}  {row['layer']:9} {row['kind']:17} {row['area_m2']:>12,.1f} m2 {row['doors']:>5} doors  "
        f"{what}  ({row['rule']}{why})"
    )


def _chosen(accept: str | None) -> set[int] | None:
    """Return the numbers of `--accept`, None for all."""
    if accept is None or accept == "all":
        return None
    try:
        return {int(number) for number in accept.split(",")}
    except ValueError:
        raise click.UsageError(f"--accept {accept}: write all, or numbers like 1,4,7") from None


def _answers(pairs: tuple[str, ...]) -> dict[int, str]:
    found = [pair.partition("=") for pair in pairs]
    if not all(number.isdigit() and code for number, _, code in found):
        raise click.UsageError("--give: write N=CODE, for example --give 3=W001")
    return {int(number): code for number, _, code in found}


@edition.command()
@click.argument("station")
@click.argument("number", type=int)
@click.option(
    "--accept", multiple=True, type=ACCEPTABLE, help="Publish with this kind of fault; recorded in the audit."
)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Day from which it is in force, station's time; now where none."
)
@pass_console
def publish(console: Console, station: str, number: int, accept: tuple[str, ...], since: datetime | None) -> None:
    """Publish edition NUMBER of STATION: check it, resolve every plate, switch, as one step."""
    with console.sessions.begin() as session:
        zone = ZoneInfo(store.find_station(session, station).timezone)
        done = service.publish(
            session,
            station,
            number,
            by=console.person,
            sliver_m=console.settings.sliver_m,
            tie_m=console.settings.tie_m,
            accept=frozenset(accept),
            since=None if since is None else since.replace(tzinfo=zone),
            say=lambda line: click.echo(f"  {line} …", err=True),
        )
    click.echo(
        f"edition {done.number} of station {done.station} is in force: {done.plates:,} plates resolved in "
        f"{done.seconds:.1f} s, {done.moved:,} change beat, {done.ties:,} near a border, "
        f"{done.without_beat:,} in no beat, {done.without_cell:,} in no grid cell"
    )


@edition.command()
@click.argument("station")
@click.argument("before", type=int)
@click.argument("after", type=int)
@pass_console
def compare(console: Console, station: str, before: int, after: int) -> None:
    """Say what became of each beat of STATION from edition BEFORE to edition AFTER."""
    with console.sessions.begin() as session:
        table = service.compare(session, station, before, after)
    click.echo(table.to_string(float_format=lambda value: f"{value:,.1f}"))
    click.echo(f"{len(table)} beats compared")


@edition.command()
@click.argument("station")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; goes into the audit.")
@pass_console
def withdraw(console: Console, station: str, number: int, reason: str) -> None:
    """Withdraw edition NUMBER of STATION; the one before it is in force again."""
    with console.sessions.begin() as session:
        again = service.withdraw(session, station, number, by=console.person, reason=reason)
        now = "no edition is in force" if again is None else f"edition {again.number} is in force again"
        click.echo(f"edition {number} of station {station} is withdrawn; {now}")


edition.add_command(export)
edition.add_command(sheet)
edition.add_command(publish_due)
edition.add_command(two_person)
