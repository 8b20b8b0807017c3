"""Counts on the calendar of a place: by month, by season, and around festivals, each beside what the days let expect.

A month half observed is not a quiet month: every count stands with the days it was collected in, and with the exact
interval of its rate. A festival is compared with the same weekdays of the weeks around it, outside all festivals, so
that neither the weekend nor the season passes for the festival.

References
----------
Garwood (1936), "Fiducial Limits for the Poisson Distribution", Biometrika 28, 437-442: intervals of rates.
Krishnamoorthy & Thomson (2004), see `gridmap.geo.change_tests`, for festivals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import special

from gridmap.errors import Invalid
from gridmap.geo.change_tests import compare_counts
from gridmap.geo.gistar import false_discovery_rate
from gridmap.geo.timeline import STATION_ZONE, TimesWithoutZone, local_times

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

SEASONS: Final = ("winter", "spring", "summer", "autumn")  # December to February, and so on
PHASES: Final = ("before", "during", "after")
LEVEL: Final = 0.95


class CalendarWrong(Invalid):
    """A period ends before it begins, or a festival does."""

    slug, title = "calendar-wrong", "The period or festival is wrong"


def by_month(at: Any, since: datetime, until: datetime, zone: str = STATION_ZONE) -> pd.DataFrame:
    """Return events, days observed and events a day of each month of a period.

    Parameters
    ----------
    at
        (n,) instants with a time zone; those outside the period and missing ones are left out.
    since, until
        The period [since, until), instants with a time zone.
    zone
        IANA name of the clock whose months count.

    Returns
    -------
    months
        In order of time: `year`, `month` (1 to 12), `events`, `days` (observed, a part of a day as such), `per_day`,
        `low`, `high` (95 % interval of the rate, exact for events independent of each other).

    Raises
    ------
    CalendarWrong, TimesWithoutZone, ZoneNotKnown
    """
    begin, end, times = _period(at, since, until, zone)
    first = begin.tz_localize(None).to_period("M").to_timestamp()
    months = pd.date_range(first, end.tz_localize(None), freq="MS").tz_localize(
        begin.tz, ambiguous=True, nonexistent="shift_forward"
    )
    edges = months.append(pd.DatetimeIndex([end])) if months[-1] < end else months
    starts = pd.DatetimeIndex(edges[:-1])
    lasting = np.diff(pd.DatetimeIndex(edges.where(edges > begin, begin)).as_unit("s").asi8) / 86_400
    number = (times.year - starts[0].year) * 12 + times.month - starts[0].month
    table = pd.DataFrame({"year": starts.year, "month": starts.month})
    return _rates(table.assign(events=np.bincount(number, minlength=len(starts)), days=lasting))


def by_season(at: Any, since: datetime, until: datetime, zone: str = STATION_ZONE) -> pd.DataFrame:
    """Return events, days observed and events a day of each season, all years together.

    Parameters
    ----------
    at, since, until, zone
        As in `by_month`.

    Returns
    -------
    seasons
        (4,) rows: `season` (winter is December to February), `events`, `days`, `per_day`, `low`, `high`; nothing is
        said (missing) of a season that was not observed.

    Raises
    ------
    CalendarWrong, TimesWithoutZone, ZoneNotKnown
    """
    months = by_month(at, since, until, zone)
    season = months["month"] % 12 // 3
    sums = months.groupby(season)[["events", "days"]].sum().reindex(range(4), fill_value=0)
    return _rates(
        pd.DataFrame({"season": SEASONS, "events": sums["events"].to_numpy(), "days": sums["days"].to_numpy()})
    )


def around_festivals(
    at: Any,
    festivals: pd.DataFrame,
    since: datetime,
    until: datetime,
    zone: str = STATION_ZONE,
    *,
    window_days: int = 7,
    nearby_days: int = 35,
) -> pd.DataFrame:
    """Return whether more or fewer events than usual fell before, during and after each festival.

    What is usual: the mean of the same weekday on the `nearby_days` on each side of the festival's windows, all years
    together, leaving out the windows of every festival. Where two windows overlap a day counts for both festivals.

    Parameters
    ----------
    at
        (n,) instants with a time zone; missing ones are left out.
    festivals
        One row a festival and year: `festival` (name), `first` and `last` (dates).
    since, until
        The period observed [since, until), instants with a time zone; only its whole days count.
    zone
        IANA name of the clock whose days count.
    window_days
        Length of the windows before and after [days].
    nearby_days
        How far usual days may lie from a festival's windows [days].

    Returns
    -------
    result
        Rows of `festival` by `phase` (before, during, after): `days` (observed), `events`, `expected`, `ratio`, `low`,
        `high` (95 %, exact), `p` (two-sided) and `q` (false discovery rate over the rows). Without usual days nearby
        nothing is expected or compared (missing).

    Raises
    ------
    CalendarWrong, TimesWithoutZone, ZoneNotKnown
    """
    begin, end, times = _period(at, since, until, zone)
    first = int(np.ceil(_day(begin)))
    days = np.arange(first, int(np.floor(_day(end))))
    number = np.floor(times.tz_localize(None).as_unit("s").asi8 / 86_400).astype(np.int64) - first
    count = np.bincount(number[(number >= 0) & (number < len(days))], minlength=len(days))
    starts, stops = (pd.DatetimeIndex(festivals[name]).as_unit("s").asi8 // 86_400 for name in ("first", "last"))
    if (stops < starts).any() or window_days < 0 or nearby_days < 1:
        raise CalendarWrong("A festival ends before it begins, or a window has no length.")
    usual = np.ones(len(days), dtype=bool)
    for start, stop in zip(starts, stops, strict=True):
        usual &= (days < start - window_days) | (days > stop + window_days)
    rows = []
    for name in pd.unique(festivals["festival"]):
        held = (festivals["festival"] == name).to_numpy()
        rows += _phases(str(name), days, count, usual, (starts[held], stops[held]), (window_days, nearby_days))
    result = pd.DataFrame(
        rows, columns=["festival", "phase", "days", "events", "expected", "ratio", "low", "high", "p"]
    )
    p = result["p"].to_numpy(np.float64)
    return result.assign(q=np.where(np.isnan(p), np.nan, false_discovery_rate(np.where(np.isnan(p), 1.0, p))))


def _phases(
    name: str, days: Integers, count: Integers, usual: NDArray[np.bool_], dates: tuple[Any, Any], reach: tuple[int, int]
) -> list[tuple[Any, ...]]:
    """Return the three rows of one festival."""
    window, nearby = reach
    masks = {phase: np.zeros(len(days), dtype=bool) for phase in PHASES}
    around = np.zeros(len(days), dtype=bool)
    for start, stop in zip(*dates, strict=True):
        masks["before"] |= (days >= start - window) & (days < start)
        masks["during"] |= (days >= start) & (days <= stop)
        masks["after"] |= (days > stop) & (days <= stop + window)
        around |= (days >= start - window - nearby) & (days <= stop + window + nearby)
    around &= usual
    weekday = days % 7
    base_days, base = (
        np.bincount(weekday[around], minlength=7),
        np.bincount(weekday[around], count[around], minlength=7),
    )
    rows: list[tuple[Any, ...]] = []
    for phase, mask in masks.items():
        here, events = np.bincount(weekday[mask], minlength=7), int(count[mask].sum())
        if not mask.any() or (base_days[here > 0] == 0).any():
            rows.append((name, phase, int(mask.sum()), events, *[np.nan] * 5))
            continue
        expected = float((here * base / np.maximum(base_days, 1)).sum())
        exposure = expected / base.sum() * around.sum() if expected > 0 else float(mask.sum())
        found = compare_counts(int(base.sum()), events, exposure_before=float(around.sum()), exposure_after=exposure)
        rows.append((name, phase, int(mask.sum()), events, expected, *found.loc[0, ["ratio", "low", "high", "p"]]))
    return rows


def _period(
    at: Any, since: datetime, until: datetime, zone: str
) -> tuple[pd.Timestamp, pd.Timestamp, pd.DatetimeIndex]:
    if since.tzinfo is None or until.tzinfo is None:
        raise TimesWithoutZone("The period has no time zone; give its ends as instants, for example in UTC.")
    begin, end = local_times(pd.DatetimeIndex([since, until]).tz_convert("UTC"), zone)
    if not begin < end:
        raise CalendarWrong(f"The period from {since} to {until} has no length.")
    times = local_times(at, zone)
    return begin, end, times[(times >= begin) & (times < end)]


def _day(moment: pd.Timestamp) -> float:
    """Return a moment in days of its own clock since 1970."""
    return float(moment.tz_localize(None).timestamp() / 86_400)


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    events, days = table["events"].to_numpy(np.float64), table["days"].to_numpy(np.float64)
    seen = np.where(days > 0, days, np.nan)
    low = np.where(events > 0, special.gammaincinv(np.maximum(events, 1), (1 - LEVEL) / 2), 0.0)
    high = special.gammainccinv(events + 1, (1 - LEVEL) / 2)
    return table.assign(per_day=events / seen, low=low / seen, high=high / seen)
