"""The OpenAPI description: what every operation shares is added once, here."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gridmap.http.problems import MEDIA_TYPE, RequestNotValid, problems

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457): `type` names the error, `detail` says what to do, facts may follow.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "additionalProperties": True,
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/station-not-in-scope"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
    },
}
ABOUT = """Boundaries, doors, and who answers for them.

* Log in with `POST /api/v1/session`; the reply sets a cookie and gives a `csrf_token` to send as `X-CSRF-Token`
  with every request that changes something.
* Everything is read in your scope: a station outside it does not exist (404).
* Errors are problem details (RFC 9457). Lists are paged: `next`, and a `Link` header (RFC 8288).
* Coordinates are longitude, latitude in EPSG:4326; times are UTC (RFC 3339).
"""
TAGS = {
    "session": "Log in and out.",
    "stations": "Stations in your scope, and the places in them.",
    "editions": "Dated snapshots of beats and grid cells: draft, check, compare, publish, withdraw.",
    "zones": "Beats and grid cells as GeoJSON.",
    "drafts": "Change a draft, undo and redo, see what a change does, who is there and what is locked.",
    "repairs": "Boundary files brought into a draft, and the repair of its faults.",
    "proposals": "Balanced proposals for beats, and where to put posts.",
    "reviews": "From draft to published by two people: hand in, approve, give back, comment, publish at a set time.",
    "reports": "What residents report at a plate: sent, followed, worked on, and told as it happens.",
    "notices": "What residents of a cell, a beat or a station read beside the names.",
    "exports": "Editions as files of every common format, and as sheets to print.",
    "doors": "Standard addresses, plates, and the public answer behind a plate.",
    "incidents": "Incidents.",
    "disputes": "Disputes, tips, hazards and fresh cases: listed, opened, taken a step; a station's loop, bodies and mediators.",
    "analyses": "Coverage gaps, hotspots, and which zone a point falls in.",
    "public": "What everybody may know: masked counts, no log-in; off until switched on.",
    "people": "People and what they are posted to.",
    "administration": "Audit and accounts.",
    "service": "Health and metrics of the service.",
}


def install(app: FastAPI) -> None:
    """Let `app` describe itself with gridmap's problems in place of the framework's error model."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def _describe(app: FastAPI) -> dict[str, Any]:
    tags = [{"name": name, "description": text} for name, text in TAGS.items()]
    schema = get_openapi(title="gridmap", version=app.version, description=ABOUT, routes=app.routes, tags=tags)
    schemas: dict[str, Any] = schema.setdefault("components", {}).setdefault("schemas", {})
    for left_over in ("HTTPValidationError", "ValidationError"):
        schemas.pop(left_over, None)
    schemas["Problem"] = PROBLEM
    invalid = problems(RequestNotValid)[422]
    for operations in schema["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            if MEDIA_TYPE not in responses.get("422", {}).get("content", {MEDIA_TYPE: None}):
                responses["422"] = invalid
            for response in responses.values():
                if MEDIA_TYPE in response.get("content", {}):
                    response["content"].pop("application/json", None)
    return schema
