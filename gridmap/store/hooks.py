"""Web hooks and what is sent to them, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from gridmap.store.tables import WebHook, WebHookDelivery

#: How long a message that is being sent belongs to whoever took it [s]; longer than sending can last.
LEASE_S: Final = 60
SENDING: Final = "being sent"

#: Of each hook the oldest message, where none is being sent now: messages arrive in the order of what happened. The last
#: condition is looked at again if somebody took the message since this statement began, and then leaves it to them.
_TAKE: Final = text(f"""
    WITH free AS (
      SELECT h.id FROM web_hook h
      WHERE h.active AND (CAST(:hook AS int) IS NULL OR h.id = :hook) AND EXISTS (SELECT FROM web_hook_delivery d WHERE d.hook_id = h.id AND d.due_at <= :now)
        AND NOT EXISTS (SELECT FROM web_hook_delivery d
                        WHERE d.hook_id = h.id AND d.problem = '{SENDING}' AND d.due_at > :now)
      FOR UPDATE OF h SKIP LOCKED),
    one AS (
      SELECT (SELECT d.id FROM web_hook_delivery d WHERE d.hook_id = free.id AND d.due_at <= :now ORDER BY d.id LIMIT 1) AS id
      FROM free)
    UPDATE web_hook_delivery d SET due_at = CAST(:now AS timestamptz) + interval '{LEASE_S} seconds', problem = '{SENDING}',
           tries = d.tries + 1
    FROM one, web_hook h WHERE d.id = one.id AND h.id = d.hook_id AND d.due_at <= :now
    RETURNING d.id, d.station, d.hook_id, d.event, d.body, d.at, d.tries, h.url, h.sealed_secret
""")
_LIST: Final = text("""
    SELECT h.id, h.station, h.url, h.events, h.groups, h.active, h.at, h.by,
           count(*) FILTER (WHERE d.due_at IS NOT NULL) AS waiting, max(d.arrived_at) AS arrived_at,
           count(d.id) FILTER (WHERE d.due_at IS NULL AND d.arrived_at IS NULL) AS given_up,
           coalesce((array_agg(d.problem ORDER BY d.id DESC) FILTER (WHERE d.problem <> ''))[1], '') AS problem
    FROM web_hook h LEFT JOIN web_hook_delivery d ON d.hook_id = h.id
    WHERE CAST(:station AS text) IS NULL OR h.station = :station
    GROUP BY h.id ORDER BY h.station, h.id
""")


@dataclass(frozen=True, slots=True)
class Message:
    """One message that is to be sent now."""

    id: int
    station: str
    hook_id: int
    event: str
    body: dict[str, Any]
    at: datetime
    tries: int
    url: str
    sealed_secret: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """A hook and how it goes: messages that wait, and that were given up; the newest problem."""

    id: int
    station: str
    url: str
    events: list[str]
    groups: list[str]
    active: bool
    at: datetime
    by: str
    waiting: int
    arrived_at: datetime | None
    given_up: int
    problem: str


def add(
    session: Session, station: str, url: str, events: Sequence[str], *, groups: Sequence[str] = (), by: str
) -> WebHook:
    """Add a hook without a secret yet: the secret is sealed for the hook's number."""
    hook = WebHook(station=station, url=url, events=list(events), groups=list(groups), sealed_secret=b"", by=by)
    session.add(hook)
    session.flush()
    return hook


def set_secret(session: Session, hook: WebHook, sealed: bytes) -> None:
    """Keep a hook's sealed secret; one update."""
    session.execute(update(WebHook).where(WebHook.id == hook.id).values(sealed_secret=sealed))


def find(session: Session, number: int) -> WebHook | None:
    """Return a hook, or None; one query."""
    return session.get(WebHook, number)


def find_at(session: Session, station: str, url: str) -> WebHook | None:
    """Return the hook of a station at an address, or None; one query."""
    return session.scalars(select(WebHook).where(WebHook.station == station, WebHook.url == url)).one_or_none()


def remove(session: Session, hook: WebHook) -> int:
    """Delete a hook and its messages; return how many still waited."""
    gone = session.scalars(
        delete(WebHookDelivery).where(WebHookDelivery.hook_id == hook.id).returning(WebHookDelivery.due_at)
    )
    waited = sum(due is not None for due in gone)
    session.execute(delete(WebHook).where(WebHook.id == hook.id))
    return waited


def standings(session: Session, station: str | None = None) -> list[Standing]:
    """Return the hooks of a station, or of all in scope, and how each goes; one query."""
    return [Standing(*row) for row in session.execute(_LIST, {"station": station})]


def put(session: Session, hook: WebHook, event: str, body: dict[str, Any]) -> None:
    """Write one message for a hook; it is due now."""
    values = {"station": hook.station, "hook_id": hook.id, "event": event, "body": body}
    session.execute(insert(WebHookDelivery).values(values))


def waiting_stations(session: Session) -> list[str]:
    """Return the stations, in scope or not, that have a message to send now; one query."""
    return [str(code) for code in session.scalars(text("SELECT hook_stations()"))]


def take(session: Session, now: datetime, hook_id: int | None = None) -> list[Message]:
    """Take the oldest due message of each hook in scope, or of one; nobody else gets one of the hook for `LEASE_S`."""
    return [Message(*row) for row in session.execute(_TAKE, {"now": now, "hook": hook_id})]


def arrived(session: Session, message: Message) -> None:
    """Mark a message as arrived; one update."""
    values = {"due_at": None, "arrived_at": func.clock_timestamp(), "problem": ""}
    session.execute(update(WebHookDelivery).where(WebHookDelivery.id == message.id).values(values))


def failed(session: Session, message: Message, problem: str, again: datetime | None) -> None:
    """Keep why a message did not arrive, and when it is tried again (None: no more); the hook's others wait as long."""
    values = {"due_at": again, "problem": problem}
    session.execute(update(WebHookDelivery).where(WebHookDelivery.id == message.id).values(values))
    if again is not None:
        others = (WebHookDelivery.hook_id == message.hook_id, WebHookDelivery.due_at < again)
        session.execute(update(WebHookDelivery).where(*others).values(due_at=again))


def prune(session: Session, before: datetime) -> int:
    """Delete messages in scope that arrived or were given up, and were written before a moment; return how many."""
    done = delete(WebHookDelivery).where(WebHookDelivery.due_at.is_(None), WebHookDelivery.at < before)
    return len(session.scalars(done.returning(WebHookDelivery.id)).all())
