"""Who answers for a plate at any moment, and for a position without a plate: from the database, by the same rules as a scan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from gridmap.domain.codes import parse_plate_code
from gridmap.domain.duty import Duty
from gridmap.domain.plates import PlateAnswer, PositionAnswer
from gridmap.domain.team import Team
from gridmap.errors import NotFound
from gridmap.services.scan import PlateNotFound, answer_of, part_of
from gridmap.store import scan_source


class NoStationThere(NotFound):
    """The position lies in the jurisdiction of no station."""

    slug, title = "no-station-there", "No station answers for this place"


def look(session: Session, typed: str, at: datetime | None = None) -> PlateAnswer:
    """Return who answers, or answered, for a plate at a moment (now when None), from the database; three queries.

    Raises
    ------
    PlateCodeNotValid
        If the code is mistyped; the fact `suggestion` may name the right one.
    PlateNotFound
        If no plate bears the code.
    """
    code = parse_plate_code(typed)
    moment = datetime.now(UTC) if at is None else at
    station = scan_source.station_of(session, code)
    plate = None if station is None else scan_source.one_plate(session, station, code, moment)
    if station is None or plate is None:
        raise PlateNotFound("no plate bears this code: read it again, or call the station", plate=code)
    part = part_of(_duty_at(session, station, moment), plate.beat, plate.grid_cell, moment.timestamp())
    return answer_of(plate, part, moment.timestamp(), moment.timestamp(), stale=False)


def locate(session: Session, lng: float, lat: float, at: datetime | None = None) -> PositionAnswer:
    """Return who answers at a position without a plate; two queries.

    Parameters
    ----------
    lng, lat
        WGS 84 degrees; other datums are shifted by the caller (`gridmap.geo.datum`).

    Raises
    ------
    NoStationThere
        If no station's jurisdiction holds it.
    """
    moment = datetime.now(UTC) if at is None else at
    found = scan_source.place(session, lng, lat)
    if found is None:
        raise NoStationThere(f"{lng:.6f}, {lat:.6f} lies in the jurisdiction of no station here; check datum and order")
    station, beat, cell = found
    part = part_of(_duty_at(session, station, moment), beat, cell, moment.timestamp())
    facts = part.station
    return PositionAnswer(
        lng=lng, lat=lat, at=moment, as_of=moment, station=facts.code, station_zh=facts.name_zh,
        station_en=facts.name_en, desk_phone=facts.desk_phone, timezone=facts.timezone, synthetic=facts.synthetic,
        edition=part.edition, beat=part.beat, grid_cell=part.grid_cell, people=part.people, notices=part.notices,
        valid_until=part.valid_until, following=part.following,
    )  # fmt: skip


def _duty_at(session: Session, station: str, moment: datetime) -> Duty:
    team = scan_source.team(session, station, moment, moment + timedelta(days=2))
    if team is None:  # gone between two queries
        raise PlateNotFound(f"station {station} is no longer there")
    return Duty(Team.from_json(team))
