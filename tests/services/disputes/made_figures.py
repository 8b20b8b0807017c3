"""Disputes of every state, tier, kind, source and holder over three years, drawn with a seed; for tests of the figures."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import ENDED, KINDS, SOURCES, STATES
from gridmap.store.tables import Dispute, DisputeEvent
from tests import makers
from tests.disputes import Town

SPOTS = ((0.5, 0.25), (0.5, 0.75), (1.5, 0.25))  # cells A1, A2, B1; in B2 nothing ever happens


def make_disputes(session: Session, town: Town, now: datetime, number: int, seed: int = 6) -> None:
    """Add so many matters to the town's station, opened in the 800 days before `now`; a tenth are tips or hazards."""
    draw = random.Random(seed)
    holders = [
        {"body": "court"},
        {"body": "desk"},
        {"holder_id": town.grid.person_id},
        {"holder_id": town.officer.person_id},
    ]
    made = []
    for n in range(number):
        opened = now - timedelta(days=draw.uniform(0, 800))
        state = draw.choice([*STATES, *ENDED, *ENDED])
        done = None
        if state in ENDED:
            done = min(opened + timedelta(days=draw.expovariate(1 / 20)), now - timedelta(seconds=1))
            done = max(done, opened)
        dispute = Dispute(
            station=town.station, number=f"T{n}", kind=draw.choice(list(KINDS)), opened_at=opened, state=state,
            tier=draw.choice([1, 1, 1, 2, 3]), settled_at=done, source=draw.choice(SOURCES),
            closed_at=None if state != "closed" or done is None else done + (now - done) * draw.random() / 5,
            matter=draw.choice(["dispute"] * 9 + ["tip", "hazard"]), due_at=now + timedelta(days=draw.uniform(-9, 9)),
            resume="in_hand" if state in {"handed", "paused"} else None, offered_body="court" if state == "handed" else None,
            rating=draw.choice([None, 1, 3, 4, 5, 5]) if state in ENDED else None, followed=draw.choice([0, 1]),
            reopened=draw.choice([0, 0, 0, 1]), geom=makers.wkb(makers.spot(*draw.choice(SPOTS))), **draw.choice(holders),
        )  # fmt: skip
        made.append(dispute)
    session.add_all(made)
    session.flush()
    session.add_all(
        DisputeEvent(
            station=town.station, dispute_id=one.id, at=one.opened_at, by="test", what="escalated", role="import"
        )
        for one in made
        if one.tier > 1 and draw.random() < 0.5
    )
    session.flush()
