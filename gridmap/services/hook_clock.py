"""The thread of the service that sends what web hooks are to be told; every worker may run one."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from sqlalchemy import Engine

from gridmap.services import hooks
from gridmap.services.hooks import AT_ONCE, Sent
from gridmap.services.outbox import Outbox, Teller, empty, tell_nobody
from gridmap.services.sealing import Sealer
from gridmap.store.engine import make_sessions, own_engine

#: How often it looks for messages [s].
EVERY_S: Final = 1.0


def keep_sending(
    bind: Engine, sealer: Sealer, stop: threading.Event, *, link: str = "", tell: Teller = tell_nobody
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
    running: list[Future[list[Sent]]] = []
    with (
        own_engine(bind, name="gridmap-hooks", pool_size=4) as engine,
        ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gridmap-hook") as pool,
    ):
        sessions = make_sessions(engine)

        def send() -> float:
            running.extend(hooks.send_due(sessions, sealer, pool, link=link))
            running[:] = [job for job in running if not _done(job, tell)]
            return EVERY_S

        empty(Outbox("hooks", send, hooks.prune), sessions, stop, first_s=EVERY_S, tell=tell)
        pool.shutdown(wait=True, cancel_futures=True)


def _done(job: Future[list[Sent]], tell: Teller) -> bool:
    """Return whether a job has ended, and tell what was given up or went wrong in it."""
    if not job.done():
        return False
    error = job.exception()
    if error is not None:
        tell("hook_job_broken", {"kind": type(error).__name__})
        return True
    for sent in job.result():
        if sent.problem and sent.again is None:
            tell(
                "hook_given_up",
                {"hook": sent.message.hook_id, "station": sent.message.station, "problem": sent.problem},
            )
    return True
