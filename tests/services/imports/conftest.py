"""Imports run in the caller's transaction: these tests share one database and roll back."""

from __future__ import annotations

from tests.houses import session, shared_sessions

__all__ = ["session", "shared_sessions"]
