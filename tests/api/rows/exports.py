"""Endpoints of exports: a row each; S is the station, E the edition, `{draft}` an open draft that later rows publish."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
S, E = "/api/v1/stations/{station}", "/api/v1/stations/{station}/editions/{edition}"
ROWS: list[Row] = [
    Row("GET", E + "/export", A.READ_ZONES, S + "/editions/1/export?format=geojson"),
    Row("GET", E + "/sheet.pdf", A.READ_ZONES, S + "/editions/1/sheet.pdf?paper=a4"),
    Row("GET", E + "/changes-since/{before}/sheet.pdf", A.READ_ZONES, S + "/editions/1/changes-since/1/sheet.pdf"),
    Row("GET", S + "/doors/{door}/responsible", A.READ_ADDRESSES, S + "/doors/{plate}/responsible"),
]
