"""One content, two forms: JSON, and the XML the standard gives for it, with the same values.

A list is an element of its name with an element for each thing; what is None is null, and an empty element; true and false
are `true` and `false`. A thing with a list inside holds the list's element.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

import orjson
from fastapi import Response

FORMATS: Final = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
#: Name of a list's element -> name of the element of each of its things.
ITEMS: Final = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request", "errors": "error",
    "endpoints": "endpoint", "formats": "format",
}  # fmt: skip
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
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
    written = ET.tostring(_element(root, content), encoding="unicode", short_empty_elements=False)
    # A return typed alone would be read as a line's end: written as what it is, it stays.
    return f"{_HEAD}{written}".replace("\r", "&#13;").encode()


def _element(name: str, value: Any) -> ET.Element:
    made = ET.Element(name)
    if isinstance(value, Mapping):
        made.extend(_element(inner, told) for inner, told in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        made.extend(_element(ITEMS[name], one) for one in value)
    elif isinstance(value, bool):
        made.text = "true" if value else "false"
    elif value is not None:
        made.text = _NOT_XML.sub("", str(value))
    return made
