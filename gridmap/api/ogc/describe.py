"""The OpenAPI 3.0 description of `/ogc`, and the queryables of a collection.

Each collection has a path of its own that lists its properties as parameters: GDAL and QGIS send a filter to the
service only where they find the property there.
"""

from __future__ import annotations

from typing import Any, Final

from gridmap import __version__
from gridmap.api.ogc import params
from gridmap.api.ogc.links import GEOJSON, JSON, MVT, OPENAPI, SCHEMA
from gridmap.http.problems import MEDIA_TYPE
from gridmap.services.ogc.collections import Collection, Column
from gridmap.services.ogc.systems import System

Json = dict[str, Any]
TYPES: Final[dict[str, Json]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
}


def api(root: str, seen: tuple[Collection, ...], known: tuple[System, ...]) -> Json:
    """Return the OpenAPI 3.0.3 document for a person who sees these collections in these systems."""
    paths: Json = {
        "/": _get("The landing page", "landing", "core", JSON),
        "/conformance": _get("What the service conforms to", "conformance", "core", JSON),
        "/api": _get("This description", "api", "core", OPENAPI),
        "/collections": _get("The collections", "collections", "core", JSON),
        "/tileMatrixSets": _get("How the world is divided into tiles", "tileMatrixSets", "core", JSON),
        "/tileMatrixSets/WebMercatorQuad": _get("WebMercatorQuad", "tileMatrixSet", "core", JSON),
    }
    for one in seen:
        paths |= _paths(one)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "gridmap: OGC API",
            "version": __version__,
            "description": "Beats, grid cells and what belongs to them, for programs. Read-only; in the scope of the log-in.",
        },
        "servers": [{"url": root}],
        "security": [{"basic": []}, {"cookie": []}],
        "tags": [{"name": "core", "description": "What there is"}, *({"name": one.name, "description": one.title} for one in seen)],
        "paths": paths,
        "components": {
            "parameters": _parameters(known),
            "schemas": {one.name: _feature(one) for one in seen} | {"problem": _problem()},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-gridmap"},
            },
        },
    }  # fmt: skip


