"""Put the parts together: settings → sessions → middleware → routers → one FastAPI application."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Literal, cast

import anyio
import structlog
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session, sessionmaker

from gridmap import __version__
from gridmap.api import describe, version_1
from gridmap.assembly import add_middleware, connect, report_desk, with_keys
from gridmap.errors import GridmapError
from gridmap.http import log, problems
from gridmap.http.basic import Verified
from gridmap.http.csrf import check_csrf
from gridmap.http.event_bus import EventBus
from gridmap.http.limits import Buckets
from gridmap.http.metrics import Metrics
from gridmap.http.scan import ScanPath
from gridmap.scan_desk import Watch, make_desk, scan_folder
from gridmap.services import public_view, reviews, shape_queue
from gridmap.services.coverage import Limits, Shelf
from gridmap.services.disputes import retention
from gridmap.services.disputes.clock import DisputeClock
from gridmap.services.disputes.mail_clock import keep_mailing
from gridmap.services.disputes.mailing import Server
from gridmap.services.hook_clock import keep_sending
from gridmap.services.snapshot_keeper import Keeper
from gridmap.settings import Settings
from gridmap.store import data_version
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions
from gridmap.web import pages
from gridmap.web.sheets import Printer

#: How often the service looks for editions whose time has come [s].
PUBLISH_EVERY_S = 20.0
#: How often it deletes what is known of old changes [s].
PRUNE_EVERY_S = 3600.0
#: How often it looks for a quarter to publish, where that is switched on [s].
PUBLIC_EVERY_S = 3600.0
clock_log = structlog.stdlib.get_logger("gridmap.app")


def create_app(settings: Settings, sessions: sessionmaker[Session] | None = None) -> FastAPI:
    """Return the application; with `sessions` it uses those, else it connects to `settings.database_url`.

    Raises
    ------
    NoDatabase
        If neither is given; `gridmap serve` fills in gridmap's own cluster.
    WeakSecret
        If `settings.secret` is shorter than 32 characters. Without one, a key is made for this process: cookies then
        end with it, and several workers would not read each other's.
    """
    app = FastAPI(
        title="gridmap",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_lifespan,
        dependencies=[Depends(check_csrf)],
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
    )
    app.state.settings = settings = with_keys(settings)
    app.state.sessions = sessions or connect(settings)
    app.state.seats = anyio.Semaphore(settings.pool_size)
    app.state.report_desk = report_desk(settings, app.state.sessions, app.state.seats)
    app.state.session_hours = settings.session_hours
    app.state.tries_by_login = Buckets(burst=10, every=60)
    app.state.tries_by_address = Buckets(burst=30, every=10)
    app.state.public_by_address = Buckets(burst=30, every=2)
    app.state.public_view = settings.public_view
    app.state.verified = Verified()
    app.state.metrics = Metrics()
    app.state.plate_desk = make_desk(settings, app.state.metrics.scans)
    app.state.scans = app.state.plate_desk.scans
    app.state.printer = Printer(font=settings.font, data=settings.data)
    app.state.publish_every_s = PUBLISH_EVERY_S
    app.state.gap_limits = Limits(**settings.gap_limits)
    app.state.gap_shelf = Shelf()
    app.include_router(version_1.router)
    app.include_router(pages.router, include_in_schema=False)
    problems.install(app, pages.error_page)
    describe.install(app)
    log.configure(settings.log_level)
    add_middleware(app, settings, app.state.metrics)
    app.add_middleware(ScanPath, desk=app.state.plate_desk)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep the clock while the service runs; close the connections at the end."""
    stop = threading.Event()
    # A daemon: a service that is stopped while it publishes leaves the edition due, and finds it when it starts again.
    clock = threading.Thread(target=_keep_clock, args=(app, stop), name="gridmap-clock", daemon=True)
    clock.start()
    keeper = threading.Thread(target=_keep_snapshot, args=(app, stop), name="gridmap-keeper", daemon=True)
    keeper.start()
    hooks = threading.Thread(target=_send_hooks, args=(app, stop), name="gridmap-hooks", daemon=True)
    hooks.start()
    mails = threading.Thread(target=_send_mails, args=(app, stop), name="gridmap-mails", daemon=True)
    mails.start()
    watch = Watch(app.state.scans)
    watch.start()
    yield
    stop.set()
    watch.stop()
    bus: EventBus | None = getattr(app.state, "report_bus", None)
    if bus is not None:
        await anyio.to_thread.run_sync(bus.close)
    await anyio.to_thread.run_sync(clock.join, 5.0)
    bind = app.state.sessions.kw.get("bind")
    if bind is not None:
        bind.dispose()


