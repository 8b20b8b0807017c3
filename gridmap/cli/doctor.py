"""`gridmap doctor`: is everything in place, a line each, with the mend."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import make_url

import gridmap
from gridmap.cli.console import Console, pass_console
from gridmap.services import doctor as service
from gridmap.services.doctor import Finding, examine
from gridmap.settings import Settings
from gridmap.store import cluster as clusters

SECRETS = ("secret", "demo-password")
COLOURS = {"ok": "green", "warn": "yellow", "FAIL": "red"}
DRIVER = "postgresql+psycopg"


@click.command()
@pass_console
def doctor(console: Console) -> None:
    """Look at all that gridmap stands on, a line each; exit status 1 if anything fails. Changes and starts nothing."""
    folder = console.settings.data or clusters.default_folder()
    known = [f"GRIDMAP_{name.upper()}" for name in Settings.model_fields]
    written = datetime.fromtimestamp(Path(gridmap.__file__).stat().st_mtime, UTC)
    found = [
        *examine("packages", service.packages),
        *examine("settings", lambda: service.settings(known, os.environ)),
        *examine("folder", lambda: service.folder(folder, SECRETS)),
        *examine("database", lambda: _database(console)),
        *examine("assets", _assets),
        *examine("fonts", lambda: service.fonts(clusters.default_folder())),
        *examine("clock", lambda: service.clock(written)),
    ]
    for finding in found:
        click.echo(_line(finding))
    failed = sum(finding.grade == "FAIL" for finding in found)
    warned = sum(finding.grade == "warn" for finding in found)
    click.echo(f"{len(found)} looked at, {failed} failed, {warned} warned")
    if failed:
        raise SystemExit(1)


def _assets() -> Finding:
    from gridmap.web import assets  # noqa: PLC0415 -- if the pages cannot be loaded, that is a finding too

    return Finding("assets", "ok", assets.check())


def _database(console: Console) -> Iterable[Finding]:
    """Look at the database that is set, or at gridmap's own where it runs; start neither."""
    given = console.settings.database_url
    if given is not None:
        driver = make_url(given).drivername
        if driver != DRIVER:
            mend = f"write it as {DRIVER}://user@host/database"
            return [Finding("database", "FAIL", f"GRIDMAP_DATABASE_URL begins with {driver}://", mend)]
        return service.database(given)
    cluster = console.cluster
    found = clusters.status(cluster)
    if found.state == "running":
        return service.database(clusters.url(cluster))
    if found.state == "absent":
        mend = "run `gridmap demo`, or `gridmap db upgrade` for an empty one"
        return [Finding("database", "warn", f"none was made in {found.folder} yet", mend)]
    mend = "run `gridmap db start`; other commands start it by themselves"
    return [Finding("database", "warn", f"PostgreSQL {found.postgres} in {found.folder} is {found.state}", mend)]


def _line(finding: Finding) -> str:
    grade = click.style(f"{finding.grade:4}", fg=COLOURS[finding.grade], bold=finding.grade != "ok")
    mend = f"\n{'':17}-> {finding.mend}" if finding.mend else ""
    return f"{grade}  {finding.what:10} {finding.says}{mend}"
