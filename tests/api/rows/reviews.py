"""Endpoints of reviews: a row each; S is the station, E the edition, `{draft}` an open draft that later rows publish.

The steps are asked of what is in another state, so that each role gets the same reply; that they succeed is tested in
`test_reviews.py`.
"""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
S, E = "/api/v1/stations/{station}", "/api/v1/stations/{station}/editions/{edition}"
FIRST, DRAFT = S + "/editions/1", S + "/editions/{draft}"
LATER = {"json": {"at": "2199-01-01T00:00:00+08:00"}}
FIRST_FORM = {"station": "{station}", "edition": "1"}
DRAFT_FORM = {"station": "{station}", "edition": "{draft}"}
ROWS: list[Row] = [
    Row("GET", E + "/changes-since/{before}/ground", A.READ_ZONES, FIRST + "/changes-since/1/ground"),
    Row("GET", E + "/comments", A.READ_DRAFTS, DRAFT + "/comments"),
    Row("POST", E + "/comments", A.COMMENT, DRAFT + "/comments", {"json": {"text": "Look here"}}, done=201),
    Row("POST", E + "/comments/{comment}/resolve", A.COMMENT, DRAFT + "/comments/999/resolve", {"json": {}}, done=404),
    Row("POST", E + "/hand-in", A.DRAW_DRAFT, FIRST + "/hand-in", done=409),
    Row("POST", E + "/approve", A.REVIEW, DRAFT + "/approve", {"json": {}}, done=409),
    Row("POST", E + "/give-back", A.REVIEW, DRAFT + "/give-back", {"json": {"reason": "a test"}}, done=409),
    Row("POST", E + "/schedule", A.PUBLISH, DRAFT + "/schedule", LATER, done=409),
    Row("DELETE", E + "/schedule", A.PUBLISH, DRAFT + "/schedule", done=409),
    # pages
    Row("GET", "/plan/review", A.READ_DRAFTS, "/plan/review?station={station}"),
    Row("GET", "/plan/compare", A.READ_DRAFTS, "/plan/compare?station={station}"),
    Row("POST", "/plan/review/comment", A.COMMENT, send={"data": {**DRAFT_FORM, "text": "Look here"}}, done=303),
    Row("POST", "/plan/review/resolve", A.COMMENT, send={"data": {**DRAFT_FORM, "comment": "999"}}, done=404),
    Row("POST", "/plan/review/hand-in", A.DRAW_DRAFT, send={"data": FIRST_FORM}, done=409),
    Row("POST", "/plan/review/approve", A.REVIEW, send={"data": FIRST_FORM}, done=409),
    Row("POST", "/plan/review/give-back", A.REVIEW, send={"data": {**FIRST_FORM, "reason": "a test"}}, done=409),
    Row("POST", "/plan/review/schedule", A.PUBLISH, send={"data": {**FIRST_FORM, "at": "2199-01-01T00:00"}}, done=409),
    Row("POST", "/plan/review/unschedule", A.PUBLISH, send={"data": FIRST_FORM}, done=409),
    Row("POST", "/plan/review/publish", A.PUBLISH, send={"data": FIRST_FORM}, done=409),
]  # fmt: skip
