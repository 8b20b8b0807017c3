"""What the officer's map page shows beside its analyses: how much a view holds, the months on record, one zone's story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import shapely
from scipy.stats import binom
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.services.analyses.case import Against
from gridmap.services.views import View
from gridmap.store import editions, map_view
from gridmap.store import figures as counts
from gridmap.store.map_view import Sieve, ZoneKind
from gridmap.store.tables import IncidentCategory, Station

#: Categories told of one zone.
MOST_CATEGORIES = 6


class ZoneNotOnMap(NotFound):
    """The edition in force has no such beat or grid cell, or the station no such village."""

    slug, title = "zone-not-on-map", "There is no such zone on the map"


@dataclass(frozen=True, slots=True)
class Pair:
    """A count now and before, and whether the difference is more than chance.

    `p`: exact conditional test of equal rates, two-sided; None where both are nothing.
    """

    now: int
    before: int
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
    """Return the story of one zone in a view: figures, people, and the change since the span compared with; three queries.

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
    disputes = {one.code for one in known if one.is_dispute}
    rows = [(str(category), int(now), int(then)) for category, now, then in row.categories]
    return ZoneStory(
        kind, code, str(row.name_zh or ""), str(row.name_en or ""), float(row.area_m2), int(row.doors), int(row.households),
        people, _pair(rows), _pair([one for one in rows if one[0] in disputes]),
        sorted(rows, key=lambda one: (-one[1], -one[2], one[0]))[:MOST_CATEGORIES], before,
    )  # fmt: skip


def span_before(since: datetime, until: datetime, against: Against) -> tuple[datetime, datetime]:
    """Return the span a period is compared with: as long and just before, or the same days a year ago."""
    if against == "before":
        return since - (until - since), since
    first, last = (pd.Timestamp(moment) - pd.DateOffset(years=1) for moment in (since, until))
    return first.to_pydatetime(), last.to_pydatetime()


def equal_rates(now: int, before: int) -> float | None:
    """Return how likely two counts of equally long spans differ this much by chance: exact, two-sided, None for nothing.

    Under equal rates the first is binomial(now + before, 1/2).

    References
    ----------
    Przyborowski & Wilenski (1940), "Homogeneity of Results in Testing Samples from Poisson Series", Biometrika 31, 313-323.

    >>> equal_rates(10, 10), equal_rates(0, 0)
    (1.0, None)
    """
    total = now + before
    if total == 0:
        return None
    return float(min(1.0, 2 * binom.cdf(min(now, before), total, 0.5)))


def _pair(rows: list[tuple[str, int, int]]) -> Pair:
    now, before = (int(np.sum([row[place] for row in rows])) for place in (1, 2))
    return Pair(now, before, equal_rates(now, before))


def _everywhere(sieve: Sieve, edition: int | None) -> Sieve:
    """Return a sieve without its zones: a zone that was clicked is told whole, whatever else is chosen."""
    return Sieve(
        sieve.station, sieve.timezone, sieve.since, sieve.until, sieve.categories, sieve.tiers, (), edition, sieve.hours,
        sieve.weekdays, sieve.sources, sieve.only,
    )  # fmt: skip
