"""Undo, redo, and back to any state a draft ever had; nothing is ever taken out of its history."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gridmap.errors import Conflict, NotFound
from gridmap.services.drafts import record
from gridmap.services.drafts.state import Done
from gridmap.store import audit, drafts
from gridmap.store.drafts import Head, Step
from gridmap.store.tables import Edition


class NothingToUndo(Conflict):
    """The draft is as it was opened."""

    slug, title = "nothing-to-undo", "There is nothing to undo"


class NothingToRedo(Conflict):
    """Nothing was undone from the present state."""

    slug, title = "nothing-to-redo", "There is nothing to redo"


class StateNotFound(NotFound):
    """The draft never had that state."""

    slug, title = "state-not-found", "The draft never was in that state"


def undo(session: Session, edition: Edition, *, by: str, version: int | None = None) -> Done:
    """Go back to the state before the present one.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked
    NothingToUndo
        If the draft is as it was opened.
    """
    head = record.begin(session, edition, version)
    if head.state == 0:
        raise NothingToUndo(f"edition {edition.number} is as it was opened")
    return _go(session, edition, head, drafts.parents(session, edition.id)[head.state], by=by, action="undo")


def redo(session: Session, edition: Edition, *, by: str, version: int | None = None) -> Done:
    """Go forth to the newest state that was made from the present one.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked
    NothingToRedo
        If nothing was ever made from the present state.
    """
    head = record.begin(session, edition, version)
    state = drafts.redo_of(session, edition.id, head)
    if state is None:
        raise NothingToRedo(f"nothing was undone from the present state of edition {edition.number}")
    return _go(session, edition, head, state, by=by, action="redo")


def roll_back(session: Session, edition: Edition, to: int, *, by: str, version: int | None = None) -> Done:
    """Go to any state the draft ever had: 0 as it was opened, else what event `to` left.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked
    StateNotFound
        If the draft never had that state.
    """
    head = record.begin(session, edition, version)
    if to == head.state:
        return Done(None, (), ())
    if to != 0 and to not in drafts.parents(session, edition.id):
        raise StateNotFound(
            f"edition {edition.number} has no state {to}; the list of its changes shows which it had", state=to
        )
    done = _go(session, edition, head, to, by=by, action="roll back")
    audit.write(
        session, [edition.station], by=by, action="roll back draft", thing=f"edition {edition.number}",
        before={"state": head.state}, after={"state": to},
    )  # fmt: skip
    return done


def _go(session: Session, edition: Edition, head: Head, to: int, *, by: str, action: str) -> Done:
    steps = path(drafts.parents(session, edition.id), head.state, to)
    touched = drafts.touched(session, edition.id, steps)
    record.require_unlocked(session, edition, by, [(kind, code) for kind, code, _ in touched])
    names = sorted({code for _, code, _ in touched})
    event = drafts.add_event(session, edition, head, by=by, action=action, state=to, zones=names[:200])
    drafts.walk(session, edition.id, steps)
    return Done(
        event,
        tuple((kind, code) for kind, code, there in touched if there),
        tuple((kind, code) for kind, code, there in touched if not there),
    )


def path(parents: dict[int, int], start: int, end: int) -> list[Step]:
    """Return the events to go back through and then forth, from one state to another.

    States are a tree: an edit after an undo starts a new branch, and the old one stays.

    >>> [(step.seq, step.back) for step in path({1: 0, 2: 1, 4: 1}, 2, 4)]
    [(2, True), (4, False)]
    """
    lineage = [end]
    while lineage[-1] != 0:
        lineage.append(parents[lineage[-1]])
    common, back = start, []
    while common not in lineage:
        back.append(Step(common, back=True))
        common = parents[common]
    forth = [Step(seq, back=False) for seq in reversed(lineage[: lineage.index(common)])]
    return [*back, *forth]
