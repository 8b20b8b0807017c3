"""What a body asked to a joint mediation (联合调解) answers: it joins, or it declines and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.domain.dispute_words import OVER, Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.services.disputes import acting
from gridmap.services.disputes.acting import Acted, DisputeNotFound, HolderUnknown
from gridmap.services.disputes.rules import sight_of
from gridmap.store import dispute_bodies, dispute_notes, dispute_rows
from gridmap.store.dispute_rows import Sight

#: answer -> how the history puts it.
ANSWERS: Final = {"joined": "参加联合调解", "declined": "不参加联合调解"}


def answer(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    body: str,
    said: str,
    *,
    note: str = "",
    key: str | None = None,
    now: datetime | None = None,
) -> Acted:
    """Write what a body answers, as a note in the dispute's history, and tell its holder.

    Who joined may decline later. Who declined no longer sees the dispute: the station's officers may change that answer.

    Parameters
    ----------
    said
        One of `ANSWERS`; who declines says why in `note`.
    key
        Of this request: sent twice, it is done once.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, KeyUsed
    HolderUnknown
        If the body was not asked.
    DisputeStepNotYours
        If `actor` is neither of the body nor one of the station's officers.
    DisputeStepNeeds, DisputeStepNotPossible
    """
    sight = sight_of(session, actor, station, Action.WORK_DISPUTES)
    row = dispute_rows.get(session, station, dispute, sight, lock=True)
    before = key is not None and _done(session, actor, station, key)
    if row is None and not before:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    names = dispute_bodies.asked(session, dispute)
    if body not in names:
        raise HolderUnknown(
            f"no body {body} was asked to the joint mediation of dispute {dispute}; asked were: "
            f"{', '.join(sorted(names)) or 'none'}",
            body=body,
        )
    if not may_answer(sight, body):
        raise DisputeStepNotYours(
            f"the answer of {body} is for who works there, and for the station's officers", body=body
        )
    if said not in ANSWERS or (said == "declined" and not note.strip()):
        raise DisputeStepNeeds("the answer is joined, or declined with a note that says why", needs=["note"])
    if row is not None and row.standing.state in OVER and not before:
        raise DisputeStepNotPossible(
            f"dispute {row.number} is over: nobody has to come any more", state=row.standing.state
        )
    at = now or datetime.now(UTC)
    told = f"{names[body]}{ANSWERS[said]}"
    wish = Wish("note", f"{told}：{note.strip()}" if note.strip() else told)
    done = acting.act(
        session, actor, station, dispute, wish, version=None, key=key, now=at, facts={"body": body, "answer": said}
    )
    if not done.again:
        dispute_bodies.put_answer(session, dispute, body, said, by=actor.login, at=at)
        dispute_notes.note_mails(session, done.event, "answered", "holder")
    # Who declines may see the dispute no more; the same request sent again still tells what it did.
    return replace(done, left=dispute_rows.get(session, station, dispute, sight) is None)


def may_answer(sight: Sight, body: str) -> bool:
    """Return whether somebody may answer for a body: they work there, or are an officer of the station."""
    return sight.whole or body in sight.bodies


def _done(session: Session, actor: Actor, station: str, key: str) -> bool:
    """Return whether a request had been done before, while the dispute was not over."""
    return dispute_rows.of_key(session, station, acting.own_key(actor.login, key)) is not None


def require_bodies(session: Session, station: str, codes: tuple[str, ...]) -> None:
    """Refuse to ask who is no active body of the station.

    Raises
    ------
    HolderUnknown
        It names the first of them.
    """
    if codes and (strange := dispute_bodies.unknown(session, station, codes)):
        raise HolderUnknown(f"station {station} has no body {strange[0]} that works now", body=strange[0])
