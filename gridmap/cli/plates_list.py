"""`gridmap plates sign`, `verify` and `key`: the list of plates that officers' phones carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from gridmap.cli.console import Console, pass_console
from gridmap.domain.codes import parse_plate_code, spaced
from gridmap.services import list_keys, signed_list
from gridmap.services.signed_list import SignedList
from gridmap.store.writing import aside


@click.command()
@click.argument("station")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=signed_list.LASTS.days,
    show_default=True,
    help="How long it is good for.",
)
@pass_console
def sign(console: Console, station: str, out: Path, days: int) -> None:
    """Write the signed list of STATION's living plates for officers' phones."""
    key = list_keys.in_use(console.folder, console.kept)
    with console.sessions.begin() as session:
        file = signed_list.export(session, station, key, by=console.person, lasts=timedelta(days=days))
    with aside(out) as part:
        part.write_bytes(file)
    read = signed_list.verify(file, list_keys.by_id([key.known]))
    click.echo(
        f"{len(read.plates):,} plates of station {station} written to {out}, good until {read.valid_until:%Y-%m-%d}"
    )
    click.echo(f"signed with key {key.known.id}; its public key: {key.known.text}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("codes", nargs=-1)
@click.option("--key", "keys", multiple=True, help="A public key to trust; may be given again. Else those made here.")
@pass_console
def verify(console: Console, file: Path, codes: tuple[str, ...], keys: tuple[str, ...]) -> None:
    """Say whether the list FILE is genuine, from when, and at which door each of CODES hangs; asks no database.

    Ends with status 1 if the list is expired or a code is not in it.
    """
    wanted = [parse_plate_code(code) for code in codes]
    trusted = [list_keys.read_public(key) for key in keys] or list_keys.known(console.folder)
    read = signed_list.verify(file.read_bytes(), list_keys.by_id(trusted))
    old = read.expired(datetime.now(UTC))
    _tell(read, old=old)
    for code in wanted:
        plate = read.plates.get(code)
        if plate is None:
            click.echo(f"{spaced(code)}  NOT in the list")
        else:
            click.echo(f"{spaced(code)}  {plate.street} …{plate.number_tail}  {plate.grid_cell or '-'}  {plate.status}")
    if old or any(code not in read.plates for code in wanted):
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--new", is_flag=True, help="Make the next key; the private half of the one before is destroyed.")
@pass_console
def key(console: Console, *, new: bool) -> None:
    """Print the public keys of this place's lists, with the days from and to which each was used."""
    if new:
        list_keys.rotate(console.folder, console.kept)
    else:
        list_keys.in_use(console.folder, console.kept)
    for one in list_keys.known(console.folder):
        since = "" if one.since is None else f"{one.since:%Y-%m-%d}"
        until = "in use" if one.until is None else f"until {one.until:%Y-%m-%d}"
        click.echo(f"{one.id}  {one.text}  {since}  {until}")


def _tell(read: SignedList, *, old: bool) -> None:
    """Say what list it is, and loudly if it is made up or too old."""
    edition = "no edition" if read.edition is None else f"edition {read.edition}"
    click.echo(
        f"genuine: {len(read.plates):,} plates of station {read.station} {read.name_zh}, {edition}, "
        f"made {read.made_at:%Y-%m-%d %H:%M} UTC, key {read.key}"
    )
    if read.synthetic:
        click.echo("SYNTHETIC: this station and its doors are made up")
    click.echo(f"EXPIRED on {read.valid_until:%Y-%m-%d}: plates may have been replaced since; get a newer list"
               if old else f"good until {read.valid_until:%Y-%m-%d}")  # fmt: skip
