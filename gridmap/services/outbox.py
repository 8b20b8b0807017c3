"""The loop of a thread that sends what is due, to mailboxes or to web hooks; every worker may run one of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from gridmap.errors import GridmapError
from gridmap.store.driver_errors import named_errors
from gridmap.store.scan_source import stations

#: How long it waits after a failure, and how often it forgets what was sent long ago [s].
LATER_S: Final = 10.0
PRUNE_EVERY_S: Final = 3600.0

#: Told (event, facts) of what is worth a line in the log.
Teller = Callable[[str, dict[str, object]], None]


def tell_nobody(_event: str, _facts: dict[str, object]) -> None:
    """Take an event and its facts, and do nothing."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """What waits to be sent.

    Attributes
    ----------
    name
        "mails": the log says "mails_later" where the database is away and "mails_broken" where something else is wrong.
    send
        Sends what is due, and returns how long to wait for the next round [s].
    prune
        Deletes what is done for long, of these stations at this time.
    """

    name: str
    send: Callable[[], float]
    prune: Callable[[sessionmaker[Session], list[str], datetime], int]


def empty(
    box: Outbox, sessions: sessionmaker[Session], stop: threading.Event, *, first_s: float, tell: Teller = tell_nobody
) -> None:
    """Send what is due until `stop`; nothing that happens ends it.

    Parameters
    ----------
    sessions
        The thread's own.
    first_s
        How long it waits before the first round [s].
    """
    pruned, wait = time.monotonic(), first_s
    while not stop.wait(wait):
        try:
            wait = box.send()
            if time.monotonic() - pruned > PRUNE_EVERY_S:
                pruned = time.monotonic()
                with named_errors(), sessions.begin() as session:
                    known = stations(session)
                box.prune(sessions, known, datetime.now(UTC))
        except GridmapError as error:
            wait = LATER_S
            tell(f"{box.name}_later", {"slug": error.slug})
        except Exception as error:  # noqa: BLE001  # what is due stays due and is tried again
            wait = LATER_S
            tell(f"{box.name}_broken", {"kind": type(error).__name__})
