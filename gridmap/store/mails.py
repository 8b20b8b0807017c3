"""Mails that are to be sent, as rows: taken by one worker at a time, kept until they arrive or are given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.orm import Session

#: How long mails that are being sent belong to whoever took them; longer than sending them can last.
LEASE: Final = timedelta(minutes=10)
SENDING: Final = "being sent"

#: A mail that waits for so long waits for something else than its turn; given up in these days is "lately".
LONG: Final = timedelta(minutes=15)
LATELY: Final = timedelta(days=7)

_TAKE: Final = text("""
    WITH due AS (
      SELECT m.id FROM mail m WHERE m.due_at <= :now ORDER BY m.due_at, m.id LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE mail m SET due_at = :until, tries = m.tries + 1, problem = :sending
    FROM due, account a
    WHERE m.id = due.id AND a.id = m.account_id
    RETURNING m.id, m.station, CASE WHEN a.active THEN a.email END AS address, m.event, m.body, m.at, m.tries
""")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How mails stand: all that are kept, those that wait for longer than `LONG`, those given up within `LATELY`, and why mostly."""

    kept: int
    waiting: int
    given_up: int
    problem: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that is to be sent now; `address` is None where its reader has none any more."""

    id: int
    station: str
    address: str | None
    event: str
    body: dict[str, Any]
    at: datetime
    tries: int


def waiting_stations(session: Session) -> list[str]:
    """Return the stations, in scope or not, that have a mail to send now; one query."""
    return [str(code) for code in session.scalars(text("SELECT mail_stations()"))]


def take(session: Session, now: datetime, *, limit: int) -> list[Mail]:
    """Take the mails in scope that have been due longest; nobody else gets them for `LEASE`. One statement."""
    facts = {"now": now, "until": now + LEASE, "limit": limit, "sending": SENDING}
    return sorted((Mail(*row) for row in session.execute(_TAKE, facts)), key=lambda mail: mail.id)


def arrived(session: Session, mail: int) -> None:
    """Mark a mail as handed to the mail server; one update."""
    session.execute(
        text("UPDATE mail SET due_at = NULL, arrived_at = clock_timestamp(), problem = '' WHERE id = :id"), {"id": mail}
    )


def failed(session: Session, mail: int, problem: str, again: datetime | None) -> None:
    """Keep why a mail was not sent, and when it is tried again (None: no more); one update."""
    session.execute(
        text("UPDATE mail SET due_at = :again, problem = :problem WHERE id = :id"),
        {"id": mail, "again": again, "problem": problem},
    )


def put_back(session: Session, mail: int, now: datetime) -> None:
    """Give a mail back that was taken and not tried; one update."""
    session.execute(
        text("UPDATE mail SET due_at = :now, tries = greatest(tries - 1, 0), problem = '' WHERE id = :id"),
        {"id": mail, "now": now},
    )


def backlog(connection: Connection[Any]) -> Backlog:
    """Return how the mails of all stations stand, asked as the owner of the data; one statement."""
    row = connection.execute(
        """SELECT count(*), count(*) FILTER (WHERE due_at IS NOT NULL AND at < clock_timestamp() - %s),
             count(*) FILTER (WHERE due_at IS NULL AND arrived_at IS NULL AND at >= clock_timestamp() - %s),
             coalesce(mode() WITHIN GROUP (ORDER BY problem) FILTER (WHERE arrived_at IS NULL AND problem NOT IN ('', %s)), '')
           FROM mail""",
        (LONG, LATELY, SENDING),
    ).fetchone()
    return Backlog(0, 0, 0, "") if row is None else Backlog(int(row[0]), int(row[1]), int(row[2]), str(row[3]))


def give_up(session: Session, before: datetime, problem: str) -> int:
    """Give up the mails in scope that were written before a moment and have not arrived; return how many."""
    gone = session.execute(
        text("UPDATE mail SET due_at = NULL, problem = :problem WHERE due_at IS NOT NULL AND at < :before RETURNING 1"),
        {"before": before, "problem": problem},
    )
    return len(gone.all())


def prune(session: Session, before: datetime) -> int:
    """Delete mails in scope that arrived or were given up, and were written before a moment; return how many."""
    gone = session.execute(
        text("DELETE FROM mail WHERE due_at IS NULL AND at < :before RETURNING 1"), {"before": before}
    )
    return len(gone.all())
