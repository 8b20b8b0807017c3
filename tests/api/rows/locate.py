"""Who answers at a position: the same for everybody."""

from __future__ import annotations

from tests.api.row import Row

ROWS: list[Row] = [
    Row("GET", "/api/v1/locate", "anybody", "/api/v1/locate?lng=10&lat=10", scoped=False, done=404),
]
