"""Nothing is changed by a foreign page, and nothing by GET."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from gridmap.http.csrf import HEADER, RESIDENTS
from tests.served import signed

LOG_OUT = "/api/v1/session"


def test_a_change_needs_the_token_of_the_session(as_role):
    officer = as_role("officer")
    right = officer.headers.pop(HEADER)

    assert officer.delete(LOG_OUT).json()["type"] == "/problems/no-csrf-token"
    for wrong in ("", "x", right + "x", right[:-1], "é"):
        reply = officer.delete(LOG_OUT, headers={HEADER: wrong.encode()})
        assert (reply.status_code, reply.json()["type"]) == (403, "/problems/no-csrf-token")
    assert officer.delete(LOG_OUT, headers={HEADER: right}).status_code == 204


def test_the_token_of_another_session_does_not_help(as_role):
    one, other = as_role("officer"), as_role("officer")
    assert one.delete(LOG_OUT, headers={HEADER: other.headers[HEADER]}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "https://gridmap.test.evil.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_request_of_another_site_is_refused_even_with_the_token(as_role, headers):
    reply = as_role("officer").delete(LOG_OUT, headers=headers)
    assert (reply.status_code, reply.json()["type"]) == (403, "/problems/foreign-page")


def test_our_own_pages_may(as_role):
    ours = {"origin": "https://gridmap.test", "sec-fetch-site": "same-origin"}
    assert as_role("officer").delete(LOG_OUT, headers=ours).status_code == 204


def test_a_form_always_needs_the_token_even_without_a_cookie(client):
    for body in ({"login": "x"}, {"csrf_token": ""}, {"csrf_token": "x"}):
        reply = client.post(LOG_OUT, data=body)
        assert reply.json()["type"] == "/problems/no-csrf-token"


def test_a_program_without_a_cookie_logs_in_without_a_token(client):
    assert client.post(LOG_OUT, json={"login": "x", "password": "y"}).json()["type"] == "/problems/wrong-log-in"


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "null", signed({"token": "made up", "csrf": "t"})[:-2], signed({"token": "made up"})],
    ids=["empty", "x", "null", "cut", "no-csrf"],  # a signature tells the time: no name that two workers agree on
)
def test_a_forged_or_broken_cookie_is_nobody(app, cookie):
    with TestClient(app, base_url="https://gridmap.test", headers={"cookie": f"__Host-gridmap={cookie}"}) as client:
        assert client.get("/api/v1/session").status_code == 401


def test_the_cookie_is_for_this_host_over_https_and_not_for_scripts(as_role):
    cookie = as_role("officer").delete(LOG_OUT).headers["set-cookie"]
    assert cookie.startswith("__Host-gridmap=")
    for flag in ("httponly", "samesite=lax", "secure", "path=/"):
        assert flag in cookie.lower()
    assert "domain=" not in cookie.lower()


@pytest.mark.parametrize("content_type", [
    "multipart/form-data", "multipart/form-data; boundary=", "application/x-www-form-urlencoded; charset=ü",
])  # fmt: skip
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"csrf_token=%FF", b"--\r\n--"])
def test_a_broken_form_is_refused_and_breaks_nothing(client, content_type, body):
    reply = client.post(LOG_OUT, content=body, headers={"content-type": content_type.encode("latin-1")})
    assert 400 <= reply.status_code < 500


@pytest.mark.parametrize(
    ("path", "passes"),
    [
        ("/p/0123456789AB/report", True), ("/r/0123456789AB", True), ("/p/0123456789AB", False), ("/r", False), ("/r/", False),
        ("/p/x/report/y", False), ("/r/x/y", False), ("/p//report", False), ("/p/a/b/report", False), ("/reports/1", False),
        ("/api/v1/session", False), ("/x/r/0123456789AB", False), ("/r/x\n", True), ("/log-in", False),
    ],
)  # fmt: skip
def test_of_all_forms_only_residents_need_no_session(path, passes):
    assert (RESIDENTS.fullmatch(path) is not None) == passes
