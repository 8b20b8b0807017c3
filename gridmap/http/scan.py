"""Answer a scan for a stranger: nobody may try codes at will."""

from __future__ import annotations

from fastapi import Request
from sqlalchemy.orm import Session

from gridmap.domain.codes import PlateCodeNotValid
from gridmap.domain.plates import PlateAnswer
from gridmap.http.limits import Buckets
from gridmap.services import plates
from gridmap.services.scan import PlateNotFound


def scan(request: Request, session: Session, typed: str) -> PlateAnswer:
    """Return who answers for a plate now; a wrong code uses one try of the caller's address.

    30 wrong codes at once, then one every 2 s: enough for a whole building behind one address, hopeless against 2^50.

    Raises
    ------
    PlateCodeNotValid, PlateNotFound
    TooManyTries
        If this address has sent too many wrong codes; right ones are refused too until it has waited.
    """
    misses: Buckets = request.app.state.misses_by_address
    address = request.client.host if request.client else ""
    misses.require(address)
    try:
        return plates.scan(session, typed)
    except (PlateCodeNotValid, PlateNotFound):
        misses.take(address)
        raise
