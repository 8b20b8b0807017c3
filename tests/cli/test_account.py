"""`gridmap account`: add, list, disable, set the scope."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services import accounts
from gridmap.settings import Settings
from gridmap.store.tables import Account, Audit
from tests import makers

PASSWORD = "correct horse battery"


@pytest.fixture
def run(database_url: str, sessions: sessionmaker[Session]) -> Callable[..., Result]:
    with sessions.begin() as session:
        for station in ("S001", "S002"):
            makers.make_station(session, station)

    def invoke(*words: str, typed: str = "") -> Result:
        console = Console(Settings(database_url=database_url))
        try:
            return CliRunner().invoke(group, ["account", *words], input=typed, obj=console)
        finally:
            console.sessions.kw["bind"].dispose()

    return invoke


def test_an_account_is_added_with_a_password_that_is_asked_for_and_never_shown(run, sessions):
    done = run(
        "add",
        "planner",
        "--role",
        "planner",
        "--station",
        "S001",
        "--station",
        "S002",
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    assert "S001, S002" in done.output
    with sessions.begin() as session:
        assert accounts.log_in(session, "planner", PASSWORD, lasts=timedelta(hours=1)).actor.stations == (
            "S001",
            "S002",
        )


def test_accounts_are_listed_disabled_and_given_another_scope(run, sessions):
    run("add", "wang", "--role", "officer", "--station", "S001", "--password", PASSWORD)
    assert "wang sees S002" in run("scope", "wang", "S002").output
    assert "sees no station" in run("scope", "wang").output
    assert run("disable", "wang").exit_code == 0
    listed = run("list").output
    assert "wang" in listed
    assert "(disabled)" in listed
    with sessions() as session:
        assert session.query(Account).one().active is False


@pytest.mark.parametrize(
    "words",
    [
        ("add", "x", "--role", "officer", "--station", "S001", "--password", PASSWORD),
        ("add", "wang", "--role", "officer", "--station", "S001", "--password", "short"),
        ("add", "wang", "--role", "officer", "--station", "S999", "--password", PASSWORD),
        ("add", "wang", "--role", "king", "--station", "S001", "--password", PASSWORD),
        ("add", "wang", "--role", "officer", "--password", PASSWORD),
        ("disable", "nobody"),
        ("scope", "nobody", "S001"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(run, sessions, words):
    assert run(*words).exit_code != 0
    with sessions() as session:
        assert session.query(Account).count() == 0


def test_an_account_is_mailed_where_it_says_and_the_audit_keeps_no_address(run, sessions):
    words = ("--role", "officer", "--station", "S001", "--password", PASSWORD, "--email", "wang@station.lan")
    assert run("add", "wang", *words).exit_code == 0
    assert "S001  wang@station.lan\n" in run("list").output
    assert run("email", "wang", "li@station.lan").output == "wang is mailed at li@station.lan\n"
    assert run("email", "wang", "li at home").exception.slug == "email-not-valid"
    assert run("email", "nobody", "li@station.lan").exception.slug == "account-not-found"
    assert run("email", "wang").output == "wang is mailed no more\n"
    with sessions() as session:
        kept = session.query(Audit).filter(Audit.action == "change email").order_by(Audit.id).all()
        assert [(one.before, one.after) for one in kept] == [
            ({"email": False}, {"email": True}), ({"email": True}, {"email": True}), ({"email": True}, {"email": False}),
        ]  # fmt: skip
        assert session.query(Account).one().email is None
