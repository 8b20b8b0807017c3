"""The JSON API, version 1."""

from __future__ import annotations

from fastapi import APIRouter

from gridmap.api.routes import health, log_in

router = APIRouter()
router.include_router(health.router)

v1 = APIRouter(prefix="/api/v1")
v1.include_router(log_in.router)
router.include_router(v1)
