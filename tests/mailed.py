"""People of a town who log in and can be mailed, without a password."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.store import accounts

#: As the table wants it; nobody logs in with it.
NO_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"


def add_account(session: Session, actor: Actor, *, station: str = "S001") -> int:
    """Add the account of somebody, with the address login@station.lan; return its id."""
    number = accounts.add(
        session, login=actor.login, display_name="王 canary-name", role=actor.role, password_hash=NO_HASH,
        stations=(station,), person_id=actor.person_id,
    )  # fmt: skip
    accounts.set_email(session, number, f"{actor.login}@station.lan")
    return number
