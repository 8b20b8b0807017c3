"""From where on a position counts as far from a plate's door, as this service is set."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from gridmap.domain.plate_life import Limits


def plate_limits(request: Request) -> Limits:
    """Return the limits of this service [m]."""
    settings = request.app.state.settings
    return Limits(settings.plate_near_m, settings.plate_far_m)


LimitsDep = Annotated[Limits, Depends(plate_limits)]
