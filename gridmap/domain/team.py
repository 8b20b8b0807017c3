"""What residents may know of one station: its people, postings, shifts, leave and notices, as one plain object.

It is read from the JSON that the database function `scan_team` returns, and holds no map and no door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gridmap.errors import Unavailable

#: The roles that answer for a door, besides the duty desk.
ROLES = ("officer", "auxiliary", "grid_member", "property_manager", "volunteer")

#: In a shift's beats: all beats of the station.
ALL_BEATS = "*"


class TeamNotReadable(Unavailable):
    """What was published of a station's people is damaged or of another make."""

    slug, title = "team-not-readable", "The station's team cannot be read"


@dataclass(frozen=True, slots=True)
class StationFacts:
    """A station as residents know it; `published` and `languages` are what it chose to show."""

    code: str
    name_zh: str
    name_en: str
    desk_phone: str
    timezone: str
    synthetic: bool
    published: frozenset[str]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as residents know them; "" where the station does not publish it, phone None: call the desk."""

    name: str
    name_en: str
    badge: str
    phone: str | None
    office: str
    photo: str


@dataclass(frozen=True, slots=True)
class Post:
    """A person in a role for a beat, a grid cell or (both None) the whole station, on local days [since, until)."""

    person: str
    role: str
    beat: str | None
    cell: str | None
    since: date | None
    until: date | None

    def on(self, day: date) -> bool:
        """Return whether the posting counts on a local day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class ShiftSpan:
    """A span of duty [start, end) in epoch seconds; `beats` None: those the person is posted to, ("*",): all."""

    person: str
    start: int
    end: int
    beats: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Away:
    """A person away on local days [since, until), and who stands in (None: nobody)."""

    person: str
    since: date | None
    until: date | None
    substitute: str | None

    def on(self, day: date) -> bool:
        """Return whether the person is away on a local day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a station tells residents of a beat, a grid cell or (both None) all its doors; epoch seconds."""

    id: int
    beat: str | None
    cell: str | None
    kind: str
    text_zh: str
    text_en: str
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class Team:
    """All that residents may know of one station.

    `since` and `until` (epoch seconds) bound what is known of shifts. `zones`: kind ("beat", "grid_cell") -> code ->
    (Chinese name, English name). `neighbours`: beat -> beats beside it, nearest first. `rostered`: the station keeps
    shifts; where it keeps none, whoever is posted answers all day.
    """

    station: StationFacts
    edition: int | None
    published_at: datetime | None
    since: int
    until: int
    zones: Mapping[str, Mapping[str, tuple[str, str]]]
    neighbours: Mapping[str, tuple[str, ...]]
    people: Mapping[str, Contact]
    posts: tuple[Post, ...]
    shifts: tuple[ShiftSpan, ...]
    leave: tuple[Away, ...]
    rostered: bool
    notices: tuple[Notice, ...]

    @staticmethod
    def from_json(found: Mapping[str, Any]) -> Team:
        """Return the team that `scan_team` put into JSON; keys it does not know are passed over.

        Shifts and leave of people who answer for nothing are left out: they need not be among `people`.

        Raises
        ------
        TeamNotReadable
            If something is missing or of the wrong kind, or a posting or a leave names a person who is not there.
        """
        try:
            return _Reader().team(found)
        except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
            raise TeamNotReadable(
                f"the team of station {_code(found)} cannot be read ({type(error).__name__}: {error}): publish it anew"
            ) from error

    def phone_of(self, person: str | None) -> str:
        """Return the number that reaches a person: their own, else (or for None, the desk itself) the duty desk's."""
        contact = None if person is None else self.people.get(person)
        return (contact.phone if contact is not None else None) or self.station.desk_phone


def told_at(
    notices: tuple[Notice, ...], beat: str | None, cell: str | None, at: float
) -> tuple[tuple[Notice, ...], float]:
    """Return what is told the doors of a pair of zones at a moment [epoch s], and until when that may hold.

    Warnings come first, then the newest. It may change when any notice of the station begins or ends.
    """
    here = [
        one
        for one in notices
        if one.start <= at
        and (one.end is None or at < one.end)
        and one.beat in {None, beat}
        and one.cell in {None, cell}
    ]
    later = [moment for one in notices for moment in (one.start, one.end) if moment is not None and moment > at]
    warnings_first = sorted(here, key=lambda one: (one.kind != "warning", -one.start, one.id))
    return tuple(warnings_first), min(later, default=float("inf"))


