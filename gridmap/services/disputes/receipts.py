"""Receipts for whoever told an officer or a grid member of a dispute: with its code they follow it as it goes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import number_code
from gridmap.domain.receipts import receipt_hash
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.store import audit, dispute_receipts, dispute_rows

#: Offered everywhere; the others are those of the station's loop.
ALWAYS: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Given:
    """A receipt as it was given: its code, and the language whoever holds it reads."""

    code: str
    language: str


def languages(session: Session, station: str) -> tuple[str, ...]:
    """Return the languages a station offers to whoever comes with a matter: Chinese, English, those of its loop."""
    return tuple(dict.fromkeys((*ALWAYS, *loop_of(session, station).rules.languages)))


def give(session: Session, actor: Actor, station: str, dispute: int, *, language: str = "") -> Given:
    """Give a new receipt for a dispute; one given before ends. The audit keeps who gave it.

    Parameters
    ----------
    language
        What its holder reads, of `languages`; else as when it was taken in.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    sight = sight_of(session, actor, station, Action.WORK_DISPUTES)
    row = dispute_rows.get(session, station, dispute, sight, lock=True)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    code = number_code(secrets.randbits(50))
    told_in = language if language in languages(session, station) else row.language
    dispute_receipts.put(session, row.id, receipt_hash(code), told_in)
    audit.write(session, [station], by=actor.login, action="give receipt", thing=f"dispute {dispute}")
    return Given(code, told_in)
