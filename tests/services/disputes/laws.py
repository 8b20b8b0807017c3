"""What holds of disputes whatever was done to them, by whomever, at once or one after the other: asked of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import Holder, Standing, Taker, Wish
from gridmap.domain.disputes import next_step
from gridmap.domain.loops import Loop
from gridmap.store import dispute_rows


@dataclass
class Told:
    """What those who asked were told: their steps, the keys of their requests, and how each dispute was taken in."""

    steps: dict[int, tuple[int, str, str]] = field(default_factory=dict)  # event -> dispute, step, who
    keys: dict[str, int] = field(default_factory=dict)  # key as it is kept -> event
    opened: dict[int, tuple[str, int | None]] = field(default_factory=dict)  # dispute -> kind, grade


def _events(session: Session, station: str) -> dict[int, list[Any]]:
    rows = session.execute(
        text("SELECT * FROM dispute_event WHERE station = :station ORDER BY dispute_id, id"), {"station": station}
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.dispute_id].append(row)
    return found


def _disputes(session: Session, station: str) -> list[Any]:
    return list(session.execute(text("SELECT * FROM dispute WHERE station = :station"), {"station": station}))


def numbers_have_no_gap(session: Session, station: str, told: Told, loop: Loop) -> None:
    """Assert that each dispute's steps are numbered 1, 2, … up to its version."""
    del told, loop
    events = _events(session, station)
    for row in _disputes(session, station):
        assert [one.seq for one in events[row.id]] == list(range(1, row.version + 1))


def nothing_told_is_lost(session: Session, station: str, told: Told, loop: Loop) -> None:
    """Assert that each step somebody was told of is there as theirs, and that there is no other of anybody's."""
    del loop
    assert {row.id for row in _disputes(session, station)} == set(told.opened)
    # Links are written by opening another dispute at the door; what the clock does nobody asked for.
    kept = {
        one.id: (one.dispute_id, one.what, one.by)
        for steps in _events(session, station).values() for one in steps if one.role != "clock" and one.what != "linked"
    }  # fmt: skip
    assert kept == told.steps


def a_key_is_one_step(session: Session, station: str, told: Told, loop: Loop) -> None:
    """Assert that each request that carried a key is one step, and each key a request's."""
    del loop
    kept = [(one.key, one.id) for steps in _events(session, station).values() for one in steps if one.key is not None]
    assert sorted(kept) == sorted(told.keys.items())


def steps_add_up(session: Session, station: str, told: Told, loop: Loop) -> None:
    """Assert that the machine, given the steps one after the other, comes to what the database holds, at every step."""
    events = _events(session, station)
    for row in _disputes(session, station):
        stands = _fold(loop, row, events[row.id], told.opened[row.id])
        assert _of_row(row) == _of(stands)
        assert (stands.resume, stands.settled_at, stands.followed, stands.kind, stands.grade) == (
            row.resume, row.settled_at, row.followed, row.kind, row.grade,
        )  # fmt: skip
        assert sorted(stands.marks) == sorted(row.marks)


def none_is_lost(session: Session, station: str, told: Told, loop: Loop) -> None:
    """Assert that every open dispute has a holder who is there, and a due time."""
    del told, loop
    assert dispute_rows.lost(session, [station]) == []


LAWS: tuple[Callable[[Session, str, Told, Loop], None], ...] = (
    numbers_have_no_gap, nothing_told_is_lost, a_key_is_one_step, steps_add_up, none_is_lost,
)  # fmt: skip


def _of(stands: Standing) -> tuple[object, ...]:
    return stands.state, stands.tier, stands.holder, stands.offered, stands.due_at, stands.settle_by


def _of_row(row: Any) -> tuple[object, ...]:
    """Return the same of a dispute, or of one of its steps."""
    state = row.after if hasattr(row, "after") else row.state
    holder, offered = Holder(row.holder_id, row.body), Holder(row.offered_id, row.offered_body)
    return state, row.tier, holder, offered, row.due_at, row.settle_by


def _fold(loop: Loop, row: Any, events: Sequence[Any], opened: tuple[str, int | None]) -> Standing:
    first = events[0]
    assert (first.what, first.after) == ("opened", "open")
    stands = Standing(
        "open", first.tier, Holder(first.holder_id, first.body), row.opened_at, first.due_at, first.settle_by, row.matter,
        *opened, marks=tuple(first.facts.get("marks", ())),
    )  # fmt: skip
    paused, began = timedelta(0), None
    for event in events[1:]:
        if event.what == "paused":
            stands, began = replace(stands, paused=paused), event
        wish, taker = _asked(event, stands)
        stands = next_step(loop, stands, wish, taker, event.at)
        if event.what == "linked" and "marks" in event.facts:
            stands = replace(stands, marks=tuple(event.facts["marks"]))
        assert _of_row(event) == _of(stands), event.what
        if began is not None and event.after != "paused":
            paused, began = paused + min(event.at, began.due_at) - began.at, None
        if event.what == "reopened":
            paused = timedelta(0)
    return stands


def _asked(event: Any, before: Standing) -> tuple[Wish, Taker]:
    """Return what was asked, as far as the record tells it, and who asked."""
    facts, after = event.facts, Holder(event.holder_id, event.body)
    to = {"passed_on": Holder(event.offered_id, event.offered_body)}.get(event.what, Holder())
    if event.what in {"escalated", "reopened", "reassigned"}:
        to = after
    until = facts.get("until")
    wish = Wish(
        event.what, event.note, to, tuple(facts.get("bodies", ())), None if until is None else datetime.fromisoformat(until),
        facts.get("rating", facts.get("outcome")), tuple(facts["marks"]) if "marks" in facts else None,
        facts.get("kind"), facts.get("grade"), tuple(facts.get("off", ())),
    )  # fmt: skip
    if event.what in {"taken", "refused"}:
        person = after.person if event.what == "taken" and before.offered.person is None else before.offered.person
        return wish, Taker(event.role, person, tuple(filter(None, (before.offered.body,))))
    return wish, Taker(event.role, after.person if event.what in {"accepted", "begun"} else None)
