"""Incidents: calls and reports, with time and place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, StationCode, point


class IncidentCategory(Base):
    """A category (类别) of incident or kind of dispute, in both languages; `counted_as`: its number where days are counted."""

    __tablename__ = "incident_category"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    is_dispute: Mapped[bool] = mapped_column(server_default=text("false"))
    counted_as: Mapped[int] = mapped_column(Identity(always=True))


class Incident(Base):
    """One call or report (警情), with time and place; the zone the agency recorded is kept beside ours."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    number: Mapped[str]
    category: Mapped[str] = mapped_column(ForeignKey("incident_category.code"))
    at: Mapped[datetime]
    at_until: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(server_default="call")
    address_id: Mapped[int | None]
    recorded_zone: Mapped[str | None]
    geom: Mapped[Any] = point()
    geom_3857: Mapped[Any] = mapped_column(
        Geometry("POINT", srid=3857, spatial_index=True),
        Computed("CASE WHEN abs(ST_Y(geom)) < 85 THEN ST_Transform(geom, 3857) END", persisted=True),
        nullable=True,
        deferred=True,
    )

    __table_args__ = (
        UniqueConstraint("station", "number"),
        UniqueConstraint("id", "station"),
        ForeignKeyConstraint(["address_id", "station"], ["address.id", "address.station"]),
        CheckConstraint("at_until IS NULL OR at_until >= at", name="at_until"),
        CheckConstraint("source IN ('call', 'visit', 'patrol', 'resident', 'import')", name="source"),
        Index(None, "station", "at"),
        Index(None, "address_id"),
    )
