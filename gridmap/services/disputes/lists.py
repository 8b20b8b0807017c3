"""Lists of disputes: what somebody may see of a station's, narrowed to what they ask for; and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.domain.dispute_filter import ANY, DUES, EVER, OVER_STATES, Filter, filter_of
from gridmap.services.disputes.rules import sight_of
from gridmap.store import audit, dispute_lists
from gridmap.store.dispute_lists import ALWAYS, MOST_COUNTED, Line, Moments, Place
from gridmap.store.dispute_rows import Sight

__all__ = [
    "ANY", "DUES", "EVER", "MOST_COUNTED", "OVER_STATES", "Filter", "Line", "News", "count", "counted_page", "cursor_of",
    "filter_of", "news", "page", "place_of",
]  # fmt: skip
_SECOND = 1_000_000
_LARGEST = 2**31 - 1


def page(
    session: Session,
    actor: Actor,
    station: str,
    wanted: Filter,
    *,
    after: str = "",
    limit: int = 30,
    now: datetime | None = None,
    sight: Sight | None = None,
    zone: str | None = None,
    between: Moments = ALWAYS,
) -> list[Line]:
    """Return a page of disputes as `counted_page` does, without how many there are."""
    return counted_page(
        session, actor, station, wanted, after=after, limit=limit, now=now, sight=sight, zone=zone, between=between
    )[0]


def counted_page(
    session: Session,
    actor: Actor,
    station: str,
    wanted: Filter,
    *,
    after: str = "",
    limit: int = 30,
    now: datetime | None = None,
    sight: Sight | None = None,
    zone: str | None = None,
    between: Moments = ALWAYS,
) -> tuple[list[Line], int]:
    """Return a page of disputes in the filter's order, and how many there are in all, `MOST_COUNTED` at most.

    The look is put on record; four to six small statements.

    Parameters
    ----------
    after
        `cursor_of` the last line of the page before; what is no cursor begins at the first.
    sight, zone
        What `sight_of` and `Station.timezone` say, where they were asked for already.
    between
        Opened from one moment on and before another, besides the filter's days.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    seen = sight or sight_of(session, actor, station)
    audit.write(session, [station], by=actor.login, action="look", thing="disputes")
    return dispute_lists.listed(
        session, station, seen, wanted, now=now or datetime.now(UTC), zone=zone or dispute_lists.timezone(session, station),
        after=place_of(after), limit=limit, between=between,
    )  # fmt: skip


def count(
    session: Session,
    actor: Actor,
    station: str,
    wanted: Filter,
    *,
    most: int | None = None,
    now: datetime | None = None,
    sight: Sight | None = None,
    zone: str | None = None,
) -> int:
    """Return how many disputes the pages of a filter hold; `most`: count no further.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    seen = sight or sight_of(session, actor, station)
    here = zone or dispute_lists.timezone(session, station)
    return dispute_lists.count(session, station, seen, wanted, now=now or datetime.now(UTC), zone=here, most=most)


@dataclass(frozen=True, slots=True)
class News:
    """What waits: how many of each word of `DUES`, and how many disputes others moved since event `newest` was read."""

    dues: dict[str, int]
    fresh: int
    newest: int


def news(
    session: Session, actor: Actor, wanted: Filter, *, after: int | None, sight: Sight, station: str, zone: str
) -> News:
    """Return what waits at a station, and what is new since event `after`; two statements."""
    now = datetime.now(UTC)
    fresh, newest = dispute_lists.fresh(
        session, station, sight, wanted, after=after, by=actor.login, now=now, zone=zone
    )
    return News(dispute_lists.dues(session, station, sight, wanted, now=now, zone=zone), fresh, newest)


def cursor_of(wanted: Filter, line: Line) -> str:
    """Return what the next page begins after, as a word of an address.

    Examples
    --------
    A time in millionths of a second since 1970, and the id: "1748736000000000.17".
    """
    at: datetime | None = getattr(line, wanted.order)
    since = (at or line.opened_at) - datetime(1970, 1, 1, tzinfo=UTC)
    return f"{(since.days * 86_400 + since.seconds) * _SECOND + since.microseconds}.{line.id}"


def place_of(cursor: str) -> Place | None:
    """Return the place in a list that a cursor names, None for what is no cursor."""
    at, _, number = cursor.partition(".")
    if not (at.isascii() and at.isdecimal() and number.isascii() and number.isdecimal() and len(cursor) < 40):
        return None
    if int(at) > 8_000_000_000 * _SECOND or int(number) > _LARGEST:
        return None
    whole, part = divmod(int(at), _SECOND)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=part), int(number)
