"""Every endpoint of the service, who may call it, and how: one row each.

A new endpoint without a row here fails `test_matrix.py`.
"""

from __future__ import annotations

from typing import Any

from gridmap.domain.access import Action
from tests import makers
from tests.api.row import Row
from tests.api.rows import (
    analyses,
    desk,
    dispute_figures,
    dispute_papers,
    disputes,
    drafts,
    exports,
    locate,
    ogc,
    open311,
    plate_doors,
    proposals,
    public_view,
    repairs,
    reports,
    reviews,
    staff_reports,
    tiles,
)

__all__ = ["ROWS", "Row", "geojson"]
A = Action


def geojson(prefix: str) -> dict[str, Any]:
    """Return the two squares as the API takes them."""
    beats, cells = makers.two_squares(prefix)
    frames = ((beats.assign(kind="beat"), "beat"), (cells.assign(kind="grid_cell"), "grid_cell"))
    features = [feature for frame, _ in frames for feature in frame.__geo_interface__["features"]]
    return {
        "type": "FeatureCollection",
        "features": [{k: f[k] for k in ("type", "geometry", "properties")} for f in features],
    }


S, E = "/api/v1/stations/{station}", "/api/v1/stations/{station}/editions/{edition}"
ROWS = [
    # what concerns no station
    Row("GET", "/health/live", "anybody", scoped=False),
    Row("GET", "/health/ready", "anybody", scoped=False),
    Row("GET", "/metrics", "anybody", scoped=False, done=404),
    Row("GET", "/api/v1/openapi.json", "anybody", scoped=False),
    Row("GET", "/api/v1/session", "somebody", scoped=False),
    Row("GET", "/api/v1/stations", A.READ_ZONES, scoped=False),
    # the public door: the same answer for everybody, whichever station the plate belongs to
    Row("GET", "/api/v1/plates/{code}", "anybody", "/api/v1/plates/{plate}", scoped=False),
    *locate.ROWS,
    *public_view.ROWS,
    *reports.ROWS,
    *plate_doors.ROWS,
    # reading
    Row("GET", S, A.READ_ZONES),
    Row("GET", S + "/jurisdiction", A.READ_ZONES),
    Row("GET", S + "/places", A.READ_ZONES),
    Row("GET", S + "/roads", A.READ_ZONES),
    Row("GET", S + "/editions", A.READ_ZONES),
    Row("GET", E, A.READ_ZONES, S + "/editions/1"),
    Row("GET", E + "/zones", A.READ_ZONES, S + "/editions/current/zones"),
    Row("GET", E + "/zones/{kind}/{code:path}", A.READ_ZONES, S + "/editions/1/zones/beat/{zone}"),
    Row("GET", E + "/changes-since/{before}", A.READ_ZONES, S + "/editions/1/changes-since/1"),
    Row("GET", E + "/issues", A.READ_DRAFTS, S + "/editions/{draft}/issues"),
    Row("GET", S + "/addresses", A.READ_ADDRESSES),
    Row("GET", S + "/plates", A.READ_PLATES),
    Row("GET", S + "/incidents", A.READ_INCIDENTS),
    *disputes.ROWS,
    *dispute_papers.ROWS,
    Row("GET", S + "/coverage-gaps", A.READ_ANALYSES),
    Row("GET", S + "/hotspots", A.READ_ANALYSES),
    Row("GET", S + "/people", A.READ_PEOPLE),
    Row("GET", S + "/audit", A.READ_AUDIT),
    Row("POST", S + "/resolve", A.RESOLVE, send={"json": {"points": [{"lon": 112.905, "lat": 35.805}]}}),
    # changing, in an order in which each can succeed
    Row("POST", S + "/plates", A.ISSUE_PLATES),
    Row("POST", S + "/editions", A.DRAW_DRAFT, send={"json": {"note": "x"}}, done=201),
    Row("PUT", E + "/zones", A.DRAW_DRAFT, S + "/editions/{draft}/zones", {"json": "zones"}),
    *analyses.ROWS, *desk.ROWS, *drafts.ROWS, *repairs.ROWS, *proposals.ROWS, *reviews.ROWS, *exports.ROWS,
    Row("POST", E + "/publish", A.PUBLISH, S + "/editions/{draft}/publish", {"json": {}}),
    Row("POST", E + "/withdraw", A.WITHDRAW, S + "/editions/current/withdraw", {"json": {"reason": "a test"}}),
    # accounts: scoped by whose they are, not by the path
    Row("GET", "/api/v1/accounts", A.MANAGE_ACCOUNTS, scoped=False),
    Row("POST", "/api/v1/accounts", A.MANAGE_ACCOUNTS, scoped=False, done=201, send={"json": {
        "login": "fresh", "role": "officer", "password": "correct horse battery", "stations": ["S001"]}}),
    Row("PUT", "/api/v1/accounts/{login}/stations", A.MANAGE_ACCOUNTS, send={"json": {"stations": ["S001"]}},
        scoped=False),
    Row("POST", "/api/v1/accounts/{login}/disable", A.MANAGE_ACCOUNTS, scoped=False, done=204),
    *dispute_figures.ROWS,
    *ogc.ROWS,
    *open311.ROWS,
    # pages
    Row("GET", "/assets/{digest}/{name}", "anybody", "/assets/x/x", scoped=False, done=404),
    Row("GET", "/maps/{name}/{digest}.js", "anybody", "/maps/x/x.js", scoped=False, done=404),
    Row("GET", "/log-in", "anybody", scoped=False, logged_in=303),
    Row("GET", "/p", "anybody", "/p?code=x", scoped=False, done=303),
    Row("GET", "/p/{code}", "anybody", "/p/{plate}", scoped=False),
    Row("GET", "/P/{code}", "anybody", "/P/{plate}", scoped=False),
    Row("GET", "/photos/{sha256}.jpg", "anybody", f"/photos/{'0' * 64}.jpg", scoped=False, done=404),
    Row("GET", "/", "somebody", "/?station={station}"),
    Row("GET", "/map", A.READ_OWN_ANALYSES, "/map?station={station}"),
    Row("GET", "/map/incidents.json", A.READ_INCIDENTS,
        "/map/incidents.json?station={station}&since=2025-01-01&until=2025-12-31"),
    Row("GET", "/map/held.json", A.READ_OWN_ANALYSES, "/map/held.json?station={station}"),
    Row("GET", "/map/months.json", A.READ_OWN_ANALYSES, "/map/months.json?station={station}"),
    Row("GET", "/map/gaps.json", A.READ_ANALYSES, "/map/gaps.json?station={station}"),
    Row("GET", "/map/sheet.{form}", A.READ_OWN_ANALYSES, "/map/sheet.pdf?station={station}"),
    Row("GET", "/map/zone.json", A.READ_OWN_ANALYSES, "/map/zone.json?station={station}&kind=beat&code=A"),
    Row("GET", "/gaps", A.READ_ANALYSES, "/gaps?station={station}"),
    Row("GET", "/gaps/gaps.csv", A.READ_ANALYSES, "/gaps/gaps.csv?station={station}"),
    Row("GET", "/gaps/gaps.geojson", A.READ_ANALYSES, "/gaps/gaps.geojson?station={station}"),
    Row("GET", "/brief", A.READ_ANALYSES, "/brief?station={station}&since=2025-05-20&until=2025-06-10"),
    Row("GET", "/maps/zones.json", A.READ_ZONES, "/maps/zones.json?station={station}&edition=1"),
    Row("GET", "/maps/ground.json", A.READ_ZONES, "/maps/ground.json?station={station}"),
    *tiles.ROWS,
    *staff_reports.ROWS,
    Row("GET", "/plan", A.READ_DRAFTS, "/plan?station={station}"),
    Row("GET", "/plan/draw", A.DRAW_DRAFT, "/plan/draw?station={station}&edition={next}"),
    Row("POST", "/plan/draft", A.DRAW_DRAFT, send={"data": {"station": "{station}", "note": "x"}}, done=303),
    Row("POST", "/plan/publish", A.PUBLISH, send={"data": {"station": "{station}", "edition": "{next}"}}, done=303),
    Row("POST", "/plan/withdraw", A.WITHDRAW, done=303,
        send={"data": {"station": "{station}", "edition": "{next}", "reason": "a test"}}),
    # the session itself, last: it ends
    Row("POST", "/log-in", "anybody", send={"data": {"login": "nobody", "password": "x"}}, scoped=False, done=401),
    Row("POST", "/api/v1/session", "anybody", send={"json": {"login": "nobody", "password": "x"}}, scoped=False,
        done=401),
    Row("DELETE", "/api/v1/session", "anybody", scoped=False, done=204),
    Row("POST", "/log-out", "anybody", scoped=False, done=303),
]  # fmt: skip
