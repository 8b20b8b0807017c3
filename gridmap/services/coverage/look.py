"""Look for every gap of a station at a moment, and say what could not be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.services.coverage import attention, ground, people
from gridmap.services.coverage.kinds import KINDS, wanted
from gridmap.services.coverage.limits import Limits
from gridmap.services.coverage.reach import Reach
from gridmap.services.coverage.rows import as_frame
from gridmap.services.coverage.scene import Scene
from gridmap.services.coverage.time import FORTNIGHT, Roster, Week
from gridmap.store import coverage, editions


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader has to know about the list: a key of words, and the facts filled into them."""

    key: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Coverage:
    """The gaps of a station at a moment, what was not looked at and why, and the hours of the week by beat."""

    gaps: gpd.GeoDataFrame
    notes: tuple[Note, ...]
    week: Week | None
    at: datetime
    limits: Limits


def gaps(
    session: Session,
    station: str,
    at: datetime | None = None,
    *,
    limits: Limits | None = None,
    kinds: Iterable[str] | None = None,
    groups: Iterable[str] | None = None,
    disputes: bool = False,
) -> gpd.GeoDataFrame:
    """Return the coverage gaps of a station, as `look`, without what could not be looked at."""
    return look(session, station, at, limits=limits, kinds=kinds, groups=groups, disputes=disputes).gaps


def look(
    session: Session,
    station: str,
    at: datetime | None = None,
    *,
    limits: Limits | None = None,
    kinds: Iterable[str] | None = None,
    groups: Iterable[str] | None = None,
    disputes: bool = False,
) -> Coverage:
    """Look for every coverage gap of a station at a moment; a query or two for each kind, however many doors there are.

    Parameters
    ----------
    at
        The moment; now when None. Positions of doors, plates and roads are today's.
    limits
        From when on something is a gap; those of `Limits` when None.
    kinds, groups
        Only these (`KINDS`); what is not asked for is not looked for.
    disputes
        Whether disputes may be told with number and place; without it they are counted.

    Returns
    -------
    coverage
        `gaps`: `kind`, `group`, `code` and names of the zone, place or person's zones, `who` (who left, is away or has too
        much), `since` (UTC; NaT where nothing on record says), `until` (first day after a posting or leave, or a moment),
        `doors`, `households`, `residents` (missing where one door does not know), `area_m2` (ground), `hours` (time),
        `detail` (dict of plain values; `beats` the gap lies in, `since_is` "at_latest" or "at_earliest" where `since` is no
        exact moment), `todo` (key of the words that tell what to do), geometry in EPSG:4326; by group and kind, the largest
        first. `notes`: `no_edition`, `no_roster`, `roster_until`, `no_visits`, `no_posts`, `reach_streets`, `reach_straight`:
        where nothing is loaded, nothing is accused.

    Raises
    ------
    StationNotFound
    GapKindNotKnown
        If a kind or group does not exist.
    """
    asked = wanted(kinds, groups)
    now = (at or datetime.now(UTC)).astimezone(UTC)
    place = editions.find_station(session, station)
    edition = editions.in_force(session, station, now)
    since = None if edition is None else editions.in_force_since(session, station).get(edition.id)
    scene = Scene(session, place, edition, since, now, limits or Limits())
    found: list[dict[str, Any]] = []
    notes = [] if edition is not None else [Note("no_edition")]
    if _any(asked, "ground"):
        found += ground.find(scene)
    if _any(asked, "people"):
        found += people.find(scene)
    week = None
    if edition is not None and _any(asked, "time"):
        roster = Roster(scene)
        found += roster.find()
        week = roster.week()
        if roster.ends is None:
            notes.append(Note("no_roster"))
        elif roster.ends < now + FORTNIGHT:
            notes.append(Note("roster_until", {"at": roster.ends}))
    if edition is not None and asked & {"door_not_visited", "cell_not_visited"}:
        if coverage.has_visits(session, station, now):
            found += attention.unvisited(scene)
        else:
            notes.append(Note("no_visits"))
    if asked & {"dispute_no_follow_up", "dispute_idle"}:
        found += attention.disputes(scene, named=disputes)
    if _any(asked, "reach"):
        reach = Reach(scene)
        found += reach.find()
        words = {"streets": "reach_streets", "straight_line": "reach_straight", "no_posts": "no_posts"}
        facts = {"n": scene.limits.reach_minutes, "by": scene.limits.reach_by}
        notes.append(Note(words[reach.method], {} if reach.method == "no_posts" else facts))
    return Coverage(as_frame(found, asked), tuple(notes), week, now, scene.limits)


def _any(asked: frozenset[str], group: str) -> bool:
    """Return whether a kind of a group is asked for."""
    return any(KINDS[kind] == group for kind in asked)
