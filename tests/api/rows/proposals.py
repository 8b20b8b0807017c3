"""Endpoints of proposals: a row each; S is the station, E the edition, `{draft}` an open draft that later rows publish."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
S, E = "/api/v1/stations/{station}", "/api/v1/stations/{station}/editions/{edition}"
#: `tests.served` keeps one proposal for each station, in the order S001, S002.
ROWS: list[Row] = [
    Row("GET", S + "/proposals", A.READ_DRAFTS),
    Row("GET", S + "/proposals/{proposal}", A.READ_DRAFTS, S + "/proposals/1"),
    Row("POST", S + "/proposals", A.DRAW_DRAFT, send={"json": {"beats": 2, "tolerance": 1}}, done=201),
    Row("POST", S + "/proposals/{proposal}/options/{option}/draft", A.DRAW_DRAFT,
        S + "/proposals/1/options/1/draft", done=201),
    Row("POST", S + "/posts", A.DRAW_DRAFT, send={"json": {"posts": 1, "reach_m": 900}}),
    # pages
    Row("GET", "/plan/proposals", A.READ_DRAFTS, "/plan/proposals?station={station}"),
    Row("POST", "/plan/proposals", A.DRAW_DRAFT, done=303,
        send={"data": {"station": "{station}", "beats": "2", "tolerance": "100"}}),
    Row("POST", "/plan/proposals/open", A.DRAW_DRAFT, done=303,
        send={"data": {"station": "{station}", "proposal": "1", "option": "1"}}),
    Row("GET", "/plan/posts", A.DRAW_DRAFT, "/plan/posts?station={station}&posts=1&reach=900"),
]  # fmt: skip
