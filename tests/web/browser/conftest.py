"""A real server, a real browser, and a record of everything the browser asked for or complained about."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Role
from gridmap.services.accounts import token_hash
from gridmap.settings import Settings
from gridmap.store import accounts
from tests.served import NO_HASH, SECRET, make_app, signed
from tests.serving import serving_app
from tests.web.filled import STATION

#: How long a page may take to become what is waited for [ms]: what a busy machine needs, not what a reader should wait.
PATIENCE_MS = 180_000
expect.set_options(timeout=PATIENCE_MS)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
]


@dataclass
class Watch:
    """What a page did: addresses outside our own origin, errors and violations of the policy."""

    origin: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        page.on("request", lambda request: self._asked(request.url))
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._said(page.url, said.type, said.text))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.outside.append(url)

    def _said(self, where: str, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and "status of 40" not in text:
            self.complaints.append(f"{where}: {text}")

    def clean(self) -> None:
        assert self.outside == []
        assert self.complaints == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a Chromium: the one GRIDMAP_CHROMIUM names, or the one on the path."""
    found = os.environ.get("GRIDMAP_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium; install it or set GRIDMAP_CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGS)
        yield opened
        opened.close()


@contextmanager
def serving(settings: Settings, sessions: sessionmaker[Session]) -> Iterator[str]:
    """Serve the application on a free port of this machine and give its address."""
    with serving_app(make_app(settings, sessions)) as address:
        yield address


@pytest.fixture
def origin(app_sessions: sessionmaker[Session], tmp_path: Path) -> Iterator[str]:
    """Return the address of the application without a base map."""
    settings = Settings(
        secret=SECRET, secure_cookies=False, log_level="error", database_url=None, scan=tmp_path / "scan"
    )
    with serving(settings, app_sessions) as address:
        yield address


@pytest.fixture
def watch(origin: str) -> Watch:
    """Return the record of what the pages did."""
    return Watch(origin)


def come(  # one argument a wish
    browser: Browser,
    sessions: sessionmaker[Session],
    role: Role | None,
    origin: str,
    *,
    size: dict[str, int] | None = None,
    name: str = "somebody",
    **extra: object,
) -> BrowserContext:
    """Return a browser of somebody logged in as `role`, or of nobody (None)."""
    context = browser.new_context(viewport=size or DESKTOP, locale="zh-CN", **extra)
    context.set_default_timeout(PATIENCE_MS)
    if role is not None:
        token = secrets.token_urlsafe(16)
        with sessions.begin() as session:
            login = f"{role}-{secrets.token_hex(3)}"
            account = accounts.add(
                session, login=login, display_name=name, role=role, password_hash=NO_HASH, stations=(STATION,)
            )
            accounts.add_log_in(session, account, token_hash(token), timedelta(hours=1))
        cookie = signed({"token": token, "csrf": secrets.token_urlsafe(16)})
        context.add_cookies([{"name": "gridmap", "value": cookie, "url": origin}])
    return context


@pytest.fixture
def person(
    browser: Browser, origin: str, sessions: sessionmaker[Session], watch: Watch
) -> Iterator[Callable[..., BrowserContext]]:
    """Return `come` at the application, watched."""
    opened: list[BrowserContext] = []

    def watched(role: Role | None, **wishes: object) -> BrowserContext:
        opened.append(come(browser, sessions, role, origin, **wishes))
        opened[-1].on("page", watch.on)
        return opened[-1]

    yield watched
    for context in opened:
        context.close()


def ready(page: Page, url: str) -> Page:
    """Open a map page and wait until everything is drawn."""
    page.goto(url)
    page.wait_for_selector("html[data-map=ready]", state="attached")
    return page
