"""What the officer's map keeps: visits, facilities, results of analyses, shapes for tiles, and what changed when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now, StationCode, point

VISIT_PURPOSES = ("household", "dispute", "safety", "plate", "other")
FACILITY_KINDS = ("police_post", "school", "shop", "market", "camera", "alarm", "hotel", "hospital", "other")


class Visit(Base):
    """A visit (走访) to a door: when, by whom, what for; never what was seen there."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    address_id: Mapped[int]
    person_id: Mapped[int | None]
    at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(server_default="household")

    __table_args__ = (
        ForeignKeyConstraint(["address_id", "station"], ["address.id", "address.station"]),
        ForeignKeyConstraint(["person_id", "station"], ["person.id", "person.station"]),
        UniqueConstraint("address_id", "at", "purpose"),
        CheckConstraint("purpose IN ('household', 'dispute', 'safety', 'plate', 'other')", name="purpose"),
        Index(None, "station", "at"),
    )


class Facility(Base):
    """A place that matters to the station (重点部位): a school, a camera, an alarm, a police post."""

    __tablename__ = "facility"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    code: Mapped[str]
    kind: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = point(nullable=False)

    __table_args__ = (
        UniqueConstraint("station", "code"),
        CheckConstraint(
            "kind IN ('police_post', 'school', 'shop', 'market', 'camera', 'alarm', 'hotel', 'hospital', 'other')",
            name="kind",
        ),
    )


class Analysis(Base):
    """A result kept for the same question about the same data."""

    __tablename__ = "analysis"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    name: Mapped[str]
    version: Mapped[int]
    question: Mapped[str]
    data_version: Mapped[str]
    made_at: Mapped[Now]
    took_ms: Mapped[int]
    body: Mapped[bytes]

    __table_args__ = (
        UniqueConstraint("station", "name", "version", "question"),
        CheckConstraint("took_ms >= 0", name="took_ms"),
    )


class ZoneShape(Base):
    """A zone of a published edition as tiles draw it: level 0 in full, higher levels simplified together."""

    __tablename__ = "zone_shape"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    beat: Mapped[str | None]
    name_zh: Mapped[str] = mapped_column(server_default="")
    name_en: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=3857, spatial_index=False), nullable=False)

    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "station"], ["edition.id", "edition.station"], ondelete="CASCADE"),
        CheckConstraint("kind IN ('beat', 'grid_cell')", name="kind"),
        CheckConstraint("level BETWEEN 0 AND 3", name="level"),
        Index(None, "edition_id", "kind", "level", "geom", postgresql_using="gist"),
        Index(None, "station"),
    )


class DataChange(Base):
    """One statement that changed something of a station; how many there are is the version of its data.

    `xid` is the number of its transaction: whoever polls finds with it what committed since, however long it took.
    """

    __tablename__ = "data_change"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    what: Mapped[str]
    at: Mapped[Now]
    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"))

    __table_args__ = (Index(None, "station", "what", "id"), Index(None, "xid"))
