"""Balanced proposals: asked for, compared, opened as drafts."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/stations/{station}", tags=["proposals"])
