"""Notice boards for the entrances of buildings (综治小组公示牌): a grid cell and its team, as far as the station publishes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain.team import ROLES, StationFacts, Team
from gridmap.errors import NotFound
from gridmap.services.resolve import NothingInForce
from gridmap.store import audit, editions, scan_source
from gridmap.store.cell_rows import CellRow, cell_rows

#: What a station must publish for a role to stand on a board at all.
ASKED: Final = {"property_manager": "managers", "volunteer": "volunteers"}
#: What it must publish for names to stand there.
NAMES: Final = "names"


class CellNotFound(NotFound):
    """The edition in force has no grid cell of that code."""

    slug, title = "cell-not-found", "There is no such grid cell"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a cell's team; "" for what the station does not publish; `phone` is the desk's where they have none."""

    role: str
    name: str
    name_en: str
    badge: str
    phone: str
    office: str
    own_phone: bool


@dataclass(frozen=True, slots=True)
class Board:
    """One board: a grid cell and its beat, each as code, Chinese and English name, and who looks after it."""

    cell: tuple[str, str, str]
    beat: tuple[str, str, str]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class BoardRun:
    """The boards of a station on one day of its own calendar."""

    station: StationFacts
    edition: int
    day: date
    boards: Sequence[Board]


def boards(session: Session, station: str, cells: Sequence[str] | None = None, *, by: str) -> BoardRun:
    """Return the boards of a station's grid cells, or of `cells`, as of today, and put it on record.

    Raises
    ------
    StationNotFound, NothingInForce, CellNotFound
    """
    place = editions.find_station(session, station)
    edition = editions.in_force(session, station)
    if edition is None:
        raise NothingInForce(f"station {station} has no edition in force, and so no grid cells: publish one")
    rows = cell_rows(session, edition.id)
    missing = sorted(set(cells or ()) - {row.code for row in rows})
    if missing:
        raise CellNotFound(
            f"edition {edition.number} of station {station} has no grid cell {missing[0]}; "
            f"gridmap edition export lists all {len(rows)}",
            cell=missing[0],
        )
    now = editions.moment(session)
    found = scan_source.team(session, station, now, now + timedelta(days=1))
    team = Team.from_json(found or {})
    chosen = [row for row in rows if cells is None or row.code in set(cells)]
    audit.write(
        session,
        [station],
        by=by,
        action="print boards",
        thing=f"edition {edition.number}",
        after={"boards": len(chosen)},
    )
    return run(team, chosen, edition.number, now, synthetic=place.synthetic or edition.synthetic)


def run(team: Team, rows: Sequence[CellRow], edition: int, at: datetime, *, synthetic: bool) -> BoardRun:
    """Return the boards of cells from what residents may know of the station."""
    facts = team.station
    if synthetic and not facts.synthetic:
        facts = replace(facts, synthetic=True)
    day = at.astimezone(ZoneInfo(facts.timezone)).date()
    names = team.zones["beat"]
    made = []
    for row in rows:
        beat = (row.beat, *names.get(row.beat, ("", ""))) if row.beat else ("", "", "")
        made.append(Board((row.code, row.name_zh, row.name_en), beat, members(team, row.beat, row.code, day)))
    return BoardRun(facts, edition, day, made)


def members(team: Team, beat: str | None, cell: str, day: date) -> tuple[Member, ...]:
    """Return who is posted to a cell or to the whole of its beat on a day, by role and code, each person once a role."""
    shown = team.station.published
    found: dict[tuple[int, str], Member] = {}
    for post in team.posts:
        asked = ASKED.get(post.role)
        if post.role not in ROLES or not post.on(day) or (asked is not None and asked not in shown):
            continue
        here = post.cell == cell or (post.cell is None and post.beat is not None and post.beat == beat)
        if not here:
            continue
        person = team.people[post.person]
        named = NAMES in shown
        found[ROLES.index(post.role), post.person] = Member(
            post.role,
            person.name if named else "",
            person.name_en if named else "",
            person.badge,
            team.phone_of(post.person),
            person.office,
            person.phone is not None,
        )
    return tuple(found[key] for key in sorted(found))
