"""Who has a draft open, which zones are locked, and which ground of the station needs no zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import geopandas as gpd
import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.store import frames
from gridmap.store.tables import AllowedGap, Edition, Presence, ZoneLock

#: Whoever was not heard of for so long has left.
GONE_AFTER = timedelta(seconds=20)


def see(session: Session, edition: Edition, *, login: str, name: str, kind: str | None, code: str | None) -> None:
    """Note that somebody has a draft open now, at a zone or at none; forget who left long ago."""
    now: Any = func.clock_timestamp()
    values = {"station": edition.station, "name": name, "seen_at": now, "kind": kind, "code": code}
    session.execute(
        insert(Presence)
        .values(edition_id=edition.id, login=login, **values)
        .on_conflict_do_update(index_elements=["edition_id", "login"], set_=values)
    )
    session.execute(delete(Presence).where(Presence.edition_id == edition.id, Presence.seen_at < now - 30 * GONE_AFTER))


def present(session: Session, edition_id: int) -> list[tuple[Presence, float]]:
    """Return who has a draft open, by name, and how many seconds ago they were heard of; one query."""
    age = func.extract("epoch", func.clock_timestamp() - Presence.seen_at)
    query = select(Presence, age).where(
        Presence.edition_id == edition_id, Presence.seen_at > func.clock_timestamp() - GONE_AFTER
    )
    return [(row[0], float(row[1])) for row in session.execute(query.order_by(Presence.name, Presence.login))]


def locks(session: Session, edition_id: int) -> list[ZoneLock]:
    """Return the locked zones of a draft, by kind and code; one query."""
    query = select(ZoneLock).where(ZoneLock.edition_id == edition_id).order_by(ZoneLock.kind, ZoneLock.code)
    return list(session.scalars(query))


def locked_by_others(session: Session, edition_id: int, by: str, zones: Sequence[tuple[str, str]]) -> list[ZoneLock]:
    """Return the locks of others on any of `zones` (kind, code); one query."""
    query = select(ZoneLock).where(
        ZoneLock.edition_id == edition_id, ZoneLock.by != by, tuple_(ZoneLock.kind, ZoneLock.code).in_(zones)
    )
    return list(session.scalars(query.order_by(ZoneLock.kind, ZoneLock.code)))


def find_lock(session: Session, edition_id: int, kind: str, code: str) -> ZoneLock | None:
    """Return the lock on a zone, or None; one query."""
    found = session.get(ZoneLock, (edition_id, kind, code))
    if found is not None:
        session.refresh(found)
    return found


def add_lock(session: Session, edition: Edition, kind: str, code: str, *, by: str) -> bool:
    """Lock a zone; False where a lock is there already."""
    values = {"edition_id": edition.id, "station": edition.station, "kind": kind, "code": code, "by": by}
    done = session.execute(insert(ZoneLock).values(values).on_conflict_do_nothing().returning(ZoneLock.code))
    return done.one_or_none() is not None


def drop_lock(session: Session, edition_id: int, kind: str, code: str) -> None:
    """Let a zone go."""
    session.execute(
        delete(ZoneLock).where(ZoneLock.edition_id == edition_id, ZoneLock.kind == kind, ZoneLock.code == code)
    )


def allowed_gaps(session: Session, station: str) -> gpd.GeoDataFrame:
    """Return the ground of a station that needs no zone: `id`, `name_zh`, `name_en`, `by`, `at`; one query."""
    columns = (AllowedGap.id, AllowedGap.name_zh, AllowedGap.name_en, AllowedGap.by, AllowedGap.at)
    query = select(*columns, frames.wkb(AllowedGap.geom)).where(AllowedGap.station == station).order_by(AllowedGap.id)
    return frames.read_frame(session, query)


def add_allowed_gap(
    session: Session, station: str, ground: shapely.MultiPolygon, *, by: str, name_zh: str, name_en: str
) -> AllowedGap:
    """Add ground (EPSG:4326) that needs no zone."""
    gap = AllowedGap(
        station=station, name_zh=name_zh, name_en=name_en, by=by, geom=WKBElement(shapely.to_wkb(ground), srid=4326)
    )
    session.add(gap)
    session.flush()
    return gap


def drop_allowed_gap(session: Session, station: str, number: int) -> datetime | None:
    """Take an allowed gap out; None where there is none."""
    query = delete(AllowedGap).where(AllowedGap.station == station, AllowedGap.id == number).returning(AllowedGap.at)
    return session.execute(query).scalar_one_or_none()
