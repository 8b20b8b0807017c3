"""What a list of disputes is narrowed to, as the address of the page says it; every figure leads to such a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from gridmap.domain.dispute_words import MARKS, MATTERS, SOURCES, STATES

#: States beside `STATES`: every one; what nobody has to settle any more. "" asks for what is open.
ANY: Final = "any"
OVER_STATES: Final = "over"
#: Past its clock; due later today; due within seven days; not accepted yet; offered to whoever asks; a follow-up visit (回访)
#: is due by tonight.
DUES: Final = ("overdue", "today", "week", "new", "waiting", "follow")
#: From the first to the last day, both included; None: without an end.
Days = tuple[date | None, date | None]
EVER: Final[Days] = (None, None)
#: Raised to another tier; opened again; asked, since it was settled, how it goes (回访).
TAKEN_STEPS: Final = ("escalated", "reopened", "followed_up")
_RANGES: Final = ("opened", "settled", "closed")
_HOLDER: Final = re.compile(r"me|mine|(?:person|body):[^\x00-\x20]{1,40}")
_WORD: Final = re.compile(r"[^\x00-\x1f]{1,64}")
_LARGEST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; what is left empty narrows nothing, but `state`, which then means what is open.

    Parameters
    ----------
    state
        "" for open ones (and, with `settled`, `closed` or `due="follow"`, whatever fits those), `ANY`, `OVER_STATES`, or one
        of `STATES`.
    holder
        "me"; "mine": me or a body I work for; "person:<code>"; "body:<code>".
    due
        One of `DUES`; all but "follow" ask for open ones only.
    beat, cell
        As of the dispute's day.
    opened, settled, closed
        Days by the station's clocks.
    number
        The beginning of its number.
    step
        One of `TAKEN_STEPS`: that was taken of it, whenever.
    """

    state: str = ""
    matter: str = ""
    kind: str = ""
    tier: int | None = None
    grade: int | None = None
    beat: str = ""
    cell: str = ""
    holder: str = ""
    mark: str = ""
    source: str = ""
    series: int | None = None
    due: str = ""
    opened: Days = EVER
    settled: Days = EVER
    closed: Days = EVER
    number: str = ""
    opened_by: str = ""
    rating: int | None = None
    step: str = ""

    @property
    def order(self) -> str:
        """The time its list is ordered by: what is due first, or else the latest first."""
        if self.due:
            return "due_at"
        if self.settled != EVER:
            return "settled_at"
        if self.closed != EVER:
            return "closed_at"
        return "opened_at" if self.state in {ANY, OVER_STATES, *STATES[6:]} else "due_at"

    def facts(self) -> dict[str, str]:
        """Return what narrows the list, as words of an address."""
        told: dict[str, str] = {}
        for one in fields(self):
            value: Any = getattr(self, one.name)
            if one.name in _RANGES:
                ends = zip(("from", "to"), value, strict=True)
                told |= {f"{one.name}_{end}": day.isoformat() for end, day in ends if day is not None}
            elif value not in ("", None):
                told[one.name] = str(value)
        return told

    def query(self, **more: object) -> str:
        """Return the query of the list's address, with `more` that is not empty (a station, a page).

        Examples
        --------
        >>> Filter(state="any", tier=2, opened=(date(2025, 1, 1), None)).query(station="S001")
        'station=S001&state=any&tier=2&opened_from=2025-01-01'
        """
        extra = {name: str(value) for name, value in more.items() if value not in ("", None)}
        return urlencode(extra | self.facts())


def filter_of(asked: Mapping[str, str]) -> Filter:
    """Return the filter of an address; words it does not know ask for nothing.

    Examples
    --------
    >>> filter_of({"state": "any", "tier": "2", "opened_from": "2025-01-01", "due": "never"}).query()
    'state=any&tier=2&opened_from=2025-01-01'
    """

    def one_of(name: str, known: tuple[str, ...]) -> str:
        return asked.get(name, "") if asked.get(name, "") in known else ""

    def fits(name: str, pattern: re.Pattern[str]) -> str:
        return asked.get(name, "").strip() if pattern.fullmatch(asked.get(name, "").strip()) else ""

    return Filter(
        state=one_of("state", (ANY, OVER_STATES, *STATES)), matter=one_of("matter", MATTERS), kind=fits("kind", _WORD),
        tier=_number(asked.get("tier"), 9), grade=_number(asked.get("grade"), 9), beat=fits("beat", _WORD),
        cell=fits("cell", _WORD), holder=fits("holder", _HOLDER), mark=one_of("mark", MARKS), source=one_of("source", SOURCES),
        series=_number(asked.get("series"), _LARGEST), due=one_of("due", DUES), opened=_days(asked, "opened"),
        settled=_days(asked, "settled"), closed=_days(asked, "closed"), number=fits("number", _WORD),
        opened_by=fits("opened_by", _WORD), rating=_number(asked.get("rating"), 5), step=one_of("step", TAKEN_STEPS),
    )  # fmt: skip


def moments(days: Days, timezone: str) -> tuple[datetime | None, datetime | None]:
    """Return days by a station's clocks as moments (UTC): from the first one's beginning to before the last one's end.

    Examples
    --------
    >>> moments((date(2025, 1, 1), date(2025, 1, 1)), "Asia/Shanghai")[0].isoformat()
    '2024-12-31T16:00:00+00:00'
    """
    since, until = days
    return (
        None if since is None else midnight(since, timezone),
        None if until is None else midnight(until + timedelta(days=1), timezone),
    )


def midnight(day: date, timezone: str) -> datetime:
    """Return the moment (UTC) a day begins by a station's clocks."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _number(told: str | None, most: int) -> int | None:
    if told is None or not told.isascii() or not told.isdecimal() or len(told) > 10:
        return None
    return int(told) if 1 <= int(told) <= most else None


def _days(asked: Mapping[str, str], name: str) -> Days:
    return _day(asked.get(f"{name}_from")), _day(asked.get(f"{name}_to"))


def _day(told: str | None) -> date | None:
    try:
        found = date.fromisoformat(told or "")
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2200 else None
