"""Addresses of what belongs together, absolute, as OGC's standards want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
HTML: Final = "text/html"
SCHEMA: Final = "application/schema+json"
MVT: Final = "application/vnd.mapbox-vector-tile"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0/"
Link = dict[str, Any]


def root(request: Request) -> str:
    """Return the address of the landing page, without a slash at the end."""
    return f"{str(request.base_url).rstrip('/')}/ogc"


def path(*parts: str) -> str:
    """Return parts as a path; an id may hold any sign.

    >>> path("collections", "beats", "items", "S001.甲/1")
    '/collections/beats/items/S001.%E7%94%B2%2F1'
    """
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def link(request: Request, rel: str, kind: str, where: str = "", *, title: str = "", **query: str) -> Link:
    """Return a link to `where` under the landing page; `query` is added to it."""
    address = f"{root(request)}{where}"
    if query:
        address += f"?{urlencode(query)}"
    return {"rel": rel, "type": kind, "href": address, **({"title": title} if title else {})}


def self_and_page(request: Request, where: str, kind: str = JSON) -> list[Link]:
    """Return the links of a document to itself and to its page for people, and the other way round."""
    html = request.query_params.get("f") == "html"
    return [
        link(request, "alternate" if html else "self", kind, where, title="JSON"),
        link(request, "self" if html else "alternate", HTML, where, title="HTML", f="html"),
    ]


def again(request: Request, where: str, kind: str, rel: str, changed: Mapping[str, str], title: str = "") -> Link:
    """Return a link to the same question with some parameters changed."""
    asked = {**dict(request.query_params.multi_items()), **changed}
    return link(request, rel, kind, where, title=title, **asked)
