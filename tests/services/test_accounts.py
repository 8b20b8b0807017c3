"""Log in, log out, and keep accounts."""

from __future__ import annotations

from datetime import timedelta

import argon2
import pytest
from sqlalchemy import select, text

from gridmap.domain.access import Actor, Role, RoleMayNot
from gridmap.services import accounts
from gridmap.store import accounts as rows
from gridmap.store.editions import StationNotFound
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Account, Audit, LogIn
from tests import makers

PASSWORD = "correct horse battery"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Hash with the least Argon2 takes, as tests hash often; the real parameters are a library's default."""
    monkeypatch.setattr(accounts, "HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts._nobody.cache_clear()
    yield
    accounts._nobody.cache_clear()


@pytest.fixture
def planner(session):
    makers.make_station(session)
    return accounts.add(
        session, login="Planner", display_name="", role=Role.PLANNER, password=PASSWORD, stations=("S001",), by="test"
    )


def test_the_right_password_starts_a_session_that_tells_who_it_is(session, planner):
    logged_in = accounts.log_in(session, " PLANNER ", PASSWORD, lasts=HOUR)

    assert logged_in.actor == planner
    assert accounts.who(session, logged_in.token) == planner
    assert accounts.who(session, logged_in.token + "x") is None


@pytest.mark.parametrize(("login", "password"), [("planner", "wrong password"), ("nobody", PASSWORD), ("planner", "")])
def test_a_wrong_login_and_a_wrong_password_are_told_alike(session, planner, login, password):
    with pytest.raises(accounts.WrongLogIn) as told:
        accounts.log_in(session, login, password, lasts=HOUR)
    assert told.value.detail == "the login or the password is wrong"
    assert told.value.facts == {}


def test_an_unknown_login_is_checked_against_a_hash_too(session, planner, monkeypatch):
    checked: list[str] = []

    def verify(password_hash: str, _password: str) -> bool:
        checked.append(password_hash)
        return False

    monkeypatch.setattr(accounts, "_verify", verify)
    for login in ("planner", "nobody"):
        with pytest.raises(accounts.WrongLogIn):
            accounts.log_in(session, login, PASSWORD, lasts=HOUR)
    assert len(checked) == 2
    assert all(known.startswith("$argon2id$") for known in checked)


def test_the_database_holds_neither_password_nor_token(session, planner):
    logged_in = accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)

    assert session.scalars(select(Account.password_hash)).one().startswith("$argon2id$")
    assert session.scalars(select(LogIn.token_sha256)).one() == accounts.token_hash(logged_in.token)


def test_a_session_ends_by_logging_out_and_by_time(session, planner):
    one = accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)
    other = accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)

    accounts.log_out(session, one.token)
    assert accounts.who(session, one.token) is None
    assert accounts.who(session, other.token) == planner

    session.execute(text("UPDATE log_in SET expires_at = now() - interval '1 second'"))
    assert accounts.who(session, other.token) is None
    accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)
    assert len(session.scalars(select(LogIn)).all()) == 1  # the expired one is gone


def test_disabling_an_account_ends_its_sessions_at_once(session, planner):
    logged_in = accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)
    accounts.disable(session, "planner", by="test")

    assert accounts.who(session, logged_in.token) is None
    with pytest.raises(accounts.WrongLogIn):
        accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)


def test_a_hash_with_old_parameters_is_renewed_at_the_next_log_in(session, planner, monkeypatch):
    before = session.scalars(select(Account.password_hash)).one()
    monkeypatch.setattr(accounts, "HASHER", argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)

    after = session.scalars(select(Account.password_hash)).one()
    assert "t=1" in before
    assert "t=2" in after


@pytest.mark.parametrize("password", ["short", "x" * 257, "planner12345"])
def test_a_weak_password_is_refused(session, password):
    makers.make_station(session)
    with pytest.raises(accounts.WeakPassword):
        accounts.add(
            session, login="planner", display_name="", role=Role.PLANNER, password=password, stations=(), by="test"
        )


@pytest.mark.parametrize("login", ["a", "über", "a b", "x" * 65, "a'b"])
def test_a_login_that_is_no_login_is_refused(session, login):
    with pytest.raises(accounts.BadLogin):
        accounts.add(
            session, login=login, display_name="", role=Role.PLANNER, password=PASSWORD, stations=(), by="test"
        )


def test_a_login_is_given_once(session, planner):
    with pytest.raises(accounts.LoginTaken):
        accounts.add(
            session, login="PLANNER", display_name="", role=Role.OFFICER, password=PASSWORD, stations=(), by="test"
        )


def test_a_scope_names_stations_that_exist(session, planner):
    with pytest.raises(StationNotFound, match="S999"):
        accounts.set_scope(session, "planner", ("S001", "S999"), by="test")


def test_an_admin_gives_and_takes_only_within_their_own_scope(session, planner):
    makers.make_station(session, "S002", x=5)
    admin = Actor(99, "admin", "Admin", Role.ADMIN, ("S001",))
    accounts.set_scope(session, "planner", ("S001", "S002"), by="test")

    with pytest.raises(RoleMayNot):  # its scope reaches beyond the admin's
        accounts.disable(session, "planner", by="admin", within=admin)
    with pytest.raises(RoleMayNot):
        accounts.add(
            session, login="two", display_name="", role=Role.OFFICER, password=PASSWORD, stations=("S002",), by="admin",
            within=admin,
        )  # fmt: skip
    accounts.set_scope(session, "planner", ("S002",), by="test")
    with pytest.raises(accounts.AccountNotFound):  # another station's account does not exist
        accounts.disable(session, "planner", by="admin", within=admin)
    assert accounts.listing(session, within=admin) == []


def test_every_change_of_an_account_is_on_record_without_the_password(session, planner):
    accounts.log_in(session, "planner", PASSWORD, lasts=HOUR)
    accounts.set_scope(session, "planner", (), by="boss")
    accounts.disable(session, "planner", by="boss")

    found = session.scalars(select(Audit).order_by(Audit.id)).all()
    assert [row.action for row in found] == ["add account", "log in", "change scope", "disable account"]
    assert found[2].before == {"stations": ["S001"]}
    assert not any(PASSWORD in str([row.before, row.after, row.thing]) for row in found)


def test_the_service_role_can_log_somebody_in_and_sees_their_scope_only(sessions, app_sessions):
    with sessions.begin() as session:
        for station in ("S001", "S002"):
            makers.make_station(session, station)
        accounts.add(
            session, login="officer", display_name="", role=Role.OFFICER, password=PASSWORD, stations=("S002",), by="t"
        )
    with app_sessions.begin() as session:
        token = accounts.log_in(session, "officer", PASSWORD, lasts=HOUR).token
    with app_sessions.begin() as session:
        accounts.who(session, token)
        assert rows.known_stations(session, ("S001", "S002")) == {"S002"}
    with app_sessions.begin() as session:
        enter_scope(session, [])
        assert rows.known_stations(session, ("S001", "S002")) == set()
