"""One transaction a request: opened here, committed before the reply leaves, as the role under row-level security.

A route asks for `session: SessionDep`. The transaction sees the stations of whoever is logged in and of nobody else;
an anonymous one sees no row at all and reaches people only through functions made for it (`report_door`, `scan_place`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import anyio
from fastapi import Depends, Request
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Actor
from gridmap.store.driver_errors import DatabaseAway, named_errors

#: How long a request waits for a connection [s].
SEAT_WAIT = 3.0
TOKEN = "token"  # noqa: S105  # the name of the cookie's member, not a secret


async def take_seat(request: Request) -> AsyncIterator[None]:
    """Hold one of as many seats as there are connections, so that no thread ever waits for a connection.

    Raises
    ------
    DatabaseAway
        If none is free after `SEAT_WAIT`.
    """
    seats: anyio.Semaphore = request.app.state.seats
    try:
        with anyio.fail_after(SEAT_WAIT):
            await seats.acquire()
    except TimeoutError:
        raise DatabaseAway("every connection to the database is taken; try again in a moment") from None
    try:
        yield
    finally:
        seats.release()


def open_session(request: Request, _seat: Annotated[None, Depends(take_seat, scope="function")]) -> Iterator[Session]:
    """Open the request's transaction in the scope of whoever is logged in; commit it, or roll back on any error."""
    sessions: sessionmaker[Session] = request.app.state.sessions
    with named_errors(), sessions.begin() as session:
        token = request.session.get(TOKEN)
        request.state.actor = _who(session, token) if isinstance(token, str) else None
        yield session


def _who(session: Session, token: str) -> Actor | None:
    # Loaded with the first log-in: a process for residents alone never needs what accounts bring along.
    from gridmap.services import accounts  # noqa: PLC0415

    return accounts.who(session, token)


SessionDep = Annotated[Session, Depends(open_session, scope="function")]
