"""A dispute that a resident reported, and its report: each goes the other's way, so that neither tells another story.

The dispute leads. What staff do at the report, or the reporter does with the receipt, is done as steps of the dispute as
far as its loop allows; what is done at the desk appears at the report, in sentences a resident may read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import Standing, Taker, Wish
from gridmap.domain.disputes import (
    DisputeStepNeeds,
    DisputeStepNotPossible,
    DisputeStepNotYours,
    next_step,
    target_tier,
)
from gridmap.domain.loops import Loop
from gridmap.domain.reports import ReportStepNotPossible, due, next_state
from gridmap.store import dispute_rows, reports
from gridmap.store.dispute_rows import Row, Sight

#: step of a report -> the steps of its dispute, in turn; those that are not possible (any more) are left out.
FOLLOWS: Final = {
    "accepted": ("accepted",), "in_hand": ("begun",), "settled": ("begun", "settled"), "not_ours": ("not_ours",),
    "withdrawn": ("withdrawn",), "closed": ("closed",), "reopened": ("reopened",), "added": ("added",), "rated": ("added",),
}  # fmt: skip
#: Steps of a report that whoever holds the dispute must hear of, also where it cannot follow them.
HEARD: Final = frozenset({"settled", "not_ours", "withdrawn", "reopened"})
#: step of a dispute -> step of its report.
SHOWN: Final = {
    "accepted": "accepted", "begun": "in_hand", "taken": "in_hand", "convened": "in_hand", "settled": "settled",
    "not_ours": "not_ours", "withdrawn": "withdrawn", "closed": "closed", "reopened": "reopened",
}  # fmt: skip
#: Steps of a dispute the reporter reads besides, in the loop's sentence or a plain one.
FOLLOWED: Final = frozenset({
    "passed_on", "escalated", "convened", "visited", "mediated", "paused", "resumed", "reviewed", "followed_up",
})  # fmt: skip
#: What the reporter reads of a step where the loop has no sentence of its own.
PLAIN: Final = {
    "passed_on": ("正在转交其他人员办理", "It is being handed to somebody else"),
    "escalated": ("已提交上一级处理", "It was taken one tier up"),
    "convened": ("多个单位一起调解", "Several bodies mediate together"),
    "visited": ("工作人员已上门", "Somebody came by"),
    "mediated": ("已组织调解", "There was a mediation"),
    "paused": ("暂停办理，到期自动恢复", "On hold; it goes on by itself on its day"),
    "resumed": ("恢复办理", "It goes on"),
    "reviewed": ("已公开评议", "It was reviewed in public"),
    "followed_up": ("已回访", "Somebody asked how it goes"),
    "settled": ("您反映的事项已化解。若有反复，请再告诉我们。", "What you reported is settled. Tell us if it comes back."),
    "reopened": ("重新办理", "It was opened again"),
}  # fmt: skip


def follow(
    session: Session, loop: Loop, station: str, dispute: int, step: str, taker: Taker, *, by: str, note: str, now: datetime
) -> list[tuple[str, int, Standing]]:  # fmt: skip
    """Take the steps of a dispute that a step of its report asks for; return (step, event, standing) of those taken.

    What its loop does not allow (any more) is written down for its holder instead, if it is one of `HEARD`.
    """
    done: list[tuple[str, int, Standing]] = []
    for one in FOLLOWS.get(step, ()):
        row = dispute_rows.get(session, station, dispute, Sight(whole=True), lock=True)
        if row is None:
            return done
        wish = Wish(one, note or step)
        try:
            after = next_step(loop, row.standing, _placed(session, loop, row, wish, now), taker, now)
        except (DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds):
            if one != FOLLOWS[step][-1] or step not in HEARD:
                continue
            # The dispute has gone its own way: whoever holds it reads at least what was done at the report.
            one = "added" if taker.role == "resident" else "note"  # noqa: PLW2901 -- said instead
            wish = Wish(one, f"[{step}] {note}".strip())
            after = next_step(loop, row.standing, wish, taker, now)
        event = dispute_rows.add_step(
            session, row, one, after, by=by, role=taker.role, note=wish.note, key=None, facts={"report": True}, now=now
        )
        done.append((one, event, after))
    return done


def show(session: Session, loop: Loop, row: Row, step: str, *, by: str, role: str, note: str) -> None:
    """Let the report of a dispute, where there is one, take the step that its dispute took at the desk."""
    shown = SHOWN.get(step)
    if shown is None:
        return
    report = reports.of_dispute(session, row.id)
    if report is None:
        return
    try:
        after = next_state(report.state, shown)
    except ReportStepNotPossible:
        return
    told = (
        note
        if shown == "not_ours"
        else sentence(loop, step, report.language)
        if shown in {"settled", "reopened"}
        else ""
    )
    reports.add_event(session, report.station, report.id, shown, by=f"{role}/{by}", note=told)
    reports.change(session, report.id, due_at=due(report.kind, after, report.at, urgent=report.urgent))


def sentence(loop: Loop, step: str, language: str) -> str:
    """Return what a reporter reads of a step: the loop's own sentence, or a plain one; "" where there is nothing to say."""
    chinese, english = loop.rules.told.get(step) or PLAIN.get(step) or ("", "")
    return chinese if language == "zh" else english or chinese


def _placed(session: Session, loop: Loop, row: Row, wish: Wish, now: datetime) -> Wish:
    """Return the wish with who will hold the dispute, where the step takes it to another tier."""
    if wish.step != "reopened":
        return wish
    tier = target_tier(loop, row.standing, wish.step)
    holder = dispute_rows.holder_at(
        session, row.station, loop.tiers[tier].holder, beat=row.beat, cell=row.grid_cell, at=now
    )
    return Wish(wish.step, wish.note, to=holder)
