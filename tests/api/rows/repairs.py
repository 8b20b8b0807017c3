"""Endpoints of repairs: a row each; S is the station, E the edition, `{draft}` an open draft that later rows publish."""

from __future__ import annotations

import json

from gridmap.domain.access import Action
from tests.api.row import Row
from tests.makers import two_squares

S, E = "/api/v1/stations/{station}", "/api/v1/stations/{station}/editions/{edition}"
D = S + "/editions/{draft}"


def boundary_file() -> bytes:
    """Return the two beats as a GeoJSON file."""
    beats, _ = two_squares()
    return json.dumps(beats.assign(kind="beat").__geo_interface__).encode()


ROWS: list[Row] = [
    Row("GET", E + "/repairs", Action.READ_DRAFTS, D + "/repairs"),
    Row(
        "POST", E + "/repairs", Action.DRAW_DRAFT, D + "/repairs", {"json": {"token": "0" * 32, "accept": "all"}},
        done=412,
    ),
    Row(
        "POST", E + "/import", Action.DRAW_DRAFT, D + "/import",
        {"files": {"file": ("beats.geojson", boundary_file(), "application/geo+json")}, "data": {"dry_run": "true"}},
    ),
]  # fmt: skip
