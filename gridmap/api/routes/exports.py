"""Editions as files of every common format, and as printed sheets."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/stations/{station}", tags=["exports"])
