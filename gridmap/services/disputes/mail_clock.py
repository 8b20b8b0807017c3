"""The thread of the service that sends mail; every worker may run one."""

from __future__ import annotations

import threading
from typing import Final

from sqlalchemy import Engine

from gridmap.services.disputes import mailing
from gridmap.services.disputes.mailing import Server
from gridmap.services.outbox import LATER_S, Outbox, Teller, empty, tell_nobody
from gridmap.store.engine import make_sessions, own_engine

#: How often it looks for mails [s], with a mail server and without.
EVERY_S: Final = 2.0
WITHOUT_S: Final = 60.0


def keep_mailing(
    bind: Engine, server: Server | None, stop: threading.Event, *, link: str = "", tell: Teller = tell_nobody
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
    with own_engine(bind, name="gridmap-mails", pool_size=1) as engine:
        sessions = make_sessions(engine)

        def send() -> float:
            done = mailing.send_due(sessions, server, link=link)
            for sent in done:
                if sent.problem and sent.again is None:
                    tell("mail_given_up", {"station": sent.mail.station, "problem": sent.problem})
            if any(sent.problem for sent in done):
                return LATER_S
            return WITHOUT_S if server is None else EVERY_S

        empty(Outbox("mails", send, mailing.prune), sessions, stop, first_s=EVERY_S, tell=tell)
