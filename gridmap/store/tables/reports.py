"""Reports of residents, step by step; how to reach the reporter lies apart, sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now, StationCode

REPORT_KINDS = ("visit", "dispute", "hazard", "other")
REPORT_STATES = ("received", "accepted", "in_hand", "settled", "not_ours", "withdrawn", "closed")
#: What a step may be; those that are not states leave the state as it is.
REPORT_STEPS = (
    "received", "accepted", "in_hand", "settled", "not_ours", "withdrawn", "closed", "reopened",
    "note", "added", "rated", "call_back", "called_back", "joined", "released",
)  # fmt: skip


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)


class Report(Base):
    """What a resident reported (报事) at a plate; its state is what its events add up to.

    `tracking` is the SHA-256 of the receipt's code, which only the reporter has. `device` and `block` are salted hashes that
    change every day: enough to tell a flood, too little to tell a person. `held`: looked at by a person before it counts.
    """

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    plate: Mapped[str] = mapped_column(ForeignKey("plate.code"))
    address_id: Mapped[int]
    tracking: Mapped[bytes] = mapped_column(unique=True)
    send_key: Mapped[str]
    kind: Mapped[str]
    category: Mapped[str | None] = mapped_column(ForeignKey("incident_category.code"))
    words: Mapped[str]
    happened_at: Mapped[datetime | None]
    at: Mapped[Now]
    language: Mapped[str] = mapped_column(server_default="zh")
    state: Mapped[str] = mapped_column(server_default="received")
    held: Mapped[bool] = mapped_column(server_default=text("false"))
    urgent: Mapped[bool] = mapped_column(server_default=text("false"))
    call_back: Mapped[bool] = mapped_column(server_default=text("false"))
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    due_at: Mapped[datetime | None]
    joined_to: Mapped[int | None]
    incident_id: Mapped[int | None]
    dispute_id: Mapped[int | None]
    device: Mapped[str] = mapped_column(server_default="")
    block: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        UniqueConstraint("id", "station"),
        UniqueConstraint("plate", "send_key"),
        ForeignKeyConstraint(["address_id", "station"], ["address.id", "address.station"]),
        ForeignKeyConstraint(["joined_to", "station"], ["report.id", "report.station"], name="fk_report_joined_to"),
        ForeignKeyConstraint(["incident_id", "station"], ["incident.id", "incident.station"]),
        ForeignKeyConstraint(["dispute_id", "station"], ["dispute.id", "dispute.station"]),
        CheckConstraint("length(tracking) = 32", name="tracking"),
        CheckConstraint(f"kind IN ({_listed(REPORT_KINDS)})", name="kind"),
        CheckConstraint(f"state IN ({_listed(REPORT_STATES)})", name="state"),
        CheckConstraint("length(words) <= 2000", name="words"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("joined_to IS NULL OR joined_to <> id", name="joined_to"),
        Index(None, "station", "at"),
        Index(None, "plate", "at"),
        Index(None, "address_id"),
    )


class ReportEvent(Base):
    """One step of a report; rows are added, never changed. `by` is empty where the reporter did it."""

    __tablename__ = "report_event"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    report_id: Mapped[int]
    at: Mapped[Now]
    by: Mapped[str] = mapped_column(server_default="")
    what: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        ForeignKeyConstraint(["report_id", "station"], ["report.id", "report.station"]),
        CheckConstraint(f"what IN ({_listed(REPORT_STEPS)})", name="what"),
        CheckConstraint("length(note) <= 2000", name="note"),
        Index(None, "report_id", "id"),
        Index(None, "station", "at"),
    )


class ReportContact(Base):
    """How to reach a reporter, sealed (AES-256-GCM): the key lies outside the database."""

    __tablename__ = "report_contact"

    report_id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    sealed: Mapped[bytes]

    __table_args__ = (
        ForeignKeyConstraint(["report_id", "station"], ["report.id", "report.station"]),
        Index(None, "station"),
    )


class ReportPhoto(Base):
    """A picture of a report (JPEG), drawn anew so that nothing of the phone's metadata is left."""

    __tablename__ = "report_photo"

    report_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    station: Mapped[str]
    jpeg: Mapped[bytes]

    __table_args__ = (
        ForeignKeyConstraint(["report_id", "station"], ["report.id", "report.station"]),
        CheckConstraint("length(jpeg) <= 2000000", name="jpeg"),
        Index(None, "station"),
    )
