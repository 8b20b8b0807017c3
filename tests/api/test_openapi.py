"""The description of the API is whole: every operation told, every error modelled, nothing from outside."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

VERBS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def described(client: TestClient) -> dict[str, Any]:
    schema: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return schema


def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{verb} {path}": operation
        for path, verbs in schema["paths"].items()
        for verb, operation in verbs.items()
        if verb in VERBS
    }


def test_every_operation_is_told(described):
    missing = [
        (name, key)
        for name, operation in operations(described).items()
        for key in ("summary", "description", "operationId", "tags", "responses")
        if not operation.get(key)
    ]
    assert missing == []
    ids = [operation["operationId"] for operation in operations(described).values()]
    assert sorted(ids) == sorted(set(ids))
    known = {tag["name"] for tag in described["tags"]}
    assert {tag for operation in operations(described).values() for tag in operation["tags"]} == known


def test_pages_are_not_part_of_it(described):
    assert all(path.startswith(("/api/v1/", "/health/", "/metrics")) for path in described["paths"])


def test_every_error_is_a_problem_with_an_example(described):
    for name, operation in operations(described).items():
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (name, status)
                for example in response["content"]["application/problem+json"]["examples"].values():
                    assert set(example["value"]) >= {"type", "title", "status", "detail", "instance"}
                    assert str(example["value"]["status"]) == status, name
    assert "HTTPValidationError" not in str(described)


def test_whoever_must_be_logged_in_is_told_so(described):
    for name, operation in operations(described).items():
        if ("/stations" in name or "/accounts" in name) and "/public/" not in name:
            assert {"401", "403"} <= set(operation["responses"]), name


def test_every_parameter_and_every_body_has_words_or_an_example(described):
    bare = [
        (name, parameter["name"])
        for name, operation in operations(described).items()
        for parameter in operation.get("parameters", [])
        if not (parameter.get("description") or parameter["schema"].get("description") or "example" in str(parameter))
        and "enum" not in str(parameter)
    ]
    assert bare == []
    for name, model in described["components"]["schemas"].items():
        assert model.get("description"), name


def test_every_reference_leads_somewhere(described):
    named = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert named == set(described["components"]["schemas"])


def test_there_is_no_page_that_loads_scripts_from_outside(client):
    for path in ("/docs", "/redoc"):
        assert client.get(path).status_code == 404
