"""Beats and grid cells of an edition as GeoJSON: read all, read one, replace those of a draft."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from gridmap.api import etag, geojson
from gridmap.api.deps import BodyDep, DrawerDep, EditionDep
from gridmap.api.routes.stations import IN_STATION, SQUARE
from gridmap.api.schemas.stations import PutZones
from gridmap.api.zones_body import BadZones, read_zones
from gridmap.domain.editions import UNPUBLISHED, EditionStepNotAllowed
from gridmap.errors import NotFound
from gridmap.http.body import BodyTooDeep, BodyTooLarge
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import drafts
from gridmap.services.drafts import DraftMoved, ZoneLocked
from gridmap.store import geojson as shapes
from gridmap.store.driver_errors import EditionFrozen
from gridmap.store.editions import EditionNotFound
from gridmap.store.tables import Edition

router = APIRouter(prefix="/stations/{station}/editions/{edition}/zones", tags=["zones"])
Kind = Literal["beat", "grid_cell"]
BOTH: tuple[Kind, Kind] = ("beat", "grid_cell")
ZONE = {
    "id": "J01",
    "geometry": SQUARE,
    "properties": {"kind": "beat", "code": "J01", "name_zh": "一警格", "name_en": "Beat 1", "beat": None},
}
ETAG = {"ETag": {"description": "Changes with the zones; send it as If-None-Match.", "schema": {"type": "string"}}}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "You hold this version already."}}


class ZoneNotFound(NotFound):
    """The edition has no zone of this kind and code."""

    slug, title = "zone-not-found", "No such zone"


@router.get(
    "",
    summary="The zones of an edition",
    response_class=Response,
    responses={
        200: geojson.describe("Beats first, then grid cells, by code.", ZONE, headers=ETAG),
        **NOT_MODIFIED,
        **problems(*IN_STATION, EditionNotFound),
    },
)
def list_zones(
    request: Request,
    session: SessionDep,
    edition: EditionDep,
    kind: Annotated[Kind | None, Query(description="Only beats, or only grid cells; both where none is given.")] = None,
) -> Response:
    """Return the zones as GeoJSON; a published edition never changes, so its ETag lasts for good."""
    version = _version(session, edition, kind or "both")
    known = geojson.unchanged(request, version)
    if known is not None:
        return known
    rows = shapes.zones(session, edition.id, BOTH if kind is None else (kind,))
    members = {"station": edition.station, "edition": edition.number, "synthetic": edition.synthetic}
    return geojson.reply(request, geojson.of_rows(rows, key="code", members=members), version)


@router.get(
    "/{kind}/{code:path}",  # a code may hold a slash
    summary="One zone",
    response_class=Response,
    responses={
        200: {
            "description": "The zone as a feature.",
            "headers": ETAG,
            "content": {geojson.MEDIA_TYPE: {"schema": geojson.FEATURE, "example": {"type": "Feature", **ZONE}}},
        },
        **NOT_MODIFIED,
        **problems(*IN_STATION, EditionNotFound, ZoneNotFound),
    },
)
def get_zone(
    request: Request,
    session: SessionDep,
    edition: EditionDep,
    kind: Kind,
    code: Annotated[str, Path(max_length=64, examples=["J01"])],
) -> Response:
    """Return one beat or grid cell of an edition as a GeoJSON feature."""
    version = _version(session, edition, kind, code)
    rows = shapes.zones(session, edition.id, (kind,), code)
    if not rows:
        raise ZoneNotFound(f"edition {edition.number} has no {kind} {code}", kind=kind, code=code)
    return geojson.unchanged(request, version) or geojson.reply(request, geojson.of_row(rows[0], key="code"), version)


@router.put(
    "",
    summary="Replace the zones of a draft",
    responses=problems(
        *IN_STATION, EditionNotFound, EditionStepNotAllowed, EditionFrozen, DraftMoved, ZoneLocked, BadZones, BodyTooLarge,
        BodyTooDeep, ForeignPage, NoCsrfToken,
    ),
    openapi_extra={
        "parameters": [
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": "ETag of both kinds of zones as you read them; 412 if the draft has changed since.",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                geojson.MEDIA_TYPE: {
                    "schema": geojson.COLLECTION,
                    "example": {"type": "FeatureCollection", "features": [{"type": "Feature", **ZONE}]},
                }
            },
        },
    },
)  # fmt: skip
def put_zones(request: Request, session: SessionDep, actor: DrawerDep, edition: EditionDep, body: BodyDep) -> PutZones:
    """Replace every beat and grid cell of a draft; faults of topology are let in, broken polygons are not.

    At most 5,000 features of 10,000 vertices, polygons in longitude and latitude, each with `kind` ("beat" or
    "grid_cell") and `code`; a grid cell also with the `beat` it belongs to.
    """
    beats, cells = read_zones(body)
    drafts.lock(session, edition)
    etag.require_match(request, _version(session, edition, "both"))
    drafts.replace(session, edition, beats, cells, by=actor.login)
    return PutZones(beats=len(beats), grid_cells=len(cells))


def _version(session: SessionDep, edition: Edition, *what: str) -> str:
    """Return the tag of an edition's zones: its number once published, what each row holds while a draft."""
    moving = shapes.zones_version(session, edition.id) if edition.status in UNPUBLISHED else "published"
    return etag.tag(edition.station, edition.number, moving, *what)
