"""What a request for features wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import shapely

from gridmap.services.ogc.systems import System


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants: at most `limit` features behind `after`, in a region, a span and with some values."""

    system: System
    limit: int
    after: str | None = None
    region: tuple[shapely.Geometry, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    equal: Mapping[str, Any] = field(default_factory=dict)
