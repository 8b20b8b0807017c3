"""HTTP Basic for the programs of others that read `/ogc`: a desktop GIS has no cookie, but a log-in and a password.

The password is checked by the same service, with the same limits of tries, as at the log-in page. Argon2 takes a tenth
of a second and 64 MiB and a GIS asks many times a second, so a pair that was right is remembered for a while: as a keyed
hash of login, password and the account's *present* password hash, read anew with every request. A changed password, a
disabled account and a changed scope therefore hold from the next request on.

References
----------
RFC 7617, "The 'Basic' HTTP Authentication Scheme".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Annotated, Final

from fastapi import Depends, Request
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Actor, NobodyLoggedIn
from gridmap.errors import Forbidden
from gridmap.http.limits import Buckets
from gridmap.http.session_dep import TOKEN, take_seat
from gridmap.services import accounts
from gridmap.services.accounts import WrongLogIn
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import enter_scope

#: How long a pair is remembered after it was last used [s].
LASTS_S: Final = 600.0
#: Longest header that is read: a login, a password and their packing.
LONGEST: Final = 1_000
HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class PasswordInTheOpen(Forbidden):
    """A name and password came over HTTP, where everybody on the way reads them."""

    slug, title = "password-in-the-open", "Use HTTPS"


class Verified:
    """Pairs of login and password that were right a short while ago; of at most `most`, the longest unused goes first."""

    def __init__(
        self, *, lasts: float = LASTS_S, most: int = 1_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lasts, self.most, self.clock = lasts, most, clock
        self._secret = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._guard = threading.Lock()
        #: A program opens six connections at once: one checks, the others wait for it. 64 so that pairs seldom meet.
        self._turns = [threading.Lock() for _ in range(64)]

    def mark(self, login: str, password: str, password_hash: str) -> bytes:
        """Return what stands for a pair and the hash the account has now."""
        keyed = hashlib.blake2b(key=self._secret, digest_size=32)
        for part in (login, password, password_hash):
            keyed.update(len(part.encode()).to_bytes(4, "big") + part.encode())
        return keyed.digest()

    def turn(self, mark: bytes) -> threading.Lock:
        """Return the lock under which this pair is checked."""
        return self._turns[mark[0] % len(self._turns)]

    def holds(self, mark: bytes) -> bool:
        """Return whether the pair was right a short while ago, and remember it on."""
        with self._guard:
            until = self._until.get(mark)
            if until is None or until < self.clock():
                return False
            self._keep(mark)
            return True

    def add(self, mark: bytes) -> None:
        """Remember that a pair is right."""
        with self._guard:
            self._keep(mark)

    def drop(self, mark: bytes) -> None:
        """Remember a pair no longer."""
        with self._guard:
            self._until.pop(mark, None)

    def _keep(self, mark: bytes) -> None:
        self._until[mark] = self.clock() + self.lasts
        self._until.move_to_end(mark)
        while len(self._until) > self.most:
            self._until.popitem(last=False)


def open_reader(request: Request, _seat: Annotated[None, Depends(take_seat, scope="function")]) -> Iterator[Session]:
    """Open the request's transaction in the scope of whoever the cookie or the header names; as `open_session`."""
    sessions: sessionmaker[Session] = request.app.state.sessions
    with named_errors(), sessions.begin() as session:
        token = request.session.get(TOKEN)
        actor = accounts.who(session, token) if isinstance(token, str) else None
        request.state.actor = actor or _by_header(request, session)
        yield session


ReaderSessionDep = Annotated[Session, Depends(open_reader, scope="function")]


def reader(request: Request, _session: ReaderSessionDep) -> Actor:
    """Return who asks.

    Raises
    ------
    NobodyLoggedIn
        If neither the cookie nor the header names somebody.
    """
    actor: Actor | None = request.state.actor
    if actor is None:
        raise NobodyLoggedIn("send the name and password of a log-in (HTTP Basic), or log in with a browser")
    return actor


ReaderDep = Annotated[Actor, Depends(reader)]


def _by_header(request: Request, session: Session) -> Actor | None:
    """Return whom the header names, None where there is none.

    Raises
    ------
    PasswordInTheOpen
        If it came over HTTP from elsewhere, unless GRIDMAP_SECURE_COOKIES says that HTTP is meant.
    WrongLogIn, TooManyTries
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    _require_https(request)
    login, password = _pair(header)
    verified: Verified = request.app.state.verified
    found = accounts.standing(session, login)
    mark = verified.mark(login, password, found[1] if found else "")
    if found is not None and verified.holds(mark):
        return _let_see(session, found[0])
    with verified.turn(mark):
        if found is not None and verified.holds(mark):
            return _let_see(session, found[0])
        _take_try(request, login)
        actor = accounts.check(session, login, password, via="basic")
        by_login: Buckets = request.app.state.tries_by_login
        by_login.forgive(login)
        verified.add(mark)
        # A request that fails takes the record of the log-in back with it: then the next one is checked, and recorded.
        event.listen(session, "after_rollback", lambda _: verified.drop(mark), once=True)
        return actor


def _let_see(session: Session, actor: Actor) -> Actor:
    enter_scope(session, actor.stations)
    return actor


def _take_try(request: Request, login: str) -> None:
    """Use one try of the address and one of the login, out of the same buckets as the log-in page."""
    by_address: Buckets = request.app.state.tries_by_address
    by_login: Buckets = request.app.state.tries_by_login
    by_address.take(request.client.host if request.client else "")
    by_login.take(login)


def _require_https(request: Request) -> None:
    plain_is_meant = not request.app.state.settings.secure_cookies
    if request.url.scheme != "https" and not plain_is_meant and request.url.hostname not in HERE:
        raise PasswordInTheOpen("a password came over HTTP; use the https:// address, and change the password")


def _pair(header: str) -> tuple[str, str]:
    """Return login and password of a header.

    Raises
    ------
    WrongLogIn
        If it cannot be read.
    """
    scheme, _, packed = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > LONGEST:
        raise WrongLogIn("the Authorization header is not `Basic`, or too long")
    try:
        login, colon, password = base64.b64decode(packed.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise WrongLogIn("the Authorization header cannot be read") from None
    if not colon or "\0" in login:
        raise WrongLogIn("the login or the password is wrong")
    return login.strip().lower()[:64], password
