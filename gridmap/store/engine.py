"""Connections: an engine, a session factory, and the scope a transaction reads in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

#: The role the service runs as: subject to row-level security, owner of nothing.
APP_ROLE = "gridmap_app"


def make_engine(
    url: str, *, role: str | None = None, statement_timeout_ms: int = 0, pool_size: int = 5, name: str = "gridmap"
) -> Engine:
    """Return an engine for the database at `url`.

    Parameters
    ----------
    url
        SQLAlchemy URL, `postgresql+psycopg://…`.
    role
        Role every connection acts as from its first statement; `APP_ROLE` for the service, None for the command line.
    statement_timeout_ms
        Longest one statement may run [ms]; 0 is without limit.
    pool_size
        Connections kept and lent at most; a further request waits 3 s for one.
    """
    options = [f"-c statement_timeout={statement_timeout_ms}", "-c timezone=UTC", "-c lock_timeout=10000"]
    if role is not None:
        options.append(f"-c role={role}")
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=3,
        pool_pre_ping=True,
        connect_args={"options": " ".join(options), "connect_timeout": 3, "application_name": name},
    )


@contextmanager
def own_engine(bind: Engine, *, name: str, pool_size: int, statement_timeout_ms: int = 5_000) -> Iterator[Engine]:
    """Lend a thread of the service connections of its own to the database of `bind`; they are closed at the end.

    Parameters
    ----------
    bind
        The service's engine.
    name
        What the database's operator sees of the connections, "gridmap-mails".
    """
    engine = make_engine(
        bind.url.render_as_string(hide_password=False),
        role=APP_ROLE,
        statement_timeout_ms=statement_timeout_ms,
        pool_size=pool_size,
        name=name,
    )
    try:
        yield engine
    finally:
        engine.dispose()


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Return the session factory of `engine`; use it as `with sessions.begin() as session:`."""
    return sessionmaker(engine, expire_on_commit=False)


def let_log_in(session: Session) -> None:
    """Let the service log in as `APP_ROLE` itself; for a cluster where the operating system says who somebody is.

    A connection that was never the owner's cannot become it again, whatever SQL it is made to run.
    """
    session.execute(text(f"ALTER ROLE {APP_ROLE} LOGIN"))


def enter_scope(session: Session, stations: Iterable[str]) -> None:
    """Let the present transaction of `session` see `stations` and no others (row-level security); one statement.

    The setting ends with the transaction, so a pooled connection carries nothing to the next person.
    """
    session.execute(text("SELECT set_config('gridmap.stations', :stations, true)"), {"stations": ",".join(stations)})
