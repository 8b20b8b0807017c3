"""When things happen: counts by hour of the day and day of the week, on the clock of the place.

References
----------
Times uncertain over a span (a theft found in the morning) are not spread here but in `gridmap.geo.aoristic`: Ratcliffe
(2002), "Aoristic Signatures and the Spatio-Temporal Analysis of High Volume Crime Patterns", J. Quant. Criminol. 18(1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from gridmap.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

STATION_ZONE: Final = "Asia/Shanghai"


class TimesWithoutZone(Invalid):
    """Times are not instants: they do not say in which time zone they are."""

    slug, title = "times-without-zone", "The times have no time zone"


class ZoneNotKnown(Invalid):
    """There is no time zone of that name."""

    slug, title = "zone-not-known", "The time zone is not known"


def hour_by_weekday(at: pd.Series[pd.Timestamp] | pd.DatetimeIndex, zone: str = STATION_ZONE) -> pd.DataFrame:
    """Return how many events fall into each hour of each weekday.

    >>> night = pd.Series(pd.to_datetime(["2024-03-31T16:30Z"]))  # Monday half past midnight in Shanghai
    >>> int(hour_by_weekday(night).loc[0, 0])
    1

    Parameters
    ----------
    at
        (n,) instants with a time zone, as stored in UTC; missing ones are left out.
    zone
        IANA name of the clock that the reader lives by.

    Returns
    -------
    counts
        (7, 24) int: `weekday` 0 (Monday) to 6 (Sunday) by `hour` 0 to 23.

    Raises
    ------
    TimesWithoutZone, ZoneNotKnown
    """
    local = local_times(at, zone)
    return _table(np.bincount(local.day_of_week * 24 + local.hour, minlength=168))


def hours_observed(since: datetime, until: datetime, zone: str = STATION_ZONE) -> pd.DataFrame:
    """Return how often each hour of each weekday began in a period, to turn counts into rates.

    Parameters
    ----------
    since, until
        The period [since, until), instants with a time zone.
    zone
        IANA name of the clock that the reader lives by.

    Returns
    -------
    occasions
        (7, 24) int, as `hour_by_weekday`. An hour that the clock skips or repeats is counted as it happens.

    Raises
    ------
    TimesWithoutZone, ZoneNotKnown
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise TimesWithoutZone("The period has no time zone; give its ends as instants, for example in UTC.")
    first = pd.Timestamp(since).tz_convert("UTC")
    begun = pd.date_range(first.ceil("15min"), pd.Timestamp(until).tz_convert("UTC"), freq="15min", inclusive="left")
    local = local_times(begun, zone)  # quarters, because some clocks are off UTC by 30 or 45 minutes
    return hour_by_weekday(begun[local.minute == 0], zone)


def local_times(at: pd.Series[pd.Timestamp] | pd.DatetimeIndex, zone: str = STATION_ZONE) -> pd.DatetimeIndex:
    """Return instants on the clock of a place; missing ones are left out.

    Parameters
    ----------
    at
        (n,) instants with a time zone.
    zone
        IANA name of the clock that the reader lives by.

    Raises
    ------
    TimesWithoutZone, ZoneNotKnown
    """
    times = pd.DatetimeIndex(at).dropna()
    if times.tz is None:
        raise TimesWithoutZone(f"{len(times)} times do not say their time zone; store instants, for example in UTC.")
    try:
        return times.tz_convert(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ZoneNotKnown(f"There is no time zone {zone!r}; give one like Asia/Shanghai.", zone=zone) from error


def whole_seconds(at: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return instants or days as whole seconds, and which of them are known.

    Parameters
    ----------
    at
        (n,) datetimes or numbers of days; missing ones become 0.
    """
    given = pd.Series(at).reset_index(drop=True)
    if pd.api.types.is_datetime64_any_dtype(given):
        known = given.notna().to_numpy()
        unzoned = given.dt.tz_convert("UTC").dt.tz_localize(None) if given.dt.tz is not None else given
        seconds = unzoned.to_numpy("datetime64[s]").astype(np.int64)
    else:
        numbers = given.to_numpy(np.float64, na_value=np.nan)
        known = np.isfinite(numbers)
        seconds = np.round(np.where(known, numbers, 0.0) * 86_400).astype(np.int64)
    return np.where(known, seconds, 0), known


def _table(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pd.DataFrame:
    weekdays, hours = pd.RangeIndex(7, name="weekday"), pd.RangeIndex(24, name="hour")
    return pd.DataFrame(counts.reshape(7, 24), index=weekdays, columns=hours)
