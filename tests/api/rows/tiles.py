"""Vector tiles: a row each."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
T = "/tiles/{station}/"
ROWS: list[Row] = [
    Row("GET", T + "incidents/{z}/{x}/{y}.mvt", A.READ_INCIDENTS, T + "incidents/0/0/0.mvt"),
    Row("GET", T + "{layer}/{z}/{x}/{y}.mvt", A.READ_ZONES, T + "beats/0/0/0.mvt"),
]
