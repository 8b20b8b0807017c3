"""Is the service alive, can it answer, and what does it count."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from gridmap.errors import NotFound, Unavailable
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.store.driver_errors import DatabaseAway

router = APIRouter(tags=["service"])
LOOPBACK = frozenset({"127.0.0.1", "::1"})


class NotReady(Unavailable):
    """The database is reached but not at the tables this gridmap expects."""

    slug, title = "not-ready", "Not ready"


class MetricsElsewhere(NotFound):
    """Metrics are told on this machine only."""

    slug, title = "nothing-here", "There is nothing here"


class Live(BaseModel):
    """The process answers."""

    status: str = "live"


class Ready(BaseModel):
    """The service can answer."""

    status: str = "ready"
    migration: Annotated[str, Field(description="Where the database's tables stand.", examples=["0003"])]


@router.get("/health/live", summary="The process answers")
async def live() -> Live:
    """Answer as long as the process does; asks nothing of the database."""
    return Live()


@router.get("/health/ready", summary="The service can answer", responses=problems(NotReady, DatabaseAway))
def ready(session: SessionDep) -> Ready:
    """Say whether the database answers and stands at the newest migration."""
    # Loaded when asked: it brings the migrations along, which a process for residents goes without.
    from gridmap.store import health  # noqa: PLC0415

    expected, found = health.expected(), health.migration(session)
    if found != expected:
        raise NotReady(
            f"the database stands at {found}, this gridmap needs {expected}; run `gridmap db upgrade`",
            found=found,
            expected=expected,
        )
    return Ready(migration=expected)


@router.get("/metrics", summary="Counts for Prometheus", response_class=Response, responses=problems(MetricsElsewhere))
async def metrics(request: Request) -> Response:
    """Return the metrics of this process, to this machine only: labels tell routes, but load is nobody's business."""
    if request.client is None or request.client.host not in LOOPBACK:
        raise MetricsElsewhere("there is nothing here")
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
