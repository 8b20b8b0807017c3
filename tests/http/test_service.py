"""Health, metrics and the log: they tell of the service, and of nobody."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from gridmap.http import log
from tests.served import OWN

CANARY = "canary7f3a"


def test_live_asks_nothing_of_the_database_and_ready_does(client, queries):
    assert client.get("/health/live").json() == {"status": "live"}
    assert queries == []
    assert client.get("/health/ready").json()["status"] == "ready"
    assert len(queries) == 1


def test_a_database_at_another_migration_is_not_ready(client, sessions):
    with sessions.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    reply = client.get("/health/ready")
    assert (reply.status_code, reply.json()["type"]) == (503, "/problems/not-ready")
    assert "gridmap db upgrade" in reply.json()["detail"]


def test_a_database_without_tables_is_not_ready(client, sessions):
    with sessions.begin() as session:
        session.execute(text("DROP TABLE alembic_version"))
    assert client.get("/health/ready").json()["type"] == "/problems/not-ready"


def test_metrics_are_told_to_this_machine_only(app, client):
    assert client.get("/metrics").status_code == 404
    with TestClient(app, base_url="https://gridmap.test", client=("127.0.0.1", 1)) as near:
        near.get("/api/v1/stations/X/editions/1")
        told = near.get("/metrics").text
    assert 'route="/api/v1/stations/{station}/editions/{edition}"' in told
    assert "gridmap_request_seconds_bucket" in told


@pytest.mark.parametrize("level", ["info"])
def test_neither_log_nor_metrics_hold_what_people_typed(app, as_role, capfd, level):
    log.configure(level)
    officer = as_role("officer", login=f"{CANARY}-login")
    officer.get(f"/api/v1/plates/{CANARY}")
    officer.get(f"/api/v1/stations/{OWN}/addresses", params={"q": CANARY})
    officer.get(f"/{CANARY}")
    officer.post("/api/v1/session", json={"login": CANARY, "password": CANARY})
    officer.request("CANARY7F3A", f"/{CANARY}")

    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in requests][-1] in {404, 405}
    assert {line["route"] for line in requests} >= {"/api/v1/plates/{code}", "(none)"}
    assert len({line["request_id"] for line in requests}) == len(requests) == 5
    everything = json.dumps(lines) + app.state.metrics.text().decode()
    assert CANARY not in everything.lower()
