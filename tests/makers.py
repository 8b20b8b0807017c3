"""One line of set-up a row: small stations, editions and doors for tests."""

from __future__ import annotations

from datetime import date, datetime

import geopandas as gpd
from geoalchemy2 import WKBElement
from shapely import MultiPolygon, Point, box, to_wkb
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gridmap.store import editions
from gridmap.store.tables import (
    Address,
    Edition,
    Facility,
    Incident,
    IncidentCategory,
    Leave,
    Person,
    Plate,
    Posting,
    Shift,
    Station,
    Visit,
)

WEST, SOUTH, SIDE = 112.90, 35.80, 0.01  # a made-up square kilometre of hill country, in degrees


def wkb(shape: object) -> WKBElement:
    """Return a shape as the database takes it."""
    return WKBElement(to_wkb(shape), srid=4326)  # type: ignore[call-overload]


def spot(x: float, y: float) -> Point:
    """Return the point at x, y in units of the test station's squares."""
    return Point(WEST + x * SIDE, SOUTH + y * SIDE)


def square(x: float, y: float, width: float = 1, height: float = 1) -> MultiPolygon:
    """Return a rectangle whose south-west corner is x, y in units of the test station's squares."""
    west, south = WEST + x * SIDE, SOUTH + y * SIDE
    return MultiPolygon([box(west, south, west + width * SIDE, south + height * SIDE)])


def make_station(session: Session, code: str = "S001", *, width: float = 2, x: float = 0) -> Station:
    """Add a station whose jurisdiction is `width` squares wide and one high, beginning at `x`."""
    station = Station(
        code=code,
        name_zh=f"{code}派出所",
        name_en=f"Station {code}",
        metric_epsg=4547,
        desk_phone="0000-110",
        synthetic=True,
        published=["names"],
        jurisdiction=wkb(square(x, 0, width)),
    )
    session.add(station)
    session.flush()
    return station


def zones(codes: dict[str, MultiPolygon], **columns: list[str | None]) -> gpd.GeoDataFrame:
    """Return a frame of zones in EPSG:4326."""
    frame = gpd.GeoDataFrame({"code": list(codes)}, geometry=list(codes.values()), crs="EPSG:4326")
    frame["name_zh"] = [f"{code}格" for code in codes]
    frame["name_en"] = [f"Zone {code}" for code in codes]
    for name, values in columns.items():
        frame[name] = values
    return frame


def two_squares(prefix: str = "") -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return beats A and B side by side, each with two cells: A1 and A2, B1 and B2, south and north."""
    beats = zones({f"{prefix}A": square(0, 0), f"{prefix}B": square(1, 0)})
    cells = zones(
        {
            f"{prefix}A1": square(0, 0, 1, 0.5),
            f"{prefix}A2": square(0, 0.5, 1, 0.5),
            f"{prefix}B1": square(1, 0, 1, 0.5),
            f"{prefix}B2": square(1, 0.5, 1, 0.5),
        },
        beat=[f"{prefix}A", f"{prefix}A", f"{prefix}B", f"{prefix}B"],
    )
    return beats, cells


def make_draft(session: Session, station: str = "S001", **parts: gpd.GeoDataFrame) -> Edition:
    """Add a draft that holds the two squares, or the frames `beats` and `cells`."""
    beats, cells = two_squares()
    draft = editions.add_draft(session, station, by="test", base=None, note="", synthetic=True)
    editions.put_zones(session, draft, parts.get("beats", beats), parts.get("cells", cells))
    return draft


def make_door(session: Session, x: float, y: float, *, station: str = "S001", code: str | None = None) -> Address:
    """Add an address at x, y in units of the test station's squares."""
    name = code or f"D{x}-{y}"
    door = Address(
        station=station, code=name, full=f"试验路{name}号", street="试验路", number=name, geom=wkb(spot(x, y))
    )
    session.add(door)
    session.flush()
    return door


def make_plate(session: Session, code: str, door: Address) -> Plate:
    """Add a living plate with a given code on a door."""
    plate = Plate(code=code, station=door.station, address_id=door.id)
    session.add(plate)
    session.flush()
    return plate


def make_person(
    session: Session,
    name: str,
    role: str | None = "officer",
    *,
    station: str = "S001",
    beat: str | None = None,
    cell: str | None = None,
    since: date = date(2020, 1, 1),
    until: date | None = None,
) -> Person:
    """Add a person and, with a role, one posting."""
    person = Person(
        station=station,
        code=name,
        name=name,
        name_en=name,
        phone="000-1234",
        service_phone="000-5678",
        badge=f"警{len(name)}",
        office="警务室",
    )
    session.add(person)
    session.flush()
    if role is not None:
        session.add(
            Posting(
                station=station, person_id=person.id, role=role, beat=beat, grid_cell=cell, during=Range(since, until)
            )
        )
        session.flush()
    return person


def make_leave(session: Session, person: Person, since: date, until: date, substitute: Person | None = None) -> Leave:
    """Send a person on leave from `since` to the day before `until`."""
    leave = Leave(
        station=person.station,
        person_id=person.id,
        substitute_id=None if substitute is None else substitute.id,
        during=Range(since, until),
    )
    session.add(leave)
    session.flush()
    return leave


def make_incident(
    session: Session, x: float, y: float, at: datetime, *, category: str = "noise", station: str = "S001"
) -> Incident:
    """Add an incident at x, y in units of the test station's squares."""
    if session.get(IncidentCategory, category) is None:
        session.add(IncidentCategory(code=category, name_zh=category, name_en=category))
        session.flush()
    incident = Incident(
        station=station, number=f"I{at.isoformat()}{x}{y}", category=category, at=at, geom=wkb(spot(x, y))
    )
    session.add(incident)
    session.flush()
    return incident


def make_shift(
    session: Session, person: Person, since: datetime, until: datetime, beats: list[str] | None = None
) -> Shift:
    """Put a person on duty from `since` to before `until`, for `beats` (None: those of their postings; ["*"]: all)."""
    shift = Shift(station=person.station, person_id=person.id, during=Range(since, until), beats=beats)
    session.add(shift)
    session.flush()
    return shift


def make_visit(
    session: Session, door: Address, at: datetime, person: Person | None = None, *, purpose: str = "household"
) -> Visit:
    """Add a visit to a door at a moment."""
    visit = Visit(
        station=door.station,
        address_id=door.id,
        person_id=None if person is None else person.id,
        at=at,
        purpose=purpose,
    )
    session.add(visit)
    session.flush()
    return visit


def make_facility(
    session: Session, kind: str, x: float, y: float, *, station: str = "S001", code: str | None = None
) -> Facility:
    """Add a facility at x, y in units of the test station's squares."""
    name = code or f"F-{kind}-{x}-{y}"
    facility = Facility(station=station, code=name, kind=kind, name_zh=name, name_en=name, geom=wkb(spot(x, y)))
    session.add(facility)
    session.flush()
    return facility
