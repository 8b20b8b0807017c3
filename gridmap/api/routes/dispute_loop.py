"""The loop a station's disputes run, whom its desk can turn to, and what must be empty."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas import dispute_loop as bodies
from gridmap.domain.access import Action, Actor
from gridmap.domain.loops import Loop
from gridmap.domain.step_names import step_name
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import desk
from gridmap.services.disputes.rules import LoopNotFound

router = APIRouter(prefix="/stations/{station}", tags=["disputes"])
UserDep = Annotated[Actor, Depends(allowed(Action.USE_DESK))]
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DISPUTES))]


@router.get("/loop", summary="The rules of a station's disputes", responses=problems(*IN_STATION, LoopNotFound))
def get_loop(session: SessionDep, actor: UserDep, station: StationDep) -> bodies.LoopBody:
    """Return tiers, grades, kinds and steps: who may take which step when, what it needs, how long it may last."""
    loop, names = desk.loop(session, actor, station)
    return _loop(loop, names)


@router.get("/bodies", summary="Bodies that mediate or take over", responses=problems(*IN_STATION))
def list_bodies(session: SessionDep, actor: UserDep, station: StationDep) -> bodies.Bodies:
    """Return the bodies a dispute can be handed to or that can be asked to a joint mediation, the desk first."""
    found = desk.bodies(session, actor, station)
    return bodies.Bodies(items=[bodies.BodyBody.model_validate(one) for one in found])


@router.get("/mediators", summary="Mediators and what they hold", responses=problems(*IN_STATION))
def list_mediators(session: SessionDep, actor: UserDep, station: StationDep) -> bodies.Mediators:
    """Return the mediators of a station: trades, languages, and how many disputes are in their hands."""
    found = desk.mediators(session, actor, station)
    return bodies.Mediators(items=[bodies.MediatorBody.model_validate(one) for one in found])


@router.get("/disputes/lost", summary="Disputes nobody would see again", responses=problems(*IN_STATION))
def list_lost(session: SessionDep, actor: ReaderDep, station: StationDep) -> bodies.Lost:
    """Return the open disputes without a holder who is there or without a due time; the list is empty, always."""
    return bodies.Lost(items=[bodies.LostBody(dispute=one, why=why) for one, why in desk.lost(session, actor, station)])


def _loop(loop: Loop, names: dict[str, tuple[str, str]]) -> bodies.LoopBody:
    rules = loop.rules
    return bodies.LoopBody(
        code=loop.code, name_zh=loop.name_zh, name_en=loop.name_en,
        tiers=[
            bodies.TierBody(
                number=tier.number, name_zh=tier.name_zh, name_en=tier.name_en, holder=tier.holder,
                accept_s=int(tier.accept.total_seconds()), settle_s=int(tier.settle.total_seconds()), on_late=tier.on_late,
            )
            for tier in loop.tiers.values()
        ],
        grades=[
            bodies.GradeBody(
                number=one.number, name_zh=one.name_zh, name_en=one.name_en, tier=one.tier, settle_s=_seconds(one.settle)
            )
            for one in rules.grades
        ],
        kinds=[_kind(loop, code, both) for code, both in names.items()],
        steps=[_step(loop, step) for step in dict.fromkeys(step for step, _ in loop.moves)],
        trades=[bodies.NamedBody.model_validate(one) for one in rules.trades],
        groups=[bodies.NamedBody.model_validate(one) for one in rules.groups],
        languages=list(rules.languages), mark_tiers=dict(rules.mark_tiers), follow_ups=list(rules.follow_ups),
        close_after=rules.close_after, hand_over_s=int(rules.hand_over.total_seconds()),
    )  # fmt: skip


def _kind(loop: Loop, code: str, names: tuple[str, str]) -> bodies.LoopKindBody:
    rule = loop.kind(code)
    return bodies.LoopKindBody(
        code=code, name_zh=names[0], name_en=names[1], tier=loop.entry(code, None), trades=list(rule.trades),
        accept_s=_seconds(rule.accept), settle_s=_seconds(rule.settle),
    )  # fmt: skip


def _step(loop: Loop, step: str) -> bodies.LoopStepBody:
    names, told = step_name(loop, step), loop.rules.told.get(step)
    return bodies.LoopStepBody(
        step=step, name_zh=names[0], name_en=names[1], told_zh=told[0] if told else None, told_en=told[1] if told else None,
        moves=[
            bodies.MoveBody(
                state=move.state, after=move.after, roles=list(move.roles), needs=list(move.needs),
                tiers=None if move.tiers is None else list(move.tiers),
            )
            for (what, _), move in loop.moves.items() if what == step
        ],
    )  # fmt: skip


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())
