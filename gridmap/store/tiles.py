"""Vector tiles, cut by PostGIS: beats, grid cells and incidents of one station as bytes of the Mapbox Vector Tile format.

Nothing is left out of a tile in silence. What would be too much to draw, or to send, is counted in squares instead, in
a layer of its own whose name ends in `_counted`; each feature there says how many it stands for.

Every statement names the station, and asks `geom && box` before anything else: under row-level security only that may
use the spatial index.

References
----------
Mapbox Vector Tile Specification 2.1. OGC 17-083r4, "Two Dimensional Tile Matrix Set", WebMercatorQuad.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.incidents import OF_ORIGIN, Origin
from gridmap.store.frames import ZoneKind

#: Half the side of the web Mercator square [m]: pi times the radius of its sphere.
HALF: Final = math.pi * 6_378_137.0
#: Units along a side of a tile, and how far beyond it polygons reach.
EXTENT: Final = 4096
BUFFER: Final = 64
#: Squares along a side of a tile where things are counted.
SQUARES: Final = 32
#: Below this zoom cells are counted, not drawn: one is smaller than ten pixels of a tile 512 pixels wide.
CELLS_FROM: Final = 11
#: From this zoom cells carry their names.
NAMES_FROM: Final = 13
#: More incidents than this in one tile are counted: in the city, and where single houses show.
MOST_POINTS: Final = 2_000
HOUSES_FROM: Final = 15
MOST_POINTS_AT_HOUSES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of a tile: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north [m, EPSG:3857]; neighbours have the very same edge."""
        return _edge(self.x, self.z), -_edge(self.y + 1, self.z), _edge(self.x + 1, self.z), -_edge(self.y, self.z)

    @property
    def level(self) -> int:
        """Return which level of `zone_shape` this zoom draws: a pixel is never wider than what it left out."""
        return next((level for level, below in ((3, 10), (2, 12), (1, 14)) if self.z < below), 0)


def _edge(n: int, z: int) -> float:
    return n * math.ldexp(HALF, 1 - z) - HALF


@dataclass(frozen=True, slots=True)
class Sought:
    """Which incidents: from `since` to before `until`; None and empty mean all.

    `hours`: from the first to before the second, on the station's clock; (22, 6) runs over midnight. `weekdays`: 1 is
    Monday. `tiers`: of the dispute entered. `zones`: codes of beats and cells of the edition `edition_id`, or of villages.
    """

    since: datetime | None = None
    until: datetime | None = None
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    tiers: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None
    weekdays: tuple[int, ...] = ()
    zones: tuple[str, ...] = ()
    edition_id: int | None = None


_BOX = "ST_MakeEnvelope(:west, :south, :east, :north, 3857)"
_WIDE = f"ST_Expand({_BOX}, (CAST(:east AS float8) - :west) * {BUFFER / EXTENT})"
_SHAPES = f"""
    SELECT code, beat, name_zh, name_en, geom FROM zone_shape
    WHERE station = :station AND edition_id = :edition AND kind = :kind AND level = :level AND geom && {_WIDE}"""
_ZONES = f"""
    SELECT code, {{beat}} AS beat, name_zh, name_en, ST_Transform(geom, 3857) AS geom FROM {{table}}
    WHERE station = :station AND edition_id = :edition AND geom && ST_Transform({_WIDE}, 4326)
      AND ST_YMax(geom) < 85 AND ST_YMin(geom) > -85"""
_DRAWN = f"""
    SELECT ST_AsMVT(t, :layer, {EXTENT}, 'geom') FROM (
      SELECT {{columns}}, ST_AsMVTGeom(geom, {_BOX}, {EXTENT}, {BUFFER}, true) AS geom FROM ({{zones}}) AS zone
    ) AS t WHERE geom IS NOT NULL"""
