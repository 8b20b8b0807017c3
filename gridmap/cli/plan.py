"""`gridmap plan`: balanced proposals for beats."""

from __future__ import annotations

import click


@click.group()
def plan() -> None:
    """Plans: propose balanced beats, put people and posts to them."""
