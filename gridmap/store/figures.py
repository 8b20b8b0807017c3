"""Counts of doors, households and incidents in the zones of an edition, and who is posted to each."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Incident, IncidentCategory

# Zones drive the join: driven from the points, PostgreSQL takes ten times as long. OFFSET 0 keeps it from turning it round.
# A point on a shared border counts once, for the lowest code.
_COUNTS = """
    WITH zone AS MATERIALIZED (
      SELECT code, geom FROM {table}
      WHERE edition_id = :edition AND (CAST(:codes AS text[]) IS NULL OR code = ANY (CAST(:codes AS text[])))),
    door AS (
      SELECT DISTINCT ON (a.id) a.id, a.households, z.code FROM zone z CROSS JOIN LATERAL (
        SELECT id, households FROM address WHERE station = :station AND geom && z.geom AND ST_Covers(z.geom, geom) OFFSET 0) a
      ORDER BY a.id, z.code),
    event AS (
      SELECT DISTINCT ON (i.id) i.id, i.category, z.code FROM zone z CROSS JOIN LATERAL (
        SELECT id, category FROM incident WHERE station = :station AND at >= :since AND at < :until
          AND geom && z.geom AND ST_Covers(z.geom, geom) OFFSET 0) i
      ORDER BY i.id, z.code)
    SELECT z.code, coalesce(d.doors, 0), coalesce(d.households, 0), coalesce(e.incidents, 0), coalesce(e.disputes, 0)
    FROM zone z
    LEFT JOIN (SELECT code, count(*) AS doors, sum(households) AS households FROM door GROUP BY code) d USING (code)
    LEFT JOIN (SELECT event.code, count(*) AS incidents, count(*) FILTER (WHERE c.is_dispute) AS disputes
               FROM event JOIN incident_category c ON c.code = event.category GROUP BY event.code) e USING (code)
    ORDER BY z.code"""


def counts(
    session: Session,
    station: str,
    edition_id: int,
    kind: ZoneKind,
    *,
    since: datetime,
    until: datetime,
    codes: list[str] | None = None,
) -> pd.DataFrame:
    """Return doors, households, incidents and disputes of each zone of an edition, or of `codes` alone; one query.

    Returns
    -------
    counts
        Indexed by zone `code`: `doors`, `households` and, for `since` <= time < `until`, `incidents`, `disputes`.
    """
    facts = {"station": station, "edition": edition_id, "since": since, "until": until, "codes": codes}
    rows = session.execute(text(_COUNTS.format(table=kind)), facts).all()
    columns = ["code", "doors", "households", "incidents", "disputes"]
    return pd.DataFrame([tuple(row) for row in rows], columns=columns).set_index("code").astype("int64")


def posted(
    session: Session, station: str, edition_id: int, kind: ZoneKind, at: datetime, *, codes: list[str] | None = None
) -> pd.DataFrame:
    """Return who answers for each zone of an edition (or of `codes`) at a moment, the duty desk left out; one query.

    Columns `code`, `role`, `name`, `name_en`, `via` ("posting" or "substitute"); a zone of nobody has no row.
    """
    pair = "z.code, NULL" if kind == "beat" else "z.beat, z.code"
    query = text(f"""
        SELECT z.code, r.role, r.name, r.name_en, r.via
        FROM {kind} z CROSS JOIN LATERAL responsible(:station, {pair}, :at) r
        WHERE z.edition_id = :edition AND r.rank < 9 AND (CAST(:codes AS text[]) IS NULL OR z.code = ANY (CAST(:codes AS text[])))
        ORDER BY z.code, r.rank, r.role, r.person""")
    rows = session.execute(query, {"station": station, "edition": edition_id, "at": at, "codes": codes}).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=["code", "role", "name", "name_en", "via"])


def span_of_incidents(session: Session, station: str) -> tuple[datetime, datetime] | None:
    """Return the times of the first and the last incident of a station, or None where there is none; one query."""
    first, last = session.execute(
        select(func.min(Incident.at), func.max(Incident.at)).where(Incident.station == station)
    ).one()
    return None if first is None else (first, last)


def categories(session: Session) -> list[IncidentCategory]:
    """Return every category of incident, disputes last, by code; one query."""
    return list(session.scalars(select(IncidentCategory).order_by(IncidentCategory.is_dispute, IncidentCategory.code)))
