"""`gridmap account`: who can log in, in which role, and where."""

from __future__ import annotations

import click

from gridmap.cli.console import Console, pass_console
from gridmap.domain.access import Role
from gridmap.services import accounts


@click.group()
def account() -> None:
    """Accounts: add, list, disable, set their scope."""


@account.command()
@click.argument("login")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What they are.")
@click.option("--name", default="", help="Name shown on pages; the login where none is given.")
@click.option("--station", "stations", multiple=True, required=True, help="A station in their scope; may be repeated.")
@click.option("--email", default="", help="Where they are told of disputes that are theirs to do.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
@pass_console
def add(
    console: Console, login: str, role: str, name: str, stations: tuple[str, ...], email: str, password: str
) -> None:
    """Add an account called LOGIN; the password is asked for and never shown."""
    with console.sessions.begin() as session:
        added = accounts.add(
            session,
            login=login,
            display_name=name,
            role=Role(role),
            password=password,
            stations=stations,
            by=console.person,
        )
        if email:
            accounts.set_email(session, added.login, email, by=console.person)
    click.echo(f"{added.login} may log in as {added.role} for {', '.join(added.stations)}")


@account.command("list")
@pass_console
def list_(console: Console) -> None:
    """List every account with its role and scope."""
    with console.sessions.begin() as session:
        rows = accounts.listing(session)
        mailed = accounts.emails(session)
    for actor, active in rows:
        state = "" if active else "  (disabled)"
        address = f"  {mailed[actor.login]}" if actor.login in mailed else ""
        click.echo(f"{actor.login:24} {actor.role:12} {', '.join(actor.stations) or '-'}{address}{state}")
    click.echo(f"{len(rows)} accounts")


@account.command()
@click.argument("login")
@pass_console
def disable(console: Console, login: str) -> None:
    """Let LOGIN log in no more and end its sessions at once."""
    with console.sessions.begin() as session:
        accounts.disable(session, login, by=console.person)
    click.echo(f"{login} is disabled; its sessions have ended")


@account.command()
@click.argument("login")
@click.argument("stations", nargs=-1)
@pass_console
def scope(console: Console, login: str, stations: tuple[str, ...]) -> None:
    """Make STATIONS the whole scope of LOGIN; none at all lets it see nothing."""
    with console.sessions.begin() as session:
        changed = accounts.set_scope(session, login, stations, by=console.person)
    click.echo(f"{changed.login} sees {', '.join(changed.stations) or 'no station'}")


@account.command()
@click.argument("login")
@click.argument("address", required=False, default="")
@pass_console
def email(console: Console, login: str, address: str) -> None:
    """Tell LOGIN of what is theirs to do at ADDRESS; without one, by no e-mail any more."""
    with console.sessions.begin() as session:
        changed = accounts.set_email(session, login, address, by=console.person)
    click.echo(f"{changed.login} is mailed {'at ' + address if address else 'no more'}")
