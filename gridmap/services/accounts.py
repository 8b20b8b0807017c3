"""Log in and out, and keep accounts: passwords as Argon2id, sessions as rows that can be ended.

References
----------
RFC 9106 (Argon2), section 4: the parameters for memory-constrained use, which argon2-cffi takes by default.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role, RoleMayNot
from gridmap.domain.mails import check_address
from gridmap.errors import Conflict, Invalid, NotFound, NotLoggedIn
from gridmap.store import accounts, audit
from gridmap.store.editions import StationNotFound
from gridmap.store.engine import enter_scope

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
HASHER = PasswordHasher()
#: A hash takes 64 MiB for a moment; this many at once, so that a crowd at the log-in page cannot take all memory.
AT_ONCE = threading.BoundedSemaphore(4)


class WrongLogIn(NotLoggedIn):
    """The login is unknown, disabled, or the password is wrong; which of them is not told."""

    slug, title = "wrong-log-in", "The login or the password is wrong"


class WeakPassword(Invalid):
    """A password is too short, too long or the login itself."""

    slug, title = "weak-password", "The password is not acceptable"


class BadLogin(Invalid):
    """A login holds characters it may not hold."""

    slug, title = "bad-login", "The login is not acceptable"


class LoginTaken(Conflict):
    """Another account has this login."""

    slug, title = "login-taken", "The login is taken"


class AccountNotFound(NotFound):
    """There is no such account in the person's scope."""

    slug, title = "account-not-found", "There is no such account in your scope"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A fresh log-in: who, the secret token for their cookie, and when it runs out."""

    actor: Actor
    token: str
    expires_at: datetime


def log_in(session: Session, login: str, password: str, *, lasts: timedelta) -> LoggedIn:
    """Check `password` and start a session of `lasts`; takes as long for a login that does not exist.

    Raises
    ------
    WrongLogIn
        If the login is unknown or disabled or the password wrong.
    """
    actor = check(session, login, password)
    token = secrets.token_urlsafe(32)
    expires_at = accounts.add_log_in(session, actor.account_id, token_hash(token), lasts)
    return LoggedIn(actor, token, expires_at)


def check(session: Session, login: str, password: str, *, via: str | None = None) -> Actor:
    """Return who has this login and password and let the transaction see their stations; the log-in is on record.

    Takes as long for a login that does not exist. `via` says by which door, where it is not the log-in page's.

    Raises
    ------
    WrongLogIn
        If the login is unknown or disabled or the password wrong.
    """
    found = accounts.find_by_login(session, login.strip().lower())
    stand_in = _nobody()  # made at the first log-in of all, right or wrong, so that making it tells nothing
    right = _verify(found[1] if found else stand_in, password)
    if found is None or not right or not found[2]:
        raise WrongLogIn("the login or the password is wrong")
    actor, password_hash, _ = found
    if HASHER.check_needs_rehash(password_hash):
        accounts.set_password_hash(session, actor.account_id, hash_password(password))
    enter_scope(session, actor.stations)
    after = None if via is None else {"via": via}
    audit.write(session, actor.stations, by=actor.login, action="log in", thing=f"account {actor.login}", after=after)
    return actor


def standing(session: Session, login: str) -> tuple[Actor, str] | None:
    """Return who has this login and the hash of their password, or None where it may not log in; one query.

    Nothing is checked and nothing may be seen by it: for whoever checked the password a moment ago.
    """
    found = accounts.find_by_login(session, login.strip().lower())
    return found[:2] if found is not None and found[2] else None


def log_out(session: Session, token: str) -> None:
    """End the session of `token`; one that does not exist is no error."""
    accounts.delete_log_in(session, token_hash(token))


def who(session: Session, token: str) -> Actor | None:
    """Return who holds `token` and let the transaction see their stations, or None; two statements."""
    actor = accounts.find_actor(session, token_hash(token))
    if actor is not None:
        enter_scope(session, actor.stations)
    return actor


def add(
    session: Session,
    *,
    login: str,
    display_name: str,
    role: Role,
    password: str,
    stations: tuple[str, ...],
    by: str,
    within: Actor | None = None,
    demo: bool = False,
    person_id: int | None = None,
) -> Actor:
    """Add an account; `within` is the admin who asks and may only give stations of their own scope (None: no limit).

    `person_id` is who of the station's people logs in with it, where that is known.

    Raises
    ------
    RoleMayNot, StationNotFound, BadLogin, LoginTaken, WeakPassword
        If a station is not the admin's to give or does not exist, or the login or password is not acceptable.
    """
    login = login.strip().lower()
    if not 2 <= len(login) <= 64 or not all(c.isascii() and (c.isalnum() or c in "_.@-") for c in login):
        raise BadLogin("a login has 2 to 64 of a-z, 0-9, _ . @ -", login=login)
    if accounts.find_by_login(session, login) is not None:
        raise LoginTaken(f"there is an account {login} already", login=login)
    check_password(login, password)
    _require_within(within, stations)
    _require_known(session, stations)
    password_hash = hash_password(password)
    account_id = accounts.add(
        session,
        login=login,
        display_name=display_name.strip() or login,
        role=role,
        password_hash=password_hash,
        stations=stations,
        person_id=person_id,
        demo=demo,
    )
    after = {"role": str(role), "stations": sorted(stations)}
    audit.write(session, stations or (None,), by=by, action="add account", thing=f"account {login}", after=after)
    return Actor(account_id, login, display_name.strip() or login, role, tuple(sorted(stations)), person_id, demo)


def disable(session: Session, login: str, *, by: str, within: Actor | None = None) -> None:
    """Let an account log in no more and end its sessions at once."""
    actor = _find(session, login, within)
    accounts.set_active(session, actor.account_id, active=False)
    accounts.delete_log_ins(session, actor.account_id)
    audit.write(session, actor.stations or (None,), by=by, action="disable account", thing=f"account {actor.login}")


def set_scope(
    session: Session, login: str, stations: tuple[str, ...], *, by: str, within: Actor | None = None
) -> Actor:
    """Make `stations` the whole scope of an account; it holds from the account's next request."""
    actor = _find(session, login, within)
    _require_within(within, stations)
    _require_known(session, stations)
    accounts.set_stations(session, actor.account_id, stations)
    touched = tuple(sorted({*stations, *actor.stations}))
    before, after = {"stations": list(actor.stations)}, {"stations": sorted(stations)}
    audit.write(
        session, touched or (None,), by=by, action="change scope", thing=f"account {login}", before=before, after=after
    )
    return Actor(
        actor.account_id, actor.login, actor.display_name, actor.role, tuple(sorted(set(stations))), actor.person_id
    )


