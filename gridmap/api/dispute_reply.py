"""Disputes as the API tells them: a line of a list, a whole one, a step as it was taken."""

from __future__ import annotations

from gridmap.api.schemas.disputes import (
    AskedBody,
    DisputeBody,
    EventBody,
    HolderBody,
    LinkBody,
    PartyBody,
    StepTaken,
    WholeDispute,
)
from gridmap.domain.report_words import redact
from gridmap.services.disputes.look import Look, Named
from gridmap.store.dispute_desk import Taken
from gridmap.store.dispute_lists import Line


def line_body(row: Line) -> DisputeBody:
    """Return a dispute of a list; numbers of people in its words are masked."""
    told = {name: getattr(row, name) for name in DisputeBody.model_fields if name not in {"holder", "offered", "words"}}
    holder = _held(row.holder_id, row.body, row.holder, row.holder_zh, row.holder_en)
    offered = _held(row.offered_id, row.offered_body, row.offered, row.offered_zh, row.offered_en)
    return DisputeBody.model_validate(
        {**told, "holder": holder, "offered": offered, "words": redact(row.words, offices=True)}
    )


def whole_body(found: Look) -> WholeDispute:
    """Return one dispute with its steps, oldest first."""
    row, standing, detail = found.row, found.row.standing, found.detail
    return WholeDispute.model_validate({
        "id": row.id, "number": row.number, "version": row.version, "matter": standing.matter, "kind": standing.kind,
        "kind_zh": detail.kind_zh, "kind_en": detail.kind_en, "words": detail.words, "language": detail.language,
        "source": row.source, "opened_at": standing.opened_at, "opened_by": row.opened_by, "tier": standing.tier,
        "grade": standing.grade, "state": standing.state, "marks": list(standing.marks), "settled_at": standing.settled_at,
        "closed_at": detail.closed_at, "due_at": standing.due_at, "settle_by": standing.settle_by, "beat": row.beat,
        "grid_cell": row.grid_cell, "address_id": row.address_id, "address": detail.address, "lon": detail.lon,
        "lat": detail.lat, "holder": _named(detail.holder), "offered": _named(detail.offered), "rating": detail.rating,
        "followed": standing.followed, "reopened": detail.reopened, "series_id": detail.series_id,
        "bodies": [AskedBody.model_validate(dict(one)) for one in detail.bodies],
        "links": [LinkBody.model_validate(dict(one)) for one in detail.links],
        "parties": [PartyBody.model_validate(dict(one)) for one in detail.parties], "can": list(found.can),
        "events": [
            EventBody(
                id=one.id, at=one.at, step=one.what, by=one.by, role=one.role, note=one.note, facts=dict(one.facts),
                tier=one.tier, state=one.after, due_at=one.due_at,
            )
            for one in reversed(found.steps)
        ],
    })  # fmt: skip


def taken_body(taken: Taken) -> StepTaken:
    """Return a step as it was taken."""
    told = {name: getattr(taken, name) for name in StepTaken.model_fields if name not in {"holder", "offered"}}
    holder = None if taken.holder is None else {"kind": taken.holder_kind, "code": taken.holder}
    offered = None if taken.offered is None else {"kind": taken.offered_kind, "code": taken.offered}
    return StepTaken.model_validate({**told, "holder": holder, "offered": offered})


def _held(
    person: int | None, body: str | None, code: str | None, name_zh: str | None, name_en: str | None
) -> HolderBody | None:
    if person is None and body is None:
        return None
    kind = "body" if person is None else "person"
    return HolderBody.model_validate({"kind": kind, "code": code or "", "name_zh": name_zh, "name_en": name_en})


def _named(one: Named | None) -> HolderBody | None:
    if one is None:
        return None
    return HolderBody.model_validate(
        {"kind": one.kind, "code": one.code, "name_zh": one.name_zh, "name_en": one.name_en}
    )
