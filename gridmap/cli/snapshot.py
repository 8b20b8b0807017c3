"""`gridmap snapshot`: what scans are answered from: look at it, make it, keep it, go back."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
from sqlalchemy.exc import SQLAlchemyError

from gridmap.cli.console import Console, pass_console
from gridmap.errors import GridmapError
from gridmap.scan_desk import scan_folder
from gridmap.services.scan import CONFIRMED
from gridmap.services.snapshot_keeper import Keeper
from gridmap.store.cluster_folder import made_by
from gridmap.store.databases import ServerNotReached
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import make_engine
from gridmap.store.snapshot import folder as folders
from gridmap.store.snapshot.state import Snapshot

#: The longest time between two tries to open the database [s].
LONGEST_PAUSE_S = 4.0
#: A keeper without parent has this long to end in order [s].
LAST_S = 10.0


@click.group()
def snapshot() -> None:
    """Snapshot that scans are answered from: show, make, keep, verify, roll back."""


@snapshot.command()
@pass_console
def show(console: Console) -> None:
    """Say what there is: stations, plates, serial, when it was made and confirmed."""
    folder = scan_folder(console.settings)
    found = Snapshot.open(folder)
    size = sum((folder / file.name).stat().st_size for file in found.manifest.files())
    confirmed = folder / CONFIRMED
    click.echo(f"snapshot {found.serial} of {_utc(found.made_at.timestamp())} in {folder}")
    click.echo(f"{len(found):,} plates of {len(found.stations()):,} stations, {size / 1e6:.1f} MB")
    if confirmed.exists():
        click.echo(f"confirmed by the database {_utc(confirmed.stat().st_mtime)}")
    if found.manifest.held:
        click.echo("held: it was rolled back; `gridmap snapshot release` lets the database's changes in again")
    if found.trouble is not None:
        click.echo(f"an earlier state is used: {found.trouble.detail}", err=True)


@snapshot.command()
@pass_console
def make(console: Console) -> None:
    """Bring the snapshot up to date now, where no service keeps it."""
    _keeper(console).once()
    found = Snapshot.open(scan_folder(console.settings))
    click.echo(f"snapshot {found.serial}: {len(found):,} plates of {len(found.stations()):,} stations")


@snapshot.command()
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input closes.")
@pass_console
def keep(console: Console, with_parent: bool) -> None:
    """Keep the snapshot what the database holds, until stopped; `gridmap serve` does so by itself."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if with_parent:
        threading.Thread(target=_end_with_parent, args=(stop,), name="gridmap-parent", daemon=True).start()
    if _wait_for_database(console, stop):
        click.echo(f"keeping {scan_folder(console.settings)}")
        _keeper(console).run(stop)


def _end_with_parent(stop: threading.Event) -> None:
    """Stop when whoever started this process is gone, however it ended: nobody holds the other end of its pipe then."""
    while os.read(0, 1):
        pass
    stop.set()
    time.sleep(LAST_S)
    os._exit(1)  # a server that is being started, or a long query, is not waited for


def _wait_for_database(console: Console, stop: threading.Event) -> bool:
    """Open the database for the service and the keeper; return False where it was not there until `stop`.

    gridmap's own cluster is started where it was ever made, and never made: an empty one knows no plate.
    """
    said, pause = "", 0.5
    while not stop.is_set():
        try:
            if console.settings.database_url is None and made_by(console.folder.expanduser()) is None:
                raise ServerNotReached(f"there is no database in {console.folder} yet")
            with named_errors():
                console.open_for_service()
        except (GridmapError, SQLAlchemyError) as error:
            told = error.detail if isinstance(error, GridmapError) else "it is not a database of gridmap yet"
            if told != said:  # once, not every time
                click.echo(f"scans are answered from the snapshot that is there; no database: {told}", err=True)
            said = told
        else:
            return True
        console.forget_database()
        stop.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)
    return False


@snapshot.command()
@pass_console
def verify(console: Console) -> None:
    """Read every byte of the snapshot and compare its checksums."""
    found = Snapshot.open(scan_folder(console.settings), verify=True)
    if found.trouble is not None:
        raise found.trouble
    click.echo(f"snapshot {found.serial} is whole: {sum(1 for _ in found.manifest.files()):,} files")


@snapshot.command("roll-back")
@pass_console
def roll_back(console: Console) -> None:
    """Answer from the snapshot before the present one, and hold it so until `release`."""
    manifest = folders.roll_back(scan_folder(console.settings))
    click.echo(f"scans are answered as snapshot {manifest.restored} did, made {_utc(manifest.made_at.timestamp())}")


@snapshot.command()
@pass_console
def release(console: Console) -> None:
    """Let the database's changes in again after a roll-back."""
    manifest = folders.release(scan_folder(console.settings))
    click.echo(f"snapshot {manifest.serial} is no longer held; the service brings it up to date within seconds")


def _keeper(console: Console) -> Keeper:
    folder: Path = scan_folder(console.settings)
    return Keeper(make_engine(console.database_url, pool_size=2, name="gridmap-keeper"), folder)


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
