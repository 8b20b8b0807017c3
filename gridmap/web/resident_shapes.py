"""The shapes of a resident's page: what a scan's page looks like, apart from every name, number and text in it.

A page is drawn by its template once for each shape, from a stand-in answer whose texts are marks; where a mark came out
is a hole. Ten thousand zones share a few dozen shapes, and filling one in takes microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from gridmap.domain.plates import DEAD, Answerer, Notice, PlateAnswer, ZoneName
from gridmap.services.scan import Part
from gridmap.web import resident_shell as shell

#: The states of a plate that a page tells; all others are a plate as it should be.
TOLD: Final = frozenset({"moved", "damaged", "lost", "replaced", "retired"})
#: How somebody comes to answer, where there are words for it.
VIAS: Final = frozenset({"duty", "substitute", "team", "neighbour"})
#: The holes that each door, or what somebody typed, fills; all others are filled from what doors of a zone share.
DOOR: Final = ("code", "spaced", "village", "street", "tail", "as_of", "as_of2", "new", "typed", "suggestion")
#: Signs of the private use area that mark a hole; no font has them.
HOLE: Final = re.compile("\ue000(\\w+)\ue001")
#: Stands between texts; no text of a database holds it, and browsers take it for an error.
BETWEEN: Final = "\0"
#: What no text may hold.
MARKS: Final = str.maketrans("", "", "\ue000\ue001" + BETWEEN)

_POLICE: Final = frozenset({"officer", "auxiliary"})
_HELPERS: Final = frozenset({"property_manager", "volunteer"})
_SHOWN: Final = _POLICE | _HELPERS | {"grid_member"}
#: What of a person's is text, in the order of its holes.
_PERSON: Final = attrgetter("name", "name_en", "badge", "office", "photo", "phone", "role", "via")
#: The number of each hole that every shape has; 0 is a hole that a door fills.
_DESK, _DESK_TEL, _STATION_ZH, _STATION_EN, _UNTIL, _UNTIL2, _EDITION, _PUBLISHED = range(1, 9)
#: Moments that are kept told.
_MOST_MOMENTS: Final = 2_000

_dial = lru_cache(maxsize=2_000)(shell.dial)


class DoorShape(NamedTuple):
    """What the page of one door looks like, apart from what it shares with others of its zones."""

    language: str
    status: str
    stale: bool
    heir: bool
    village: bool
    street: bool
    tail: bool


class Shape(NamedTuple):
    """What decides how a page is drawn: what is there and what is not, never what it says.

    `zones`: (a Chinese name, an English name) is there, of each zone. `people`: (name, name_en, badge, office, photo is
    there, has an own number, role, via) of each person shown. `following`: (name, name_en, badge is there, role).
    `notices`: (is a warning, a Chinese text, an English text, an end is there).
    """

    door: DoorShape
    languages: tuple[str, ...]
    synthetic: bool
    station_zh: bool
    station_en: bool
    edition: bool
    zones: tuple[tuple[bool, bool], ...]
    people: tuple[tuple[bool, bool, bool, bool, bool, bool, str, str], ...]
    following: tuple[tuple[bool, bool, bool, str], ...]
    notices: tuple[tuple[bool, bool, bool, bool], ...]


class Moments:
    """Moments as pages tell them, each worked out once: those of a city's zones are the same few."""

    def __init__(self) -> None:
        self._told: dict[tuple[datetime, str, str], str] = {}

    def told(self, at: datetime, timezone: str, language: str) -> str:
        """Return a moment as pages in a language tell it; for the language "day" its date."""
        key = (at, timezone, language)
        told = self._told.get(key)
        if told is None:
            local = at.astimezone(ZoneInfo(timezone))
            told = f"{local:%Y-%m-%d}" if language == "day" else shell.when(local, language)
            if len(self._told) >= _MOST_MOMENTS:
                self._told.clear()
            self._told[key] = told
        return told


def read(part: Part, door: DoorShape, moments: Moments) -> tuple[Shape, list[str]]:
    """Return the shape of a page, and the texts of its holes by their numbers, as they were given: not escaped."""
    station, language = part.station, door.language
    desk, timezone, told = station.desk_phone, station.timezone, moments.told
    alive = door.status not in DEAD
    published = part.published_at
    texts = [
        "",
        desk,
        _dial(desk),
        station.name_zh,
        station.name_en,
        told(part.valid_until, timezone, language),
        told(part.valid_until, timezone, "zh" if language != "zh" else "en"),
        str(part.edition),
        "" if published is None else told(published, timezone, "day"),
    ]
    zones = []
    people = []
    following = []
    notices = []
    if alive:  # of a plate out of use a page tells neither zones nor people
        if part.beat is not None:
            for zone in (part.beat, part.grid_cell):
                if zone is not None:
                    texts += (zone.name_zh, zone.name_en, zone.code)
                    zones.append((zone.name_zh != "", zone.name_en != ""))
        for one in part.people:
            if one.role in _SHOWN:
                name, name_en, badge, office, photo, phone, role, via = _PERSON(one)
                texts += (name, name_en, badge, office, photo, phone, _dial(phone))
                people.append(
                    (
                        name != "",
                        name_en != "",
                        badge != "",
                        office != "",
                        photo != "",
                        phone != desk,
                        role,
                        via if via in VIAS else "",
                    )
                )
        if part.following:
            for one in next_ones(part.following):
                texts += (one.name, one.name_en, one.badge)
                following.append((one.name != "", one.name_en != "", one.badge != "", one.role))
    for notice in part.notices:
        end = notice.until
        texts += (notice.text_zh, notice.text_en, "" if end is None else told(end, timezone, language))
        notices.append((notice.kind == "warning", notice.text_zh != "", notice.text_en != "", end is not None))
    shape = Shape(
        door,
        station.languages,
        station.synthetic,
        station.name_zh != "",
        station.name_en != "",
        bool(part.edition),
        tuple(zones),
        tuple(people),
        tuple(following),
        tuple(notices),
    )
    return shape, texts


