"""What the officer's map page shows beside its analyses: how much a view holds, the months on record, one zone's story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.geo.change_tests import compare_counts
from gridmap.services.analyses.case import Against
from gridmap.services.views import View
from gridmap.store import editions, map_view
from gridmap.store import figures as counts
from gridmap.store.map_view import Sieve, ZoneKind
from gridmap.store.tables import IncidentCategory, Station

#: Categories told of one zone.
MOST_CATEGORIES: Final = 6
DAY_S: Final = 86_400


class ZoneNotOnMap(NotFound):
    """The edition in force has no such beat or grid cell, or the station no such village."""

    slug, title = "zone-not-on-map", "There is no such zone on the map"


@dataclass(frozen=True, slots=True)
class Pair:
    """A count now and before, and whether the difference is more than chance.

    `ratio`: of the rates a day, None from nothing; `p`: E-test, two-sided (Krishnamoorthy & Thomson 2004), None where both are
    nothing.
    """

    now: int
    before: int
    ratio: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class ZoneStory:
    """What is told of one zone: who answers for it today, what stands in it, what happened in the view and before."""

    kind: ZoneKind
    code: str
    name_zh: str
    name_en: str
    area_m2: float
    doors: int
    households: int
    people: list[dict[str, str]]
    incidents: Pair
    disputes: Pair
    categories: list[tuple[str, int, int]]
    span_before: tuple[datetime, datetime]


def sieve_of(session: Session, place: Station, view: View, only: shapely.Geometry | None = None) -> Sieve:
    """Return which incidents a view means, as the store wants it; one query where it names zones."""
    edition = editions.in_force(session, place.code) if view.zones else None
    since, until = view.moments(place.timezone)
    return Sieve(
        place.code, place.timezone, since.astimezone(UTC), until.astimezone(UTC), view.categories, view.tiers, view.zones,
        None if edition is None else edition.id, view.hours, view.weekdays, view.sources, only,
    )  # fmt: skip


def held(session: Session, place: Station, view: View, only: shapely.Geometry | None = None) -> tuple[int, int]:
    """Return how many incidents a view holds, and how many of them are disputes."""
    return map_view.count(session, sieve_of(session, place, view, only))


def incidents(session: Session, place: Station, view: View, only: shapely.Geometry | None = None) -> pd.DataFrame:
    """Return the incidents of a view, as `store.map_view.rows`."""
    return map_view.rows(session, sieve_of(session, place, view, only))


def zone_story(
    session: Session,
    place: Station,
    view: View,
    kind: ZoneKind,
    code: str,
    *,
    known: list[IncidentCategory],
    against: Against = "before",
    only: shapely.Geometry | None = None,
) -> ZoneStory:
    """Return the story of one zone in a view: figures, people, and the change since the span compared with; four queries.

    Parameters
    ----------
    known
        Every category of incident.
    against
        The span just before, as long as the view's; or the same days a year earlier.

    Raises
    ------
    ZoneNotOnMap
    """
    edition = editions.in_force(session, place.code)
    number = None if edition is None else edition.id
    sieve = _everywhere(sieve_of(session, place, view, only), number)
    before = span_before(sieve.since, sieve.until, against)
    row = map_view.zone_story(session, sieve, kind, code, before)
    if row is None:
        raise ZoneNotOnMap(f"station {place.code} has no {kind.replace('_', ' ')} {code[:40]} in force", zone=code[:40])
    people = []
    if edition is not None and kind != "village":
        posted = counts.posted(session, place.code, edition.id, kind, datetime.now(UTC), codes=[code])
        people = [{str(name): str(value or "") for name, value in row.items()} for row in posted.to_dict("records")]
    days = _days(session, place, sieve, before)
    disputes = {one.code for one in known if one.is_dispute}
    rows = [(str(category), int(now), int(then)) for category, now, then in row.categories]
    return ZoneStory(
        kind, code, str(row.name_zh or ""), str(row.name_en or ""), float(row.area_m2), int(row.doors), int(row.households),
        people, _pair(rows, days), _pair([one for one in rows if one[0] in disputes], days),
        sorted(rows, key=lambda one: (-one[1], -one[2], one[0]))[:MOST_CATEGORIES], before,
    )  # fmt: skip


def span_before(since: datetime, until: datetime, against: Against) -> tuple[datetime, datetime]:
    """Return the span a period is compared with: as long and just before, or the same days a year ago."""
    if against == "before":
        return since - (until - since), since
    first, last = (pd.Timestamp(moment) - pd.DateOffset(years=1) for moment in (since, until))
    return first.to_pydatetime(), last.to_pydatetime()


def _pair(rows: list[tuple[str, int, int]], days: tuple[float, float]) -> Pair:
    """Return two counts with the E-test of `geo.change_tests`, told by the days (now, before) they were collected over."""
    now, before = (sum(one) for one in ([row[1] for row in rows], [row[2] for row in rows]))
    if not now and not before:
        return Pair(0, 0, None, None)
    told = compare_counts(before, now, exposure_before=days[1], exposure_after=days[0]).iloc[0]
    return Pair(now, before, float(told["ratio"]) if before else None, float(told["p"]))


def _days(session: Session, place: Station, sieve: Sieve, before: tuple[datetime, datetime]) -> tuple[float, float]:
    """Return the days of the view as far as there are records, at least one, and of the span compared with; one query."""
    span = counts.span_of_incidents(session, place.code)
    until = sieve.until
    if span is not None:
        newest = span[1].astimezone(ZoneInfo(place.timezone))
        until = min(until, datetime.combine(newest.date() + timedelta(days=1), time(), newest.tzinfo))
    return max((until - sieve.since).total_seconds() / DAY_S, 1.0), (before[1] - before[0]).total_seconds() / DAY_S


def _everywhere(sieve: Sieve, edition: int | None) -> Sieve:
    """Return a sieve without its zones: a zone that was clicked is told whole, whatever else is chosen."""
    return Sieve(
        sieve.station, sieve.timezone, sieve.since, sieve.until, sieve.categories, sieve.tiers, (), edition, sieve.hours,
        sieve.weekdays, sieve.sources, sieve.only,
    )  # fmt: skip
