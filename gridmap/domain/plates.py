"""What a plate says when it is scanned: all that a resident may see, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

#: The states of a plate's life, in the order in which files number them.
PLATE_STATES: Final = ("issued", "printed", "installed", "damaged", "lost", "replaced", "moved", "retired")
#: States that lead to nobody's door any more.
DEAD: Final = frozenset({"replaced", "retired"})


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody a resident can reach: a person by role, or the duty desk.

    `name`, `name_en` and `photo` are empty where the station does not publish them; `phone` is a service number or the
    desk's, never a person's own.
    """

    rank: int
    role: str
    via: str
    name: str
    name_en: str
    badge: str
    phone: str
    office: str
    photo: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice (通知) or warning (提醒) of the station for the cell, the beat or everybody."""

    kind: str
    text_zh: str
    text_en: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ZoneName:
    """A zone as a resident knows it."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class PlatePlace:
    """One plate as a scan sees it; `beat` and `grid_cell` are None where it lies in none, or is out of use."""

    code: str
    status: str
    replaced_by: str | None
    beat: str | None
    grid_cell: str | None
    street: str
    village: str
    tail: str


@dataclass(frozen=True, slots=True)
class PlateAnswer:
    """The answer (应答) of one scan.

    It holds until `valid_until`, when `following` answer. `as_of` is when the database last confirmed what it rests on;
    `stale` says that the database has not been reached for longer than it should.
    """

    plate: str
    status: str
    replaced_by: str | None
    street: str
    number_tail: str
    village: str
    at: datetime
    as_of: datetime
    stale: bool
    station: str
    station_zh: str
    station_en: str
    desk_phone: str
    timezone: str
    synthetic: bool
    languages: tuple[str, ...]
    edition: int | None
    published_at: datetime | None
    beat: ZoneName | None
    grid_cell: ZoneName | None
    people: tuple[Answerer, ...]
    notices: tuple[Notice, ...]
    valid_until: datetime
    following: tuple[Answerer, ...]

    @property
    def alive(self) -> bool:
        """Whether the plate still stands for a door."""
        return self.status not in DEAD

    @property
    def officers(self) -> tuple[Answerer, ...]:
        """Who answers now for the police: people of the best rank, else the desk; never empty."""
        return tuple(one for one in self.people if one.role in {"officer", "auxiliary"}) or tuple(
            one for one in self.people if one.role == "duty_desk"
        )

    @property
    def grid_members(self) -> tuple[Answerer, ...]:
        """The grid members who answer now; may be empty."""
        return tuple(one for one in self.people if one.role == "grid_member")

    @property
    def helpers(self) -> tuple[Answerer, ...]:
        """Property managers and volunteers, where the station publishes them."""
        return tuple(one for one in self.people if one.role in {"property_manager", "volunteer"})


@dataclass(frozen=True, slots=True)
class PositionAnswer:
    """The answer for a position without a plate: the zones it lies in, and who answers there now."""

    lng: float
    lat: float
    at: datetime
    as_of: datetime
    station: str
    station_zh: str
    station_en: str
    desk_phone: str
    timezone: str
    synthetic: bool
    edition: int | None
    beat: ZoneName | None
    grid_cell: ZoneName | None
    people: tuple[Answerer, ...]
    notices: tuple[Notice, ...]
    valid_until: datetime
    following: tuple[Answerer, ...]
