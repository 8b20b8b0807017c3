"""Receipts for whoever told an officer or a grid member of a dispute: with its code they follow it as it goes."""

from __future__ import annotations

import secrets

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import number_code
from gridmap.domain.receipts import receipt_hash
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.services.disputes.rules import sight_of
from gridmap.store import audit, dispute_receipts, dispute_rows


def give(session: Session, actor: Actor, station: str, dispute: int) -> str:
    """Return the code of a new receipt for a dispute; one given before ends. The audit keeps who gave it.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    sight = sight_of(session, actor, station, Action.WORK_DISPUTES)
    row = dispute_rows.get(session, station, dispute, sight, lock=True)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    code = number_code(secrets.randbits(50))
    dispute_receipts.put(session, row.id, receipt_hash(code))
    audit.write(session, [station], by=actor.login, action="give receipt", thing=f"dispute {dispute}")
    return code
