"""What residents would feel: the expected minutes from call to arrival in each beat of a division."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import Invalid
from gridmap.geo import queueing

#: Minutes a call keeps an officer, the way included; and how fast they come [km/h]. Both are assumptions, told beside
#: the figure: it compares divisions, it does not promise minutes.
SERVICE_MIN: Final = 45.0
SPEED_KMH: Final = 25.0
_DAYS: Final = 365


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Minutes to arrival in each beat (k,), their mean over calls, and the share of calls another beat's officer takes."""

    minutes: NDArray[np.float64]
    mean_min: float
    elsewhere: float


def busiest_hour(calls: pd.DataFrame) -> float:
    """Return the share of a day's calls that come in its busiest hour; 1/24 where there are none."""
    hours = np.bincount(calls["hour"].to_numpy(dtype=np.int64), minlength=24)
    return float(hours.max() / hours.sum()) if hours.sum() else 1 / 24


def expected(
    calls: NDArray[np.float64],
    share: float,
    beat: NDArray[np.int64],
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    officer: NDArray[np.int64] | None = None,
) -> Expected | None:
    """Return the expected response in the busiest hour of a mean day.

    Parameters
    ----------
    calls
        (k,) calls a year of each beat.
    share
        Share of a day's calls in the hour.
    beat, places
        (d,) beat of each door (-1: none), and x and y of it [m, metric CRS]; the ways are those between the doors.
    officer
        (k,) officer of each beat, -1 for nobody; each waits in the one of their beats that calls most. One officer in
        every beat if None.

    Returns
    -------
    response
        None where it cannot be told: no call, a beat without a door, or more calls than all officers can take.
    """
    k = len(calls)
    inside = beat >= 0
    doors = np.bincount(beat[inside], minlength=k)
    if not calls.sum() or not doors.all():
        return None
    east, north = (np.bincount(beat[inside], weights=at[inside], minlength=k) / doors for at in places)
    spread = [
        np.sqrt(np.bincount(beat[inside], weights=(at[inside] - mean[beat[inside]]) ** 2, minlength=k) / doors)
        for at, mean in zip(places, (east, north), strict=True)
    ]
    # a uniform square of side s has a standard deviation of s / sqrt(12) each way
    ways = queueing.travel_minutes(east, north, 12 * spread[0] * spread[1], speed_kmh=SPEED_KMH)
    home = None
    if officer is not None and (officer >= 0).any():
        home = [
            max(np.flatnonzero(officer == one), key=lambda row: calls[row]) for one in np.unique(officer[officer >= 0])
        ]
    try:
        found = queueing.expected_response(calls / _DAYS * share, SERVICE_MIN, ways, home=home)
    except (Invalid, ValueError):
        return None
    return Expected(found.response_min, found.overall_response_min, found.overall_elsewhere)
