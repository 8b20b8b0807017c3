"""The application and its clients, for every test here."""

from __future__ import annotations

from tests.served import app, as_role, client, queries

__all__ = ["app", "as_role", "client", "queries"]
