"""What every application of gridmap is wrapped in and connected to: the database, the key of cookies, the middleware."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode

import anyio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker
from starlette.middleware.sessions import SessionMiddleware

from gridmap.errors import Invalid
from gridmap.http import log
from gridmap.http.body import BodyLimit
from gridmap.http.metrics import Metrics
from gridmap.http.reports import ReportDesk
from gridmap.http.security import SecurityHeaders, content_security_policy
from gridmap.services.reports.keys import Keys
from gridmap.services.sealing import KEY_BYTES, Sealer, SealKeyNotValid
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
        secret_key=_plain(settings.secret),
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


def with_keys(settings: Settings) -> Settings:
    """Return `settings` with every key that is missing made for this process.

    Cookies, receipts and what is sealed then end with the process: `gridmap serve` fills in keys that last.

    Raises
    ------
    WeakSecret
        If the secret set is shorter than 32 characters.
    """
    made: dict[str, SecretStr] = {}
    if settings.secret is None:
        made["secret"] = SecretStr(secrets.token_urlsafe(48))
    elif len(settings.secret.get_secret_value()) < SHORTEST_SECRET:
        raise WeakSecret(f"GRIDMAP_SECRET has {SHORTEST_SECRET} characters or more")
    if settings.seal_key is None:
        made["seal_key"] = SecretStr(b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    return settings.model_copy(update=made)


def sealer_of(settings: Settings) -> Sealer:
    """Return what seals with the key of `settings`.

    Raises
    ------
    SealKeyNotValid
        If it is no 32 bytes in base64.
    """
    given = "" if settings.seal_key is None else settings.seal_key.get_secret_value()
    try:
        return Sealer(b64decode(given, validate=True))
    except ValueError as error:
        raise SealKeyNotValid(f"GRIDMAP_SEAL_KEY is {KEY_BYTES} bytes in base64") from error


def report_desk(settings: Settings, sessions: sessionmaker[Session], seats: anyio.Semaphore) -> ReportDesk:
    """Return the desk that takes residents' reports in this process."""
    return ReportDesk(sessions, seats, Keys(_plain(settings.secret)), sealer_of(settings))


def _plain(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
