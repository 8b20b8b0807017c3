"""A view of the officer's map: which incidents are meant. It is what an address says, so that a link is a view."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain.incidents import OF_ORIGIN, Origin
from gridmap.errors import Invalid
from gridmap.services import figures
from gridmap.store import figures as counts
from gridmap.store.tables import IncidentCategory, Station

#: The category of an address that stands for every category that is a dispute.
DISPUTES: Final = "disputes"
YEAR: Final = timedelta(days=365)
#: Days before and after this are slips of the pen; spans before them must still be dates.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


class PeriodWrong(Invalid):
    """The period asked for ends before it begins, or lies where there are no records."""

    slug, title = "period-wrong", "The period is not valid"


class HoursWrong(Invalid):
    """The hours asked for are not two hours of a day."""

    slug, title = "hours-wrong", "The hours are not valid"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address says; what it leaves out is None or empty."""

    since: date | None = None
    until: date | None = None
    category: tuple[str, ...] = ()
    tier: tuple[int, ...] = ()
    zone: tuple[str, ...] = ()
    hours: str = ""
    weekday: tuple[int, ...] = ()
    origin: Origin = Origin.ALL


@dataclass(frozen=True, slots=True)
class View:
    """Which incidents are meant.

    `since`, `until`: first and last day, in the station's zone. `categories`: codes, empty for all; `tiers`: of the dispute
    entered, empty for all incidents; `zones`: codes of beats, grid cells or villages, empty for the whole station;
    `hours`: from the first up to the second, past midnight where the first is later, None for the whole day; `weekdays`: 1
    (Monday) to 7, empty for all.
    """

    since: date
    until: date
    categories: tuple[str, ...] = ()
    tiers: tuple[int, ...] = ()
    zones: tuple[str, ...] = ()
    hours: tuple[int, int] | None = None
    weekdays: tuple[int, ...] = ()
    origin: Origin = Origin.ALL
    asked: Asked = field(default=Asked(), compare=False)

    @property
    def days(self) -> int:
        """Return the length of the period [days]."""
        return (self.until - self.since).days + 1

    @property
    def years(self) -> float:
        """Return the length of the period [years of 365.25 days]."""
        return self.days / 365.25

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the sources of incidents that are meant."""
        return OF_ORIGIN[self.origin]

    def moments(self, zone: str) -> tuple[datetime, datetime]:
        """Return the first moment of `since` and the one after `until`, on the clocks of `zone` (IANA name)."""
        clock = ZoneInfo(zone)
        return datetime.combine(self.since, time(), clock), datetime.combine(
            self.until + timedelta(days=1), time(), clock
        )

    def query(self) -> dict[str, list[str]]:
        """Return the view as the parameters of an address; what is not narrowed is left out."""
        told: dict[str, list[str]] = {"since": [str(self.since)], "until": [str(self.until)]}
        told |= {"category": list(self.asked.category), "tier": [str(n) for n in self.tiers], "zone": list(self.zones)}
        told["hours"] = [] if self.hours is None else [f"{self.hours[0]}-{self.hours[1]}"]
        told["weekday"] = [str(day) for day in self.weekdays]
        told["origin"] = [] if self.origin is Origin.ALL else [str(self.origin)]
        return {name: values for name, values in told.items() if values}


def settle(session: Session, place: Station, asked: Asked, known: list[IncidentCategory] | None = None) -> View:
    """Return the view an address means at a station; without a period, the newest year on record.

    Parameters
    ----------
    known
        Every category of incident; read where None.

    Raises
    ------
    PeriodWrong, HoursWrong
    """
    zone = ZoneInfo(place.timezone)
    if asked.since is None or asked.until is None:
        start, end = (at.astimezone(zone).date() for at in figures.year_of_incidents(session, place.code, _now()))
        until = asked.until or end
        since = asked.since or (start + timedelta(days=1) if asked.until is None else until - timedelta(days=364))
    else:
        since, until = asked.since, asked.until
    if since > until:
        raise PeriodWrong(f"the period begins on {since} and ends on {until}; put the earlier day first")
    if since < EARLIEST or until > LATEST:
        raise PeriodWrong(
            f"the period from {since} to {until} is not between {EARLIEST} and {LATEST}; look at the years"
        )
    codes = asked.category
    if DISPUTES in codes:
        every = counts.categories(session) if known is None else known
        codes = tuple(
            dict.fromkeys(
                [*(code for code in codes if code != DISPUTES), *(one.code for one in every if one.is_dispute)]
            )
        )
    return View(
        since, until, tuple(sorted(codes)), tuple(sorted(set(asked.tier))), tuple(sorted(set(asked.zone))),
        read_hours(asked.hours), tuple(sorted(set(asked.weekday))), asked.origin, asked,
    )  # fmt: skip


def read_hours(text: str) -> tuple[int, int] | None:
    """Return the hours of "20-6" as (20, 6), None for an empty text or a whole day.

    >>> read_hours("20-6")
    (20, 6)

    Raises
    ------
    HoursWrong
    """
    if not text:
        return None
    first, dash, last = text.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and int(first) < 24 and int(last) <= 24):
        raise HoursWrong(f"hours={text[:20]}: write two hours of the day, the first 0 to 23, the second up to 24: 20-6")
    span = (int(first), int(last) % 24)
    return None if span[0] == span[1] else span


def _now() -> datetime:
    return datetime.now(UTC)
