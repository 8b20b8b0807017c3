"""Whatever is sent, the service answers: no 5xx, and every refusal is a problem."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.domain.access import PERMISSIONS, Action, Role
from tests.api.matrix import ROWS, Row
from tests.served import OWN

#: Values that have broken services: control characters, injections, extremes, look-alikes.
NASTY = st.sampled_from([
    "", "\0", "'", '"', "%", "%00", "..", "../..", "{station}", "${7*7}", "' OR 1=1--", "<img src=x onerror=1>", "\ud7ff",
    "NaN", "Infinity", "1e400", "-1", "0", "99999999999999999999", "9" * 300, "true", "null", "𝟙", "１", "٣", "a" * 5_000,
    "2025-13-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2025-01-01T00:00:00+99:99", "1,2,3,4", "S001", "current",
])  # fmt: skip
TEXT = NASTY | st.text(max_size=30).filter(lambda word: word.isprintable() or word.isspace())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FEW = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
#: Endings of sessions would end the test, and a stream without an end would never end it.
SKIP = {
    "DELETE /api/v1/session", "POST /log-out", "POST /log-in", "POST /api/v1/session",
    "GET /api/v1/stations/{station}/events",
}  # fmt: skip
API = [row for row in ROWS if row.route.startswith(("/api/v1", "/health")) and row.name not in SKIP]


def mutate(value: Any, data: Any) -> Any:
    """Return `value` with one part somewhere inside replaced by anything."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 3)):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: mutate(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 3)):
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], mutate(value[place], data), *value[place + 1 :]]
    return data.draw(JSON)


@pytest.fixture
def everybody(two_stations, as_role):
    return {role: as_role(role) for role in ("planner", "commander", "admin", "officer")}


def test_no_parameter_of_any_endpoint_breaks_the_service(everybody, app):
    described = everybody["planner"].get("/api/v1/openapi.json").json()["paths"]

    @FEW
    @given(st.data())
    def fuzz(data):
        row = data.draw(st.sampled_from([row for row in API if row.method.lower() in described.get(told(row), {})]))
        operation = described[told(row)][row.method.lower()]
        path, query = told(row), {}
        for parameter in operation.get("parameters", []):
            name = parameter["name"]
            good = {"station": OWN, "edition": "1", "kind": "beat", "code": "A", "before": "1", "login": "x"}.get(
                name, "1"
            )
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", quote(data.draw(st.just(good) | TEXT), safe="", errors="replace"))
            elif parameter["in"] == "query" and data.draw(st.booleans()):
                query[name] = data.draw(TEXT)
        send: dict[str, Any] = {} if "requestBody" not in operation else {"json": {}}
        check(who_may(everybody, row).request(row.method, path, params=query, **send), row.name, path, query)

    fuzz()


def test_no_body_of_any_endpoint_breaks_the_service(everybody, two_stations):
    from tests.api.test_matrix import filled

    @FEW
    @given(st.data())
    def fuzz(data):
        row = data.draw(st.sampled_from([row for row in API if "json" in row.send]))
        url, send = filled(row, OWN, two_stations, "nobody")
        body = mutate(send["json"], data)
        content = json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
        headers = {"content-type": "application/json"}
        check(who_may(everybody, row).request(row.method, url, content=content, headers=headers), row.name, url, body)

    fuzz()


def told(row: Row) -> str:
    """Return the path of an endpoint as the description tells it."""
    return row.route.replace(":path", "")


def who_may(everybody: dict[str, TestClient], row: Row) -> TestClient:
    """Return somebody who gets past the door of an endpoint."""
    return next(
        client
        for role, client in everybody.items()
        if not isinstance(row.who, Action) or row.who in PERMISSIONS[Role(role)]
    )


def check(reply: Any, *about: object) -> None:
    assert reply.status_code < 500, (reply.status_code, reply.text, *about)
    if reply.status_code >= 400:
        assert reply.headers["content-type"] == "application/problem+json", about
        assert reply.json()["status"] == reply.status_code
