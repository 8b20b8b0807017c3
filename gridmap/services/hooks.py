"""Web hooks: a station's own messenger is told of each step of a report or a dispute, signed, until it says that it has it.

A message is written in the transaction of the step (`store.hook_notes`, `store.dispute_notes`), so none is lost and none is sent of what did not happen.
The service's clock sends (`send_due`): each hook on a thread of its own, so that one that hangs holds up no other.
At least once: a message whose answer was lost comes again, with the same `X-Gridmap-Delivery`.
"""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import orjson
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain import hooks as rules
from gridmap.errors import GridmapError, NotFound
from gridmap.services.disputes.rules import loop_of
from gridmap.services.sealing import Sealer
from gridmap.store import audit, editions, hooks
from gridmap.store.driver_errors import AlreadyThere, named_errors
from gridmap.store.engine import enter_scope
from gridmap.store.hooks import Message, Standing
from gridmap.store.tables import WebHook

#: How long a hook may take to answer in all [s].
TIMEOUT_S: Final = 5.0
#: Hooks that are sent to at once.
AT_ONCE: Final = 8
LONGEST_PROBLEM: Final = 200
#: How long messages that are done are kept.
KEPT: Final = timedelta(days=30)
OK: Final = range(200, 300)
#: Messages sent to one hook before others get its thread.
IN_A_ROW: Final = 50


