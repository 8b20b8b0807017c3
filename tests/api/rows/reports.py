"""Residents' reports: a receipt is the only key, so every role is answered alike."""

from __future__ import annotations

from tests.api.row import Row

REPORT = {"kind": "visit", "send_key": "a key of the matrix test"}
NOBODY_S = "000000000000"
ROWS: list[Row] = [
    Row(
        "POST",
        "/api/v1/plates/{code}/reports",
        "anybody",
        "/api/v1/plates/{plate}/reports",
        {"json": REPORT},
        scoped=False,
        done=201,
    ),
    Row("GET", "/api/v1/reports/{tracking}", "anybody", f"/api/v1/reports/{NOBODY_S}", scoped=False, done=404),
    Row("GET", "/p/{code}/report", "anybody", "/p/{plate}/report", scoped=False),
    Row(
        "POST", "/p/{code}/report", "anybody", "/p/{plate}/report", {"data": {"kind": "visit"}}, scoped=False, done=422
    ),
    Row("GET", "/r", "anybody", scoped=False),
    Row("GET", "/r/{tracking}", "anybody", f"/r/{NOBODY_S}", scoped=False, done=404),
    Row("POST", "/r/{tracking}", "anybody", f"/r/{NOBODY_S}", {"data": {"do": "add"}}, scoped=False, done=404),
]
