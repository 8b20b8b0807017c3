"""People, what they are posted to, their shifts, and who stands in when they are away."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, StationCode

POSTING_ROLES = ("officer", "auxiliary", "grid_member", "property_manager", "volunteer", "mediator", "duty_desk")


class Person(Base):
    """Somebody who can be posted: an officer, a grid member, a mediator, the duty desk itself.

    `phone` is for colleagues; residents call `service_phone`, or the desk where there is none.
    """

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str | None]
    office: Mapped[str] = mapped_column(server_default="")
    badge: Mapped[str] = mapped_column(server_default="")
    service_phone: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("station", "code"),
        UniqueConstraint("id", "station"),
        CheckConstraint("phone IS NULL OR phone ~ '^[0-9+][0-9 -]{2,20}$'", name="phone"),
        CheckConstraint("service_phone IS NULL OR service_phone ~ '^[0-9+][0-9 -]{2,20}$'", name="service_phone"),
    )


class PersonPhoto(Base):
    """A person's portrait for residents' pages (JPEG, no metadata); shown only where the station publishes photos."""

    __tablename__ = "person_photo"

    person_id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    sha256: Mapped[str]
    jpeg: Mapped[bytes]

    __table_args__ = (
        ForeignKeyConstraint(["person_id", "station"], ["person.id", "person.station"]),
        UniqueConstraint("sha256", "person_id"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("length(jpeg) <= 200000", name="jpeg"),
    )


class Posting(Base):
    """A person in a role for a beat, a grid cell or the whole station, for a span of days."""

    __tablename__ = "posting"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    person_id: Mapped[int]
    role: Mapped[str]
    beat: Mapped[str | None]
    grid_cell: Mapped[str | None]
    trade: Mapped[str | None]
    during: Mapped[Range[date]] = mapped_column(DATERANGE)

    __table_args__ = (
        ForeignKeyConstraint(["person_id", "station"], ["person.id", "person.station"]),
        CheckConstraint(
            "role IN ('officer', 'auxiliary', 'grid_member', 'property_manager', 'volunteer', 'mediator', 'duty_desk')",
            name="role",
        ),
        CheckConstraint("beat IS NULL OR grid_cell IS NULL", name="one_zone"),
        CheckConstraint("NOT isempty(during)", name="during"),
        ExcludeConstraint(
            ("person_id", "="),
            ("role", "="),
            (text("(coalesce(beat, ''))"), "="),
            (text("(coalesce(grid_cell, ''))"), "="),
            ("during", "&&"),
            using="gist",
            name="ex_posting_same_twice",
        ),
        Index(None, "station", "beat"),
        Index(None, "station", "grid_cell"),
    )


class Shift(Base):
    """A span of duty of one person, for `beats`, or those the person is posted to; nobody is on two shifts at once."""

    __tablename__ = "shift"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    person_id: Mapped[int]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    beats: Mapped[list[str] | None] = mapped_column(ARRAY(Text))

    __table_args__ = (
        ForeignKeyConstraint(["person_id", "station"], ["person.id", "person.station"]),
        CheckConstraint("NOT isempty(during)", name="during"),
        CheckConstraint(
            "beats IS NULL OR cardinality(beats) > 0 AND array_position(beats, NULL) IS NULL", name="beats"
        ),
        Index(None, "station", "during", postgresql_using="gist"),
        ExcludeConstraint(("person_id", "="), ("during", "&&"), using="gist", name="ex_shift_twice"),
    )


class Leave(Base):
    """A span of days in which a person is away, and who stands in; no substitute is a coverage gap."""

    __tablename__ = "leave"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    person_id: Mapped[int]
    substitute_id: Mapped[int | None]
    during: Mapped[Range[date]] = mapped_column(DATERANGE)
    reason: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        ForeignKeyConstraint(["person_id", "station"], ["person.id", "person.station"]),
        ForeignKeyConstraint(["substitute_id", "station"], ["person.id", "person.station"], name="fk_leave_substitute"),
        CheckConstraint("substitute_id IS NULL OR substitute_id <> person_id", name="substitute"),
        CheckConstraint("NOT isempty(during)", name="during"),
        ExcludeConstraint(("person_id", "="), ("during", "&&"), using="gist", name="ex_leave_twice"),
    )
