"""What the officer's map page asks of the database: counts of a view, months on record, one zone's figures.

The conditions of a view are written once, here, for everything that counts or lists incidents without an analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

ZoneKind = Literal["beat", "grid_cell", "village"]
#: kind of zone -> where its polygon is: table and condition.
_ZONE: Final[dict[str, str]] = {
    "beat": "beat AS z WHERE z.edition_id = :edition AND z.code = :code",
    "grid_cell": "grid_cell AS z WHERE z.edition_id = :edition AND z.code = :code",
    "village": "place AS z WHERE z.station = :station AND z.kind = 'village' AND z.code = :code AND z.geom IS NOT NULL",
}
#: A point on a border that two zones share counts for the lowest code, as in `store.figures`.
_LOWER: Final[dict[str, str]] = {
    "beat": "beat AS o WHERE o.edition_id = :edition",
    "grid_cell": "grid_cell AS o WHERE o.edition_id = :edition",
    "village": "place AS o WHERE o.station = :station AND o.kind = 'village'",
}


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which incidents of a station are meant; what is empty narrows nothing.

    `since` <= at < `until`. `hours` on the clocks of `timezone`: from the first to before the second, past midnight where the
    first is later. `weekdays`: 1 is Monday. `zones`: codes of beats and grid cells of `edition`, or of villages. `only`: ground
    (EPSG:4326) beyond which the reader may see nothing.
    """

    station: str
    timezone: str
    since: datetime
    until: datetime
    categories: tuple[str, ...] = ()
    tiers: tuple[int, ...] = ()
    zones: tuple[str, ...] = ()
    edition: int | None = None
    hours: tuple[int, int] | None = None
    weekdays: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    only: shapely.Geometry | None = None


def where(sieve: Sieve) -> tuple[str, dict[str, Any]]:
    """Return the conditions of a sieve on `incident i` but for its period, and the values they name."""
    told: list[str] = ["i.station = :station", "i.geom IS NOT NULL"]
    facts: dict[str, Any] = {"station": sieve.station, "since": sieve.since, "until": sieve.until}
    if sieve.categories:
        told.append("i.category = ANY (CAST(:categories AS text[]))")
        facts["categories"] = list(sieve.categories)
    if sieve.sources:
        told.append("i.source = ANY (CAST(:sources AS text[]))")
        facts["sources"] = list(sieve.sources)
    if sieve.tiers:
        told.append(
            "(SELECT max(d.tier) FROM dispute d WHERE d.station = :station AND d.incident_id = i.id AND d.matter = 'dispute')"
            " = ANY (CAST(:tiers AS int[]))"
        )
        facts["tiers"] = list(sieve.tiers)
    if sieve.hours is not None:
        joined = "AND" if sieve.hours[0] < sieve.hours[1] or sieve.hours[1] == 0 else "OR"
        hour = "extract(hour FROM i.at AT TIME ZONE :timezone)"
        told.append(f"({hour} >= :first {joined} {hour} < :last)")
        facts |= {"first": sieve.hours[0], "last": sieve.hours[1] or 24, "timezone": sieve.timezone}
    if sieve.weekdays:
        told.append("extract(isodow FROM i.at AT TIME ZONE :timezone) = ANY (CAST(:weekdays AS int[]))")
        facts |= {"weekdays": list(sieve.weekdays), "timezone": sieve.timezone}
    if sieve.zones:
        told.append(_IN_ZONES)
        facts |= {"zones": list(sieve.zones), "edition": sieve.edition}
    if sieve.only is not None:
        told.append("ST_Intersects(ST_GeomFromWKB(:only, 4326), i.geom)")
        facts["only"] = shapely.to_wkb(sieve.only)
    return " AND ".join(told), facts


_IN_ZONES: Final = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} z WHERE {of} AND z.code = ANY (CAST(:zones AS text[])) AND ST_Intersects(z.geom, i.geom))"
    for table, of in (
        ("beat", "z.edition_id = :edition"), ("grid_cell", "z.edition_id = :edition"),
        ("place", "z.station = :station AND z.kind = 'village'"),
    )
).join("()")  # fmt: skip


def count(session: Session, sieve: Sieve) -> tuple[int, int]:
    """Return how many incidents and how many disputes a sieve lets pass; one query."""
    told, facts = where(sieve)
    query = f"""
        SELECT count(*), count(*) FILTER (WHERE c.is_dispute)
        FROM incident i JOIN incident_category c ON c.code = i.category
        WHERE {told} AND i.at >= :since AND i.at < :until"""
    incidents, disputes = session.execute(text(query), facts).one()
    return int(incidents), int(disputes)


