"""The days an address asks figures of, and the shelf on which a process keeps figures for a minute."""

from __future__ import annotations

import threading
from datetime import date
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request

from gridmap.services.disputes.figure_asking import AskedSpan
from gridmap.services.disputes.figure_shelf import FigureShelf
from gridmap.services.disputes.figures import QUIET, QUIET_LEAST, QUIET_MOST

_LOCK: Final = threading.Lock()


def asked_span(
    *,
    period: Annotated[
        str, Query(max_length=10, description="`week`, `month`, `quarter`, `year`, or `own` with `since` and `until`.")
    ] = "month",
    day: Annotated[
        date | None, Query(description="A day of that period; the newest on record where none is given.")
    ] = None,
    since: Annotated[date | None, Query(description="First day of your own.", examples=["2025-11-01"])] = None,
    until: Annotated[date | None, Query(description="Last day of your own.", examples=["2026-10-31"])] = None,
) -> AskedSpan:
    """Return which days an address asks for."""
    return AskedSpan(period, day, since, until)


def shelf(request: Request) -> FigureShelf:
    """Return the shelf of this service; the first who asks puts it up."""
    state: Any = request.app.state
    with _LOCK:
        found: FigureShelf | None = getattr(state, "figure_shelf", None)
        if found is None:
            found = state.figure_shelf = FigureShelf()
    return found


AskedSpanDep = Annotated[AskedSpan, Depends(asked_span)]
FigureShelfDep = Annotated[FigureShelf, Depends(shelf)]
QuietDays = Annotated[
    int, Query(ge=QUIET_LEAST, le=QUIET_MOST, description="Tell cells and villages without a case for so many days.")
]
QUIET_DAYS: Final = QUIET
