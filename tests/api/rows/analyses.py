"""Endpoints of analyses: a row each; S is the station."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
S = "/api/v1/stations/{station}"
ROWS: list[Row] = [
    Row("GET", S + "/analyses/{analysis}", A.READ_OWN_ANALYSES, S + "/analyses/hotspots"),
]
