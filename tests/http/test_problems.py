"""Every error is a problem (RFC 9457), tells what to do, and lets nothing of the house out."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI, Request
from psycopg import errors as driver
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from starlette.responses import HTMLResponse

from gridmap import errors
from gridmap.http import log, problems
from gridmap.http.limits import TooManyTries
from gridmap.http.problems import Problem, Stale
from gridmap.http.session_dep import SessionDep

KINDS = {
    errors.Invalid: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Forbidden: 403,
    errors.NotLoggedIn: 401,
    errors.TooLarge: 413,
    errors.Unavailable: 503,
    TooManyTries: 429,
    Stale: 412,
}
SECRET = "secret-value-that-must-not-leak"


class DraftLost(errors.Conflict):
    """A new error nobody told the HTTP floor about."""

    slug, title = "draft-lost", "The draft is lost"


@pytest.fixture
def trouble(app: FastAPI) -> FastAPI:
    """Return the application with routes that fail in every way."""

    def raiser(path: str, error: Exception) -> None:
        def fail() -> None:
            raise error

        app.get(path, name=path)(fail)

    for kind in KINDS:
        raiser(f"/api/fail/{kind.__name__}", kind("what is wrong", number=3, status="a fact may not hide the status"))
    raiser("/api/fail/new", DraftLost("gone"))
    raiser("/api/fail/bug", ZeroDivisionError(SECRET))
    raiser("/api/fail/deep", RecursionError())
    raiser("/fail", DraftLost("gone"))
    raiser("/fail-log-in", errors.NotLoggedIn("log in"))

    def query(session: SessionDep, sql: str) -> None:
        session.execute(text(sql))

    app.get("/api/sql")(query)
    return app


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_an_error_decides_its_status(trouble, client, kind):
    reply = client.get(f"/api/fail/{kind.__name__}")

    assert reply.status_code == KINDS[kind]
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json() == {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": KINDS[kind],
        "detail": "what is wrong",
        "instance": f"/api/fail/{kind.__name__}",
        "number": 3,
    }
    assert ("retry-after" in reply.headers) == (KINDS[kind] in {429, 503})


def test_a_new_error_needs_no_word_in_the_http_floor(trouble, client):
    reply = client.get("/api/fail/new")
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/draft-lost")


def test_a_defect_leaves_nothing_of_the_house(trouble, client, capfd):
    log.configure("error")
    reply = client.get("/api/fail/bug")

    assert reply.status_code == 500
    assert reply.json()["type"] == "/problems/defect"
    assert reply.headers["x-request-id"] in reply.json()["detail"]
    assert reply.headers["content-security-policy"]
    assert SECRET not in reply.text
    assert "ZeroDivision" not in reply.text
    line = json.loads(capfd.readouterr().err.strip().splitlines()[-1])
    assert line["exception"] == "builtins.ZeroDivisionError"
    assert line["request_id"] == reply.headers["x-request-id"]
    assert SECRET not in json.dumps(line)


def test_input_too_deep_to_read_is_the_senders_fault(trouble, client):
    assert client.get("/api/fail/deep").status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("PATCH", "/api/v1/session", 405)]
)
def test_what_the_framework_refuses_is_a_problem_too(client, method, path, status):
    reply = client.request(method, path)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert set(reply.json()) == {"type", "title", "status", "detail", "instance"}


def test_a_validation_error_names_the_place_and_not_what_was_sent(client):
    reply = client.post("/api/v1/session", json={"login": "x", "password": [SECRET], "extra": SECRET})

    assert reply.status_code == 422
    assert reply.json()["type"] == "/problems/request-not-valid"
    assert {fault["where"] for fault in reply.json()["faults"]} == {"body.password", "body.extra"}
    assert SECRET not in reply.text


def test_a_browser_outside_the_api_gets_a_page_and_a_program_gets_json(trouble, client):
    def page(_request: Request, problem: Problem) -> HTMLResponse:
        return HTMLResponse(f"<h1>{problem.title}</h1>")

    trouble.state.error_page = page
    html = {"accept": "text/html,*/*;q=0.8"}
    assert client.get("/fail", headers=html).text == "<h1>The draft is lost</h1>"
    assert client.get("/fail", headers=html).status_code == 409
    assert client.get("/fail").headers["content-type"] == problems.MEDIA_TYPE
    assert client.get("/api/fail/new", headers=html).headers["content-type"] == problems.MEDIA_TYPE


def test_a_page_that_breaks_does_not_hide_the_problem(trouble, client):
    def page(_request: Request, _problem: Problem) -> HTMLResponse:
        raise KeyError(SECRET)

    trouble.state.error_page = page
    reply = client.get("/fail", headers={"accept": "text/html"})
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/draft-lost")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/log-in", 413), ("GET", "/nowhere", 404), ("GET", "/bug", 500), ("POST", "/log-in?deep", 422)],
)
def test_whatever_refuses_a_browser_it_gets_a_page(trouble, client, method, path, status):
    def bug() -> None:
        raise ZeroDivisionError

    trouble.get("/bug")(bug)
    body = {413: b"x" * 3_000_000, 422: b"[" * 100}.get(status)
    reply = client.request(
        method, path, content=body, headers={"accept": "text/html", "content-type": "application/json"}
    )
    assert reply.status_code == status
    assert reply.headers["content-type"].startswith("text/html")


def test_a_browser_that_is_not_logged_in_is_sent_to_the_log_in_page_and_back(trouble, client):
    reply = client.get("/fail-log-in?period=30d&x=//evil", headers={"accept": "text/html"})
    assert reply.status_code == 303
    assert reply.headers["location"] == "/log-in?next=/fail-log-in%3Fperiod%3D30d%26x%3D//evil"


@pytest.mark.parametrize(
    ("sql", "status", "slug"),
    [
        ("SELECT pg_sleep(6)", 503, "too-slow"),
        ("SELECT 1/0", 422, "rule-broken"),
        ("UPDATE station SET desk_phone = ''", 403, "outside-scope"),
        ("INSERT INTO log_in VALUES ('x', 9, now(), now())", 409, "unknown-reference"),
        ("SELECT * FROM no_such_table", 500, "defect"),
    ],
)
def test_what_the_database_raises_has_a_name_and_shows_no_sql(trouble, client, sql, status, slug):
    if "sleep" in sql:
        sql = "SET LOCAL statement_timeout = 50; " + sql
    reply = client.get("/api/sql", params={"sql": sql})

    assert (reply.status_code, reply.json()["type"]) == (status, f"/problems/{slug}")
    assert not any(word in reply.text for word in ("SELECT", "UPDATE", "station SET", "psycopg", "sqlalche"))


def test_a_database_that_cannot_be_reached_is_unavailable_and_not_a_defect(app, client):
    app.state.sessions.kw["bind"].dispose()

    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("connect", {}, driver.ConnectionTimeout("no host"))

    app.state.sessions.kw["bind"].pool._creator = refuse
    app.state.sessions.kw["bind"].pool._invoke_creator = refuse
    reply = client.get("/health/ready")
    assert reply.status_code == 503
    assert reply.json()["type"] == "/problems/database-away"
    assert "retry-after" in reply.headers
    assert client.get("/health/live").status_code == 200


def test_every_error_has_a_slug_and_title_of_its_own():
    import gridmap.app  # noqa: F401  # loads every module that has errors

    def below(kind: type[errors.GridmapError]) -> list[type[errors.GridmapError]]:
        return [found for sub in kind.__subclasses__() for found in (sub, *below(sub))]

    found = {error for error in below(errors.GridmapError) if error.__module__.startswith("gridmap.")}
    slugs = [error.slug for error in found]
    assert sorted(slugs) == sorted(set(slugs))
    without_kind = {error.__name__ for error in found if problems.status_of(error) == 500}
    assert without_kind <= {"Defect", "OutsideAddress"}  # defects of ours, nobody else can mend them
