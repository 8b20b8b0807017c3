"""The page on which a planner changes a draft's boundaries."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
