"""`gridmap demo`: a made-up station, served."""

from __future__ import annotations

import secrets
import time
from base64 import b64decode
from pathlib import Path

import click
from pydantic import SecretStr

from gridmap.cli import serve
from gridmap.cli.console import Console, pass_console
from gridmap.errors import Conflict
from gridmap.services import demo as service
from gridmap.services import demo_disputes, demo_residents, plate_print
from gridmap.services.demo_cases import SCRIPTS
from gridmap.services.disputes import configure
from gridmap.store import databases, migrate
from gridmap.store.cluster_folder import default_folder
from gridmap.store.plate_rows import PlateChoice

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


class FollowsAnother(Conflict):
    """The demo there is follows another loop, and its open disputes stand in that one's tiers."""

    slug, title = "demo-follows-another", "The demo there is follows another loop"


class NotOurs(Conflict):
    """The demo starts over only in gridmap's own cluster."""

    slug, title = "demo-not-ours", "The demo does not empty a database that is not its own"


@click.command()
@click.option("--fresh", is_flag=True, help="Throw the demo's data away and start over.")
@click.option("--no-serve", is_flag=True, help="Load the station and stop.")
@click.option(
    "--fixtures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=FIXTURES,
    help="Folder of a made-up station, as `gridmap fixture` writes it.",
)
@click.option(
    "--loop",
    type=click.Choice(tuple(SCRIPTS)),
    help="The loop its disputes follow, one of the five of fixtures/loops; nancheng where none is given.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; GRIDMAP_PORT where none is given.")
@pass_console
def demo(console: Console, fresh: bool, no_serve: bool, fixtures: Path, loop: str | None, port: int | None) -> None:
    """Load a made-up station of Nancheng's size and serve it; run again, it starts at once and keeps the data."""
    began = time.perf_counter()
    if fresh:
        if console.settings.database_url is not None:
            raise NotOurs("unset GRIDMAP_DATABASE_URL, or empty that database yourself and run `gridmap demo`")
        click.echo("throwing the demo's data away")
        databases.drop(console.database_url)
        console.forget_database()
    click.echo("database: starting, bringing the tables up to date")
    migrate.upgrade(console.database_url)
    with console.sessions.begin() as session:
        found = service.find(session)
        if found is not None and loop not in {None, follows := service.loop_of(session, found.station)}:
            raise FollowsAnother(f"it follows {follows}: `gridmap demo --fresh --loop {loop}` starts over with {loop}")
        if found is None:
            path = FIXTURES / "loops" / f"{loop or 'nancheng'}.toml"
            given = configure.check_file(path.read_text(encoding="utf-8"), path.name)
            found = service.build(
                session, fixtures, password=_password(console), say=lambda line: click.echo(f"  {line}"), loop=given
            )
            filled = console.service_settings
            demo_disputes.fill(session, found.station, SCRIPTS[given.loop.code])
            demo_residents.fill(
                session,
                found.station,
                secret=_told(filled.secret),
                seal_key=b64decode(_told(filled.seal_key)),
                by=service.BY,
            )
            click.echo(f"station {found.station} is loaded: made up, every name and number in it")
    if no_serve:
        click.echo(f"ready after {time.perf_counter() - began:.1f} s")
        return
    # On this machine alone the demo's cookies go over plain http and its log-ins stand on the page; nowhere else.
    here = console.settings.host in {"127.0.0.1", "localhost", "::1"}
    if here and "secure_cookies" not in console.settings.model_fields_set:
        console.settings = console.settings.model_copy(update={"secure_cookies": False})
    serve.run(
        console,
        port=port,
        demo=[(login, _password(console)) for login in service.LOG_INS] if here else [],
        ready=lambda: _tell(
            console,
            found,
            port or console.settings.port,
            time.perf_counter() - began,
            _print_sheet(console, found, port or console.settings.port),
        ),
    )


def _print_sheet(console: Console, found: service.Demo, port: int) -> Path:
    """Print the plates of one street as a sheet to scan, in the data folder; return where it is."""
    from gridmap.web.sheets import fonts, plate_design, plates, qr  # noqa: PLC0415 -- drawing takes a second to load

    settings = console.settings
    with console.sessions.begin() as session:
        codes = demo_residents.neighbours(session, found.plate)
        run = plate_print.choose(session, found.station, PlateChoice(demo_residents.LIVING, codes=codes))
    made = plates.draw(
        plates.PlateBatch(
            plate_design.PlateStation(run.name_zh, run.name_en, run.desk_phone, run.synthetic), run.edition, run.faces
        ),
        links=qr.links(settings.plate_url or f"http://{settings.host}:{port}"),
        size=plate_design.PlateSize(settings.plate_width_mm, settings.plate_height_mm, settings.plate_qr_mm),
        font=fonts.use_font(settings.font, settings.data),
    )
    path = (settings.data or default_folder()) / "demo-plates.pdf"
    path.write_bytes(made)
    return path


def _told(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _password(console: Console) -> str:
    """Return the demo's password: made once, kept in the data folder."""
    return console.kept("demo-password", lambda: secrets.token_hex(6))


def _tell(console: Console, found: service.Demo, port: int, seconds: float, sheet: Path) -> None:
    """Print what to open and how to log in."""
    root = f"http://{console.settings.host}:{port}"
    click.echo(f"""
gridmap is at {root} after {seconds:.1f} s   (stop with Ctrl-C)

  resident   {root}/p/{found.plate}   the page behind a door-plate, no log-in
  plates     {sheet}   a sheet to scan or to print
  officer    {root}/desk   the disputes; the map is at {root}/map
  planner    {root}/plan
  API        {root}/api/v1/openapi.json

log in as {", ".join(service.LOG_INS)}; the password of each is {_password(console)}
All people, doors and incidents are made up (合成数据).
""")
