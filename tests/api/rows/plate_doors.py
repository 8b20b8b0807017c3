"""Endpoints of one door: a row each; a grid member of the matrix is posted to the cell of the door."""

from __future__ import annotations

from gridmap.domain.access import Action
from tests.api.row import Row

A = Action
R, U = "/api/v1/stations/{station}/plates/{code}", "/api/v1/stations/{station}/plates/{plate}"
ROWS: list[Row] = [
    Row("GET", R, A.READ_DOORS, U),
    Row("POST", R + "/visits", A.RECORD_VISITS, U + "/visits", {"json": {"purpose": "safety"}}, done=201),
    Row("POST", R + "/notes", A.WRITE_NOTES, U + "/notes", {"json": {"note": "a test"}}, done=204),
    Row("POST", R + "/steps", A.INSTALL_PLATES, U + "/steps", {"json": {"step": "installed"}}, done=201),
    Row("GET", "/api/v1/stations/{station}/flagged-plates", A.READ_PLATES),
    # the pages
    Row("GET", "/gaps/plates", A.READ_PLATES, "/gaps/plates?station={station}"),
    Row("POST", "/door/{code}/visit", A.RECORD_VISITS, "/door/{plate}/visit", {"data": {"purpose": "other"}}, done=303),
    Row("POST", "/door/{code}/note", A.WRITE_NOTES, "/door/{plate}/note", {"data": {"note": "a test"}}, done=303),
    Row("POST", "/door/{code}/step", A.INSTALL_PLATES, "/door/{plate}/step", {"data": {"step": "installed"}}, done=303),
]