class HookNotFound(NotFound):
    """There is no such web hook."""

    slug, title = "hook-not-found", "No such web hook"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one message; `problem` is empty where it arrived, `again` when it is tried again."""

    message: Message
    problem: str
    again: datetime | None


def add(
    session: Session,
    sealer: Sealer,
    station: str,
    url: str,
    events: tuple[str, ...],
    *,
    by: str,
    secret: str = "",
    groups: tuple[str, ...] = (),
) -> tuple[WebHook, str]:
    """Add a hook and return it with its secret, which is shown this once.

    `groups`: it is told of what the station's loop names for one of them, and of messages to them; none: of everything.

    Raises
    ------
    StationNotFound, HookNotValid
    AlreadyThere
        If the station has a hook at this address.
    """
    place = editions.find_station(session, station)
    rules.check_url(url)
    wanted = rules.check_events(events)
    if groups:
        known = {one.code for one in loop_of(session, place.code).rules.groups}
        groups = rules.check_groups(groups, known, wanted)
    if hooks.find_at(session, station, url) is not None:
        raise AlreadyThere(f"station {station} has a hook at this address; remove it first, or list them")
    key = secret or secrets.token_urlsafe(32)
    hook = hooks.add(session, place.code, url, wanted, groups=groups, by=by)
    hooks.set_secret(session, hook, sealer.seal(key, _context(hook.id)))
    after = {"host": urlsplit(url).netloc, "events": list(wanted), "groups": list(groups)}
    audit.write(session, [station], by=by, action="add hook", thing=f"hook {hook.id}", after=after)
    return hook, key


def remove(session: Session, number: int, *, by: str) -> int:
    """Delete a hook; return how many messages it never got.

    Raises
    ------
    HookNotFound
    """
    hook = _find(session, number)
    waited = hooks.remove(session, hook)
    audit.write(session, [hook.station], by=by, action="remove hook", thing=f"hook {number}", after={"waiting": waited})
    return waited


def listing(session: Session, station: str | None = None) -> list[Standing]:
    """Return the hooks of a station, or of all, and how each goes."""
    return hooks.standings(session, station)


def send_test(session: Session, sealer: Sealer, number: int) -> str:
    """Send a hook one test message now, without keeping it; return the problem, empty where it arrived.

    Raises
    ------
    HookNotFound
    SealBroken
        If its secret was sealed with another key.
    """
    hook = _find(session, number)
    now = datetime.now(UTC)
    body = {"station": hook.station, "event": rules.TEST, "at": now.isoformat()}
    message = Message(0, hook.station, hook.id, rules.TEST, body, now, 1, hook.url, hook.sealed_secret)
    return deliver(message, sealer.open(hook.sealed_secret, _context(hook.id)))


def send_due(
    sessions: sessionmaker[Session], sealer: Sealer, pool: ThreadPoolExecutor, *, link: str = ""
) -> list[Future[list[Sent]]]:
    """Begin to send what is due: one job a hook, which sends its messages in order until one fails.

    Parameters
    ----------
    sessions
        The service's; each short transaction is in the scope of one station.
    link
        Where staff work, "https://host": with it a message says where its report or dispute is.

    Returns
    -------
    jobs
        They need not be waited for: what one takes no other job, process or machine takes.
    """
    with named_errors(), sessions.begin() as session:
        stations = hooks.waiting_stations(session)
    taken: list[Message] = []
    for station in stations:
        taken += _take(sessions, station)
    return [pool.submit(_send_in_order, sessions, sealer, message, link) for message in taken]


def prune(sessions: sessionmaker[Session], stations: list[str], now: datetime) -> int:
    """Delete messages that are done for long; return how many."""
    with named_errors(), sessions.begin() as session:
        enter_scope(session, stations)
        return hooks.prune(session, now - KEPT)


def deliver(message: Message, secret: str, *, link: str = "") -> str:
    """Post one message; return the problem, empty where the hook answered with 2xx within `TIMEOUT_S`.

    Redirects are not followed: a message goes where the admin said, or nowhere.
    """
    content = dict(message.body) | {"id": message.id}
    if link and "dispute" in content:
        content["link"] = f"{link}/desk/{content['dispute']}?station={message.station}"
    elif link and "list" in content:
        content["link"] = f"{link}{content['list']}"
    elif link and "report" in content:
        content["link"] = f"{link}/reports/{content['report']}?station={message.station}"
    body = orjson.dumps(content)
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "gridmap",
        "X-Gridmap-Delivery": str(message.id),
        "X-Gridmap-Event": message.event,
        "X-Gridmap-Timestamp": str(timestamp),
        "X-Gridmap-Signature": rules.sign(secret, timestamp, body),
    }
    parts = urlsplit(message.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    # A hook that sends a byte now and then would outlast every timeout of the socket.
    late = threading.Event()
    timer = threading.Timer(TIMEOUT_S, _cut, (connection, late))
    timer.daemon = True
    timer.start()
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as error:
        return f"no answer within {TIMEOUT_S:g} s" if late.is_set() or isinstance(error, TimeoutError) else _why(error)
    finally:
        timer.cancel()
        connection.close()
    return "" if status in OK else f"answered {status}"


def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    held = connection.sock
    if held is not None:
        with suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said)[:LONGEST_PROBLEM]


def _send_in_order(sessions: sessionmaker[Session], sealer: Sealer, first: Message, link: str) -> list[Sent]:
    """Send a message and then the hook's next ones, until none is due or one fails."""
    done: list[Sent] = []
    message: Message | None = first
    while message is not None and len(done) < IN_A_ROW:
        try:
            problem = deliver(message, sealer.open(message.sealed_secret, _context(message.hook_id)), link=link)
        except GridmapError as error:
            problem = error.title
        done.append(_settle(sessions, message, problem))
        if problem:
            break
        message = next(iter(_take(sessions, message.station, message.hook_id)), None)
    return done


def _settle(sessions: sessionmaker[Session], message: Message, problem: str) -> Sent:
    now = datetime.now(UTC)
    again = None
    if problem and now - message.at < rules.GIVEN_UP:
        again = now + rules.wait_after(message.tries)
    with named_errors(), sessions.begin() as session:
        enter_scope(session, [message.station])
        if problem:
            hooks.failed(session, message, problem, again)
        else:
            hooks.arrived(session, message)
    return Sent(message, problem, again)


def _take(sessions: sessionmaker[Session], station: str, hook_id: int | None = None) -> list[Message]:
    with named_errors(), sessions.begin() as session:
        enter_scope(session, [station])
        return hooks.take(session, datetime.now(UTC), hook_id)


def _find(session: Session, number: int) -> WebHook:
    found = hooks.find(session, number)
    if found is None:
        raise HookNotFound(f"there is no web hook {number}; `gridmap hooks list` shows all", number=number)
    return found


def _context(number: int) -> str:
    return f"hook {number}"