class _Reader:
    """Reads one team; equal codes, days and moments become one object: a city has 100,000 people, ten rows each."""

    def __init__(self) -> None:
        self._same: dict[Any, Any] = {}
        self._days: dict[str, date] = {}
        self._people: dict[str, Contact] = {}

    def team(self, found: Mapping[str, Any]) -> Team:
        """Return the whole team."""
        since, until = int(found["since"]), int(found["until"])
        self._people = {self.word(code): self.contact(one) for code, one in found["people"].items()}
        published_at, edition = found.get("published_at"), found.get("edition")
        return Team(
            station=station_of(found["station"]),
            edition=None if edition is None else int(edition),
            published_at=None if published_at is None else datetime.fromisoformat(published_at),
            since=since,
            until=until,
            zones={
                kind: {
                    self.word(code): (names[0] or "", names[1] or "")
                    for code, names in found["zones"].get(kind, {}).items()
                }
                for kind in ("beat", "grid_cell")
            },
            neighbours={
                self.word(beat): tuple(self.word(one) for one in near) for beat, near in found["neighbours"].items()
            },
            people=self._people,
            posts=tuple(
                Post(
                    self.person(who), self.word(role), self.zone(beat), self.zone(cell), self.day(first), self.day(last)
                )
                for who, role, beat, cell, first, last, *_ in found["posts"]
            ),
            shifts=tuple(
                ShiftSpan(self.word(who), self.moment(start, since), self.moment(end, until), self.beats(where))
                for who, start, end, where, *_ in found["shifts"]
                if who in self._people
            ),
            leave=tuple(
                Away(self.word(who), self.day(first), self.day(last), None if instead is None else self.person(instead))
                for who, first, last, instead, *_ in found["leave"]
                if who in self._people
            ),
            rostered=bool(found["rostered"]),
            notices=tuple(notice_of(row) for row in found.get("notices", ())),
        )

    def word(self, given: object) -> str:
        """Return a code."""
        if not isinstance(given, str):
            raise TypeError(f"{given!r} is not a code")
        kept: str = self._same.setdefault(given, given)
        return kept

    def zone(self, given: object) -> str | None:
        """Return the code of a zone, or None."""
        return None if given is None else self.word(given)

    def person(self, given: object) -> str:
        """Return the code of somebody who is among the people."""
        who = self.word(given)
        if who not in self._people:
            raise ValueError(f"{who!r} is posted or stands in, but is not among the people")
        return who

    def day(self, given: str | None) -> date | None:
        """Return a day; None where it is open."""
        if given is None or given.endswith("infinity"):
            return None
        kept = self._days.get(given)
        if kept is None:
            kept = self._days[given] = date.fromisoformat(given)
        return kept

    def moment(self, given: float | None, known: int) -> int:
        """Return a moment in whole seconds; where it is open, the edge of what is `known`."""
        if given is None:
            return known
        kept: int = self._same.setdefault(int(given), int(given))
        return kept

    def beats(self, given: list[str] | None) -> tuple[str, ...] | None:
        """Return the beats of a shift."""
        if given is None:
            return None
        words = tuple(self.word(one) for one in given)
        kept: tuple[str, ...] = self._same.setdefault(words, words)
        return kept

    def contact(self, one: Mapping[str, Any]) -> Contact:
        """Return a person as residents know them."""
        return Contact(
            name=one.get("name") or "",
            name_en=one.get("name_en") or "",
            badge=one.get("badge") or "",
            phone=one.get("phone") or None,
            office=self.word(one.get("office") or ""),
            photo=one.get("photo") or "",
        )


def station_of(facts: Mapping[str, Any]) -> StationFacts:
    """Return the facts of a station from a team's JSON; see `Team.from_json` for what may be wrong."""
    for name in ("code", "desk_phone", "timezone"):
        if not isinstance(facts[name], str) or not facts[name]:
            raise ValueError(f"the station has no {name}")
    ZoneInfo(facts["timezone"])
    return StationFacts(
        code=facts["code"],
        name_zh=facts["name_zh"],
        name_en=facts.get("name_en") or "",
        desk_phone=facts["desk_phone"],
        timezone=facts["timezone"],
        synthetic=bool(facts.get("synthetic", False)),
        published=frozenset(facts.get("published") or ()),
        languages=tuple(facts.get("languages") or ("zh",)),
    )


def notice_of(row: list[Any]) -> Notice:
    """Return a notice from a row of a team's JSON."""
    number, beat, cell, kind, text_zh, text_en, start, end, *_ = row
    return Notice(
        int(number), beat, cell, kind, text_zh or "", text_en or "", int(start), None if end is None else int(end)
    )


def _code(found: object) -> str:
    """Return the station's code for the sentence of an error, whatever `found` is."""
    station = found.get("station") if isinstance(found, Mapping) else None
    return str(station.get("code", "?")) if isinstance(station, Mapping) else "?"
