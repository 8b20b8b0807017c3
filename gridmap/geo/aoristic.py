"""Times known only as a span: a bicycle was there at ten in the evening and gone at seven.

Each event has a weight of 1 that is spread evenly over its span, to the second and on the clock of the place: of nine
hours in the dark each gets a ninth. An hour that the clock skips gets nothing, one that it repeats gets both. A span of
more than a week says nothing about the hour, so each of the 168 gets the same. Where all times are instants the result
is that of `gridmap.geo.timeline.hour_by_weekday`. Taking the middle of a span, or its end, invents a peak instead.

References
----------
Ratcliffe & McCullagh (1998), "Aoristic Crime Analysis", Int. J. Geogr. Inf. Sci. 12(7), 751-764.
Ratcliffe (2002), "Aoristic Signatures and the Spatio-Temporal Analysis of High Volume Crime Patterns", J. Quant. Criminol.
18(1), 23-43.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from gridmap.errors import Invalid
from gridmap.geo.timeline import STATION_ZONE, TimesWithoutZone, hour_by_weekday, local_times, whole_seconds

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

WEEK_S: Final = 7 * 86_400
_QUARTER_S: Final = 900  # all clocks in use are off UTC by whole quarters of an hour


class SpanWrong(Invalid):
    """A span ends before it begins, or the hours and weekdays asked for do not exist."""

    slug, title = "span-wrong", "The span of time is wrong"


def aoristic_by_weekday(at: Any, until: Any, zone: str = STATION_ZONE) -> pd.DataFrame:
    """Return the weight of events in each hour of each weekday.

    >>> night = pd.to_datetime(["2024-03-31T14:00Z"]), pd.to_datetime(["2024-03-31T18:00Z"])  # 22:00 to 02:00
    >>> aoristic_by_weekday(*night).loc[[6, 0], [23, 0]].to_numpy().tolist()
    [[0.25, 0.0], [0.0, 0.25]]

    Parameters
    ----------
    at
        (n,) first possible instants with a time zone; events without one are left out.
    until
        (n,) last possible instants; missing where `at` is the very time.
    zone
        IANA name of the clock that the reader lives by.

    Returns
    -------
    weights
        (7, 24) float: `weekday` 0 (Monday) to 6 by `hour`; the sum is the number of events with a time.

    Raises
    ------
    SpanWrong, TimesWithoutZone, ZoneNotKnown
    """
    spans = _spans(at, until)
    instants = pd.to_datetime(spans.start[spans.length == 0], unit="s", utc=True)
    table = hour_by_weekday(instants, zone).astype(np.float64)
    table += float((spans.length > WEEK_S).sum()) / 168
    short = (spans.length > 0) & (spans.length <= WEEK_S)
    start, stop, length = spans.start[short], spans.start[short] + spans.length[short], spans.length[short]
    if len(start):
        base = int(start.min()) // _QUARTER_S
        slot = _slots(base, int(stop.max()) // _QUARTER_S, zone)
        first, last = start // _QUARTER_S - base, stop // _QUARTER_S - base
        weight = np.zeros(len(slot) + 1)
        one = first == last
        weight[: len(slot)] += np.bincount(first[one], minlength=len(slot))
        first, last, start, stop, length = (each[~one] for each in (first, last, start, stop, length))
        np.add.at(weight, first, ((first + base + 1) * _QUARTER_S - start) / length)
        np.add.at(weight, last, (stop - (last + base) * _QUARTER_S) / length)
        whole = np.zeros(len(slot) + 1)  # whole quarters between the two ends, as steps up and down
        between = last > first + 1
        np.add.at(whole, first[between] + 1, _QUARTER_S / length[between])
        np.add.at(whole, last[between], -_QUARTER_S / length[between])
        weight += np.maximum(np.cumsum(whole), 0.0)
        table += np.bincount(slot, weights=weight[:-1], minlength=168).reshape(7, 24)
    return table


def in_hours(
    at: Any,
    until: Any = None,
    *,
    hours: Collection[int] = range(24),
    weekdays: Collection[int] = range(7),
    zone: str = STATION_ZONE,
) -> Floats:
    """Return how probable it is that each event fell into some hours of some weekdays: its weight on a filtered map.

    >>> at, until = pd.to_datetime(["2024-03-31T14:00Z"]), pd.to_datetime(["2024-03-31T18:00Z"])  # 22:00 to 02:00
    >>> float(in_hours(at, until, hours={22, 23})[0]), float(in_hours(at, hours={22, 23})[0])
    (0.5, 1.0)

    Parameters
    ----------
    at, until
        (n,) instants as in `aoristic_by_weekday`; without `until` all are instants, and weights are 0 or 1.
    hours
        Hours of the day, 0 to 23; see `hours_between` for nights.
    weekdays
        0 (Monday) to 6, by the calendar: the small hours of Saturday are Saturday's.
    zone
        IANA name of the clock that the reader lives by.

    Returns
    -------
    weight
        (n,) 0 to 1; 0 where no time is known.

    Raises
    ------
    SpanWrong, TimesWithoutZone, ZoneNotKnown
    """
    spans = _spans(at, until)
    wanted = _wanted(hours, weekdays)
    weight = np.zeros(len(spans.known))
    if not len(spans.start):
        return weight
    stop = spans.start + np.where(spans.length <= WEEK_S, spans.length, 0)
    base = int(spans.start.min()) // _QUARTER_S
    chosen = wanted[_slots(base, int(stop.max()) // _QUARTER_S, zone)].astype(np.int64)
    before = np.concatenate([[0], np.cumsum(chosen)])

    def seconds_chosen(time: Integers) -> Integers:
        quarter = time // _QUARTER_S - base
        return np.asarray(before[quarter] * _QUARTER_S + (time - (quarter + base) * _QUARTER_S) * chosen[quarter])

    inside = (seconds_chosen(stop) - seconds_chosen(spans.start)) / np.maximum(spans.length, 1)
    inside = np.where(spans.length == 0, chosen[spans.start // _QUARTER_S - base], inside)
    weight[spans.known] = np.where(spans.length > WEEK_S, wanted.mean(), inside)
    return weight


def hours_between(first: int, end: int) -> frozenset[int]:
    """Return the hours of the day from `first` to before `end`, over midnight if need be; all if both are equal.

    >>> sorted(hours_between(22, 2))
    [0, 1, 22, 23]
    """
    return frozenset((first + step) % 24 for step in range((end - first) % 24 or 24))


@dataclass(frozen=True, slots=True)
class _Spans:
    """Spans that have a beginning [s since 1970] and a length [s], and which of the given ones they are."""

    start: Integers
    length: Integers
    known: NDArray[np.bool_]


def _spans(at: Any, until: Any) -> _Spans:
    begin = _instants(at)
    end = begin if until is None else _instants(until)
    if len(begin) != len(end):
        raise SpanWrong(f"{len(begin)} beginnings and {len(end)} ends; give as many of each.")
    start, known = whole_seconds(begin)
    stop, ended = whole_seconds(end)
    length = np.where(ended, stop - start, 0)[known]
    if (length < 0).any():
        raise SpanWrong(f"{int((length < 0).sum())} spans end before they begin; put the earlier time first.")
    return _Spans(start[known], length, known)


def _instants(times: Any) -> pd.Series[Any]:
    given = pd.Series(times).reset_index(drop=True)
    if given.isna().all():
        return pd.Series(pd.NaT, index=given.index, dtype="datetime64[s, UTC]")
    if not isinstance(given.dtype, pd.DatetimeTZDtype):
        raise TimesWithoutZone(f"{len(given)} times do not say their time zone; store instants, for example in UTC.")
    return given


def _slots(first: int, last: int, zone: str) -> Integers:
    """Return the hour of the week of each quarter of an hour, counted from 1970."""
    local = local_times(pd.to_datetime(np.arange(first, last + 1) * _QUARTER_S, unit="s", utc=True), zone)
    return np.asarray(local.day_of_week * 24 + local.hour, dtype=np.int64)


def _wanted(hours: Collection[int], weekdays: Collection[int]) -> NDArray[np.bool_]:
    if not set(hours) <= set(range(24)) or not set(weekdays) <= set(range(7)):
        raise SpanWrong("Hours are 0 to 23 and weekdays 0 (Monday) to 6.")
    wanted = np.zeros((7, 24), dtype=bool)
    wanted[np.ix_(sorted(set(weekdays)), sorted(set(hours)))] = True
    return wanted.ravel()
