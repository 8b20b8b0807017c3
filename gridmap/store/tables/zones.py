"""Stations, the places in them, editions, and the beats and grid cells of each edition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now, StationCode, polygons

#: A zone's code may be in any script (成功镇-三仙里-10邻), without what would break a list, a file or a page.
ZONE_CODE = r"""length(code) BETWEEN 1 AND 64 AND code !~ '[[:space:][:cntrl:]|,;"<>&\\]'"""

EDITION_STATES = ("draft", "in_review", "approved", "published", "superseded", "withdrawn")


class Station(Base):
    """A police station (派出所), its jurisdiction (辖区) and its duty desk."""

    __tablename__ = "station"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    metric_epsg: Mapped[int]
    timezone: Mapped[str] = mapped_column(server_default="Asia/Shanghai")
    desk_phone: Mapped[str]
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    two_person: Mapped[bool] = mapped_column(server_default=text("false"))
    published: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    loop: Mapped[str] = mapped_column(ForeignKey("loop.code"), server_default="standard")
    jurisdiction: Mapped[Any] = polygons()

    __table_args__ = (
        CheckConstraint("code ~ '^[0-9A-Z]{4,16}$'", name="code"),
        CheckConstraint("desk_phone <> ''", name="desk_phone"),
        CheckConstraint("published <@ ARRAY['names', 'photos', 'managers', 'volunteers']", name="published"),
        CheckConstraint("array_to_string(languages, ',', '?') ~ '^([a-z]{2,3}(,[a-z]{2,3})*)?$'", name="languages"),
        CheckConstraint("ST_IsValid(jurisdiction) AND NOT ST_IsEmpty(jurisdiction)", name="jurisdiction"),
    )


class Place(Base):
    """A town, village (community) or group inside a station's jurisdiction."""

    __tablename__ = "place"

    station: Mapped[StationCode] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    parent: Mapped[str | None]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    geom: Mapped[Any] = polygons(nullable=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["station", "parent"], ["place.station", "place.code"], deferrable=True, initially="DEFERRED"
        ),
        CheckConstraint("kind IN ('town', 'village', 'group')", name="kind"),
        CheckConstraint("parent IS NULL OR parent <> code", name="parent"),
    )


class Road(Base):
    """A street centre line, drawn under the zones where no base map is set."""

    __tablename__ = "road"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    name: Mapped[str | None]
    kind: Mapped[str]
    geom: Mapped[Any] = mapped_column(Geometry("MULTILINESTRING", srid=4326, spatial_index=True), nullable=False)

    __table_args__ = (Index(None, "station"),)


class Edition(Base):
    """One whole snapshot (版次) of a station's beats and grid cells."""

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    number: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="draft")
    base: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]
    created_by: Mapped[str]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    publish_at: Mapped[datetime | None]
    publish_accept: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    publish_problem: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        UniqueConstraint("station", "number"),
        UniqueConstraint("id", "station"),
        ForeignKeyConstraint(["station", "base"], ["edition.station", "edition.number"]),
        CheckConstraint(
            "status IN ('draft', 'in_review', 'approved', 'published', 'superseded', 'withdrawn')", name="status"
        ),
        CheckConstraint("number > 0 AND (base IS NULL OR base < number)", name="number"),
        CheckConstraint("(status IN ('draft', 'in_review', 'approved')) = (published_at IS NULL)", name="published_at"),
        CheckConstraint("(published_at IS NULL) = (published_by IS NULL)", name="published_by"),
        CheckConstraint(
            "(submitted_at IS NULL) = (submitted_by IS NULL) AND (status <> 'in_review' OR submitted_at IS NOT NULL)",
            name="submitted",
        ),
        CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL) AND (status <> 'approved' OR approved_at IS NOT NULL)",
            name="approved",
        ),
        CheckConstraint("publish_at IS NULL OR status NOT IN ('draft', 'in_review')", name="publish_at"),
        Index("ix_edition_publish_at", "publish_at", postgresql_where=text("status = 'approved'")),
        Index("uq_edition_one_published", "station", unique=True, postgresql_where=text("status = 'published'")),
    )


class EditionPeriod(Base):
    """A span of time in which an edition was the one in force; no two of a station overlap."""

    __tablename__ = "edition_period"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    edition_id: Mapped[int]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)

    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "station"], ["edition.id", "edition.station"]),
        ExcludeConstraint(("station", "="), ("during", "&&"), using="gist", name="ex_edition_period_station_during"),
        CheckConstraint("NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)", name="during"),
    )


class Beat(Base):
    """A beat (警格) of one edition; `code` is the same in every edition."""

    __tablename__ = "beat"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    name_zh: Mapped[str] = mapped_column(server_default="")
    name_en: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = polygons()

    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "station"], ["edition.id", "edition.station"], ondelete="CASCADE"),
        CheckConstraint(ZONE_CODE, name="code"),
        CheckConstraint("NOT ST_IsEmpty(geom)", name="geom"),
        Index(None, "station"),
    )


class GridCell(Base):
    """A grid cell (网格) of one edition; `beat` is the beat it belongs to, empty only in a draft with faults."""

    __tablename__ = "grid_cell"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    beat: Mapped[str | None]
    name_zh: Mapped[str] = mapped_column(server_default="")
    name_en: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = polygons()

    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "station"], ["edition.id", "edition.station"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["edition_id", "beat"], ["beat.edition_id", "beat.code"], deferrable=True, initially="DEFERRED"
        ),
        CheckConstraint(ZONE_CODE, name="code"),
        CheckConstraint("NOT ST_IsEmpty(geom)", name="geom"),
        Index(None, "station"),
    )


__all__ = ["EDITION_STATES", "Beat", "Edition", "EditionPeriod", "GridCell", "Place", "Road", "Station"]
