"""The JSON API, version 1."""

from __future__ import annotations

from fastapi import APIRouter

from gridmap.api.routes import administration, health, incidents, log_in, people, stations

router = APIRouter()
router.include_router(health.router)

v1 = APIRouter(prefix="/api/v1")
for topic in (log_in, stations, incidents, people, administration):
    v1.include_router(topic.router)
router.include_router(v1)
