"""Endpoints of reviews: a row each; S is the station, E the edition, `{draft}` an open draft that later rows publish."""

from __future__ import annotations

from tests.api.row import Row

S, E = "/api/v1/stations/{station}", "/api/v1/stations/{station}/editions/{edition}"
ROWS: list[Row] = []