_SIDE = EXTENT // SQUARES
#: A square of the tile in its own units, its ring clockwise on the screen, as the format wants it.
_SQUARE = f"""ST_MakePolygon(ST_MakeLine(ARRAY[
    ST_MakePoint(gx * {_SIDE}, gy * {_SIDE}), ST_MakePoint((gx + 1) * {_SIDE}, gy * {_SIDE}),
    ST_MakePoint((gx + 1) * {_SIDE}, (gy + 1) * {_SIDE}), ST_MakePoint(gx * {_SIDE}, (gy + 1) * {_SIDE}),
    ST_MakePoint(gx * {_SIDE}, gy * {_SIDE})]))"""
#: Half open, so that a point on an edge is in one tile, and in one square.
_INSIDE = "px >= :west AND px < :east AND py > :south AND py <= :north"
_PLACED = f"""
    least({EXTENT - 1}, floor((px - :west) / (CAST(:east AS float8) - :west) * {EXTENT}))::int AS tx,
    least({EXTENT - 1}, floor((:north - py) / (CAST(:north AS float8) - :south) * {EXTENT}))::int AS ty"""
_COUNTED = f"""
    SELECT ST_AsMVT(t, CAST(:layer AS text) || '_counted', {EXTENT}, 'geom') FROM (
      SELECT n AS count, true AS aggregated, {_SQUARE} AS geom FROM (
        SELECT tx / {_SIDE} AS gx, ty / {_SIDE} AS gy, count(*)::int AS n FROM ({{points}}) AS point GROUP BY 1, 2
      ) AS square
    ) AS t"""
_MIDDLES = f"""
    SELECT {_PLACED} FROM (
      SELECT (ST_XMin(geom) + ST_XMax(geom)) / 2 AS px, (ST_YMin(geom) + ST_YMax(geom)) / 2 AS py FROM ({{zones}}) AS zone
    ) AS middle WHERE {_INSIDE}"""

_INCIDENTS = f"""
    SELECT i.id, i.category, i.source, i.at AT TIME ZONE :zone AS local, ST_X(geom_3857) AS px, ST_Y(geom_3857) AS py
    FROM incident i WHERE i.station = :station AND i.geom_3857 && {_BOX} {{conditions}}"""
_OF_TIER = """
    (SELECT max(d.tier) FROM dispute d WHERE d.incident_id = i.id AND d.station = :station AND d.matter = 'dispute') = ANY (CAST(:tiers AS int[]))"""
_IN_ZONE = """
    EXISTS (SELECT FROM (
      SELECT geom FROM beat WHERE edition_id = :edition AND code = ANY (CAST(:zones AS text[])) UNION ALL
      SELECT geom FROM grid_cell WHERE edition_id = :edition AND code = ANY (CAST(:zones AS text[])) UNION ALL
      SELECT geom FROM place WHERE station = :station AND kind = 'village' AND code = ANY (CAST(:zones AS text[]))
    ) AS zone WHERE ST_Intersects(zone.geom, i.geom))"""
_FOUND = f"""
    WITH found AS MATERIALIZED (
      SELECT id, category, source, local, {_PLACED} FROM ({{incidents}}) AS i WHERE {_INSIDE} {{clock}}
    ), few AS MATERIALIZED (SELECT count(*) <= :most AS yes FROM found)
    SELECT (
      SELECT ST_AsMVT(t, 'incidents', {EXTENT}, 'geom', 'id') FROM (
        SELECT id, category, extract(hour FROM local)::int AS hour, extract(isodow FROM local)::int AS weekday,
               local::date - date '1970-01-01' AS day, source IN {OF_ORIGIN[Origin.STARTED]!r} AS started, ST_MakePoint(tx, ty) AS geom
        FROM found WHERE (SELECT yes FROM few) ORDER BY id
      ) AS t
    ) || ({_COUNTED.format(points="SELECT tx, ty FROM found WHERE NOT (SELECT yes FROM few)")})"""


