"""Boundary files brought into a draft, and the repair of its faults."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/stations/{station}", tags=["repairs"])
