"""Accounts, their stations and their log-ins, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role
from gridmap.store.tables import Account, AccountStation, LogIn, Station

#: The stations of an account as one array, so that who asks is one query.
STATIONS = (
    select(func.coalesce(func.array_agg(AccountStation.station), text("'{}'")))
    .where(AccountStation.account_id == Account.id)
    .scalar_subquery()
)
ACTOR = (Account.id, Account.login, Account.display_name, Account.role, STATIONS, Account.person_id, Account.demo)


def find_actor(session: Session, token_sha256: bytes) -> Actor | None:
    """Return who holds the log-in with this hash, if it has not run out and the account is active; one query."""
    query = (
        select(*ACTOR)
        .join(LogIn, LogIn.account_id == Account.id)
        .where(LogIn.token_sha256 == token_sha256, LogIn.expires_at > func.now(), Account.active)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _actor(row)


def find_by_login(session: Session, login: str) -> tuple[Actor, str, bool] | None:
    """Return the person, password hash and whether active of the account called `login`; one query."""
    query = select(Account.password_hash, Account.active, *ACTOR).where(Account.login == login)
    row = session.execute(query).one_or_none()
    return None if row is None else (_actor(row[2:]), row[0], row[1])


def list_all(session: Session, stations: tuple[str, ...] | None = None) -> list[tuple[Actor, bool]]:
    """Return every account and whether it is active, by login; only those sharing one of `stations` if given."""
    query = select(Account.active, *ACTOR).order_by(Account.login)
    if stations is not None:
        shared = select(AccountStation.account_id).where(AccountStation.station.in_(stations))
        query = query.where(Account.id.in_(shared))
    return [(_actor(row[1:]), row[0]) for row in session.execute(query)]


def known_stations(session: Session, stations: tuple[str, ...]) -> set[str]:
    """Return those of `stations` that exist and are in scope; one query."""
    return set(session.scalars(select(Station.code).where(Station.code.in_(stations))))


def add(
    session: Session,
    *,
    login: str,
    display_name: str,
    role: Role,
    password_hash: str,
    stations: tuple[str, ...],
    person_id: int | None = None,
    demo: bool = False,
) -> int:
    """Add an account with its stations and return its id; two statements."""
    values = {
        "login": login,
        "display_name": display_name,
        "role": str(role),
        "password_hash": password_hash,
        "person_id": person_id,
        "demo": demo,
    }
    account_id = session.execute(insert(Account).values(values).returning(Account.id)).scalar_one()
    set_stations(session, account_id, stations)
    return account_id


def set_stations(session: Session, account_id: int, stations: tuple[str, ...]) -> None:
    """Make `stations` the whole scope of an account."""
    session.execute(delete(AccountStation).where(AccountStation.account_id == account_id))
    if stations:
        rows = [{"account_id": account_id, "station": station} for station in sorted(set(stations))]
        session.execute(insert(AccountStation), rows)


def set_active(session: Session, account_id: int, *, active: bool) -> None:
    """Let an account log in, or no more."""
    session.execute(update(Account).where(Account.id == account_id).values(active=active))


def set_password_hash(session: Session, account_id: int, password_hash: str) -> None:
    """Replace the password hash of an account."""
    session.execute(update(Account).where(Account.id == account_id).values(password_hash=password_hash))


def set_email(session: Session, account_id: int, email: str | None) -> str | None:
    """Set or forget where an account is mailed, and return where it was; two statements."""
    before: str | None = session.scalar(select(Account.email).where(Account.id == account_id))
    session.execute(update(Account).where(Account.id == account_id).values(email=email))
    return before


def emails(session: Session, stations: tuple[str, ...] | None = None) -> dict[str, str]:
    """Return login -> address of the accounts that have one; only those sharing one of `stations` if given. One query."""
    query = select(Account.login, Account.email).where(Account.email.is_not(None))
    if stations is not None:
        shared = select(AccountStation.account_id).where(AccountStation.station.in_(stations))
        query = query.where(Account.id.in_(shared))
    return {login: str(email) for login, email in session.execute(query)}


def add_log_in(session: Session, account_id: int, token_sha256: bytes, lasts: timedelta) -> datetime:
    """Keep a log-in by the hash of its token, drop the account's expired ones, and return when it runs out."""
    session.execute(delete(LogIn).where(LogIn.account_id == account_id, LogIn.expires_at <= func.now()))
    values = {"token_sha256": token_sha256, "account_id": account_id, "expires_at": func.now() + lasts}
    return session.execute(insert(LogIn).values(values).returning(LogIn.expires_at)).scalar_one()


def delete_log_in(session: Session, token_sha256: bytes) -> None:
    """End one log-in."""
    session.execute(delete(LogIn).where(LogIn.token_sha256 == token_sha256))


def delete_log_ins(session: Session, account_id: int) -> None:
    """End every log-in of an account, at once: the next request of each is refused."""
    session.execute(delete(LogIn).where(LogIn.account_id == account_id))


def _actor(row: Sequence[Any]) -> Actor:
    """Return the columns ACTOR as a person."""
    account_id, login, display_name, role, stations, person_id, demo = row
    return Actor(account_id, login, display_name, Role(role), tuple(sorted(stations)), person_id, demo)
