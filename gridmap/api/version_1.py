"""The JSON API, version 1."""

from __future__ import annotations

from fastapi import APIRouter

from gridmap.api import ogc, open311
from gridmap.api.routes import (
    administration,
    analyses,
    ask,
    dispute_answers,
    dispute_figures,
    dispute_loop,
    dispute_papers,
    dispute_series,
    disputes,
    doors,
    drafts,
    editions,
    exports,
    gaps,
    health,
    history,
    incidents,
    locate,
    log_in,
    notices,
    people,
    plate_doors,
    points,
    proposals,
    public_view,
    repairs,
    report_events,
    reports,
    reviews,
    stations,
    zones,
)

router = APIRouter()
router.include_router(health.router)

v1 = APIRouter(prefix="/api/v1")
for topic in (
    log_in, stations, editions, zones, drafts, repairs, proposals, reviews, report_events, notices, exports, doors, plate_doors, history, incidents, dispute_figures, dispute_loop, disputes, dispute_answers, dispute_papers, dispute_series, analyses, gaps, ask, points,
    people, administration,
):  # fmt: skip
    v1.include_router(topic.router)
v1.include_router(plate_doors.flagged)
v1.include_router(doors.public)
v1.include_router(locate.router)
v1.include_router(reports.router)
v1.include_router(public_view.router)
router.include_router(v1)
router.include_router(ogc.router)
router.include_router(open311.router)