def next_ones(following: tuple[Answerer, ...]) -> list[Answerer]:
    """Return who of those that follow is told: the police, else the desk."""
    return [one for one in following if one.role in _POLICE] or [one for one in following if one.role == "duty_desk"]


def stand_in(shape: Shape) -> dict[str, Any]:
    """Return what the template needs to draw a shape: a made-up answer whose texts are marks of holes.

    Numbers of holes are given out in the order in which `read` gives texts.
    """
    door = shape.door
    numbers = count(_PUBLISHED + 1)

    def mark(there: bool = True) -> str:
        number = next(numbers)
        return _mark(number) if there else ""

    zones = []
    for has_zh, has_en in shape.zones:
        name_zh, name_en = mark(has_zh), mark(has_en)
        zones.append(ZoneName(mark(), name_zh, name_en))
    desk = _mark(_DESK)
    tels = {desk: _mark(_DESK_TEL)}
    people = []
    for has_name, has_name_en, has_badge, has_office, has_photo, own, role, via in shape.people:
        name, name_en, badge, office, photo = map(mark, (has_name, has_name_en, has_badge, has_office, has_photo))
        phone, tel = mark(), mark()
        tels[phone] = tel
        people.append(Answerer(0, role, via, name, name_en, badge, phone if own else desk, office, photo))
    following = []
    for has_name, has_name_en, has_badge, role in shape.following:
        name, name_en, badge = map(mark, (has_name, has_name_en, has_badge))
        following.append(Answerer(0, role, "", name, name_en, badge, "", "", ""))
    ends: dict[datetime, str] = {}
    notices = []
    for number, (warning, has_zh, has_en, end) in enumerate(shape.notices):
        text_zh, text_en = mark(has_zh), mark(has_en)
        until = datetime.fromtimestamp(number, UTC)  # stands for the notice's end: only told, through `when`
        ends[until] = mark()
        notices.append(Notice("warning" if warning else "info", text_zh, text_en, until if end else None))
    given = {True: "-", False: ""}  # the template asks whether it is there; the text is a hole of its own
    answer = PlateAnswer(
        plate="", status=door.status, replaced_by="-" if door.heir else None, street=given[door.street],
        number_tail=given[door.tail], village=given[door.village], at=datetime.fromtimestamp(0, UTC),
        as_of=datetime.fromtimestamp(0, UTC), stale=door.stale, station="",
        station_zh=_mark(_STATION_ZH) if shape.station_zh else "", station_en=_mark(_STATION_EN) if shape.station_en else "",
        desk_phone=desk, timezone="UTC", synthetic=shape.synthetic, languages=shape.languages, edition=None,
        published_at=None, beat=zones[0] if zones else None, grid_cell=None, people=tuple(people), notices=tuple(notices),
        valid_until=datetime.fromtimestamp(0, UTC), following=tuple(following),
    )  # fmt: skip
    return {
        "until": _mark(_UNTIL),
        "until2": _mark(_UNTIL2),
        "edition": _mark(_EDITION) if shape.edition else "",
        "published": _mark(_PUBLISHED),
        "when": ends.__getitem__,
        "dial": tels.__getitem__,
    } | told(answer, door.language, zones, following)


def told(answer: PlateAnswer, language: str, zones: list[ZoneName], following: list[Answerer]) -> dict[str, Any]:
    """Return what the template needs of an answer beside the words, its moments and numbers."""
    first: Callable[[str, str], str] = lambda zh, en: (en or zh) if language != "zh" else (zh or en)  # noqa: E731
    return {
        "answer": answer,
        "officers": [one for one in answer.people if one.role in _POLICE],
        "following": following,
        "shown": answer.status if answer.status in TOLD else "alive",
        "zones": zones,
        "offers": shell.offers(answer.languages),
        "synthetic": answer.synthetic,
        "first_name": first,
        "second_name": lambda zh, en: (zh if en else "") if language != "zh" else en,
        "numbered": lambda role: "scan_badge" if role in _POLICE else "scan_number",
        "vias": VIAS,
    }


def _mark(number: int) -> str:
    return f"\ue000{number}\ue001"


_Facts = TypeVar("_Facts")


def washed(part: Part) -> Part:
    """Return a part without marks in any text: nobody has such a name, but somebody may try."""
    return replace(
        part,
        station=_wash(part.station),
        beat=_wash(part.beat),
        grid_cell=_wash(part.grid_cell),
        people=tuple(_wash(one) for one in part.people),
        following=tuple(_wash(one) for one in part.following),
        notices=tuple(_wash(one) for one in part.notices),
    )


def _wash(facts: _Facts) -> _Facts:
    if facts is None:
        return facts
    held: Any = facts
    given = {one.name: getattr(held, one.name) for one in fields(held)}
    clean: _Facts = replace(
        held, **{name: text.translate(MARKS) for name, text in given.items() if isinstance(text, str)}
    )
    return clean
