"""A dispute's mediators, parties and papers, and series: who may ask; what they do is tested apart."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
S = "/api/v1/stations/{station}"
ONE, NONE = S + "/disputes/{dispute}", S + "/disputes/99999"
SERIES, NO_SERIES = S + "/series/{number}", S + "/series/99999"
PAGE, AT = "/desk/{dispute}", "/desk/99999"
HERE = "?station={station}"
FORM = {"station": "{station}"}
ROWS: list[Row] = [
    Row("GET", PAGE + "/match", A.WORK_DISPUTES, AT + "/match" + HERE, done=404),
    Row("POST", PAGE + "/match", A.WORK_DISPUTES, AT + "/match", {"data": {**FORM, "person": "1", "version": "1", "key": "a-key-of-ours"}}, done=404),
    Row("GET", PAGE + "/parties", A.WORK_DISPUTES, AT + "/parties" + HERE, done=404),
    Row("POST", PAGE + "/parties/add", A.WORK_DISPUTES, AT + "/parties/add", {"data": {**FORM, "name": "张三"}}, done=404),
    Row("POST", PAGE + "/parties/change", A.WORK_DISPUTES, AT + "/parties/change", {"data": {**FORM, "party": "1", "reference": "张某"}}, done=404),
    Row("POST", PAGE + "/parties/open", A.READ_PARTIES, AT + "/parties/open", {"data": {**FORM, "party": "1", "reason": "约双方到所"}}, done=404),
    Row("GET", PAGE + "/papers", A.READ_PARTIES, AT + "/papers" + HERE, done=404),
    Row("POST", PAGE + "/papers", A.READ_PARTIES, AT + "/papers", {"data": {**FORM, "kind": "record", "text": "x", "key": "a-key-of-ours"}}, done=404),
    Row("POST", PAGE + "/papers/begin", A.READ_PARTIES, AT + "/papers/begin", {"data": {**FORM, "kind": "record"}}, done=404),
    Row("GET", PAGE + "/papers/{paper}.pdf", A.READ_PARTIES, AT + "/papers/1.pdf" + HERE, done=404),
    Row("GET", PAGE + "/papers/{paper}/print", A.READ_PARTIES, AT + "/papers/1/print" + HERE, done=404),
    Row("GET", "/desk/series", A.READ_DISPUTES, "/desk/series" + HERE),
    Row("POST", "/desk/series/make", A.READ_DISPUTES, "/desk/series/make", {"data": {**FORM, "kind": "noise", "name": "x"}}, done=422),
    Row("GET", "/desk/series/{number}", A.READ_DISPUTES, "/desk/series/99999" + HERE, done=404),
    Row("POST", "/desk/series/{number}/members", A.READ_DISPUTES, "/desk/series/99999/members", {"data": FORM}, done=404),
    Row("POST", "/desk/series/{number}/solve", A.READ_DISPUTES, "/desk/series/99999/solve", {"data": {**FORM, "sentence": "x"}}, done=404),
    Row("POST", "/desk/series/{number}/dissolve", A.READ_DISPUTES, "/desk/series/99999/dissolve", {"data": FORM}, done=404),
    Row("GET", ONE + "/matches", A.WORK_DISPUTES, NONE + "/matches", done=404),
    Row("GET", ONE + "/parties", A.USE_DESK, NONE + "/parties", done=404),
    Row("POST", ONE + "/parties", A.WORK_DISPUTES, NONE + "/parties", {"json": {"side": 1, "reference": "张某"}}, done=404),
    Row("POST", ONE + "/parties/{party}/open", A.READ_PARTIES, NONE + "/parties/1/open", {"json": {"reason": "约双方到所"}}, done=404),
    Row("GET", ONE + "/papers", A.USE_DESK, NONE + "/papers", done=404),
    Row("POST", ONE + "/papers", A.READ_PARTIES, NONE + "/papers", {"json": {"kind": "record", "text": "x"}}, done=404),
    Row("GET", ONE + "/papers/begin", A.READ_PARTIES, NONE + "/papers/begin?kind=record", done=404),
    Row("GET", ONE + "/papers/{paper}", A.READ_PARTIES, NONE + "/papers/1", done=404),
    Row("GET", S + "/series", A.READ_DISPUTES),
    Row("GET", S + "/series/proposals", A.READ_DISPUTES),
    Row("POST", S + "/series", A.READ_DISPUTES, send={"json": {"kind": "noise", "name": "x", "members": ["d99999"]}}, done=422),
    Row("GET", SERIES, A.READ_DISPUTES, NO_SERIES, done=404),
    Row("POST", SERIES + "/members", A.READ_DISPUTES, NO_SERIES + "/members", {"json": {}}, done=404),
    Row("POST", SERIES + "/solve", A.READ_DISPUTES, NO_SERIES + "/solve", {"json": {"sentence": "x"}}, done=404),
    Row("POST", SERIES + "/dissolve", A.READ_DISPUTES, NO_SERIES + "/dissolve", {"json": {}}, done=404),
]  # fmt: skip