def rows(session: Session, sieve: Sieve) -> pd.DataFrame:
    """Return the incidents a sieve lets pass, oldest first: `lon`, `lat`, `category`, `local` (text), `number`; one query."""
    told, facts = where(sieve)
    query = f"""
        SELECT ST_X(i.geom), ST_Y(i.geom), i.category, to_char(i.at AT TIME ZONE :timezone, 'YYYY-MM-DD HH24:MI'), i.number
        FROM incident i WHERE {told} AND i.at >= :since AND i.at < :until ORDER BY i.at, i.id"""
    found = session.execute(text(query), facts | {"timezone": sieve.timezone}).all()
    return pd.DataFrame([tuple(row) for row in found], columns=["lon", "lat", "category", "local", "number"])


def months(
    session: Session, station: str, timezone: str, only: shapely.Geometry | None = None
) -> list[tuple[str, int, int]]:
    """Return every month from the first to the last on record: "2026-03", incidents, disputes; one query.

    `only`: ground (EPSG:4326) beyond which the reader may see nothing.
    """
    inside = "" if only is None else "AND ST_Intersects(ST_GeomFromWKB(:only, 4326), i.geom)"
    query = f"""
        WITH month AS (
          SELECT date_trunc('month', i.at AT TIME ZONE :timezone) AS of, count(*) AS incidents,
                 count(*) FILTER (WHERE c.is_dispute) AS disputes
          FROM incident i JOIN incident_category c ON c.code = i.category
          WHERE i.station = :station AND i.geom IS NOT NULL {inside} GROUP BY 1)
        SELECT to_char(s, 'YYYY-MM'), coalesce(incidents, 0), coalesce(disputes, 0)
        FROM (SELECT generate_series(min(of), max(of), interval '1 month') AS s FROM month) AS series
        LEFT JOIN month ON month.of = s ORDER BY s"""
    facts = {"station": station, "timezone": timezone} | ({} if only is None else {"only": shapely.to_wkb(only)})
    found = session.execute(text(query), facts).all()
    return [(str(month), int(incidents), int(disputes)) for month, incidents, disputes in found]


def zone_story(session: Session, sieve: Sieve, kind: ZoneKind, code: str, before: tuple[datetime, datetime]) -> Any:
    """Return a zone with its doors and its incidents in the period of a sieve and in the one before; one query.

    Returns
    -------
    row
        `name_zh`, `name_en`, `area_m2`, `doors`, `households`, and `categories`: list of [code, now, before]; None where there
        is no such zone.
    """
    told, facts = where(sieve)
    own = (
        "ST_Covers(z.geom, {0}.geom) AND (ST_Contains(z.geom, {0}.geom) OR NOT EXISTS"
        f" (SELECT 1 FROM {_LOWER[kind]} AND o.code < z.code AND o.geom && {{0}}.geom AND ST_Covers(o.geom, {{0}}.geom)))"
    )
    inside = "" if sieve.only is None else "AND ST_Intersects(ST_GeomFromWKB(:only, 4326), a.geom)"
    query = f"""
        SELECT z.name_zh, z.name_en, ST_Area(z.geom::geography) AS area_m2, door.doors, door.households, event.categories
        FROM (SELECT * FROM {_ZONE[kind]}) AS z
        CROSS JOIN LATERAL (
          SELECT count(*) AS doors, coalesce(sum(a.households), 0) AS households FROM address a
          WHERE a.station = :station AND a.geom && z.geom AND {own.format("a")} {inside}) AS door
        CROSS JOIN LATERAL (
          SELECT coalesce(json_agg(json_build_array(category, now, before)), '[]') AS categories FROM (
            SELECT i.category, count(*) FILTER (WHERE i.at >= :since AND i.at < :until) AS now,
                   count(*) FILTER (WHERE i.at >= :before AND i.at < :before_end) AS before
            FROM incident i
            WHERE {told} AND i.at >= least(:before, :since) AND i.at < :until AND i.geom && z.geom AND {own.format("i")}
            GROUP BY i.category) AS one) AS event"""
    given = facts | {"code": code, "edition": sieve.edition, "before": before[0], "before_end": before[1]}
    return session.execute(text(query), given).one_or_none()
