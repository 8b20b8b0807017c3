"""Endpoints of the commander's figures: a row each; S is the station."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

S = "/api/v1/stations/{station}"
ROWS: list[Row] = [
    Row("GET", S + "/dispute-figures", Action.READ_FIGURES, S + "/dispute-figures?period=year"),
    Row("GET", "/api/v1/dispute-figures", Action.READ_FIGURES, scoped=False),
    Row("GET", "/desk/figures", Action.READ_FIGURES, "/desk/figures?station={station}"),
    Row("GET", "/desk/figures.csv", Action.READ_FIGURES, "/desk/figures.csv?station={station}"),
    Row("GET", "/desk/figures/city", Action.READ_FIGURES, scoped=False),
    Row("GET", "/desk/figures/city.csv", Action.READ_FIGURES, scoped=False),
]
