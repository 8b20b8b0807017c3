"""Endpoints of residents' reports for staff: a row each; that they do something is tested in tests/web and tests/http."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
FORM = {"station": "{station}", "report": "999"}
ROWS: list[Row] = [
    Row("GET", "/api/v1/stations/{station}/events", A.USE_DESK, "/api/v1/stations/{station}/events?after=0&lasts=0"),
    Row("GET", "/reports", A.READ_REPORTS, "/reports?station={station}"),
    Row("GET", "/reports/{report}", A.READ_REPORTS, "/reports/999?station={station}", done=404),
    Row("GET", "/reports/{report}/photo/{number}.jpg", A.READ_REPORTS, "/reports/999/photo/1.jpg?station={station}",
        done=404),
    Row("POST", "/reports/step", A.WORK_REPORTS, send={"data": {**FORM, "step": "accepted", "state": "received"}}, done=404),
    Row("POST", "/reports/release", A.WORK_REPORTS, send={"data": FORM}, done=404),
    Row("POST", "/reports/contact", A.READ_CONTACTS, send={"data": {**FORM, "reason": "a reason"}}, done=404),
    Row("GET", "/api/v1/stations/{station}/notices", A.READ_ZONES),
    Row("POST", "/api/v1/stations/{station}/notices", A.MANAGE_NOTICES, send={"json": {"text_zh": "x"}}, done=201),
    Row("POST", "/api/v1/stations/{station}/notices/{notice}/end", A.MANAGE_NOTICES,
        "/api/v1/stations/{station}/notices/999/end", done=404),
    Row("GET", "/notices", A.MANAGE_NOTICES, "/notices?station={station}"),
    Row("POST", "/notices/add", A.MANAGE_NOTICES, send={"data": {"station": "{station}", "text_zh": "x"}}, done=303),
    Row("POST", "/notices/end", A.MANAGE_NOTICES, send={"data": {"station": "{station}", "notice": "999"}}, done=404),
]  # fmt: skip
