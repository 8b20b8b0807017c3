"""Moments that programs send: with an offset, and within what every part of the house can hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _within(moment: datetime) -> datetime:
    """Keep to times that every part of the house can hold."""
    if not FIRST <= moment < LAST:
        raise ValueError("a time from 1970 up to 2200")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_within)]
