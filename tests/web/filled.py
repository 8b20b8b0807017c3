"""A small station with everything the pages show, every text of it begun by a word of the test's choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shapely import MultiLineString
from sqlalchemy.orm import Session

from gridmap.domain.codes import new_plate_code
from gridmap.services import editions
from gridmap.store.tables import Address, Incident, IncidentCategory, Person, Place, Plate, Road
from tests import makers

STATION = "S001"
NOW = datetime.now(UTC)
#: By the clocks of the station: in the evening of Greenwich it is tomorrow there.
TODAY = NOW.astimezone(ZoneInfo("Asia/Shanghai")).date()


@dataclass(frozen=True)
class Held:
    """What the station holds."""

    plate: str
    replaced: str
    outside: str
    draft: int


def fill(session: Session, word: str = "") -> Held:
    """Fill S001: beats A (with an officer) and B (nobody), four cells, doors, a year of calls, a draft with a hole."""
    station = makers.make_station(session, STATION)
    station.name_zh, station.name_en = f"{word}试验派出所", f"{word}Test Station"
    _ground(session, word)
    beats, cells = makers.two_squares()
    for frame in (beats, cells):
        frame["name_zh"], frame["name_en"] = word + frame["name_zh"], word + frame["name_en"]
    first = makers.make_draft(session, STATION, beats=beats, cells=cells)
    first.note = f"{word}首版"
    plates = _doors(session, word)
    _people(session, word)
    _calls(session, word)
    editions.publish(session, STATION, first.number, by="test")
    draft = editions.open_draft(session, STATION, by="test", note=f"{word}试拟")
    beats.loc[0, "geometry"] = makers.square(0, 0, 0.9)
    editions.put_zones(session, draft, beats, cells.iloc[1:])
    session.flush()
    return Held(*plates, draft=draft.number)


def _ground(session: Session, word: str) -> None:
    session.add(
        Place(
            station=STATION,
            code="T",
            kind="town",
            name_zh=f"{word}镇",
            name_en=f"{word}Town",
            geom=makers.wkb(makers.square(0, 0, 2)),
        )
    )
    session.flush()
    session.add(
        Place(
            station=STATION,
            code="V",
            kind="village",
            parent="T",
            name_zh=f"{word}村",
            name_en=f"{word}Village",
            geom=makers.wkb(makers.square(0, 0)),
        )
    )
    line = MultiLineString([[makers.spot(0.1, 0.5).coords[0], makers.spot(1.9, 0.4).coords[0]]])
    session.add(Road(station=STATION, name=f"{word}路", kind="street", geom=makers.wkb(line)))
    session.flush()


def _doors(session: Session, word: str) -> tuple[str, str, str]:
    codes = []
    for x, y in ((0.3, 0.3), (0.6, 0.2), (2.5, 0.5)):
        door = Address(
            station=STATION,
            code=f"D{x}",
            full=f"{word}路{x}号",
            street=f"{word}路",
            village=f"{word}村",
            number=f"{word}12",
            households=3,
            geom=makers.wkb(makers.spot(x, y)),
        )
        session.add(door)
        session.flush()
        codes.append(makers.make_plate(session, new_plate_code(), door).code)
    old = session.get_one(Plate, codes[1])
    old.status, old.retired_at, old.replaced_by = "replaced", NOW, codes[0]
    session.flush()
    return codes[0], codes[1], codes[2]


def _people(session: Session, word: str) -> None:
    officer = makers.make_person(session, f"{word}王警官", beat="A", since=date(2020, 1, 1))
    officer.office = f"{word}警务室"
    makers.make_person(session, f"{word}李网格", "grid_member", cell="A1")
    away = makers.make_person(session, f"{word}赵网格", "grid_member", cell="A2")
    makers.make_leave(session, away, TODAY - timedelta(days=1), TODAY + timedelta(days=9))
    makers.make_person(session, f"{word}钱网格", "grid_member", cell="B1", until=TODAY - timedelta(days=30))
    session.add(Person(station=STATION, code="X", name=f"{word}闲", name_en=f"{word}Idle"))


def _calls(session: Session, word: str) -> None:
    for code, dispute in (("theft", False), ("quarrel", True)):
        session.add(IncidentCategory(code=code, name_zh=f"{word}{code}", name_en=f"{word}{code}", is_dispute=dispute))
    session.flush()
    for n in range(60):
        x, y = (0.31 + n % 3 / 100, 0.31) if n % 2 else (n % 19 / 10, n % 9 / 10)
        session.add(
            Incident(
                station=STATION,
                number=f"{word}{n}",
                category="quarrel" if n % 4 else "theft",
                at=NOW - timedelta(days=n, hours=1),
                geom=makers.wkb(makers.spot(x, y)),
            )
        )
    session.flush()
