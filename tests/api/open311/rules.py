"""What GeoReport v2 asks of every reply, as rules: elements, types, words; and one reading of both forms."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
TEXT, WORDS, FLAG, COUNT, NUMBER, WHEN = "text", "words or null", "flag", "count", "number or null", "moment"
MAYBE_WHEN = "moment or null"
SERVICE = {
    "service_code": TEXT, "service_name": TEXT, "description": TEXT, "metadata": FLAG, "type": TEXT, "keywords": WORDS,
    "group": WORDS,
}  # fmt: skip
ATTRIBUTE = {
    "variable": FLAG, "code": TEXT, "datatype": TEXT, "required": FLAG, "datatype_description": WORDS, "order": COUNT,
    "description": TEXT,
}  # fmt: skip
REQUEST = {
    "service_request_id": TEXT, "status": TEXT, "status_notes": WORDS, "service_name": TEXT, "service_code": TEXT,
    "description": WORDS, "agency_responsible": TEXT, "service_notice": WORDS, "requested_datetime": WHEN,
    "updated_datetime": WHEN, "expected_datetime": MAYBE_WHEN, "address": WORDS, "address_id": WORDS, "zipcode": WORDS,
    "lat": NUMBER, "long": NUMBER, "media_url": WORDS,
}  # fmt: skip
RECEIPT = {"service_request_id": TEXT, "service_notice": WORDS, "account_id": WORDS}
ERROR = {"code": COUNT, "description": TEXT}
DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}


def fits(kind: str, value: Any) -> bool:
    """Return whether a JSON value is of a kind."""
    if value is None:
        return kind in {WORDS, NUMBER, MAYBE_WHEN}
    if kind in {TEXT, WORDS}:
        return isinstance(value, str) and value != ""
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == COUNT:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == NUMBER:
        return isinstance(value, float)
    return isinstance(value, str) and MOMENT.fullmatch(value) is not None


def check(rows: list[dict[str, Any]], rules: dict[str, str]) -> None:
    """Check that each of `rows` has exactly the elements of the rules, each of its kind."""
    for row in rows:
        assert set(row) == set(rules), set(row) ^ set(rules)
        for name, kind in rules.items():
            assert fits(kind, row[name]), (name, kind, row[name])


def check_errors(reply: Any, status: int) -> str:
    """Check an error as the standard has it and return its sentence."""
    assert reply.status_code == status, reply.text
    if "json" in reply.headers["content-type"]:
        errors = reply.json()
        check(errors, ERROR)
    else:
        root = read_xml(reply)
        assert root.tag == "errors"
        assert [one.tag for one in root] == ["error"] * len(root)
        errors = [{"code": int(one.findtext("code") or 0), "description": one.findtext("description")} for one in root]
    assert [one["code"] for one in errors] == [status]
    sentence: str = errors[0]["description"]
    return sentence


def read_xml(reply: Any) -> ET.Element:
    """Return the root of a reply in XML; checks the type, the encoding and the declaration."""
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    assert reply.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    return parsed(reply.content)


def parsed(body: bytes) -> ET.Element:
    """Return the root of a text in XML."""
    return ET.fromstring(body.decode("utf-8"))  # noqa: S314  # our own reply


def same(element: ET.Element, value: Any) -> bool:
    """Return whether an XML element says the same as a JSON value: elements for members, one each for the things of a list."""
    if isinstance(value, dict):
        return [one.tag for one in element] == list(value) and all(same(one, value[one.tag]) for one in element)
    if isinstance(value, list):
        return len(element) == len(value) and all(same(one, told) for one, told in zip(element, value, strict=True))
    if len(element):
        return False
    said = element.text or ""
    if value is None:
        return said == ""
    if isinstance(value, bool):
        return said == str(value).lower()
    return said == value if isinstance(value, str) else float(said) == value
