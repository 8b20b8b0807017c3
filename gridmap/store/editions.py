"""Editions and their zones: lock, open, list, publish, withdraw, and which one was in force when."""

from __future__ import annotations

from datetime import datetime

import geopandas as gpd
import pandas as pd
import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import DateTime, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gridmap.domain.editions import UNPUBLISHED
from gridmap.errors import NotFound
from gridmap.store.tables import Beat, Edition, EditionPeriod, GridCell, Station


class StationNotFound(NotFound):
    """No station of that code, or none inside the scope of the person who asks."""

    slug, title = "station-not-found", "No such station"


class EditionNotFound(NotFound):
    """The station has no edition of that number."""

    slug, title = "edition-not-found", "No such edition"


def find_station(session: Session, code: str) -> Station:
    """Return a station; one query on its key.

    Raises
    ------
    StationNotFound
        If there is none, or it lies outside the scope.
    """
    station = session.get(Station, code)
    if station is None:
        raise StationNotFound(f"there is no station {code}; `gridmap load stations` adds one", station=code)
    return station


def stations(session: Session) -> list[Station]:
    """Return every station in scope, by code; one query."""
    return list(session.scalars(select(Station).order_by(Station.code)))


def lock_station(session: Session, station: str) -> None:
    """Let one transaction at a time change the editions of a station; released at its end.

    A check for overlaps followed by a write is a race under READ COMMITTED (40 of 60 races let an overlap through);
    the lock makes the two one step.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('edition:' || :station, 0))"), {"station": station}
    )


def find(session: Session, station: str, number: int) -> Edition:
    """Return one edition of a station; one query.

    Raises
    ------
    EditionNotFound
        If the station has no edition of that number.
    """
    found = session.scalars(select(Edition).where(Edition.station == station, Edition.number == number)).one_or_none()
    if found is None:
        raise EditionNotFound(
            f"station {station} has no edition {number}; `gridmap edition list {station}` shows what there is",
            station=station,
            number=number,
        )
    session.refresh(found)
    return found


def in_force(session: Session, station: str, at: datetime | None = None) -> Edition | None:
    """Return the edition in force at a moment (now when None), or None where there was none; one query."""
    query = select(Edition).join(EditionPeriod, EditionPeriod.edition_id == Edition.id).where(
        Edition.station == station, EditionPeriod.during.contains(func.clock_timestamp() if at is None else at)
    )  # fmt: skip
    return session.scalars(query).one_or_none()


def moment(session: Session) -> datetime:
    """Return the present moment by the database's clock, the one by which editions are in force; one query."""
    return session.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()


def newest_period_start(session: Session, station: str) -> datetime | None:
    """Return when the newest period in force of a station began, or None where there is none; one query."""
    query = select(func.max(func.lower(EditionPeriod.during))).where(EditionPeriod.station == station)
    began: datetime | None = session.scalar(query)
    return began


