"""What a body asked to a joint mediation answers, from the dispute's page: one tap to join, two to decline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from gridmap.domain.access import require_station
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import answering
from gridmap.web import shell
from gridmap.web.desk_case import DisputePath, StationField, WorkerDep, back, clean
from gridmap.web.desk_step import WRONG
from gridmap.web.desk_work import Kept, draw
from gridmap.web.words import say

router = APIRouter(prefix="/desk", include_in_schema=False)


@router.post("/{dispute:int}/answer")
def answer(
    request: Request,
    session: SessionDep,
    actor: WorkerDep,
    dispute: DisputePath,
    *,
    station: StationField,
    body: Annotated[str, Form(max_length=40)],
    said: Annotated[str, Form(max_length=10, alias="answer")],
    key: Annotated[str, Form(min_length=8, max_length=100)],
    note: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Write the answer and lead back to the dispute; what goes wrong is told there."""
    code = require_station(actor, station)
    try:
        done = answering.answer(session, actor, code, dispute, clean(body), said, note=clean(note), key=key)
    except tuple(WRONG) as error:
        word, status = WRONG[type(error)]
        language = shell.language_of(request)
        told = say(word, language, what=say("desk_need_note", language))
        return draw(request, session, actor, code, dispute, kept=Kept("", told, status))
    return back("/desk" if done.left else f"/desk/{dispute}", code)
