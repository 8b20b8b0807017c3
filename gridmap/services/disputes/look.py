"""One dispute as somebody may see it: how it stands, what led there, and what they can do now; each look on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.domain.dispute_words import Holder
from gridmap.domain.loops import Loop
from gridmap.domain.report_words import redact
from gridmap.services.disputes.acting import DisputeNotFound, HolderUnknown, can
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.store import audit, dispute_links, dispute_look, dispute_rows
from gridmap.store.dispute_look import Detail, Named, Step
from gridmap.store.dispute_rows import Row, Sight

#: Steps that give a dispute to somebody, for which the page must know to whom.
GIVING = frozenset({"passed_on", "reassigned", "convened", "escalated", "reopened"})
__all__ = ["Detail", "Look", "Named", "Step", "holder_of", "look"]


@dataclass(frozen=True, slots=True)
class Look:
    """A dispute as one person sees it. `can`: the steps they may take now; `takers`: whom it can be given to, if any may."""

    row: Row
    detail: Detail
    loop: Loop
    steps: list[Step]
    can: tuple[str, ...]
    takers: list[Named]

    def needs(self, step: str) -> tuple[str, ...]:
        """Return what a step needs besides, as the station's loop says."""
        move = self.loop.move(step, self.row.standing.state)
        return () if move is None else move.needs


def look(session: Session, actor: Actor, station: str, dispute: int, *, zone: str) -> Look:
    """Return a dispute with its history, and put the look on record; eight small statements.

    Numbers of telephones and identity cards are masked in every text.

    Parameters
    ----------
    zone
        Of the station's clocks: whoever is posted today can be given it.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    sight = sight_of(session, actor, station)
    row = dispute_rows.get(session, station, dispute, sight)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    audit.write(session, [station], by=actor.login, action="look", thing=f"dispute {dispute}")
    found = dispute_look.detail(session, station, dispute, sight)
    steps = _told(session, station, sight, dispute_look.steps(session, dispute))
    possible = can(session, actor, row, sight)
    takers: list[Named] = []
    if GIVING & set(possible):
        takers = dispute_look.takers(session, station, zone, beat=row.beat, cell=row.grid_cell)
    return Look(
        row, replace(found, words=redact(found.words, offices=True)), loop_of(session, station), steps, possible, takers
    )


def _told(session: Session, station: str, sight: Sight, steps: list[Step]) -> list[Step]:
    """Return steps without numbers of people, and without the disputes that they link to but `sight` does not let pass."""
    linked = {other for one in steps for other in one.facts.get("links", ())}
    seen = linked if sight.whole or not linked else dispute_links.seen(session, station, linked, sight)
    return [replace(one, note=redact(one.note, offices=True), facts=_open(one.facts, seen)) for one in steps]


def _open(facts: Mapping[str, Any], seen: set[int]) -> dict[str, Any]:
    # The digest of a request is for the next one with its key alone.
    told = {name: value for name, value in facts.items() if name not in {"asked", "links"}}
    links = [other for other in facts.get("links", ()) if other in seen]
    return told | ({"links": links} if links else {})


def holder_of(told: str, takers: list[Named]) -> Holder:
    """Return whom "body:<code>" or "person:<code>" means among those a dispute can be given to; nobody for "".

    Raises
    ------
    HolderUnknown
        If it is none of them.
    """
    if not told:
        return Holder()
    kind, _, code = told.partition(":")
    for one in takers:
        if (one.kind, one.code) == (kind, code):
            return Holder(body=code) if kind == "body" else Holder(person=one.id)
    raise HolderUnknown("nobody posted here, and no body of this station, is called that")
