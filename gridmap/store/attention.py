"""Disputes that wait for somebody, and the facilities of a station."""

from __future__ import annotations

from datetime import datetime

import geopandas as gpd
from sqlalchemy import column, select, text
from sqlalchemy.orm import Session

from gridmap.store.dispute_sql import DROPPED, IS_DISPUTE
from gridmap.store.frames import read_frame, wkb
from gridmap.store.tables import Facility


def waiting_disputes(session: Session, station: str, at: datetime, days: int, history_days: int) -> gpd.GeoDataFrame:
    """Return the disputes nobody has looked after for some days; one query.

    Two kinds (`state`): "settled": settled longer than `days` before `at` (but not longer than `history_days`), and since
    then neither followed up nor visited at its address because of a dispute; "open": not settled, and no event for
    `days`. Withdrawn ones and those of others wait for nobody, nor does one that is paused or whose follow-up is agreed
    for a later day. Tips, hazards and fresh cases are no disputes. What happened after `at` is not known yet.

    Columns `number`, `state`, `address_id` (or None), `last` (UTC: when it was settled, or last written to), Points in
    EPSG:4326, missing where neither dispute, address nor incident has a place.
    """
    waiting = text(f"""
        WITH told AS (
          SELECT d.*, coalesce(d.settled_at <= :at, false) AS settled,
                 (SELECT max(e.at) FROM dispute_event e WHERE e.dispute_id = d.id AND e.at <= :at) AS written
          FROM dispute d WHERE d.station = :station AND d.opened_at <= :at AND d.{IS_DISPUTE} AND NOT d.{DROPPED}
            AND (d.settled_at IS NULL OR d.settled_at > :at - make_interval(days => :history))
            AND NOT (d.state = 'paused' AND d.due_at > :at))
        SELECT d.number, CASE WHEN d.settled THEN 'settled' ELSE 'open' END AS state, d.address_id,
               CASE WHEN d.settled THEN d.settled_at ELSE greatest(d.opened_at, d.written) END AS last,
               ST_AsBinary(coalesce(d.geom, a.geom, i.geom)) AS geometry
        FROM told d
        LEFT JOIN address a ON a.id = d.address_id
        LEFT JOIN incident i ON i.id = d.incident_id
        WHERE CASE WHEN d.settled THEN d.settled_at < :at - make_interval(days => :days)
            AND (d.due_at IS NULL OR d.due_at <= :at)
            AND NOT EXISTS (SELECT FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = 'followed_up'
                            AND e.at > d.settled_at AND e.at <= :at)
            AND NOT EXISTS (SELECT FROM visit v WHERE v.address_id = coalesce(d.address_id, i.address_id)
                            AND v.purpose = 'dispute' AND v.at > d.settled_at AND v.at <= :at)
          ELSE greatest(d.opened_at, d.written) < :at - make_interval(days => :days) END
        ORDER BY 4, d.number""")
    names = ("number", "state", "address_id", "last", "geometry")
    facts = {"station": station, "at": at, "days": days, "history": history_days}
    found = waiting.bindparams(**facts).columns(*(column(name) for name in names))
    return read_frame(session, select(found.subquery()))


def facilities(session: Session, station: str) -> gpd.GeoDataFrame:
    """Return the facilities of a station: `code`, `kind`, names, Points in EPSG:4326, by code; one query."""
    columns = (Facility.code, Facility.kind, Facility.name_zh, Facility.name_en, wkb(Facility.geom))
    return read_frame(session, select(*columns).where(Facility.station == station).order_by(Facility.code))
