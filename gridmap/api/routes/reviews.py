"""Review of a draft: hand in, approve, return, comment, publish at a set time."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/stations/{station}", tags=["reviews"])
