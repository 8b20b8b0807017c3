"""The page on which a draft is reviewed, approved and published."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)