def queryables(uri: str, collection: Collection) -> Json:
    """Return the properties a collection can be asked for by, as a JSON schema (OGC 19-079r2, section 6)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": uri,
        "title": collection.title,
        "description": collection.about,
        "type": "object",
        "properties": {column.name: _schema(column) for column in collection.columns},
        "additionalProperties": False,
    }


def _paths(one: Collection) -> Json:
    base = f"/collections/{one.name}"
    filters = [
        {
            "name": column.name, "in": "query", "required": False, "description": column.title,
            "schema": TYPES[column.kind], "style": "form", "explode": False,
        }
        for column in one.columns
    ]  # fmt: skip
    page = {"$ref": "#/components/parameters/f"}, {"$ref": "#/components/parameters/crs"}
    items = _get(f"{one.title}: features", f"{one.name}.items", one.name, GEOJSON, _collection(one))
    items["get"]["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in params.OF_ITEMS] + filters
    feature = _get(f"{one.title}: one feature", f"{one.name}.item", one.name, GEOJSON, _ref(one))
    feature["get"]["parameters"] = [
        {"name": "featureId", "in": "path", "required": True, "description": "Its id.", "schema": {"type": "string"}},
        *page,
    ]
    tiled: Json = {}
    if one.tiled:
        matrix = f"{base}/tiles/WebMercatorQuad"
        tile = _get(
            f"{one.title}: a vector tile", f"{one.name}.tile", one.name, MVT, {"type": "string", "format": "binary"}
        )
        tile["get"]["parameters"] = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": text,
                "schema": {"type": "integer", "minimum": 0},
            }
            for name, text in (
                ("tileMatrix", "Zoom."),
                ("tileRow", "Row from the north."),
                ("tileCol", "Column from the west."),
            )
        ] + [{"$ref": "#/components/parameters/datetime"}, filters[-1]]
        tiled = {
            f"{base}/tiles": _get(f"{one.title}: tilesets", f"{one.name}.tilesets", one.name, JSON),
            matrix: _get(f"{one.title}: tileset", f"{one.name}.tileset", one.name, JSON),
            f"{matrix}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": tile,
        }
    return {
        **tiled,
        base: _get(one.title, one.name, one.name, JSON),
        f"{base}/queryables": _get(f"{one.title}: queryables", f"{one.name}.queryables", one.name, SCHEMA),
        f"{base}/items": items,
        f"{base}/items/{{featureId}}": feature,
    }


def _get(summary: str, name: str, tag: str, kind: str, schema: Json | None = None) -> Json:
    """Return the path that answers GET with a document of a kind."""
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/problem"}}}}
    return {
        "get": {
            "summary": summary,
            "operationId": name,
            "tags": [tag],
            "parameters": [{"$ref": "#/components/parameters/f"}],
            "responses": {
                "200": {"description": summary, "content": {kind: {"schema": schema or {"type": "object"}}}},
                "304": {"description": "What the client holds (If-None-Match) is still right."},
                "400": {"description": "A parameter is unknown or cannot be read.", **problem},
                "401": {"description": "Nobody is logged in.", **problem},
                "404": {"description": "There is no such thing in your scope.", **problem},
                "429": {"description": "Too many wrong passwords.", **problem},
                "503": {"description": "The database is away or busy.", **problem},
            },
        }
    }


def _parameters(known: tuple[System, ...]) -> Json:
    systems = {"type": "string", "format": "uri", "enum": [system.uri for system in known], "default": known[0].uri}
    told: list[tuple[str, str, Json]] = [
        ("f", "Form of the reply.", {"type": "string", "enum": list(params.FORMATS), "default": "json"}),
        (
            "limit", "At most this many features; more than the largest page is the largest page.",
            {"type": "integer", "minimum": 1, "maximum": params.LARGEST, "default": params.LIMIT},
        ),
        (
            "bbox", "Only features that touch this box: lower corner, upper corner, in the axis order of `bbox-crs`.",
            {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
        ),
        ("bbox-crs", "Reference system of `bbox`.", systems),
        ("datetime", "Only features of this moment, or of this span: 2025-06-01T00:00:00Z/.. (RFC 3339).", {"type": "string"}),
        ("crs", "Reference system of the reply.", systems),
        ("after", "Begin behind the feature of this id; from the link to the next page.", {"type": "string"}),
    ]  # fmt: skip
    return {
        name: {
            "name": name, "in": "query", "required": False, "description": text, "schema": schema, "style": "form",
            "explode": False,
        }
        for name, text, schema in told
    }  # fmt: skip


def _schema(column: Column) -> Json:
    return {"title": column.title, **TYPES[column.kind], **({"enum": list(column.among)} if column.among else {})}


def _ref(one: Collection) -> Json:
    return {"$ref": f"#/components/schemas/{one.name}"}


def _collection(one: Collection) -> Json:
    number = {"type": "integer", "minimum": 0}
    return {
        "type": "object",
        "required": ["type", "features", "links"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": _ref(one)},
            "links": {"type": "array", "items": {"type": "object"}},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": number,
            "numberReturned": number,
        },
    }


def _feature(one: Collection) -> Json:
    properties = {column.name: {**_schema(column), "nullable": True} for column in one.columns}
    for schema in properties.values():
        schema.pop("enum", None)  # an enumeration would have to hold null as well
    geometry: Json = {
        "type": "object",
        "nullable": True,
        "required": ["type"],
        "properties": {"type": {"type": "string"}},
    }
    if one.shape != "Geometry":
        geometry["properties"]["type"]["enum"] = [one.shape]
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "geometry": geometry,
            "properties": {"type": "object", "properties": properties},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    }


def _problem() -> Json:
    """Return the schema of a problem (RFC 9457)."""
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {"type": text, "title": text, "status": {"type": "integer"}, "detail": text, "instance": text},
    }
