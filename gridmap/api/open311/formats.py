"""One content, two forms: JSON, and the XML the standard gives for it, with the same values.

A list is an element of its name with an element for each thing; what is None is null, and an empty element; true and false
are `true` and `false`. A thing with a list inside holds the list's element.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

import orjson
from fastapi import Response

FORMATS: Final = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
#: Name of a list's element -> name of the element of each of its things.
ITEMS: Final = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request", "errors": "error",
    "endpoints": "endpoint", "formats": "format",
}  # fmt: skip
#: What XML 1.0 cannot say.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def send(fmt: str, root: str, content: Any, status: int = 200, **headers: str) -> Response:
    """Return a reply in a format; `root` names the element around the XML."""
    body = orjson.dumps(content) if fmt == "json" else xml(root, content)
    told = {"Cache-Control": "no-store", **headers, "Content-Type": FORMATS[fmt if fmt in FORMATS else "xml"]}
    return Response(body, status, told)


def xml(root: str, content: Any) -> bytes:
    """Return a content as XML in UTF-8, with its declaration.

    >>> xml("services", [{"service_code": "a<b", "metadata": True, "group": None}])[38:].decode()
    '<services><service><service_code>a&lt;b</service_code><metadata>true</metadata><group></group></service></services>'
    """
    parts = ['<?xml version="1.0" encoding="UTF-8"?>']
    _element(parts, root, content)
    return "".join(parts).encode("utf-8")


def _element(parts: list[str], name: str, value: Any) -> None:
    parts.append(f"<{name}>")
    if isinstance(value, Mapping):
        for inner, told in value.items():
            _element(parts, inner, told)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            _element(parts, ITEMS[name], one)
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif value is not None:
        # A return typed alone would be read as a line's end: written as what it is, it stays.
        parts.append(escape(_NOT_XML.sub("", str(value)), {"\r": "&#13;"}))
    parts.append(f"</{name}>")
