"""`gridmap fixture`: made-up stations, in files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="The same seed writes the same bytes."
)
@click.option(
    "--size", default="station", show_default=True, help="station, county, province, or a number of grid cells."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write to; made if need be.",
)
def fixture(seed: int, size: str, out: Path) -> None:
    """Write a made-up station, county or province: boundaries, doors, people, calls, with faults made on purpose."""
    from gridmap.services import fixture as service  # noqa: PLC0415  (geopandas takes a second; --help goes without)
    from gridmap.synthetic.plan import find_size  # noqa: PLC0415

    with click.progressbar(length=find_size(size).stations, label="stations") as bar:
        count = service.write(seed, size, out, progress=lambda _done, _total: bar.update(1))
    click.echo(f"{count} made-up stations in {out}; faults.json says what was made wrong on purpose")
