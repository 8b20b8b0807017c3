"""The rules of dispute loops (闭环), and whom a station can hand a dispute to: its bodies and mediators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now, StationCode

_CODE = "code ~ '^[a-z][a-z0-9_]{1,39}$'"


class Loop(Base):
    """A loop several stations may follow; `rules` hold what the database does not ask for itself (kinds, trades, texts)."""

    __tablename__ = "loop"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    loaded_at: Mapped[Now]
    by: Mapped[str] = mapped_column(server_default="gridmap")

    __table_args__ = (CheckConstraint(_CODE, name="code"),)


class LoopTier(Base):
    """A tier (层级): who holds what comes to it, and its clocks. `holder`: cell, beat, desk, or the code of a body."""

    __tablename__ = "loop_tier"

    loop: Mapped[str] = mapped_column(ForeignKey("loop.code", ondelete="CASCADE"), primary_key=True)
    tier: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    holder: Mapped[str]
    accept_within: Mapped[timedelta] = mapped_column(INTERVAL)
    settle_within: Mapped[timedelta] = mapped_column(INTERVAL)
    on_late: Mapped[str]

    __table_args__ = (
        CheckConstraint("tier BETWEEN 1 AND 9", name="tier"),
        CheckConstraint("accept_within > INTERVAL '0' AND settle_within > INTERVAL '0'", name="clocks"),
        CheckConstraint("on_late IN ('escalate', 'remind')", name="on_late"),
    )


class LoopMove(Base):
    """A step that may be taken in a state, at some tiers (None: at all), by some roles.

    `after`: "=" the same state, "<" the one before the pause or hand-over.
    """

    __tablename__ = "loop_move"

    loop: Mapped[str] = mapped_column(ForeignKey("loop.code", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[str]
    tiers: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))

    __table_args__ = (CheckConstraint("cardinality(roles) > 0", name="roles"),)


class Body(Base):
    """A body that mediates or takes over (调解组织, 联动单位); every station has its "desk"."""

    __tablename__ = "body"

    station: Mapped[str] = mapped_column(ForeignKey("station.code"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    trades: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    phone: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    counted_as: Mapped[int] = mapped_column(Identity(always=True))

    __table_args__ = (
        CheckConstraint(_CODE, name="code"),
        CheckConstraint("phone IS NULL OR phone ~ '^[0-9+][0-9 -]{2,20}$'", name="phone"),
    )


class Mediator(Base):
    """A person who mediates (调解员): for which body, which trades, in which languages, how many at once at most."""

    __tablename__ = "mediator"

    person_id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    body: Mapped[str | None]
    type: Mapped[str] = mapped_column(server_default="")
    trades: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{zh}'"))
    most: Mapped[int] = mapped_column(server_default=text("10"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (
        ForeignKeyConstraint(["person_id", "station"], ["person.id", "person.station"]),
        ForeignKeyConstraint(["station", "body"], ["body.station", "body.code"], name="fk_mediator_body"),
        CheckConstraint("most > 0", name="most"),
        Index(None, "station"),
    )


class Open311Key(Base):
    """A key with which a neighbour's application files requests at a station; only its SHA-256 is kept."""

    __tablename__ = "open311_key"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    name: Mapped[str]
    sha256: Mapped[bytes] = mapped_column(unique=True)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    at: Mapped[Now]
    by: Mapped[str]

    __table_args__ = (
        UniqueConstraint("id", "station"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        Index(None, "station"),
    )


class Mail(Base):
    """A message to somebody's e-mail address: what happened and where, never who."""

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    event: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[Now]
    due_at: Mapped[datetime | None] = mapped_column(server_default=text("clock_timestamp()"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    arrived_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        CheckConstraint("arrived_at IS NULL OR due_at IS NULL", name="due_at"),
        Index(None, "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(None, "station"),
    )
