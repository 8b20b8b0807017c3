"""What the pages about one dispute's mediators, parties and papers share: the dispute at their head, and the way back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Form, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.http.person import allowed
from gridmap.services.disputes.parties import seen
from gridmap.store import dispute_papers, editions
from gridmap.store.dispute_papers import Known
from gridmap.store.dispute_rows import Row
from gridmap.store.tables import Station
from gridmap.web import shell

LARGEST: Final = 2**31 - 1
WorkerDep = Annotated[Actor, Depends(allowed(Action.WORK_DISPUTES))]
PartyDep = Annotated[Actor, Depends(allowed(Action.READ_PARTIES))]
DisputePath = Annotated[int, Path(ge=1, le=LARGEST)]
Place = Annotated[str, Query(max_length=16)]
StationField = Annotated[str, Form(max_length=16)]
KeyField = Annotated[str, Form(max_length=100)]
LineField = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute at the head of a page."""

    here: Station
    row: Row
    known: Known


def case_of(session: Session, actor: Actor, station: str, dispute: int) -> Case:
    """Return a dispute that `actor` may see and work on; about five small queries.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    """
    code = require_station(actor, station)
    row = seen(session, actor, code, dispute)
    return Case(editions.find_station(session, code), row, dispute_papers.known(session, code, dispute))


def case_page(
    request: Request, actor: Actor, case: Case, template: str, *, status: int = 200, **facts: Any
) -> Response:
    """Return a page about a dispute, with its head and a fresh key for its forms."""
    return shell.page(
        request, template, actor=actor, station=case.here, status=status, case=case, tab=template.removeprefix("desk_").removesuffix(".html"),
        opened_at=shell.local_time(case.known.opened_at, case.here), key=secrets.token_urlsafe(12),
        may_parties=actor.may(Action.READ_PARTIES), **facts,
    )  # fmt: skip


def back(path: str, station: str, **facts: object) -> Response:
    """Lead on to a page after a form has done its work."""
    return RedirectResponse(f"{path}?{urlencode({'station': station, **facts})}", 303)


def clean(typed: str) -> str:
    """Return what was typed without what no text holds."""
    return typed.replace("\0", "")
