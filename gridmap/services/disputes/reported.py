"""A dispute that a resident reported, and its report: each goes the other's way, so that neither tells another story.

What staff do at the report, or the reporter does with the receipt, is done as steps of the dispute; what is done at the desk
appears at the report, in sentences a resident may read. A step after which one would be open and the other through, or that
one ended otherwise than the other, is taken at neither, and whoever asked is told why.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import DESK, OPEN, Standing, Taker, Wish
from gridmap.domain.disputes import (
    DisputeStepNeeds,
    DisputeStepNotPossible,
    DisputeStepNotYours,
    next_step,
    target_tier,
)
from gridmap.domain.loops import Loop
from gridmap.domain.open311 import NOTES
from gridmap.domain.reports import KEEPING, ReportStepNotPossible, due, next_state
from gridmap.domain.reports import OPEN as REPORT_OPEN
from gridmap.store import dispute_rows, reports
from gridmap.store.dispute_rows import Row, Sight
from gridmap.store.reports import Row as Report

#: step of a report -> the steps of its dispute, in turn; those that are not possible (any more) are left out.
FOLLOWS: Final = {
    "accepted": ("accepted",), "in_hand": ("begun",), "settled": ("begun", "settled"), "not_ours": ("not_ours",),
    "withdrawn": ("withdrawn",), "closed": ("closed",), "reopened": ("reopened",), "added": ("added",), "rated": ("added",),
}  # fmt: skip
#: step of a dispute -> step of its report.
SHOWN: Final = {
    "accepted": "accepted", "begun": "in_hand", "taken": "in_hand", "convened": "in_hand", "settled": "settled",
    "not_ours": "not_ours", "withdrawn": "withdrawn", "closed": "closed", "reopened": "reopened",
}  # fmt: skip
#: state of a dispute -> states of its report that tell the same; a report may be closed while visits go on.
_AGREE: Final = {
    **dict.fromkeys(OPEN, REPORT_OPEN), "settled": frozenset({"settled", "closed"}), "reviewed": frozenset({"settled", "closed"}),
    "closed": frozenset({"closed"}), "withdrawn": frozenset({"withdrawn"}), "not_ours": frozenset({"not_ours", "closed"}),
}  # fmt: skip
#: state of a dispute -> the steps that lead a report there, in turn, as far as it is not there already.
_LEADS: Final = {
    **dict.fromkeys(OPEN, ("reopened",)), "settled": ("settled",), "reviewed": ("settled",), "closed": ("settled", "closed"),
    "withdrawn": ("withdrawn",), "not_ours": ("not_ours",),
}  # fmt: skip
#: Steps of a dispute the reporter reads besides, in the loop's sentence or a plain one.
FOLLOWED: Final = frozenset({
    "passed_on", "escalated", "convened", "visited", "mediated", "paused", "resumed", "reviewed", "followed_up",
})  # fmt: skip
#: What the reporter reads of a step where the loop has no sentence of its own: as whoever filed a request does.
PLAIN: Final = {step: NOTES[step] for step in (*sorted(FOLLOWED), "settled", "reopened")}


class DisputeCannotFollow(ReportStepNotPossible):
    """The report's dispute cannot take the step as well; neither was changed."""

    slug, title = "dispute-cannot-follow", "The report's dispute cannot follow"


class ReportCannotFollow(DisputeStepNotPossible):
    """The dispute's report cannot take the step as well; neither was changed."""

    slug, title = "report-cannot-follow", "The dispute's report cannot follow"


def follow(
    session: Session, loop: Loop, report: Report, step: str, taker: Taker, *, by: str, note: str, now: datetime
) -> list[tuple[str, int, Standing]]:  # fmt: skip
    """Take the steps of a dispute that a step of its report asks for; return (step, event, standing) of those taken.

    Steps it has behind it are left out. `report` is as it was before its own step.

    Raises
    ------
    DisputeCannotFollow
        If the two would then tell different stories; what was written until then is the caller's to take back.
    """
    done: list[tuple[str, int, Standing]] = []
    why = ""
    row = _dispute(session, report)
    for one in FOLLOWS.get(step, ()):
        if row is None:
            return done
        wish = Wish(one, note or step)
        try:
            after = next_step(loop, row.standing, _placed(session, loop, row, wish, now), taker, now)
        except (DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds) as error:
            why = error.detail
            continue
        event = dispute_rows.add_step(
            session, row, one, after, by=by, role=taker.role, note=wish.note, key=None, facts={"report": True}, now=now
        )
        done.append((one, event, after))
        row = _dispute(session, report)
    if row is not None and step not in KEEPING and not agree(next_state(report.state, step), row.standing.state):
        raise DisputeCannotFollow(
            f"its dispute {row.number} is {row.standing.state.replace('_', ' ')} and cannot follow ({why}); neither was "
            "changed: go on at the desk of disputes",
            report=report.id, dispute=row.id, state=row.standing.state, step=step,
        )  # fmt: skip
    return done


