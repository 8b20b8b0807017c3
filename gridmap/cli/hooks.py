"""`gridmap hooks`: where a station's own messenger is told of residents' reports and of disputes."""

from __future__ import annotations

import click

from gridmap.cli.console import Console, pass_console
from gridmap.domain.hooks import EVENTS
from gridmap.errors import Unavailable
from gridmap.services import hooks as service


class HookDidNotAnswer(Unavailable):
    """A test message did not arrive."""

    slug, title = "hook-did-not-answer", "The web hook did not take the test message"


@click.group()
def hooks() -> None:
    """Tell a station's own messenger of each step of a report or a dispute: signed messages, sent until they arrive."""


@hooks.command()
@click.argument("station")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(EVENTS),
    help="What to tell; may be repeated. Default: received, for a group group_message.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    help="Only what the station's loop tells this group, and messages to it; may be repeated. Default: everything.",
)
@click.option("--secret", default="", help="Key of the signature; one is made where none is given.")
@pass_console
def add(
    console: Console, station: str, url: str, events: tuple[str, ...], groups: tuple[str, ...], secret: str
) -> None:
    """Tell URL of reports and disputes of STATION. The key of the signature is shown this once."""
    wanted = events or (("group_message",) if groups else ("received",))
    with console.sessions.begin() as session:
        hook, key = service.add(
            session, console.sealer, station, url, wanted, groups=groups, by=console.person, secret=secret
        )
    told = f" for {', '.join(hook.groups)}" if hook.groups else ""
    click.echo(f"hook {hook.id} of {station}: {', '.join(hook.events)}{told} -> {url}")
    if not secret:
        click.echo(f"key of the signature, shown this once: {key}")


@hooks.command("list")
@click.option("--station", help="Only this station's.")
@pass_console
def list_(console: Console, station: str | None) -> None:
    """List the hooks, what waits for each, and what was given up."""
    with console.sessions.begin() as session:
        found = service.listing(session, station)
    for one in found:
        arrived = "never" if one.arrived_at is None else f"{one.arrived_at:%Y-%m-%d %H:%M} UTC"
        told = f"  for {', '.join(one.groups)}" if one.groups else ""
        click.echo(f"{one.id:4} {one.station:14} {one.url}  [{', '.join(one.events)}]{told}")
        click.echo(f"     last arrived {arrived}; {one.waiting} waiting, {one.given_up} given up")
        if one.problem:
            click.echo(f"     problem: {one.problem}")
    click.echo(f"{len(found)} hooks")


@hooks.command()
@click.argument("number", type=click.IntRange(min=1))
@pass_console
def remove(console: Console, number: int) -> None:
    """Remove hook NUMBER and the messages that wait for it."""
    with console.sessions.begin() as session:
        waited = service.remove(session, number, by=console.person)
    click.echo(f"hook {number} is removed; {waited} messages waited and are gone")


@hooks.command()
@click.argument("number", type=click.IntRange(min=1))
@pass_console
def test(console: Console, number: int) -> None:
    """Send hook NUMBER one test message now and tell whether it arrived."""
    with console.sessions.begin() as session:
        problem = service.send_test(session, console.sealer, number)
    if problem:
        raise HookDidNotAnswer(f"hook {number}: {problem}; look at the address and at the messenger's log")
    click.echo(f"hook {number} has taken the test message")
