"""The desk's own pages: who may ask; what they do is tested in tests/web."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
HERE = "?station={station}"
FORM = {"station": "{station}"}
ONE, NONE = "/desk/{dispute:int}", "/desk/99999"
KEY = "a-key-of-ours"
ROWS: list[Row] = [
    Row("GET", "/desk", A.USE_DESK, "/desk" + HERE),
    Row("GET", "/desk/list", A.USE_DESK, "/desk/list" + HERE),
    Row("GET", "/desk/news", A.USE_DESK, "/desk/news" + HERE),
    Row("GET", "/desk/export", A.USE_DESK, "/desk/export" + HERE + "&format=csv"),
    Row("GET", "/desk/new", A.OPEN_DISPUTES, "/desk/new" + HERE),
    Row("POST", "/desk/new", A.OPEN_DISPUTES, "/desk/new", {"data": {**FORM, "key": KEY, "do": "find"}}),
    Row("GET", ONE, A.USE_DESK, NONE + HERE, done=404),
    Row("GET", ONE + "/version", A.USE_DESK, NONE + "/version" + HERE, done=404),
    Row("POST", ONE + "/step", A.WORK_DISPUTES, NONE + "/step", {"data": {**FORM, "step": "note", "version": "1", "key": KEY, "note": "x"}}, done=404),
    Row("POST", ONE + "/answer", A.WORK_DISPUTES, NONE + "/answer", {"data": {**FORM, "body": "court", "answer": "joined", "key": KEY}}, done=404),
    Row("POST", ONE + "/receipt", A.WORK_DISPUTES, NONE + "/receipt", {"data": FORM}, done=404),
]  # fmt: skip
