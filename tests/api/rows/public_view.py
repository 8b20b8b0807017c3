"""What everybody may ask: a row each. It is off until switched on, and then the same for everybody."""

from __future__ import annotations

from tests.api.row import Row

ROWS: list[Row] = [
    Row("GET", "/api/v1/public/stations/{station}/incidents", "anybody", scoped=False, done=404),
    Row("GET", "/public", "anybody", "/public?station={station}", scoped=False, done=404),
]
