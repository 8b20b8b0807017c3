"""The thread of the service that sends what web hooks are to be told; every worker may run one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from gridmap.errors import GridmapError
from gridmap.services import hooks
from gridmap.services.hooks import AT_ONCE, Sent
from gridmap.services.sealing import Sealer
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions
from gridmap.store.scan_source import stations

#: How often it looks for messages [s], how long it waits when the database is away, and how often it forgets old ones.
EVERY_S: Final = 1.0
LATER_S: Final = 10.0
PRUNE_EVERY_S: Final = 3600.0

Teller = Callable[[str, dict[str, object]], None]


def keep_sending(
    bind: Engine, sealer: Sealer, stop: threading.Event, *, link: str = "", tell: Teller | None = None
) -> None:
    """Send due messages until `stop`; nothing that happens ends it.

    Parameters
    ----------
    bind
        The service's engine: where the database is. The thread has connections of its own.
    link
        Where staff read reports, "https://host"; stands in the messages.
    tell
        Told (event, facts) of what is worth a line in the log.
    """
    engine = make_engine(
        bind.url.render_as_string(hide_password=False),
        role=APP_ROLE,
        statement_timeout_ms=5_000,
        pool_size=4,
        name="gridmap-hooks",
    )
    say = tell or (lambda _event, _facts: None)
    try:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gridmap-hook") as pool:
            _run(make_sessions(engine), sealer, pool, stop, link, say)
            pool.shutdown(wait=True, cancel_futures=True)
    finally:
        engine.dispose()


def _run(
    sessions: sessionmaker[Session],
    sealer: Sealer,
    pool: ThreadPoolExecutor,
    stop: threading.Event,
    link: str,
    say: Teller,
) -> None:
    pruned, wait = time.monotonic(), EVERY_S
    running: list[Future[list[Sent]]] = []
    while not stop.wait(wait):
        wait = EVERY_S
        try:
            running += hooks.send_due(sessions, sealer, pool, link=link)
            running = [job for job in running if not _done(job, say)]
            if time.monotonic() - pruned > PRUNE_EVERY_S:
                pruned = time.monotonic()
                with named_errors(), sessions.begin() as session:
                    known = stations(session)
                hooks.prune(sessions, known, datetime.now(UTC))
        except GridmapError as error:
            wait = LATER_S
            say("hooks_later", {"slug": error.slug})
        except Exception as error:  # noqa: BLE001  # what is due stays due and is tried again
            wait = LATER_S
            say("hooks_broken", {"kind": type(error).__name__})


def _done(job: Future[list[Sent]], say: Teller) -> bool:
    """Return whether a job has ended, and tell what was given up or went wrong in it."""
    if not job.done():
        return False
    error = job.exception()
    if error is not None:
        say("hook_job_broken", {"kind": type(error).__name__})
        return True
    for sent in job.result():
        if sent.problem and sent.again is None:
            say(
                "hook_given_up",
                {"hook": sent.message.hook_id, "station": sent.message.station, "problem": sent.problem},
            )
    return True
