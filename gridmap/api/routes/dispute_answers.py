"""What a body asked to a joint mediation answers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.dispute_reply import taken_body
from gridmap.api.routes.disputes import HEADERS, REPLAYED, THERE, WRITING, Key, Number, WorkerDep, tag_of
from gridmap.api.schemas.disputes import StepTaken
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.http.person import StationDep
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import answering
from gridmap.store import dispute_desk

router = APIRouter(prefix="/stations/{station}", tags=["disputes"])


class AnswerToGive(BaseModel):
    """What a body answers; who declines says why."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, Field(max_length=40, description="Code of a body that was asked.", examples=["court"])]
    answer: Literal["joined", "declined"]
    note: Annotated[str, Field(max_length=1_000, description="Why; needed with `declined`.")] = ""


@router.post(
    "/disputes/{dispute}/answers", summary="Answer for a body asked to a joint mediation",
    responses={
        200: {"headers": HEADERS},
        **problems(*THERE, *WRITING, DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds),
    },
)  # fmt: skip
def give_answer(
    response: Response,
    session: SessionDep,
    actor: WorkerDep,
    station: StationDep,
    dispute: Number,
    body: AnswerToGive,
    *,
    key: Key = None,
) -> StepTaken:
    """Write whether a body joins, as its member or for it as an officer; a note in the history, its holder is told."""
    done = answering.answer(session, actor, station, dispute, body.body, body.answer, note=body.note, key=key)
    taken = dispute_desk.taken(session, station, done.event)
    response.headers["ETag"] = tag_of(dispute, taken.version)
    response.headers["Cache-Control"] = "no-store"
    if done.again:
        response.headers[REPLAYED] = "true"
    return taken_body(taken)
