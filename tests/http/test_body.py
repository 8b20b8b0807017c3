"""A body is read within its limits before anything parses it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.http.body import depth
from tests.costs import least_cost

JSON = {"content-type": "application/json"}
PATH = "/api/v1/session"


def nesting(value: object) -> int:
    """Return how deep lists and objects nest, the slow and certain way."""
    if isinstance(value, dict):
        return 1 + max(map(nesting, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(nesting, value), default=0)
    return 0


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(alphabet='[]{}"\\ab,é'),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='[{"\\'), inner),
    )
)
def test_the_depth_counted_is_the_depth_there_is(value):
    assert depth(json.dumps(value).encode()) == nesting(value)
    assert depth(json.dumps(value, ensure_ascii=False).encode()) == nesting(value)


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * 500_000, b'"\\' * 500_000, b"[" * 1_000_000, b'"' * 1_000_001, b"{" + b'"a' * 400_000]
)
def test_counting_takes_no_longer_for_a_hostile_body(body):
    assert least_cost(lambda: depth(body), 0.5)[0] < 0.5


@pytest.mark.parametrize("body", [b"[" * 5_000, b'{"a":' * 5_000, b"[" * 21 + b"]" * 21])
def test_a_deep_body_is_refused_before_it_is_parsed(client, body):
    reply = client.post(PATH, content=body, headers=JSON)
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/body-too-deep")


def test_a_body_is_refused_at_the_limit_whether_it_says_its_size_or_not(client, app):
    limit = app.state.settings.body_limit_bytes
    said = client.post(PATH, content=b"x" * (limit + 1), headers=JSON)
    streamed = client.post(PATH, content=(b"x" * 100_000 for _ in range(limit // 100_000 + 1)), headers=JSON)
    for reply in (said, streamed):
        assert (reply.status_code, reply.json()["type"]) == (413, "/problems/body-too-large")
        assert reply.json()["limit"] == limit
    assert client.post(PATH, content=b" " * limit, headers=JSON).status_code == 422


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nul", b"\xff", b'{"login": NaN, "password": 1e400}', b"[]", b"1" * 5_000]
)
def test_a_body_that_is_no_json_is_a_problem(client, body):
    reply = client.post(PATH, content=body, headers=JSON)
    assert reply.status_code in {400, 422}
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_boundary_file_may_be_larger_than_other_bodies(client, app):
    limit = app.state.settings.body_limit_bytes
    path = "/api/v1/stations/S001/editions/2/import"
    assert client.post(path, content=b"x" * (limit + 1)).status_code != 413
    reply = client.post(path, content=b"x" * (app.state.settings.file_limit_bytes + 1))
    assert (reply.status_code, reply.json()["limit"]) == (413, app.state.settings.file_limit_bytes)
