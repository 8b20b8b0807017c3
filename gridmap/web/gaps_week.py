"""The hours of the week as the page draws them: a strip for each beat, and a table of days and hours for one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gridmap.services.coverage import Week
from gridmap.web import shell
from gridmap.web.words import WEEKDAYS, Language, say

#: Classes of an hour: somebody all of it, part of it, nobody.
FULL, PART, NONE = "full", "part", "none"
#: Strips drawn; beats with hours of nobody come first.
MOST_STRIPS: Final = 60
_NEARLY: Final = 1e-6


def classes(share: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the class of each hour by its covered share; an hour that did not occur counts as covered.

    >>> classes(np.array([1.0, 0.25, 0.0, np.nan])).tolist()
    ['full', 'part', 'none', 'full']
    """
    told = np.where(share >= 1 - _NEARLY, FULL, np.where(share <= _NEARLY, NONE, PART))
    return np.asarray(np.where(np.isnan(share), FULL, told), dtype=object)


def week_chart(week: Week, language: Language, *, zone: str = "") -> dict[str, Any]:
    """Return a strip for each beat (or for `zone` alone): `rows` of `code`, `name`, `uncovered`, `runs`, and `left` out.

    A run is [first hour, hours, class, words]; hours are counted from Monday 0:00.
    """
    of = classes(week.share)
    beats = week.beats.reset_index(drop=True)
    order = np.lexsort((np.arange(len(beats)), -beats["uncovered"].round(3)))
    rows = [n for n in order.tolist() if not zone or beats["code"].iloc[n] == zone]
    return {
        "rows": [
            {
                "code": beats["code"].iloc[n],
                "name": shell.name_of(beats.iloc[n].to_dict(), language),
                "uncovered": float(beats["uncovered"].iloc[n]),
                "runs": _runs(of[n], language),
            }
            for n in rows[:MOST_STRIPS]
        ],
        "left": max(0, len(rows) - MOST_STRIPS),
        "days": [names[0 if language == "zh" else 1] for names in WEEKDAYS],
        "now": week.now,
    }


def week_table(week: Week, language: Language, zone: str) -> dict[str, Any] | None:
    """Return the week of one beat as a table: `days` of (name, 24 of (class, covered share in percent)); None if unknown."""
    at = np.flatnonzero((week.beats["code"] == zone).to_numpy())
    if not len(at):
        return None
    share = week.share[at[0]].reshape(7, 24)
    of = classes(share)
    place = 0 if language == "zh" else 1
    days = [
        (
            WEEKDAYS[day][place],
            [(of[day, hour], round(100 * float(np.nan_to_num(share[day, hour], nan=1.0)))) for hour in range(24)],
        )
        for day in range(7)
    ]
    return {
        "name": shell.name_of(week.beats.iloc[at[0]].to_dict(), language),
        "days": days,
        "now": divmod(week.now, 24),
    }


def _runs(of: NDArray[np.object_], language: Language) -> list[list[Any]]:
    """Return runs of hours of one class, those of nobody in words."""
    cuts = np.concatenate([[0], np.flatnonzero(of[1:] != of[:-1]) + 1, [len(of)]])
    return [[int(a), int(b - a), of[a], _words(int(a), int(b), str(of[a]), language)] for a, b in pairwise(cuts)]


def _words(first: int, last: int, kind: str, language: Language) -> str:
    place = 0 if language == "zh" else 1
    start, end = ((WEEKDAYS[hour // 24 % 7][place], hour % 24) for hour in (first, last))
    return f"{start[0]} {start[1]}:00 – {end[0]} {end[1]}:00 {say(f'gaps_week_{kind}', language)}"
