"""`gridmap edition publish-due` and `two-person`: the clock and the rule of review, from the command line."""

from __future__ import annotations

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services import reviews


@click.command("publish-due")
@pass_console
def publish_due(console: Console) -> None:
    """Publish every edition whose set time has come; the service does the same every 20 seconds.

    Ends with status 1 if one was refused; it leaves the schedule, and the review page says why.
    """
    refused = done = 0
    while True:
        with console.sessions.begin() as session:
            due = reviews.publish_next_due(
                session, sliver_m=console.settings.sliver_m, tie_m=console.settings.tie_m, wait=True
            )
        if due is None:
            break
        if due.published is None:
            refused += 1
            click.echo(f"edition {due.number} of station {due.station} was refused: {due.problem}", err=True)
        else:
            done += 1
            click.echo(
                f"edition {due.number} of station {due.station} is in force: {due.published.plates:,} plates resolved, "
                f"{due.published.moved:,} change beat"
            )
    click.echo(f"{done} published, {refused} refused")
    if refused:
        raise click.exceptions.Exit(1)


@click.command("two-person")
@click.argument("station")
@click.option("--on/--off", "wanted", required=True, help="Whether a second person must approve.")
@pass_console
def two_person(console: Console, station: str, *, wanted: bool) -> None:
    """Say whether STATION publishes only what somebody else than its author has approved."""
    with console.sessions.begin() as session:
        reviews.set_two_person(session, station, wanted=wanted, by=console.person)
    rule = "publishes only what a second person has approved" if wanted else "publishes what one person has drawn"
    click.echo(f"station {station} {rule}")
