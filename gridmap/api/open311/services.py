"""What may be filed: discovery, the list of services, one service's questions."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gridmap.api.open311 import formats
from gridmap.api.open311.door import AskDep, Format, Open311Route
from gridmap.domain.open311 import Attribute, Service, written
from gridmap.http.session_dep import SessionDep
from gridmap.services import open311
from gridmap.store.open311 import changed_at

BASE: Final = "/open311/v2"
#: The standard's own name of itself.
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
router = APIRouter(prefix=BASE, route_class=Open311Route, include_in_schema=False)


@router.get("/discovery.{fmt}")
def discovery(request: Request, session: SessionDep, _ask: AskDep, fmt: Format) -> Response:
    """Say where the endpoint is, in which formats, and when what it offers changed last."""
    changed = written(changed_at(session))
    endpoint = {
        "specification": SPECIFICATION, "url": f"{str(request.base_url).rstrip('/')}{BASE}", "changeset": changed,
        "type": "production", "formats": ["text/xml", "application/json"],
    }  # fmt: skip
    return formats.send(fmt, "discovery", {
        "changeset": changed, "contact": "The duty desk of the station whose code is the jurisdiction_id.",
        "key_service": "Ask the station; its administrator makes a key with: gridmap open311 key add", "endpoints": [endpoint],
    })  # fmt: skip


@router.get("/services.{fmt}")
def list_services(session: SessionDep, ask: AskDep, fmt: Format) -> Response:
    """Return what residents may file at a station: its kinds of dispute, hazards and tips."""
    caller = open311.enter(session, ask.jurisdiction, ask.key)
    found = open311.services(session, caller, ask.language)
    return formats.send(fmt, "services", [_service(one) for one in found])


@router.get("/services/{code}.{fmt}")
def get_service(session: SessionDep, ask: AskDep, code: str, fmt: Format) -> Response:
    """Return what a service asks besides what every request says."""
    caller = open311.enter(session, ask.jurisdiction, ask.key)
    found = open311.service(session, caller, code, ask.language)
    attributes = [_attribute(one, order) for order, one in enumerate(found.attributes, 1)]
    return formats.send(fmt, "service_definition", {"service_code": found.code, "attributes": attributes})


def _service(one: Service) -> dict[str, Any]:
    return {
        "service_code": one.code, "service_name": one.name, "description": one.description,
        "metadata": bool(one.attributes), "type": "realtime", "keywords": one.keywords, "group": one.group,
    }  # fmt: skip


def _attribute(one: Attribute, order: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "variable": one.variable, "code": one.code, "datatype": one.datatype, "required": one.required,
        "datatype_description": one.hint, "order": order, "description": one.description,
    }  # fmt: skip
    if one.values:
        told["values"] = [{"key": key, "name": name} for key, name in one.values.items()]
    return told
