"""What every application of gridmap is wrapped in and connected to: the database, the key of cookies, the middleware."""

from __future__ import annotations

import secrets

from fastapi import FastAPI
from sqlalchemy.orm import Session, sessionmaker
from starlette.middleware.sessions import SessionMiddleware

from gridmap.errors import Invalid
from gridmap.http import log
from gridmap.http.body import BodyLimit
from gridmap.http.metrics import Metrics
from gridmap.http.security import SecurityHeaders, content_security_policy
from gridmap.settings import Settings
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions

SHORTEST_SECRET = 32


class NoDatabase(Invalid):
    """The service was not told where its database is."""

    slug, title = "no-database", "No database is set"


class WeakSecret(Invalid):
    """The key that signs cookies is too short to be one."""

    slug, title = "weak-secret", "The secret is too short"


def add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Wrap `app`; the one added last is outermost: headers, log, cookie, body, application."""
    secure = settings.secure_cookies
    app.add_middleware(BodyLimit, limit=settings.body_limit_bytes, file_limit=settings.file_limit_bytes)
    app.add_middleware(
        SessionMiddleware,
        secret_key=cookie_secret(settings),
        session_cookie="__Host-gridmap" if secure else "gridmap",
        max_age=int(settings.session_hours * 3600),
        same_site="lax",
        https_only=secure,
    )
    app.add_middleware(log.RequestLog, owner=app, metrics=metrics)
    app.add_middleware(SecurityHeaders, policy=content_security_policy(settings.basemap_url), secure=secure)


def connect(settings: Settings) -> sessionmaker[Session]:
    """Return sessions on the database of `settings`, as the role under row-level security.

    Raises
    ------
    NoDatabase
        If none is set.
    """
    if settings.database_url is None:
        raise NoDatabase("set GRIDMAP_DATABASE_URL, or start with `gridmap serve`, which uses gridmap's own cluster")
    engine = make_engine(
        settings.database_url,
        role=APP_ROLE,
        statement_timeout_ms=settings.statement_timeout_ms,
        pool_size=settings.pool_size,
        name="gridmap-service",
    )
    return make_sessions(engine)


def cookie_secret(settings: Settings) -> str:
    """Return the key that signs cookies: the one set, else one made for this process.

    Raises
    ------
    WeakSecret
        If the one set is shorter than 32 characters.
    """
    if settings.secret is None:
        return secrets.token_urlsafe(48)
    value = settings.secret.get_secret_value()
    if len(value) < SHORTEST_SECRET:
        raise WeakSecret(f"GRIDMAP_SECRET has {SHORTEST_SECRET} characters or more")
    return value
