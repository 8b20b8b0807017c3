"""The thread of the service that sends mail; every worker may run one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine

from gridmap.errors import GridmapError
from gridmap.services.disputes import mailing
from gridmap.services.disputes.mailing import Server
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions
from gridmap.store.scan_source import stations

#: How often it looks for mails [s], without a mail server, after a failure, and how often it forgets old ones.
EVERY_S: Final = 2.0
WITHOUT_S: Final = 60.0
LATER_S: Final = 10.0
PRUNE_EVERY_S: Final = 3600.0

Teller = Callable[[str, dict[str, object]], None]


def keep_mailing(
    bind: Engine, server: Server | None, stop: threading.Event, *, link: str = "", tell: Teller | None = None
) -> None:
    """Send due mails until `stop`; nothing that happens ends it.

    Parameters
    ----------
    bind
        The service's engine: where the database is. The thread has a connection of its own.
    server
        None where none is set: mails wait for one, and are given up after a day.
    link
        Where staff work, "https://host"; stands in the mails.
    tell
        Told (event, facts) of what is worth a line in the log; never an address.
    """
    engine = make_engine(
        bind.url.render_as_string(hide_password=False),
        role=APP_ROLE,
        statement_timeout_ms=5_000,
        pool_size=1,
        name="gridmap-mails",
    )
    sessions, say = make_sessions(engine), tell or (lambda _event, _facts: None)
    usual = WITHOUT_S if server is None else EVERY_S
    pruned, wait = time.monotonic(), EVERY_S
    try:
        while not stop.wait(wait):
            wait = usual
            try:
                for sent in mailing.send_due(sessions, server, link=link):
                    if sent.problem:
                        wait = LATER_S
                    if sent.problem and sent.again is None:
                        say("mail_given_up", {"station": sent.mail.station, "problem": sent.problem})
                if time.monotonic() - pruned > PRUNE_EVERY_S:
                    pruned = time.monotonic()
                    with named_errors(), sessions.begin() as session:
                        known = stations(session)
                    mailing.prune(sessions, known, datetime.now(UTC))
            except GridmapError as error:
                wait = LATER_S
                say("mails_later", {"slug": error.slug})
            except Exception as error:  # noqa: BLE001  # what is due stays due and is tried again
                wait = LATER_S
                say("mails_broken", {"kind": type(error).__name__})
    finally:
        engine.dispose()
