"""Replies of `/ogc`: JSON or a plain page, packed, and not sent again to who holds them."""

from __future__ import annotations

import gzip
from typing import Any, Final

import orjson
from fastapi import Request, Response

from gridmap.api import etag
from gridmap.api.geojson import WORTH_PACKING
from gridmap.api.ogc import page
from gridmap.api.ogc.links import HTML, JSON

KEPT: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie, Authorization"}


def document(request: Request, content: dict[str, Any], kind: str = JSON) -> Response:
    """Return `content` as JSON, or as a page where `f=html`; its tag is its text."""
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    html = request.query_params.get("f") == "html"
    version = f"W/{etag.tag(body, html)}"
    if etag.seen(request, version.removeprefix("W/")):
        return not_modified(version)
    return send(request, body, kind, version, content)


def send(request: Request, body: bytes, kind: str, version: str, content: dict[str, Any], **headers: str) -> Response:
    """Return `body` under its version; where `f=html` the page that shows `content` instead."""
    if request.query_params.get("f") == "html":
        body, kind = page.draw(orjson.loads(orjson.dumps(content, option=orjson.OPT_UTC_Z))), f"{HTML}; charset=utf-8"
    told = {**KEPT, **headers, "ETag": version, "Content-Type": kind}
    if len(body) > WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 1, mtime=0)  # level 1: see api.geojson
        told["Content-Encoding"] = "gzip"
    return Response(body, headers=told)


def not_modified(version: str) -> Response:
    """Return the reply to a client that holds `version` already."""
    return Response(status_code=304, headers={**KEPT, "ETag": version})
