"""Standard addresses, the plates on their doors, and the zone each plate falls in, edition by edition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.plates import PLATE_STATES
from gridmap.store.tables.base import Base, Now, StationCode, point


class Address(Base):
    """A standard address (标准地址) in its levels, and its door."""

    __tablename__ = "address"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    code: Mapped[str]
    full: Mapped[str] = mapped_column("full_text")
    province: Mapped[str] = mapped_column(server_default="")
    city: Mapped[str] = mapped_column(server_default="")
    county: Mapped[str] = mapped_column(server_default="")
    town: Mapped[str] = mapped_column(server_default="")
    village: Mapped[str] = mapped_column(server_default="")
    group: Mapped[str] = mapped_column("group_name", server_default="")
    street: Mapped[str] = mapped_column(server_default="")
    number: Mapped[str] = mapped_column("house_number", server_default="")
    estate: Mapped[str] = mapped_column(server_default="")
    building: Mapped[str] = mapped_column(server_default="")
    unit: Mapped[str] = mapped_column(server_default="")
    room: Mapped[str] = mapped_column(server_default="")
    households: Mapped[int] = mapped_column(server_default=text("1"))
    residents: Mapped[int | None]
    geom: Mapped[Any] = point(nullable=False)

    __table_args__ = (
        UniqueConstraint("station", "code"),
        UniqueConstraint("id", "station"),
        CheckConstraint("households >= 0", name="households"),
        Index("ix_address_station_households", "station", postgresql_include=["households"]),
        CheckConstraint("residents IS NULL OR residents >= 0", name="residents"),
        CheckConstraint("full_text <> ''", name="full_text"),
        CheckConstraint("ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90", name="geom"),
    )


class Plate(Base):
    """A QR door-plate (二维码门牌): one physical sign; an address has many over time, one alive."""

    __tablename__ = "plate"

    code: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    address_id: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="issued")
    issued_at: Mapped[Now]
    retired_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(["address_id", "station"], ["address.id", "address.station"]),
        # Checked at the end: the old plate gives way before the new one may hang at the door.
        ForeignKeyConstraint(["replaced_by"], ["plate.code"], deferrable=True, initially="DEFERRED"),
        CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{12}$'", name="code"),
        CheckConstraint(
            "status IN ('issued', 'printed', 'installed', 'damaged', 'lost', 'replaced', 'moved', 'retired')",
            name="status",
        ),
        CheckConstraint("(status IN ('replaced', 'retired')) = (retired_at IS NOT NULL)", name="retired_at"),
        CheckConstraint("(status = 'replaced') = (replaced_by IS NOT NULL)", name="replaced_by"),
        CheckConstraint("replaced_by IS NULL OR replaced_by <> code", name="not_itself"),
        Index("uq_plate_one_alive", "address_id", unique=True, postgresql_where=text("retired_at IS NULL")),
        Index(None, "station"),
    )


class PlateStep(Base):
    """One step in a plate's life, dated, with who did it; rows are added, never changed, and set the plate's status.

    Where a phone told its position, `geom` holds it, `accuracy_m` how good it was and `distance_m` how far from the door.
    """

    __tablename__ = "plate_step"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    plate: Mapped[str] = mapped_column(ForeignKey("plate.code"))
    at: Mapped[Now]
    by: Mapped[str]
    step: Mapped[str]
    replaced_by: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = point()
    accuracy_m: Mapped[float | None]
    distance_m: Mapped[float | None]

    __table_args__ = (
        CheckConstraint(f"step IN ({', '.join(repr(state) for state in PLATE_STATES)})", name="step"),
        CheckConstraint("(step = 'replaced') = (replaced_by IS NOT NULL)", name="replaced_by"),
        CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name="accuracy_m"),
        CheckConstraint("distance_m IS NULL OR distance_m >= 0", name="distance_m"),
        Index("uq_plate_step_issued_once", "plate", unique=True, postgresql_where=text("step = 'issued'")),
        Index(None, "plate", "id"),
        Index(None, "station", "at"),
    )


class DoorNote(Base):
    """A note of the staff about a door; rows are added, never changed."""

    __tablename__ = "door_note"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    address_id: Mapped[int]
    at: Mapped[Now]
    by: Mapped[str]
    note: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["address_id", "station"], ["address.id", "address.station"]),
        CheckConstraint("note <> '' AND length(note) <= 2000", name="note"),
        Index(None, "address_id", "at"),
        Index(None, "station"),
    )


class Assignment(Base):
    """The stored answer (归属) of one edition for one plate; written once, by publishing or issuing."""

    __tablename__ = "assignment"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    plate: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    beat: Mapped[str | None]
    grid_cell: Mapped[str | None]
    tie: Mapped[bool] = mapped_column(server_default=text("false"))
    # Foreign keys to plate, beat and grid_cell are held by one set-based trigger (migration 0001):
    # a million row-by-row look-ups would take longer than resolving the doors.
