"""Endpoints of drafts: a row each; S is the station, E the edition, `{draft}` an open draft that later rows publish."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
S, E = "/api/v1/stations/{station}", "/api/v1/stations/{station}/editions/{edition}"
D = S + "/editions/{draft}/draft"
ROWS: list[Row] = [
    Row("GET", E + "/draft", A.DRAW_DRAFT, D),
    Row("GET", E + "/draft/live", A.DRAW_DRAFT, D + "/live"),
    Row("GET", E + "/draft/events", A.DRAW_DRAFT, D + "/events"),
    Row("POST", E + "/draft/presence", A.DRAW_DRAFT, D + "/presence", {"json": {}}),
    Row("PUT", E + "/draft/locks/{kind}/{code:path}", A.DRAW_DRAFT, D + "/locks/beat/{zone}", done=204),
    Row("DELETE", E + "/draft/locks/{kind}/{code:path}", A.DRAW_DRAFT, D + "/locks/beat/{zone}", done=204),
    Row("POST", E + "/draft/edits", A.DRAW_DRAFT, D + "/edits",
        {"json": {"version": 0, "op": "rename", "kind": "beat", "code": "{zone}", "name_zh": "甲"}}),
    Row("POST", E + "/draft/undo", A.DRAW_DRAFT, D + "/undo", {"json": {"version": 1}}),
    Row("POST", E + "/draft/redo", A.DRAW_DRAFT, D + "/redo", {"json": {"version": 2}}),
    Row("POST", E + "/draft/roll-back", A.DRAW_DRAFT, D + "/roll-back", {"json": {"version": 3, "to": 0}}),
    Row("GET", S + "/allowed-gaps", A.READ_ZONES),
    Row("POST", S + "/allowed-gaps", A.DRAW_DRAFT, done=201, send={"json": {
        "ring": [[112.9005, 35.8005], [112.901, 35.8005], [112.901, 35.801]], "name_zh": "水库"}}),
    Row("DELETE", S + "/allowed-gaps/{number}", A.DRAW_DRAFT, S + "/allowed-gaps/1", done=204),
]  # fmt: skip
