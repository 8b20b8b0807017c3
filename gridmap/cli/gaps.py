"""`gridmap gaps`: where nobody is responsible, and when, as a table, GeoJSON or CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import click
import pandas as pd

from gridmap.cli.console import Console, pass_console
from gridmap.geo.reach import MODES, Mode
from gridmap.services import coverage as service
from gridmap.store import editions
from gridmap.store.writing import aside
from gridmap.web.words import kind_name, say

ANY = "any"


@click.command()
@click.option("--station", required=True, help="Code of the station.")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(list(service.KINDS)), help="Only this kind; may be given again."
)
@click.option(
    "--group", "groups", multiple=True, type=click.Choice(service.GROUPS), help="Only this group; may be given again."
)
@click.option("--at", type=click.DateTime(), help="As it was at this moment, UTC; now where none is given.")
@click.option(
    "--minutes", type=click.FloatRange(0, 1_440, min_open=True), help="How far is out of reach; GRIDMAP_REACH_MINUTES."
)
@click.option("--by", type=click.Choice(MODES), help="How those minutes are made; GRIDMAP_REACH_BY.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "geojson", "csv"]),
    default="table",
    show_default=True,
    help="What is written.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of the screen."
)
@click.option(
    "--fail-on",
    multiple=True,
    metavar="KIND|GROUP|any",
    type=click.Choice([ANY, *service.GROUPS, *service.KINDS]),
    help="End with status 1 if such a gap is found; may be given again.",
)
@pass_console
def gaps(
    console: Console, station: str, *, kinds: tuple[str, ...], groups: tuple[str, ...], at: datetime | None,
    minutes: float | None, by: Mode | None, form: Literal["table", "geojson", "csv"], out: Path | None, fail_on: tuple[str, ...],
) -> None:  # fmt: skip
    """List where nobody is responsible, and when: every coverage gap of a station, its size, since when, what to do.

    What is not loaded (a duty roster, visits, police posts) is said on the error stream, and nobody is accused of it.
    """
    wishes = console.settings.gap_limits | {
        name: value for name, value in (("reach_minutes", minutes), ("reach_by", by)) if value is not None
    }
    moment = None if at is None else at.replace(tzinfo=UTC)
    with console.sessions.begin() as session:
        zone = ZoneInfo(editions.find_station(session, station).timezone)
        found = service.look(
            session, station, moment, limits=service.Limits(**wishes), kinds=kinds, groups=groups, disputes=True
        )
    for note in found.notes:
        click.echo(f"  {told(note, zone)}", err=True)
    if form == "table":
        content = "".join(f"{line}\n" for line in lines(found, zone)).encode()
    else:
        members = {"station": station, "at": found.at.isoformat()}
        content = service.as_csv(found.gaps) if form == "csv" else service.as_geojson(found.gaps, members) + b"\n"
    if out is None:
        click.echo(content, nl=False)
    else:
        with aside(out) as path:
            path.write_bytes(content)
    click.echo(f"{len(found.gaps)} gaps in station {station}", err=form != "table" and out is None)
    stopping = found.gaps["kind"].isin(fail_on) | found.gaps["group"].isin(fail_on) | (ANY in fail_on)
    if stopping.any():
        raise click.exceptions.Exit(1)


def told(note: service.Note, zone: ZoneInfo) -> str:
    """Return a note in one English sentence."""
    facts = {
        name: say(f"gaps_by_{value}", "en") if name == "by"
        else f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(value, datetime)
        else f"{value:g}"
        for name, value in note.facts.items()
    }  # fmt: skip
    return say(f"gaps_note_{note.key}", "en", **facts)


def lines(found: service.Coverage, zone: ZoneInfo) -> list[str]:
    """Return the table: a line a kind with its sum and what to do, and under it a line a gap."""
    rows = []
    frame: Any = found.gaps
    for kind, group in frame.groupby("kind", sort=False):
        rows.append(
            f"{kind_name(str(kind), 'en')} ({kind}): {len(group)}, {group['doors'].sum():,} doors. {say(f'todo_{kind}', 'en')}."
        )
        rows += [_line(row, zone) for row in group.itertuples()]
    return rows


def _line(row: Any, zone: ZoneInfo) -> str:
    """Return one gap: where, since when, how large; residents where they are known, else households."""
    since = "-" if pd.isna(row.since) else f"{row.since.astimezone(zone):%Y-%m-%d %H:%M}"
    sign = {"at_latest": "<=", "at_earliest": ">="}.get(row.detail.get("since_is", ""), "")
    people = f"{row.households:,} households" if pd.isna(row.residents) else f"{row.residents:,} residents"
    minutes = row.detail.get("minutes")
    size = (
        f"{minutes:,.1f} min"
        if minutes is not None
        else f"{row.area_m2:,.0f} m2"
        if pd.notna(row.area_m2)
        else f"{row.hours:,.1f} h"
        if pd.notna(row.hours)
        else ""
    )
    where = " ".join(part for part in (row.code, row.name_en or row.name_zh, row.who) if part)
    return f"  {where:40} since {sign:2}{since:16} {row.doors:>8,} doors {people:>20} {size:>12}".rstrip()
