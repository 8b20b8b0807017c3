"""`gridmap station`: what a station shows residents."""

from __future__ import annotations

from pathlib import Path

import click

from gridmap.cli.console import Console, pass_console
from gridmap.errors import Invalid
from gridmap.services import stations as service


class NothingToSet(Invalid):
    """The command was told nothing to change."""

    slug, title = "nothing-to-set", "Nothing was given to set"


@click.group()
def station() -> None:
    """Station for residents: what it shows of its people, and in which languages."""


@station.command()
@click.argument("code")
@click.option("--show", help='Of names, photos, managers, volunteers; comma-separated, "" for none of them.')
@click.option("--languages", help='Beside Chinese and English, for example ko,ru; "" for none.')
@pass_console
def publish(console: Console, code: str, show: str | None, languages: str | None) -> None:
    """Say what station CODE shows residents of its people, and in which languages."""
    if show is None and languages is None:
        raise NothingToSet("give --show, --languages or both; `gridmap station publish --help` says how")
    with console.sessions.begin() as session:
        place = service.publish(session, code, shown=_words(show), languages=_words(languages), by=console.person)
    click.echo(f"station {code} shows {', '.join(place.published) or 'no names'}; ", nl=False)
    click.echo(f"languages: {', '.join(['zh', 'en', *place.languages])}")


@station.command()
@click.argument("code")
@click.argument("person")
@click.argument("picture", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_console
def portrait(console: Console, code: str, person: str, picture: Path) -> None:
    """Keep PICTURE as the portrait of PERSON of station CODE; shown where the station publishes photos."""
    with console.sessions.begin() as session:
        digest = service.put_portrait(session, code, person, picture.read_bytes(), by=console.person)
    click.echo(f"portrait of {person} kept ({digest[:12]}…)")


def _words(given: str | None) -> list[str] | None:
    return None if given is None else [word for word in given.replace(" ", "").split(",") if word]