def _keep_snapshot(app: FastAPI, stop: threading.Event) -> None:
    """Keep what scans are answered from, until `stop`; of all processes of this machine one does."""
    bind = app.state.sessions.kw.get("bind")
    if bind is None:
        return
    engine = make_engine(
        bind.url.render_as_string(hide_password=False), role=APP_ROLE, pool_size=2, name="gridmap-keeper"
    )
    try:
        Keeper(engine, scan_folder(app.state.settings)).run(stop)
    finally:
        engine.dispose()


def _send_hooks(app: FastAPI, stop: threading.Event) -> None:
    """Tell web hooks of residents' reports until `stop`; no message is sent by two workers."""
    bind = app.state.sessions.kw.get("bind")
    if bind is not None:
        settings = app.state.settings
        link = settings.staff_url or f"http://{settings.host}:{settings.port}"
        keep_sending(
            bind,
            app.state.report_desk.sealer,
            stop,
            link=link,
            tell=lambda event, facts: clock_log.info(event, **facts),
        )


def _send_mails(app: FastAPI, stop: threading.Event) -> None:
    """Send e-mail to staff until `stop`; without a mail server what waits is given up after a day."""
    bind = app.state.sessions.kw.get("bind")
    if bind is not None:
        settings = app.state.settings
        keep_mailing(
            bind,
            _mail_server(settings),
            stop,
            link=settings.staff_url or f"http://{settings.host}:{settings.port}",
            tell=lambda event, facts: clock_log.info(event, **facts),
        )


def _mail_server(settings: Settings) -> Server | None:
    """Return the mail server of `settings`, None where none is set."""
    if settings.smtp_host is None:
        return None
    return Server(
        settings.smtp_host, settings.smtp_port, settings.smtp_user or "", "" if settings.smtp_password is None else settings.smtp_password.get_secret_value(),
        settings.smtp_from, cast("Literal['starttls', 'tls', 'none']", settings.smtp_tls),
    )  # fmt: skip


def _keep_clock(app: FastAPI, stop: threading.Event) -> None:
    """Publish the editions whose time has come, take disputes' due steps, make shapes, forget old things; until `stop`.

    It has a connection of its own: publishing a large station takes a minute, and no request waits for it. Nothing that
    happens ends the clock.
    """
    bind = app.state.sessions.kw.get("bind")
    if bind is None:
        return
    engine = make_engine(
        bind.url.render_as_string(hide_password=False),
        role=APP_ROLE,
        statement_timeout_ms=app.state.settings.statement_timeout_ms,
        pool_size=1,
        name="gridmap-clock",
    )
    sessions = make_sessions(engine)
    pruned, published = time.monotonic(), float("-inf")
    disputes = DisputeClock(sessions)
    try:
        while not stop.wait(app.state.publish_every_s):
            try:
                while not stop.is_set() and _publish_one(sessions, app.state.settings):
                    pass
                _take_due_steps(disputes, stop)
                while not stop.is_set() and (made := shape_queue.make_next(bind, sessions)) is not None:
                    clock_log.info("shapes_made", station=made[0], edition_id=made[1], zones=made[2])
                if time.monotonic() - pruned > PRUNE_EVERY_S:
                    pruned = time.monotonic()
                    _forget(sessions, app.state.settings, stop)
                if app.state.public_view and time.monotonic() - published > PUBLIC_EVERY_S:
                    published = time.monotonic()
                    for station, quarter in public_view.make_due(sessions, datetime.now(UTC)):
                        clock_log.info("quarter_published", station=station, quarter=quarter)
            except GridmapError as error:
                clock_log.warning("clock_later", slug=error.slug)
            except Exception:  # noqa: BLE001  # the clock goes on: what is due stays due and is tried again
                clock_log.exception("clock_broken")
    finally:
        engine.dispose()


def _forget(sessions: sessionmaker[Session], settings: Settings, stop: threading.Event) -> None:
    """Delete what is known of old changes, and personal data of what ended long ago."""
    with named_errors(), sessions.begin() as session:
        data_version.prune(session)
    gone = retention.purge(
        sessions,
        datetime.now(UTC),
        contacts_days=settings.keep_contacts_days,
        papers_days=settings.keep_papers_days,
        stop=stop,
    )
    if gone.total():
        clock_log.info("personal_data_deleted", **gone)


def _take_due_steps(disputes: DisputeClock, stop: threading.Event) -> None:
    taken = disputes.tick(stop)
    if taken.total():
        clock_log.info("disputes_clock", **taken)


def _publish_one(sessions: sessionmaker[Session], settings: Settings) -> bool:
    """Publish one edition that is due; return whether there was one."""
    with named_errors(), sessions.begin() as session:
        due = reviews.publish_next_due(session, sliver_m=settings.sliver_m, tie_m=settings.tie_m)
    if due is not None:
        told = clock_log.info if due.published is not None else clock_log.error
        told(
            "published_due" if due.published is not None else "publish_due_refused",
            station=due.station,
            edition=due.number,
        )
    return due is not None
