"""`gridmap purge`: delete personal data of what is over for long."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services.disputes import retention

#: what -> what it is.
NAMES = {
    "parties": "parties of disputes",
    "contacts": "ways to reach a reporter",
    "photos": "pictures of reports",
    "papers": "papers of mediation",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Count what would go, and delete nothing.")
@pass_console
def purge(console: Console, *, dry_run: bool) -> None:
    """Delete personal data of disputes and reports that ended long ago; the service does it by itself every hour.

    How long they are kept say GRIDMAP_KEEP_CONTACTS_DAYS and GRIDMAP_KEEP_PAPERS_DAYS; 0 keeps them for good.
    """
    settings = console.settings
    done = retention.purge(
        console.sessions,
        datetime.now(UTC),
        contacts_days=settings.keep_contacts_days,
        papers_days=settings.keep_papers_days,
        dry_run=dry_run,
        by=console.person,
    )
    for what, name in NAMES.items():
        days = settings.keep_papers_days if what == "papers" else settings.keep_contacts_days
        kept = f"kept {days} days after the end" if days else "kept for good"
        click.echo(f"{done[what]:8,} {name} ({kept})")
    click.echo("nothing was deleted: a dry run" if dry_run else f"{done.total():,} deleted")