def in_force_since(session: Session, station: str) -> dict[int, datetime]:
    """Return, for each edition of a station that ever was in force, since when it (last) was; one query."""
    query = (
        select(EditionPeriod.edition_id, func.max(func.lower(EditionPeriod.during)))
        .where(EditionPeriod.station == station)
        .group_by(EditionPeriod.edition_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def list_page(session: Session, station: str, *, after: int | None = None, limit: int = 100) -> list[Edition]:
    """Return editions of a station, newest first, with numbers below `after`; one query."""
    query = select(Edition).where(Edition.station == station).order_by(Edition.number.desc()).limit(limit)
    if after is not None:
        query = query.where(Edition.number < after)
    return list(session.scalars(query))


def drafts(session: Session, station: str) -> list[Edition]:
    """Return what a station has drawn and not published yet, newest first; one query."""
    query = select(Edition).where(Edition.station == station, Edition.status.in_(UNPUBLISHED))
    return list(session.scalars(query.order_by(Edition.number.desc())))


def add_draft(session: Session, station: str, *, by: str, base: Edition | None, note: str, synthetic: bool) -> Edition:
    """Add the next draft of a station, holding the zones of `base` (none when None); two queries and two inserts."""
    newest = session.scalar(select(func.max(Edition.number)).where(Edition.station == station)) or 0
    edition = Edition(
        station=station,
        number=newest + 1,
        status="draft",
        base=None if base is None else base.number,
        note=note,
        synthetic=synthetic,
        created_by=by,
    )
    session.add(edition)
    session.flush()
    if base is not None:
        for table in ("beat", "grid_cell"):
            extra = ", beat" if table == "grid_cell" else ""
            session.execute(
                text(f"""INSERT INTO {table} (edition_id, code, station, name_zh, name_en, geom{extra})
                         SELECT :draft, code, station, name_zh, name_en, geom{extra} FROM {table} WHERE edition_id = :base"""),
                {"draft": edition.id, "base": base.id},
            )
    return edition


def put_zones(session: Session, edition: Edition, beats: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> None:
    """Replace all zones of a draft by those of two frames in EPSG:4326; two deletes and two inserts."""
    session.flush()
    session.execute(delete(GridCell).where(GridCell.edition_id == edition.id))
    session.execute(delete(Beat).where(Beat.edition_id == edition.id))
    for table, frame in ((Beat, beats), (GridCell, cells)):
        rows = _zone_rows(edition, frame, with_beat=table is GridCell)
        if rows:
            session.execute(insert(table), rows)


def _zone_rows(edition: Edition, frame: gpd.GeoDataFrame, *, with_beat: bool) -> list[dict[str, object]]:
    """Return the rows to insert for a frame of zones; all polygons are made multi-part at once."""
    shapes = frame.geometry.to_numpy()
    parts = [
        shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape] if not shape.is_empty else [])
        for shape in shapes
    ]
    columns = [name for name in ("code", "name_zh", "name_en", *(("beat",) if with_beat else ())) if name in frame]
    return [
        {
            "edition_id": edition.id,
            "station": edition.station,
            "geom": WKBElement(shapely.to_wkb(part), srid=4326),
            **{name: None if pd.isna(value) else value for name, value in zip(columns, row, strict=True)},
        }
        for part, row in zip(parts, frame[columns].itertuples(index=False), strict=True)
    ]


def set_published(session: Session, edition: Edition, *, by: str, at: datetime) -> None:
    """Mark a draft published now, and in force from `at`; the one before is superseded and its period closed."""
    _close_period(session, edition.station, at)
    session.execute(
        update(Edition)
        .where(Edition.station == edition.station, Edition.status == "published")
        .values(status="superseded")
    )
    session.execute(
        update(Edition)
        .where(Edition.id == edition.id)
        .values(status="published", published_at=func.clock_timestamp(), published_by=by)
    )
    session.add(EditionPeriod(station=edition.station, edition_id=edition.id, during=Range(at, None)))
    session.flush()
    session.execute(text("SELECT fill_beat_neighbours(:edition)"), {"edition": edition.id})
    session.execute(text("SELECT fill_dispute_zones(:station)"), {"station": edition.station})
    session.refresh(edition)


def set_withdrawn(session: Session, edition: Edition, *, at: datetime) -> Edition | None:
    """Mark the published edition withdrawn at `at`; the newest superseded one, if any, is in force again and returned."""
    _close_period(session, edition.station, at)
    session.execute(update(Edition).where(Edition.id == edition.id).values(status="withdrawn"))
    before = session.scalars(
        select(Edition)
        .where(Edition.station == edition.station, Edition.status == "superseded")
        .order_by(Edition.number.desc())
        .limit(1)
    ).one_or_none()
    if before is not None:
        session.execute(update(Edition).where(Edition.id == before.id).values(status="published"))
        session.add(EditionPeriod(station=edition.station, edition_id=before.id, during=Range(at, None)))
    session.flush()
    session.refresh(edition)
    if before is not None:
        session.refresh(before)
    return before


def _close_period(session: Session, station: str, at: datetime) -> None:
    """End the period in force of a station at `at`."""
    session.flush()
    session.execute(
        text("""UPDATE edition_period SET during = tstzrange(lower(during), :at)
                WHERE station = :station AND upper_inf(during)"""),
        {"station": station, "at": at},
    )
