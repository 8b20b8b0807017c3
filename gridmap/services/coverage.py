"""Coverage gaps (服务空白): ground, doors and zones that nobody answers for, each with its place and its size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.geo import coverage as shapes
from gridmap.services import editions as edition_service
from gridmap.store import coverage, editions, figures, frames
from gridmap.store.frames import STORAGE_CRS, ZoneKind
from gridmap.store.tables import Station

#: Doors closer to one another than this are one place in the list [m].
TOGETHER_M: Final = 250
COLUMNS: Final = ["kind", "code", "name_zh", "name_en", "who", "until", "doors", "households", "area_m2", "geometry"]
#: topology fault -> kind of gap, by layer.
GROUND: Final = {("gap", "beat"): "no_beat", ("gap", "grid_cell"): "no_cell", ("missing_cell", "grid_cell"): "no_cell"}


def gaps(session: Session, station: str, at: datetime | None = None) -> gpd.GeoDataFrame:
    """Return every coverage gap of a station at a moment (now when None), the largest of each kind first.

    Returns
    -------
    gaps
        `kind` (no_beat, no_cell, overlap: ground; door_no_cell, and door_no_beat where there is a cell: doors near one
        another; door_no_plate: by beat; beat_no_officer, cell_no_member, posting_ended, leave_no_substitute: zones of
        nobody), `code` and names of the zone or the doors' place, `who` (the person who left or is away), `until` (first day after the posting or
        leave), `doors`, `households`, `area_m2` (ground only), geometry in EPSG:4326.

    Raises
    ------
    StationNotFound
    """
    now = at or datetime.now(UTC)
    place = editions.find_station(session, station)
    edition = editions.in_force(session, station, now)
    found: list[dict[str, object]] = []
    if edition is not None:
        found += _ground(session, place, edition.number)
        doors = coverage.doors_outside(session, station, edition.id)
        found += _places(doors[doors["no_cell"]], "door_no_cell", place)
        found += _places(doors[~doors["no_cell"]], "door_no_beat", place)
        for kind in ("beat", "grid_cell"):
            found += _of_nobody(session, place, edition.id, kind, now)
    found += _without_plate(coverage.doors_without_plate(session, station, None if edition is None else edition.id))
    frame = gpd.GeoDataFrame(pd.DataFrame(found, columns=COLUMNS), geometry="geometry", crs=STORAGE_CRS)
    return frame.sort_values(["kind", "households", "code"], ascending=[True, False, True]).reset_index(drop=True)


def _ground(session: Session, place: Station, number: int) -> Iterator[dict[str, object]]:
    """Give ground of no zone and ground of two, with the doors on it."""
    faults = edition_service.check(session, place.code, number)
    wanted = [(*pair, GROUND.get(pair, pair[0])) for pair in {*GROUND, ("overlap", "beat"), ("overlap", "grid_cell")}]
    if faults.empty:
        return
    doors = frames.doors(session, place.code)
    for fault, layer, kind in sorted(wanted):
        for row in _rows(faults[(faults["kind"] == fault) & (faults["layer"] == layer)]):
            on_it = doors[shapely.intersects(row.geometry, doors.geometry.to_numpy())]
            yield _row(
                kind,
                row.geometry,
                code="、".join(row.zones),
                doors=len(on_it),
                households=int(on_it["households"].sum()),
                area_m2=float(row.area_m2),
            )


def _places(doors: gpd.GeoDataFrame, kind: str, place: Station) -> Iterator[dict[str, object]]:
    """Give doors near one another as one place, named after the street and village most of them have."""
    if doors.empty:
        return
    points = doors[["address_id", "geometry"]].rename(columns={"address_id": "id"}).to_crs(place.metric_epsg)
    nowhere = pd.Series(None, index=points.index, dtype=object)
    by_id = doors.set_index("address_id")
    for ids in shapes.doors_without_zone(points, nowhere, apart_m=TOGETHER_M)["ids"]:
        group = by_id.loc[ids]
        names = (group["village"] + " " + group["street"]).str.strip()
        yield _row(
            kind,
            shapely.MultiPoint(shapely.get_coordinates(group.geometry.to_numpy())),
            name_zh=str(names.mode().iloc[0]),
            doors=len(group),
            households=int(group["households"].sum()),
        )


def _without_plate(doors: gpd.GeoDataFrame) -> Iterator[dict[str, object]]:
    """Give the doors without a plate, beat by beat."""
    for code, group in doors.groupby(doors["code"].fillna("")):
        names = group.iloc[0]
        yield _row(
            "door_no_plate",
            shapely.MultiPoint(shapely.get_coordinates(group.geometry.to_numpy())),
            code=str(code),
            name_zh=names["name_zh"] if code else "",
            name_en=names["name_en"] if code else "",
            doors=len(group),
            households=int(group["households"].sum()),
        )


def _of_nobody(
    session: Session, place: Station, edition_id: int, kind: ZoneKind, now: datetime
) -> Iterator[dict[str, object]]:
    """Give zones without an officer or grid member, each under the reason why."""
    empty = coverage.zones_of_nobody(session, place.code, edition_id, kind, now)
    if empty.empty:
        return
    counts = figures.counts(session, place.code, edition_id, kind, since=now, until=now, codes=empty["code"].tolist())
    for row in _rows(empty):
        if row.away:
            gap, who, until = "leave_no_substitute", row.away, row.until
        elif row.was:
            gap, who, until = "posting_ended", row.was, row.ended
        else:
            gap, who, until = ("beat_no_officer" if kind == "beat" else "cell_no_member"), "", None
        size = counts.loc[row.code]
        yield _row(
            gap, row.geometry, code=row.code, name_zh=row.name_zh, name_en=row.name_en, who=who, until=until,
            doors=int(size["doors"]), households=int(size["households"]),
        )  # fmt: skip


def _rows(frame: gpd.GeoDataFrame) -> Iterator[Any]:
    """Give the rows of a frame by the names of its columns."""
    return iter(frame.itertuples())


def _row(
    kind: str,
    geometry: shapely.Geometry,
    *,
    code: str = "",
    name_zh: str = "",
    name_en: str = "",
    who: str = "",
    until: date | None = None,
    doors: int = 0,
    households: int = 0,
    area_m2: float | None = None,
) -> dict[str, object]:
    values = (kind, code, name_zh, name_en, who, until, doors, households, area_m2, geometry)
    return dict(zip(COLUMNS, values, strict=True))
