"""What residents can do besides scanning: report, follow a report, type a code, ask by position. Nobody logs in here."""

from __future__ import annotations

import anyio
from fastapi import Depends, FastAPI

from gridmap import __version__
from gridmap.api.routes import health, locate, reports
from gridmap.assembly import add_middleware, connect, report_desk, with_keys
from gridmap.http import log, problems
from gridmap.http.csrf import check_csrf
from gridmap.http.limits import Buckets
from gridmap.http.metrics import Metrics
from gridmap.http.scan import PlateDesk
from gridmap.settings import Settings
from gridmap.web import photos, report, scan


def create_residents_app(settings: Settings, desk: PlateDesk) -> FastAPI:
    """Return the routes of residents, answering scans at `desk`.

    Raises
    ------
    NoDatabase, WeakSecret
        As `gridmap.app.create_app`.
    """
    app = FastAPI(
        title="gridmap",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(check_csrf)],
        redirect_slashes=False,
    )
    state, settings = app.state, with_keys(settings)
    state.settings, state.sessions, state.plate_desk, state.scans = settings, connect(settings), desk, desk.scans
    state.seats = anyio.Semaphore(settings.pool_size)
    state.report_desk = report_desk(settings, state.sessions, state.seats)
    state.public_by_address = Buckets(burst=30, every=2)
    state.metrics = Metrics(desk.counts)
    for page in (scan, report, photos, health):
        app.include_router(page.router)
    for route in (locate.router, reports.router):
        app.include_router(route, prefix="/api/v1")
    problems.install(app, None)
    log.configure(settings.log_level)
    add_middleware(app, settings, state.metrics)
    return app