def could(loop: Loop, report: str, standing: Standing, step: str, role: str, now: datetime) -> bool:
    """Return whether a report in a state may take a step as far as its dispute goes: it follows, or they agree anyway."""
    for one in FOLLOWS.get(step, ()):
        with suppress(DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds):
            standing = next_step(loop, standing, Wish(one, step, to=DESK), Taker(role), now)
    return step in KEEPING or agree(next_state(report, step), standing.state)


def agree(report: str, dispute: str) -> bool:
    """Return whether the states of a report and of its dispute tell the same.

    >>> agree("in_hand", "handed"), agree("closed", "settled"), agree("settled", "paused")
    (True, True, False)
    """
    return report in _AGREE[dispute]


def show(session: Session, row: Row, step: str, after: Standing) -> list[tuple[Report, str]]:
    """Return the steps that the report of a dispute, where there is one, takes with the dispute's own; it is locked.

    Raises
    ------
    ReportCannotFollow
        If the report and the dispute agreed and no longer would; nothing is written here.
    """
    report = reports.of_dispute(session, row.id)
    if report is None:
        return []
    state, steps = report.state, list[str]()
    for shown in (SHOWN.get(step, ""), *_LEADS[after.state]):
        try:
            then = next_state(state, shown)
        except ReportStepNotPossible:
            continue
        if agree(then, after.state) or not agree(state, after.state):
            state = then
            steps.append(shown)
    if not agree(state, after.state):
        if agree(report.state, row.standing.state):
            raise ReportCannotFollow(
                f"its report {report.id} is {report.state.replace('_', ' ')}: whoever sent it would read another story; "
                "neither was changed: take the matter in anew",
                report=report.id, state=report.state, step=step,
            )  # fmt: skip
        return []
    return [(report, one) for one in steps]


def tell(
    session: Session, loop: Loop, steps: list[tuple[Report, str]], step: str, *, by: str, role: str, note: str
) -> None:
    """Let a report take the steps that `show` found, with sentences for its reporter; two statements each."""
    for report, shown in steps:
        told = note if shown == "not_ours" else ""
        if shown in {"settled", "reopened"}:
            told = sentence(loop, step if step in PLAIN else shown, report.language)
        reports.add_event(session, report.station, report.id, shown, by=f"{role}/{by}", note=told)
        if shown == "withdrawn":
            reports.forget_person(session, report.id)
    if steps:
        report = steps[-1][0]
        state = report.state
        for _, shown in steps:
            state = next_state(state, shown)
        reports.change(session, report.id, due_at=due(report.kind, state, report.at, urgent=report.urgent))


def sentence(loop: Loop, step: str, language: str) -> str:
    """Return what a reporter reads of a step: the loop's own sentence, or a plain one; "" where there is nothing to say."""
    chinese, english = loop.rules.told.get(step) or PLAIN.get(step) or ("", "")
    return chinese if language == "zh" else english or chinese


def _dispute(session: Session, report: Report) -> Row | None:
    """Return the dispute of a report, locked."""
    if report.dispute_id is None:
        return None
    return dispute_rows.get(session, report.station, report.dispute_id, Sight(whole=True), lock=True)


def _placed(session: Session, loop: Loop, row: Row, wish: Wish, now: datetime) -> Wish:
    """Return the wish with who will hold the dispute, where the step takes it to another tier."""
    if wish.step != "reopened":
        return wish
    tier = target_tier(loop, row.standing, wish.step)
    holder = dispute_rows.holder_at(
        session, row.station, loop.tier(tier).holder, beat=row.beat, cell=row.grid_cell, at=now
    )
    return Wish(wish.step, wish.note, to=holder)
