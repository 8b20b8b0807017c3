"""What every way of reporting shares: who sends (hashed), a transaction without a log-in, and how often one may try.

Nothing here loads table classes: the process for residents stays small.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import anyio
import anyio.from_thread
from fastapi import Request
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.plates import PlateAnswer
from gridmap.domain.reports import Limits
from gridmap.http.limits import Buckets, TooManyTries, block_of
from gridmap.http.scan import PlateDesk
from gridmap.services.look_up import look
from gridmap.services.reports.following import ReceiptNotFound
from gridmap.services.reports.keys import Keys, ReceiptCodeNotValid
from gridmap.services.reports.sending import Receipt, Sending, TooManyReports, send
from gridmap.services.sealing import Sealer
from gridmap.store.driver_errors import DatabaseAway, named_errors
from gridmap.store.snapshot.faults import SnapshotMissing

#: How long a request waits for a connection [s].
SEAT_WAIT: Final = 3.0
HOUR_S: Final = 3_600


class TooManySent(TooManyTries):
    """Far too many reports come from this plate or address block; the fact `desk_phone` says whom to call."""

    slug, title = "too-many-sent", "Too many reports from here"


def _few() -> Buckets:
    return Buckets(burst=20, every=3)


@dataclass(slots=True)
class ReportDesk:
    """Takes and tells reports for everybody; one in each process, at `app.state.report_desk`.

    `wrong` counts receipts' codes that nobody has, by address block: with 50 random bits guessing is hopeless anyhow.
    """

    sessions: sessionmaker[Session]
    seats: anyio.Semaphore
    keys: Keys
    sealer: Sealer
    limits: Limits = field(default_factory=Limits)
    wrong: Buckets = field(default_factory=_few)

    @contextmanager
    def open(self) -> Iterator[Session]:
        """Open a transaction that sees no station yet; commit it, or roll back on any error. Only from a worker thread.

        Raises
        ------
        DatabaseAway
            If no connection is free after `SEAT_WAIT`, or the database cannot be reached.
        """
        anyio.from_thread.run(self._sit_down)
        try:
            with named_errors(), self.sessions.begin() as session:
                yield session
        finally:
            anyio.from_thread.run_sync(self.seats.release)

    async def _sit_down(self) -> None:
        try:
            with anyio.fail_after(SEAT_WAIT):
                await self.seats.acquire()
        except TimeoutError:
            raise DatabaseAway("every connection to the database is taken; try again in a moment") from None

    @contextmanager
    def follow(self, request: Request) -> Iterator[Session]:
        """Open a transaction for somebody with a receipt's code; a wrong one uses a try of their address block.

        Raises
        ------
        TooManyTries
            If the block has none left; a right code passes all the same.
        """
        block = block_of(address_of(request))
        try:
            with self.open() as session:
                yield session
        except (ReceiptCodeNotValid, ReceiptNotFound):
            self.wrong.take(block)
            raise

    def send(self, plate: str, sending: Sending) -> Receipt:
        """Keep a report in a transaction of its own; `plate` as issued.

        Raises
        ------
        TooManySent
            Far above what a building can send.
        ReportNotValid, PlateNotFound, PlateRetired, SentBefore, DatabaseAway
        """
        try:
            with self.open() as session:
                return send(session, plate, sending, self.keys, self.sealer, self.limits)
        except TooManyReports as error:
            raise TooManySent(error.detail, retry_after=HOUR_S, **error.facts) from None

    def whence(self, request: Request) -> dict[str, str]:
        """Return the day's hashes of the phone and the address block a request comes from."""
        day, block = f"{datetime.now(UTC):%Y-%m-%d}", block_of(address_of(request))
        agent = request.headers.get("user-agent", "")[:300]
        return {"device": self.keys.device(block, agent, day), "block": self.keys.block(block, day)}

    def door(self, request: Request, typed: str) -> PlateAnswer:
        """Return who answers for a plate: from the snapshot, or from the database where there is no snapshot.

        Raises
        ------
        PlateCodeNotValid, PlateNotFound, TooManyTries, SnapshotMissing
        """
        plates: PlateDesk = request.app.state.plate_desk
        try:
            return plates.answer(typed, address_of(request))
        except SnapshotMissing:
            with self.open() as session:
                return look(session, typed)


def desk_of(request: Request) -> ReportDesk:
    """Return the process's desk for reports."""
    desk: ReportDesk = request.app.state.report_desk
    return desk


def address_of(request: Request) -> str:
    """Return the address a request comes from, "" where it has none."""
    return request.client.host if request.client else ""
