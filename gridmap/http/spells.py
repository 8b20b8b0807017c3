"""Transactions of a request that computes for seconds: one to read, none while it computes, one to write.

`SessionDep` holds a connection from the first line of a route to the last. A route that asks for `spells: SpellsDep`
instead opens a transaction when it needs one; between two, its seat and its connection are free for others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import anyio
import anyio.from_thread
from fastapi import Depends, Request
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Action, Actor, require_action
from gridmap.http.session_dep import SEAT_WAIT, TOKEN
from gridmap.services import accounts
from gridmap.store.driver_errors import DatabaseAway, named_errors


class Spells:
    """What opens the transactions of one request, each in the scope of whoever is logged in."""

    def __init__(self, request: Request) -> None:
        self._request = request

    @contextmanager
    def open(self, action: Action) -> Iterator[tuple[Session, Actor]]:
        """Open a transaction and give it with the person who asks; commit it, or roll back on any error.

        Raises
        ------
        NobodyLoggedIn, RoleMayNot
            If nobody is logged in (any more), or their role does not include `action`.
        DatabaseAway
            If no connection is free after `SEAT_WAIT`.
        """
        seats: anyio.Semaphore = self._request.app.state.seats
        sessions: sessionmaker[Session] = self._request.app.state.sessions
        anyio.from_thread.run(_sit_down, seats)
        try:
            with named_errors(), sessions.begin() as session:
                token = self._request.session.get(TOKEN)
                actor = require_action(accounts.who(session, token) if isinstance(token, str) else None, action)
                self._request.state.actor = actor
                yield session, actor
        finally:
            anyio.from_thread.run_sync(seats.release)


async def _sit_down(seats: anyio.Semaphore) -> None:
    try:
        with anyio.fail_after(SEAT_WAIT):
            await seats.acquire()
    except TimeoutError:
        raise DatabaseAway("every connection to the database is taken; try again in a moment") from None


SpellsDep = Annotated[Spells, Depends(Spells)]