def zones(session: Session, station: str, edition_id: int, kind: ZoneKind, spot: Spot, *, shaped: bool) -> bytes:
    """Return the zones of an edition in a tile: layer `beats` or `cells`; one query.

    Columns `code`, for beats `name_zh` and `name_en`, for cells `beat`, and their names from zoom `NAMES_FROM`. A zone smaller
    than a unit of the tile has no shape there.

    Parameters
    ----------
    shaped
        Whether `zone_shape` holds the edition; else the zones themselves are cut, in full detail.
    """
    columns = "code, name_zh, name_en"
    if kind == "grid_cell":
        columns = "code, beat, name_zh, name_en" if spot.z >= NAMES_FROM else "code, beat"
    statement = _DRAWN.format(columns=columns, zones=_source(kind, shaped=shaped))
    return _bytes(session, statement, spot, **_zone_facts(station, edition_id, kind, spot))


def zones_counted(
    session: Session, station: str, edition_id: int, kind: ZoneKind, spot: Spot, *, shaped: bool
) -> bytes:
    """Return how many zones lie in each square of a tile, by the middle of their boxes: layer `cells_counted`; one query."""
    statement = _COUNTED.format(points=_MIDDLES.format(zones=_source(kind, shaped=shaped)))
    return _bytes(session, statement, spot, **_zone_facts(station, edition_id, kind, spot))


def incidents(session: Session, station: str, timezone: str, sought: Sought, spot: Spot) -> bytes:
    """Return the incidents of a tile, each (layer `incidents`) or counted in squares (`incidents_counted`); one query.

    An incident is in exactly one tile of a zoom, and in one square. Columns: feature id, `category` (its code), `hour`,
    `weekday` (1 is Monday) and `day` (days since 1970-01-01) on the station's clock, `started` (by visit or patrol).

    Parameters
    ----------
    timezone
        Of the station.
    """
    most = MOST_POINTS_AT_HOUSES if spot.z >= HOUSES_FROM else MOST_POINTS
    first, last = sought.hours or (0, 0)
    statement = _FOUND.format(incidents=_INCIDENTS.format(conditions=_of(sought)), clock=_by_clock(sought))
    return _bytes(
        session, statement, spot, station=station, zone=timezone, layer="incidents", most=most, since=sought.since,
        until=sought.until, categories=list(sought.categories), sources=list(sought.sources), tiers=list(sought.tiers),
        zones=list(sought.zones), edition=sought.edition_id, weekdays=list(sought.weekdays), first=first, last=last,
    )  # fmt: skip


def _of(sought: Sought) -> str:
    """Return the conditions on the incident itself."""
    return _and(
        (sought.since, "i.at >= :since"),
        (sought.until, "i.at < :until"),
        (sought.categories, "i.category = ANY (CAST(:categories AS text[]))"),
        (sought.sources, "i.source = ANY (CAST(:sources AS text[]))"),
        (sought.tiers, _OF_TIER),
        (sought.zones, _IN_ZONE),
    )


def _by_clock(sought: Sought) -> str:
    """Return the conditions on the hour and day on the station's clock."""
    joined = "AND" if sought.hours is not None and sought.hours[0] < sought.hours[1] else "OR"
    return _and(
        (sought.hours, f"(extract(hour FROM local) >= :first {joined} extract(hour FROM local) < :last)"),
        (sought.weekdays, "extract(isodow FROM local) = ANY (CAST(:weekdays AS int[]))"),
    )


def _and(*conditions: tuple[object, str]) -> str:
    """Return the conditions whose value is given."""
    return "".join(f" AND {condition}" for value, condition in conditions if value)


def _source(kind: str, *, shaped: bool) -> str:
    return _SHAPES if shaped else _ZONES.format(table=kind, beat="beat" if kind == "grid_cell" else "NULL::text")


def _zone_facts(station: str, edition_id: int, kind: str, spot: Spot) -> dict[str, object]:
    layer = "beats" if kind == "beat" else "cells"
    level = spot.level if kind == "beat" else min(spot.level, 2)  # cells have no level 3
    return {"station": station, "edition": edition_id, "kind": kind, "level": level, "layer": layer}


def _bytes(session: Session, statement: str, spot: Spot, **facts: object) -> bytes:
    west, south, east, north = spot.edges
    given = facts | {"west": west, "south": south, "east": east, "north": north}
    return bytes(session.scalar(text(statement), given) or b"")
