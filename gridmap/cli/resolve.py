"""`gridmap resolve`: beat, grid cell and responsible officer for any table of points."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pandas as pd

from gridmap.cli.console import Console, pass_console
from gridmap.services import resolve as service
from gridmap.store import editions

GRADES = ("match", "border_tie", "near_border", "outside_but_near", "outside", "conflict", "code_unknown", "unrecorded")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--station", required=True, help="Code of the station whose boundaries are asked.")
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="As it was on this day, station's time."
)
@click.option("--recorded", help="Column with the beat somebody else recorded: adds a graded comparison.")
@click.option("--crs", help="EPSG:n, gcj02 or bd09, where the file does not say.")
@click.option(
    "--map", "mapping", multiple=True, metavar="NAME=COLUMN", help="Where the file keeps a column, e.g. lon=X."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write CSV here; on screen where none is given."
)
@pass_console
def resolve(
    console: Console,
    file: Path,
    station: str,
    at: datetime | None,
    recorded: str | None,
    crs: str | None,
    mapping: tuple[str, ...],
    out: Path | None,
) -> None:
    """Write beat, grid cell and responsible officer for each point of FILE (any format that load reads)."""
    from gridmap.services.imports import read_points  # noqa: PLC0415

    points = read_points(file, mapping=dict(pair.split("=", 1) for pair in mapping), crs=crs)
    with console.sessions.begin() as session:
        zone = ZoneInfo(editions.find_station(session, station).timezone)
        moment = datetime.now(UTC) if at is None else at.replace(tzinfo=zone)
        answer = service.resolve(
            session, points, station=station, at=moment, tie_m=console.settings.tie_m, recorded=recorded
        )
    table = (
        pd.DataFrame(points.drop(columns=points.geometry.name))
        .drop(columns=answer.columns, errors="ignore")
        .join(answer)
    )
    if out is None:
        click.echo(table.to_csv(index=False), nl=False)
    else:
        table.to_csv(out, index=False)
    click.echo(_summary(answer, recorded), err=True)


def _summary(answer: pd.DataFrame, recorded: str | None) -> str:
    """Return the closing lines: how many points, how many without a zone or near a border, and the grades."""
    without = {zone: int(answer[zone].isna().sum()) for zone in ("beat", "grid_cell")}
    near = int((answer["tie"] != "").sum())
    lines = [
        f"{len(answer):,} points: {without['beat']:,} in no beat, {without['grid_cell']:,} in no grid cell, {near:,} near a border"
    ]
    if recorded is not None:
        counts = answer["class"].value_counts()
        share = counts / max(len(answer), 1)
        lines.append(f"beside the recorded {recorded}:")
        lines += [f"  {grade:17} {counts[grade]:>9,} {share[grade]:>7.2%}" for grade in GRADES if grade in counts]
    return "\n".join(lines)
