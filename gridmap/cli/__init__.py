"""The command line: starts everything, holds nothing. Each command lives in the module of its topic."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from gridmap import __version__
from gridmap.errors import GridmapError

#: Command -> module that holds it under the same name. Loaded when used, so that `gridmap --help` is instant.
COMMANDS = {
    "account": "gridmap.cli.account",
    "analyse": "gridmap.cli.analyse",
    "db": "gridmap.cli.db",
    "demo": "gridmap.cli.demo",
    "disputes": "gridmap.cli.disputes",
    "doctor": "gridmap.cli.doctor",
    "edition": "gridmap.cli.edition",
    "fixture": "gridmap.cli.fixture",
    "gaps": "gridmap.cli.gaps",
    "hooks": "gridmap.cli.hooks",
    "load": "gridmap.cli.load",
    "loop": "gridmap.cli.loop",
    "notices": "gridmap.cli.notices",
    "open311": "gridmap.cli.open311",
    "plan": "gridmap.cli.plan",
    "plates": "gridmap.cli.plates",
    "purge": "gridmap.cli.purge",
    "resolve": "gridmap.cli.resolve",
    "serve": "gridmap.cli.serve",
    "snapshot": "gridmap.cli.snapshot",
    "station": "gridmap.cli.station",
}


class Lazy(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return found


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gridmap")
@click.pass_context
def group(ctx: click.Context) -> None:
    """gridmap: beats, grid cells, doors, and who answers for them."""
    if ctx.obj is None:
        from gridmap.cli.console import Console  # noqa: PLC0415  (it brings the database's libraries along)

        ctx.obj = Console()
        ctx.call_on_close(ctx.obj.forget_database)


def main(arguments: Sequence[str] | None = None) -> Any:
    """Run a command; an error of gridmap's own is told in one sentence and ends with status 1."""
    try:
        return group.main(
            args=None if arguments is None else list(arguments), prog_name="gridmap", standalone_mode=True
        )
    except GridmapError as error:
        click.echo(f"{click.style(error.title, fg='red', bold=True)}: {error.detail}", err=True)
        suggestion = error.facts.get("suggestion")
        if suggestion:
            click.echo(f"  did you mean {suggestion}?", err=True)
        for issue in _rows(error.facts.get("issues")):
            click.echo(f"  {issue}", err=True)
        sys.exit(1)


def _rows(issues: object) -> list[str]:
    """Return the first twenty faults that an error carries, a line each."""
    if not isinstance(issues, list):
        return []
    lines = [
        f"{one['layer']:9} {one['kind']:14} {'+'.join(one['zones']) or '-':24} "
        f"{'' if one['area_m2'] is None else format(one['area_m2'], ',.1f') + ' m2':>16}  at {one['lon']}, {one['lat']}"
        for one in issues[:20]
    ]
    if len(issues) > len(lines):
        lines.append(f"… and {len(issues) - len(lines)} more: gridmap edition check lists all")
    return lines
