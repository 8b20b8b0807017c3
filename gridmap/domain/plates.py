"""What a plate says when it is scanned: all that a resident may see, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody a resident can reach: a person by role, or the duty desk."""

    rank: int
    role: str
    name: str
    name_en: str
    phone: str | None
    office: str
    via: str


@dataclass(frozen=True, slots=True)
class ZoneName:
    """A zone as a resident knows it."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class PlateAnswer:
    """The answer (应答) of one scan."""

    plate: str
    status: str
    replaced_by: str | None
    street: str
    number_tail: str
    at: datetime
    station: str
    station_zh: str
    station_en: str
    desk_phone: str
    timezone: str
    synthetic: bool
    edition: int | None
    published_at: datetime | None
    beat: ZoneName | None
    grid_cell: ZoneName | None
    people: tuple[Answerer, ...]

    @property
    def officers(self) -> tuple[Answerer, ...]:
        """The officers who answer now; where there is none, the beat's auxiliaries; never empty: else the desk."""
        for wanted in ("officer", "auxiliary", "duty_desk"):
            found = tuple(person for person in self.people if person.role == wanted)
            if found:
                return found
        return ()

    @property
    def grid_members(self) -> tuple[Answerer, ...]:
        """The grid members who answer now; may be empty."""
        return tuple(person for person in self.people if person.role == "grid_member")

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> PlateAnswer:
        """Return the answer that the database function `plate_answer` put into JSON."""
        station = found["station"]
        published = found["published_at"]
        return cls(
            plate=found["plate"],
            status=found["status"],
            replaced_by=found["replaced_by"],
            street=found["street"],
            number_tail=found["number_tail"],
            at=datetime.fromisoformat(found["at"]),
            station=station["code"],
            station_zh=station["name_zh"],
            station_en=station["name_en"],
            desk_phone=station["desk_phone"],
            timezone=station["timezone"],
            synthetic=station["synthetic"],
            edition=found["edition"],
            published_at=None if published is None else datetime.fromisoformat(published),
            beat=None if found["beat"] is None else ZoneName(**found["beat"]),
            grid_cell=None if found["grid_cell"] is None else ZoneName(**found["grid_cell"]),
            people=tuple(Answerer(**person) for person in found["people"] or ()),
        )
