"""What tests of residents' pages share: the application with a desk for reports, and forms sent as a browser does."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Actor, Role
from gridmap.http.reports import ReportDesk
from gridmap.services.reports import desk
from gridmap.services.reports.keys import Keys
from gridmap.services.sealing import Sealer
from gridmap.settings import Settings
from gridmap.store.engine import enter_scope
from tests.served import SECRET, make_app

OFFICER = Actor(1, "zhang", "张", Role.OFFICER, ("S001",))


def made(sessions: sessionmaker[Session], folder: Path) -> FastAPI:
    """Return the application with a desk for reports and no snapshot: doors are then looked up in the database."""
    settings = Settings(secret=SECRET, secure_cookies=True, log_level="error", database_url=None, scan=folder / "scan")
    app = make_app(settings, sessions)
    app.state.report_desk = ReportDesk(sessions, app.state.seats, Keys(SECRET), Sealer(bytes(32)))
    return app


@pytest.fixture
def app(app_sessions: sessionmaker[Session], tmp_path: Path) -> FastAPI:
    return made(app_sessions, tmp_path)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    # Not entered: the threads that keep a snapshot would start with the application.
    return TestClient(app, base_url="https://gridmap.test", follow_redirects=False)


@pytest.fixture
def staff(app_sessions: sessionmaker[Session]) -> Callable[..., Any]:
    def step(number: int, what: str, note: str, before: str) -> None:
        with app_sessions.begin() as session:
            enter_scope(session, ["S001"])
            desk.step(session, OFFICER, "S001", number, what, note, expected_state=before)

    return step


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the first form of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in reversed(found)}


def post(client: TestClient, plate: str, *, page: str = "", files: Any = None, **typed: str) -> Response:
    """Send the form of a page, or a fresh one, with what was typed."""
    hidden = fields(page or client.get(f"/p/{plate}/report").text)
    return client.post(
        f"/p/{plate}/report", data={"kind": "hazard", "words": "楼道堆满杂物", **hidden, **typed}, files=files
    )


def code_of(page: str) -> str:
    """Return the receipt's code that a page shows."""
    return re.search(r'class="receipt code"><bdi dir="ltr">([0-9A-Z-]{14})<', page).group(1)  # type: ignore[union-attr]


def count(session: Session) -> int:
    session.rollback()
    return int(session.scalar(text("SELECT count(*) FROM report")) or 0)


def jpeg(size: tuple[int, int] = (60, 40)) -> tuple[str, bytes, str]:
    kept = io.BytesIO()
    Image.new("RGB", size, "red").save(kept, "JPEG")
    return "a.jpg", kept.getvalue(), "image/jpeg"
