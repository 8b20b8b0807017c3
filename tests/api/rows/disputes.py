"""Disputes and the loop they run: everybody who works at a desk, each as far as they see; what they do is tested apart."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
S = "/api/v1/stations/{station}"
ONE = S + "/disputes/{dispute}"
NEW = {"kind": "noise", "matter": "hazard", "words": "a test", "lon": 112.905, "lat": 35.8025}
ROWS: list[Row] = [
    Row("GET", S + "/disputes", A.USE_DESK),
    Row("GET", S + "/disputes/lost", A.READ_DISPUTES),
    Row("POST", S + "/disputes", A.OPEN_DISPUTES, send={"json": NEW}, done=201),
    Row("GET", ONE, A.USE_DESK, S + "/disputes/99999", done=404),
    Row("GET", ONE + "/possible-steps", A.WORK_DISPUTES, S + "/disputes/99999/possible-steps", done=404),
    Row("POST", ONE + "/steps", A.WORK_DISPUTES, S + "/disputes/99999/steps", {"json": {"step": "note", "note": "x"}}, done=404),
    Row("POST", ONE + "/answers", A.WORK_DISPUTES, S + "/disputes/99999/answers", {"json": {"body": "court", "answer": "joined"}}, done=404),
    Row("GET", S + "/loop", A.USE_DESK),
    Row("GET", S + "/bodies", A.USE_DESK),
    Row("GET", S + "/mediators", A.USE_DESK),
]  # fmt: skip
