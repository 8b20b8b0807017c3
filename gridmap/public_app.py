"""The application for the outside network: residents' pages alone, in a process that holds next to nothing.

Scans are answered from the snapshot before anything else is loaded: no framework, no database driver. What residents do
less often (report, follow, ask by position) is loaded when the first of them does it. Staff have no way in here.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from gridmap.http.scan import PlateDesk, ScanPath
from gridmap.scan_desk import Watch, make_desk
from gridmap.settings import Settings

log = structlog.stdlib.get_logger("gridmap.public")
#: What the rest has addresses for. All else is answered without it: nobody makes this process grow by asking for nothing.
KNOWN: Final = re.compile(
    r"/p|/[pP]/[^/]+|/p/[^/]+/report|/r|/r/[^/]+|/photos/[^/]+\.jpg|/health/(live|ready)|/metrics"
    r"|/api/v1/(locate|plates/[^/]+|plates/[^/]+/reports|reports/[^/]+)"
)

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_public_app(settings: Settings) -> ASGIApp:
    """Return the application for residents.

    Raises
    ------
    NoDatabase, WeakSecret
        With the first request that is no scan, as `gridmap.app.create_app`.
    """
    desk = make_desk(settings)
    return ScanPath(_Rest(settings, desk), desk=desk)


class _Rest:
    """Everything that is no scan: loaded with the first such request. It starts and ends the watch, too."""

    def __init__(self, settings: Settings, desk: PlateDesk) -> None:
        self.settings, self.desk = settings, desk
        self._app: FastAPI | None = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live through the process's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        if KNOWN.fullmatch(scope["path"]) is None:
            await self._tell(404, scope, send)
            return
        if self._app is None:
            async with self._loading:
                if self._app is None:
                    try:
                        self._app = await asyncio.to_thread(_load, self.settings, self.desk)
                    except Exception:  # a wrong key, no memory: scans go on
                        log.exception("rest_not_loaded")
        if self._app is None:
            await self._tell(503, scope, send)
            return
        await self._app(scope, receive, send)

    async def _tell(self, status: int, scope: Scope, send: Send) -> None:
        """Say that there is nothing here, or nothing now, with the page that asks for a code and tells whom to call."""
        page = self.desk.pages.wrong("unknown" if status == 404 else "missing")
        length = (b"content-length", b"%d" % len(page.body))
        headers = [*page.headers, (b"cache-control", b"no-store"), length]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else page.body})

    async def _live(self, receive: Receive, send: Send) -> None:
        watch = Watch(self.desk.scans)  # type: ignore[arg-type]  # make_desk makes Scans
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                watch.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                watch.stop()
                if self._app is not None:
                    self._app.state.sessions.kw["bind"].dispose()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _load(settings: Settings, desk: PlateDesk) -> FastAPI:
    """Return what residents can do besides scanning."""
    # Loaded late on purpose: a process that only answers scans never needs it.
    from gridmap.residents import create_residents_app  # noqa: PLC0415

    return create_residents_app(settings, desk)
