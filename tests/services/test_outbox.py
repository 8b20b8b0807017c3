"""The loop that sends what is due: it waits as it is told, longer after a failure, and nothing ends it but `stop`."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy.orm import sessionmaker

from gridmap.services import outbox
from gridmap.services.outbox import LATER_S, Outbox, empty
from gridmap.store.driver_errors import DatabaseAway
from tests import makers


class Rounds(threading.Event):
    """A stop that comes after so many rounds; nobody waits for it, and how long somebody would have is kept."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.waits = most, []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return len(self.waits) > self.most


def box(*rounds: float | Exception, prune: Callable[..., int] | None = None) -> Outbox:
    left = iter(rounds)

    def send() -> float:
        one = next(left)
        if isinstance(one, Exception):
            raise one
        return one

    return Outbox("mails", send, prune or (lambda *_: 0))


def test_it_waits_as_the_last_round_said_and_longer_after_a_failure():
    stop, said = Rounds(4), []
    empty(
        box(2.0, DatabaseAway("gone"), ValueError("a secret"), 60.0),
        sessionmaker(),
        stop,
        first_s=1.0,
        tell=lambda *one: said.append(one),
    )
    assert stop.waits == [1.0, 2.0, LATER_S, LATER_S, 60.0]
    assert said == [("mails_later", {"slug": "database-away"}), ("mails_broken", {"kind": "ValueError"})]


def test_now_and_then_it_forgets_what_was_sent_long_ago(session, monkeypatch):
    makers.make_station(session)
    session.flush()
    pruned = []
    monkeypatch.setattr(outbox, "PRUNE_EVERY_S", -1.0)
    sessions = sessionmaker(session.connection(), join_transaction_mode="create_savepoint")
    empty(box(0.0, prune=lambda _, stations, at: pruned.append((stations, at.tzinfo))), sessions, Rounds(1), first_s=0)
    assert [stations for stations, _ in pruned] == [["S001"]]
    assert pruned[0][1] is not None
