"""A small town for proposals: 24 cells in 4 beats, most of its doors in the west; a river may run through it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import geopandas as gpd
from shapely import MultiLineString, MultiPolygon, get_parts
from sqlalchemy.orm import Session

from gridmap.services import editions
from gridmap.services.proposals.pieces import dissolved
from gridmap.store.tables import Address, Edition, Incident, IncidentCategory, Place, Road
from tests import makers

WIDE, HIGH = 6, 4
HEIGHT = 1 / HIGH
NOW = datetime.now(UTC)


def cell_code(x: int, y: int) -> str:
    """Return the code of the cell in column `x` and row `y`."""
    return f"W{x}{y}"


def beat_of(x: int, y: int) -> str:
    """Return the beat of a cell: J01 south-west, J02 south-east, J03 north-west, J04 north-east."""
    return f"J0{1 + (x >= 3) + 2 * (y >= 2)}"


def doors_in(x: int) -> int:
    """Return how many doors the cells of column `x` have: ever fewer to the east."""
    return 12 - 2 * x


def make_town(session: Session, station: str = "S001", *, river: bool = False, people: bool = True) -> Edition:
    """Add station, places, doors, calls and officers, and publish edition 1."""
    makers.make_station(session, station, width=WIDE)
    places = [(x, y) for x in range(WIDE) for y in range(HIGH)]
    cells = makers.zones(
        {cell_code(x, y): makers.square(x, y * HEIGHT, 1, HEIGHT) for x, y in places},
        beat=[beat_of(*at) for at in places],
    )
    beats = makers.zones({beat: _union(cells, beat) for beat in ("J01", "J02", "J03", "J04")})
    _ground(session, station, river=river)
    _life(session, station, places)
    if people:
        for beat in ("J01", "J02", "J03"):
            makers.make_person(session, f"{station}{beat}", station=station, beat=beat)
    first = makers.make_draft(session, station, beats=beats, cells=cells)
    editions.publish(session, station, first.number, by="test")
    return first


def _union(cells: gpd.GeoDataFrame, beat: str) -> MultiPolygon:
    """Return a beat as the union of its cells: every vertex of a cell on its border is one of its own."""
    return MultiPolygon(list(get_parts(dissolved(cells.geometry[cells["beat"] == beat].to_numpy()))))


def _ground(session: Session, station: str, *, river: bool) -> None:
    for n, (x, width) in enumerate(((0, 2), (2, 4)), start=1):
        session.add(Place(station=station, code=f"V{n}", kind="village", name_zh=f"河{n}村", name_en=f"He {n} Village",
                          geom=makers.wkb(makers.square(x, 0, width))))  # fmt: skip
    if river:
        line = MultiLineString([[makers.spot(3, -0.2).coords[0], makers.spot(3, 1.2).coords[0]]])
        session.add(Road(station=station, name="河", kind="river", geom=makers.wkb(line)))
    session.flush()


def _life(session: Session, station: str, places: list[tuple[int, int]]) -> None:
    if session.get(IncidentCategory, "noise") is None:
        session.add_all([
            IncidentCategory(code="noise", name_zh="噪声", name_en="Noise"),
            IncidentCategory(code="quarrel", name_zh="争吵", name_en="Quarrel", is_dispute=True),
        ])  # fmt: skip
        session.flush()
    for x, y in places:
        for n in range(doors_in(x)):
            spot = makers.spot(x + 0.1 + 0.8 * n / 12, (y + 0.2 + 0.05 * (n % 5)) * HEIGHT)
            name = f"{x}{y}-{n}"
            session.add(Address(station=station, code=name, full=f"河村{name}号", town="", number=name, households=2,
                                geom=makers.wkb(spot)))  # fmt: skip
        for n in range(2 if x else 6):
            session.add(Incident(
                station=station, number=f"{x}{y}-{n}", category="quarrel" if n % 2 else "noise",
                at=NOW - timedelta(days=3 * n + x, hours=y), geom=makers.wkb(makers.spot(x + 0.5, (y + 0.5) * HEIGHT)),
            ))  # fmt: skip
    session.flush()
