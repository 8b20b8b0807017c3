"""Accounts, the stations each may read, their log-ins, and the audit of what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now

ROLES = ("planner", "officer", "grid_member", "mediator", "commander", "auditor", "admin")


class Account(Base):
    """Somebody who can log in, in one role."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    demo: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]
    email: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("email IS NULL OR email ~ '^[^@[:space:]<>,;]+@[^@[:space:]<>,;]+$'", name="email"),
        CheckConstraint("login = lower(login) AND login ~ '^[a-z0-9_.@-]{2,64}$'", name="login"),
        CheckConstraint(
            "role IN ('planner', 'officer', 'grid_member', 'mediator', 'commander', 'auditor', 'admin')", name="role"
        ),
        CheckConstraint("password_hash LIKE '$argon2id$%'", name="password_hash"),
    )


class AccountStation(Base):
    """A station inside an account's scope (数据范围)."""

    __tablename__ = "account_station"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    station: Mapped[str] = mapped_column(ForeignKey("station.code"), primary_key=True)


class LogIn(Base):
    """A session of an account; the cookie holds a random token, the table its SHA-256."""

    __tablename__ = "log_in"

    token_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]

    __table_args__ = (Index(None, "account_id"), Index(None, "expires_at"))


class Audit(Base):
    """Who did what to which thing, when; rows are added, never changed. `station` is empty for matters of the whole."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[Now]
    station: Mapped[str | None]
    by: Mapped[str]
    action: Mapped[str]
    thing: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]

    __table_args__ = (Index(None, "station", "at"),)
