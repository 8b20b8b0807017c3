"""A process that takes steps until it is killed: it writes down each request before it sends it, and what it was told."""

from __future__ import annotations

import os
import sys
import uuid

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import Wish
from gridmap.services.disputes import acting, opening
from gridmap.store.engine import APP_ROLE, enter_scope, make_engine, make_sessions


def main(url: str, journal: str, person: int, door: int) -> None:
    """Open disputes and take their first steps, for ever."""
    sessions = make_sessions(make_engine(url, role=APP_ROLE))
    actor = Actor(1, "officer", "officer", Role.OFFICER, ("S001",), person)
    with open(journal, "a", encoding="utf-8") as log:  # noqa: PTH123 -- kept open: each line is on disk before the request goes

        def note(*words: object) -> None:
            log.write(" ".join(map(str, words)) + "\n")
            log.flush()
            os.fsync(log.fileno())

        while True:
            key = uuid.uuid4().hex
            note("open", key)
            with sessions.begin() as session:
                enter_scope(session, actor.stations)
                intake = opening.Intake(kind="neighbours", words="吵架", address_id=door)
                done = opening.open_dispute(session, actor, "S001", intake, key=key)
            note("done", key, done.dispute, done.version)
            for step in ("accepted", "begun", "note", "settled"):
                key = uuid.uuid4().hex
                note("step", key, done.dispute, done.version, step)
                with sessions.begin() as session:
                    enter_scope(session, actor.stations)
                    done = acting.act(
                        session, actor, "S001", done.dispute, Wish(step, "记下"), version=done.version, key=key
                    )
                note("done", key, done.dispute, done.version)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
