"""Hours of the week in which somebody is on duty, zone by zone: coverage in space and time from a roster's spans.

Every span is cut at the quarters of the hour, and each quarter is filed under the hour of the week that the station's
clock shows then. So a clock that is put forward or back is counted as it happens: an hour that is skipped takes no time,
one that is repeated takes twice as much.

References
----------
The cover of a union of intervals by its cumulated length: Klee (1977), "Can the measure of the union of [a_i, b_i] be
computed in less than O(n log n) steps?", American Mathematical Monthly 84(4), 284-285.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from gridmap.errors import Invalid
from gridmap.geo.timeline import STATION_ZONE, TimesWithoutZone, hour_by_weekday

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

HOURS_OF_WEEK: Final = 168
_QUARTER: Final = 900.0  # [s]; some clocks are off UTC by 30 or 45 minutes, none by less than a quarter


class BadSpans(Invalid):
    """Spans of duty whose ends, zones or period do not fit together."""

    slug, title = "bad-spans", "The spans of duty do not fit together"


@dataclass(frozen=True, slots=True)
class DutyHours:
    """How much of each hour of the week was covered in a period.

    `seconds` (168,): how long each hour of the week was in the period, Monday 0:00 first; 0 where it did not occur.
    `covered` (z, 168): how much of that somebody was on duty in each zone [s].
    """

    seconds: Floats
    covered: Floats

    @property
    def share(self) -> Floats:
        """Return the covered share of each hour, (z, 168) in [0, 1]; NaN where the hour did not occur."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(self.seconds > 0, self.covered / self.seconds, np.nan), dtype=np.float64)

    @property
    def uncovered_hours(self) -> Floats:
        """Return the time without anybody, (z,) [h]."""
        return np.asarray((self.seconds.sum() - self.covered.sum(axis=1)) / 3600, dtype=np.float64)


def duty_hours(
    zone: ArrayLike, start: ArrayLike, end: ArrayLike, zones: int, *, since: datetime, until: datetime,
    clock: str = STATION_ZONE,
) -> DutyHours:  # fmt: skip
    """Return how much of each hour of the week is covered in each zone; two on duty at once count once.

    Parameters
    ----------
    zone
        (n,) row of the zone a span of duty is for, 0 to `zones` - 1.
    start, end
        (n,) the span [start, end) in seconds since 1970 UTC; what lies outside the period is left out.
    zones
        How many zones there are (z); one without a span is never covered.
    since, until
        The period [since, until), instants with a time zone.
    clock
        IANA name of the clock that the station lives by.

    Returns
    -------
    hours
        Hours of the week by the station's clock.

    Raises
    ------
    BadSpans
        If sizes differ, a zone is none of the `zones`, an end is not finite or before its start, or the period is empty.
    TimesWithoutZone, ZoneNotKnown
        As `timeline.hours_observed`.
    """
    rows, first, last = merged(zone, start, end, zones)
    begin, stop = _period(since, until)
    edges = np.concatenate(
        [[begin], np.arange(np.ceil(begin / _QUARTER + 1e-9), np.ceil(stop / _QUARTER)) * _QUARTER, [stop]]
    )
    slot = _hour_of_week(edges[:-1], clock)
    seconds: Floats = np.bincount(slot, np.diff(edges), HOURS_OF_WEEK).astype(np.float64)
    covered = np.zeros((zones, HOURS_OF_WEEK))
    cuts = np.searchsorted(rows, np.arange(zones + 1))
    for row in range(zones):
        mine = slice(cuts[row], cuts[row + 1])
        if mine.start == mine.stop:
            continue
        length = np.cumsum(last[mine] - first[mine])
        knots = np.column_stack([first[mine], last[mine]]).ravel()
        reached = np.column_stack([length - (last[mine] - first[mine]), length]).ravel()
        covered[row] = np.bincount(slot, np.diff(np.interp(edges, knots, reached)), HOURS_OF_WEEK)
    return DutyHours(seconds, covered)


def uncovered_spans(
    zone: ArrayLike, start: ArrayLike, end: ArrayLike, zones: int, *, since: datetime, until: datetime
) -> tuple[Ints, Floats, Floats]:
    """Return the spans of a period in which nobody is on duty, as (zone, start, end), by zone and time.

    Parameters and errors as `duty_hours`; a zone without any span is uncovered for the whole period.
    """
    rows, first, last = merged(zone, start, end, zones)
    begin, stop = _period(since, until)
    first, last = np.clip(first, begin, stop), np.clip(last, begin, stop)
    every = np.arange(zones)
    # Before each span ends what the one before it left open; after the last one, the period does.
    owner = np.concatenate([every, rows])
    opens = np.concatenate([np.full(zones, begin), last])
    order = np.lexsort((opens, owner))
    owner, opens = owner[order], opens[order]
    closes = np.concatenate([first, np.full(zones, stop)])
    closer = np.concatenate([rows, every])
    closes = closes[np.lexsort((closes, closer))]
    empty = closes > opens
    return owner[empty], opens[empty], closes[empty]


def merged(zone: ArrayLike, start: ArrayLike, end: ArrayLike, zones: int) -> tuple[Ints, Floats, Floats]:
    """Return the union of spans, zone by zone: (zone, start, end), disjoint, not touching, by zone and time.

    Parameters and errors as `duty_hours`.
    """
    row = np.asarray(zone, dtype=np.int64)
    first, last = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    if not row.shape == first.shape == last.shape or row.ndim != 1:
        raise BadSpans(f"{row.size} zones, {first.size} starts, {last.size} ends; give one of each for each span")
    if row.size and (row.min() < 0 or row.max() >= zones):
        raise BadSpans(f"a span is for zone {row.max()}; there are zones 0 to {zones - 1}")
    if not (np.isfinite(first).all() and np.isfinite(last).all()) or (last < first).any():
        raise BadSpans("a span of duty ends before it begins, or has no end; give finite times in order")
    keep = last > first
    row, first, last = row[keep], first[keep], last[keep]
    order = np.lexsort((first, row))
    row, first, last = row[order], first[order], last[order]
    if not row.size:
        return row, first, last
    # The zone's number lifts its times above those of the zones before it, so that one running maximum serves all.
    low, high = first.min(), last.max()
    step = high - low + 1.0
    lift = row * step - low
    reach = np.maximum.accumulate(last + lift)
    fresh = np.concatenate([[True], (first + lift)[1:] > reach[:-1]])
    begins = np.flatnonzero(fresh)
    return row[begins], first[begins], np.maximum.reduceat(last, begins)


def _period(since: datetime, until: datetime) -> tuple[float, float]:
    if since.tzinfo is None or until.tzinfo is None:
        raise TimesWithoutZone("The period has no time zone; give its ends as instants, for example in UTC.")
    if until <= since:
        raise BadSpans(f"the period ends at {until} and begins at {since}; put the earlier time first")
    return since.timestamp(), until.timestamp()


def _hour_of_week(seconds: Floats, clock: str) -> Ints:
    """Return the hour of the week (0 is Monday 0:00) that a clock shows at each of (n,) instants."""
    begun: Any = pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True))
    hour_by_weekday(begun[:0], clock)  # names a clock that is not known
    local = begun.tz_convert(clock)
    return np.asarray(local.day_of_week * 24 + local.hour, dtype=np.int64)