def set_email(session: Session, login: str, email: str, *, by: str, within: Actor | None = None) -> Actor:
    """Set where an account is told of what is theirs to do; an empty address: nowhere. The audit keeps no address.

    Raises
    ------
    AccountNotFound, RoleMayNot, EmailNotValid
    """
    actor = _find(session, login, within)
    address = check_address(email) if email else None
    before = accounts.set_email(session, actor.account_id, address)
    audit.write(
        session, actor.stations or (None,), by=by, action="change email", thing=f"account {actor.login}",
        before={"email": before is not None}, after={"email": address is not None},
    )  # fmt: skip
    return actor


def emails(session: Session, *, within: Actor | None = None) -> dict[str, str]:
    """Return login -> address of the accounts that are mailed, as `listing` shows them."""
    return accounts.emails(session, None if within is None else within.stations)


def listing(session: Session, *, within: Actor | None = None) -> list[tuple[Actor, bool]]:
    """Return the accounts that share a station with the admin who asks, or all, each with whether it is active."""
    return accounts.list_all(session, None if within is None else within.stations)


def check_password(login: str, password: str) -> None:
    """Refuse a password that is too short, too long (hashing it costs) or the login.

    Raises
    ------
    WeakPassword
        If so; length alone is asked, as rules about characters make people write passwords down.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if login.lower() in password.lower() and len(password) < SHORTEST_PASSWORD + len(login):
        raise WeakPassword("the password is little more than the login")


def hash_password(password: str) -> str:
    """Return the Argon2id hash of `password`, with its parameters and salt."""
    with AT_ONCE:
        return HASHER.hash(password)


def token_hash(token: str) -> bytes:
    """Return what the database keeps of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _verify(password_hash: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        with AT_ONCE:
            return HASHER.verify(password_hash, password)
    except VerificationError:
        return False


@functools.cache
def _nobody() -> str:
    """Return a hash no password has, for logins that do not exist."""
    return HASHER.hash(secrets.token_urlsafe(32))


def _find(session: Session, login: str, within: Actor | None) -> Actor:
    found = accounts.find_by_login(session, login.strip().lower())
    if found is None or (within is not None and not set(found[0].stations) & set(within.stations)):
        raise AccountNotFound(f"no account {login} in your scope", login=login)
    _require_within(within, found[0].stations)
    return found[0]


def _require_known(session: Session, stations: tuple[str, ...]) -> None:
    unknown = sorted(set(stations) - accounts.known_stations(session, stations))
    if unknown:
        raise StationNotFound(f"there is no station {', '.join(unknown)}; `gridmap load stations` adds one")


def _require_within(within: Actor | None, stations: tuple[str, ...]) -> None:
    beyond = sorted(set(stations) - set(within.stations)) if within else []
    if beyond:
        raise RoleMayNot("the account's scope reaches beyond yours; ask an admin of all its stations")
