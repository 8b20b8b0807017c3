"""Web hooks: where a station's own messenger wants to be told, and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now, StationCode


class WebHook(Base):
    """An address inside the station's network that is told of events; each message is signed with `secret`, sealed here."""

    __tablename__ = "web_hook"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    url: Mapped[str]
    sealed_secret: Mapped[bytes]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    groups: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    at: Mapped[Now]
    by: Mapped[str]

    __table_args__ = (
        UniqueConstraint("id", "station"),
        UniqueConstraint("station", "url"),
        CheckConstraint("url ~ '^https?://[^ ]+$' AND length(url) <= 500", name="url"),
        CheckConstraint("cardinality(events) > 0", name="events"),
    )


class WebHookDelivery(Base):
    """One message for one hook: sent until it arrives or is given up; kept so that nothing is lost in silence."""

    __tablename__ = "web_hook_delivery"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    hook_id: Mapped[int]
    event: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[Now]
    due_at: Mapped[datetime | None] = mapped_column(server_default=text("clock_timestamp()"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    arrived_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        ForeignKeyConstraint(["hook_id", "station"], ["web_hook.id", "web_hook.station"]),
        CheckConstraint("arrived_at IS NULL OR due_at IS NULL", name="due_at"),
        Index("ix_web_hook_delivery_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(None, "station"),
    )
