"""Drafts: changes to their boundaries, undone and done again, who is there, what is locked."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/stations/{station}", tags=["drafts"])
