"""Disputes, the append-only log of their steps, and what hangs on them: parties, bodies, links, papers, series."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.domain.dispute_words import ENDED, MARKS, MATTERS, OVER, SOURCES, STATES, STEPS
from gridmap.store.tables.base import Base, Now, StationCode, point


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)


_OPEN = f"state NOT IN ({_listed(OVER)})"


class Dispute(Base):
    """A matter on its way through the loop: a quarrel (纠纷), a tip (线索), a hazard (隐患) or a fresh case (现案).

    Its present state is what its steps add up to: nothing but a step changes it. `version`: how many steps. `due_at`: when
    the next thing must have happened; `settle_by`: when it is to be settled. `print`s of parties link, they do not tell.
    """

    __tablename__ = "dispute"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    number: Mapped[str]
    kind: Mapped[str] = mapped_column(ForeignKey("incident_category.code"))
    opened_at: Mapped[datetime]
    tier: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str] = mapped_column(server_default="open")
    settled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    incident_id: Mapped[int | None]
    address_id: Mapped[int | None]
    geom: Mapped[Any] = point()
    matter: Mapped[str] = mapped_column(server_default="dispute")
    source: Mapped[str] = mapped_column(server_default="import")
    grade: Mapped[int | None]
    words: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="zh")
    beat: Mapped[str | None]
    grid_cell: Mapped[str | None]
    opened_by: Mapped[str] = mapped_column(server_default="")
    holder_id: Mapped[int | None]
    body: Mapped[str | None]
    offered_id: Mapped[int | None]
    offered_body: Mapped[str | None]
    resume: Mapped[str | None]
    settle_by: Mapped[datetime | None]
    promised_by: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    version: Mapped[int] = mapped_column(server_default=text("0"))
    followed: Mapped[int] = mapped_column(server_default=text("0"))
    reopened: Mapped[int] = mapped_column(server_default=text("0"))
    rating: Mapped[int | None]
    reminded_at: Mapped[datetime | None]
    tracking: Mapped[bytes | None] = mapped_column(unique=True)
    request_id: Mapped[str | None] = mapped_column(unique=True)
    filed_by: Mapped[int | None]
    series_id: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("station", "number"),
        UniqueConstraint("id", "station"),
        ForeignKeyConstraint(["incident_id", "station"], ["incident.id", "incident.station"]),
        ForeignKeyConstraint(["address_id", "station"], ["address.id", "address.station"]),
        ForeignKeyConstraint(["holder_id", "station"], ["person.id", "person.station"], name="fk_dispute_holder_id"),
        ForeignKeyConstraint(["offered_id", "station"], ["person.id", "person.station"], name="fk_dispute_offered_id"),
        ForeignKeyConstraint(["station", "body"], ["body.station", "body.code"], name="fk_dispute_body"),
        ForeignKeyConstraint(["station", "offered_body"], ["body.station", "body.code"], name="fk_dispute_offered_body"),
        ForeignKeyConstraint(["series_id", "station"], ["series.id", "series.station"], name="fk_dispute_series_id"),
        ForeignKeyConstraint(
            ["filed_by", "station"], ["open311_key.id", "open311_key.station"], name="fk_dispute_filed_by"
        ),
        CheckConstraint("tier BETWEEN 1 AND 9", name="tier"),
        CheckConstraint("settled_at IS NULL OR settled_at >= opened_at", name="settled_at"),
        CheckConstraint(f"state IN ({_listed(STATES)})", name="state"),
        CheckConstraint(f"(state IN ({_listed(ENDED)})) = (settled_at IS NOT NULL)", name="state_settled"),
        CheckConstraint(f"matter IN ({_listed(MATTERS)})", name="matter"),
        CheckConstraint(f"source IN ({_listed(SOURCES)})", name="source"),
        CheckConstraint("grade BETWEEN 1 AND 9", name="grade"),
        CheckConstraint("length(words) <= 4000", name="words"),
        CheckConstraint(f"marks <@ ARRAY[{_listed(MARKS)}]", name="marks"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("request_id ~ '^[0-9A-Z]{12}$'", name="request_id"),
        CheckConstraint("length(tracking) = 32", name="tracking"),
        CheckConstraint(
            f"state IN ({_listed(OVER)}) OR (num_nonnulls(holder_id, body) = 1 AND due_at IS NOT NULL)", name="held"
        ),
        CheckConstraint("isfinite(opened_at) AND isfinite(due_at) AND isfinite(settle_by)", name="finite"),
        CheckConstraint("num_nonnulls(holder_id, body) <= 1", name="one_holder"),
        CheckConstraint(
            "(state = 'handed') = (num_nonnulls(offered_id, offered_body) = 1) "
            "AND num_nonnulls(offered_id, offered_body) <= 1",
            name="offered",
        ),
        CheckConstraint("(state IN ('handed', 'paused')) = (resume IS NOT NULL)", name="resume"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        Index(None, "station", "opened_at"),
        Index(None, "address_id"),
        Index("ix_dispute_open_holder", "station", "holder_id", "due_at",
              postgresql_where=text(f"{_OPEN} AND holder_id IS NOT NULL")),
        Index("ix_dispute_open_body", "station", "body", "due_at", postgresql_where=text(f"{_OPEN} AND body IS NOT NULL")),
        Index("ix_dispute_open_due", "station", "due_at", postgresql_where=text(_OPEN),
              postgresql_include=["matter", "tier", "kind", "source", "holder_id", "body"]),
        Index("ix_dispute_offered", "station", "offered_id", "offered_body", postgresql_where=text("state = 'handed'")),
        Index("ix_dispute_follow", "station", "due_at",
              postgresql_where=text(f"state IN ({_listed(ENDED)}) AND due_at IS NOT NULL")),
        Index("ix_dispute_settled", "station", "settled_at", postgresql_where=text("state IN ('settled', 'reviewed')")),
        Index("ix_dispute_open_cell", "station", "grid_cell", "due_at", postgresql_where=text(_OPEN)),
        Index(None, "station", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
        Index(None, "station", "grid_cell", "opened_at", postgresql_include=["matter"]),
        Index(None, "series_id", postgresql_where=text("series_id IS NOT NULL")),
        Index(None, "incident_id", postgresql_where=text("incident_id IS NOT NULL")),
        Index(None, "station", "holder_id", postgresql_where=text("holder_id IS NOT NULL")),
        Index(None, "station", "body", postgresql_where=text("body IS NOT NULL")),
        Index(None, "station", "opened_by"),
        Index(None, "station", "kind", "opened_at"),
        Index(None, "filed_by", "opened_at", postgresql_where=text("filed_by IS NOT NULL")),
        Index("ix_dispute_due", "due_at", postgresql_where=text(_OPEN)),
        Index("ix_dispute_number", "station", "number", postgresql_ops={"number": "text_pattern_ops"}),
        # What no dispute is, and what is looked for all the same (`lost_dispute`).
        Index("ix_dispute_unheld", "station",
              postgresql_where=text(f"{_OPEN} AND (due_at IS NULL OR num_nonnulls(holder_id, body) <> 1)")),
        Index("ix_dispute_marked", "station", "opened_at", postgresql_where=text("marks <> '{}'")),
        Index(None, "station", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    )  # fmt: skip


class DisputeEvent(Base):
    """One step in a dispute's life; rows are added, never changed. What follows `facts` is the dispute after the step.

    `seq`: the step's number in the dispute (none for what an import tells); `key`: of the request, so that a request sent
    twice is one step; `role`: in which the person, "clock", "resident" or "import" took it.
    """

    __tablename__ = "dispute_event"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    dispute_id: Mapped[int]
    at: Mapped[Now]
    by: Mapped[str]
    what: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    role: Mapped[str] = mapped_column(server_default="")
    seq: Mapped[int | None]
    key: Mapped[str | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    tier: Mapped[int | None]
    after: Mapped[str | None]
    holder_id: Mapped[int | None]
    body: Mapped[str | None]
    offered_id: Mapped[int | None]
    offered_body: Mapped[str | None]
    due_at: Mapped[datetime | None]
    settle_by: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(["dispute_id", "station"], ["dispute.id", "dispute.station"]),
        UniqueConstraint("dispute_id", "seq"),
        CheckConstraint(f"what IN ({_listed(STEPS)})", name="what"),
        CheckConstraint("length(note) <= 4000", name="note"),
        CheckConstraint("length(key) BETWEEN 8 AND 100", name="key"),
        Index(None, "dispute_id", "at"),
        Index(None, "station", "id"),
        Index("ix_dispute_event_escalated", "station", "dispute_id", postgresql_where=text("what = 'escalated'")),
        Index("uq_dispute_event_station_key", "station", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
    )


class DisputeParty(Base):
    """A party: how the list calls it (initials, a reference), and apart, sealed, who it is.

    `print` and `id_print` are keyed digests of the party's telephone and document: equal numbers have equal prints, and no
    print tells a number.
    """

    __tablename__ = "dispute_party"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    dispute_id: Mapped[int]
    side: Mapped[int]
    reference: Mapped[str]
    sealed: Mapped[bytes | None]
    print: Mapped[bytes | None]
    id_print: Mapped[bytes | None]

    __table_args__ = (
        ForeignKeyConstraint(["dispute_id", "station"], ["dispute.id", "dispute.station"]),
        CheckConstraint("side BETWEEN 1 AND 9", name="side"),
        CheckConstraint("reference <> '' AND length(reference) <= 40", name="reference"),
        CheckConstraint("print IS NULL OR length(print) = 16", name="print"),
        CheckConstraint("id_print IS NULL OR length(id_print) = 16", name="id_print"),
        Index(None, "dispute_id"),
        Index(None, "station", "print", postgresql_where=text("print IS NOT NULL")),
        Index(None, "station", "id_print", postgresql_where=text("id_print IS NOT NULL")),
    )


class DisputeBody(Base):
    """A body asked to a joint mediation (联调), and whether it came."""

    __tablename__ = "dispute_body"

    dispute_id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    answer: Mapped[str] = mapped_column(server_default="asked")
    at: Mapped[Now]
    by: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["dispute_id", "station"], ["dispute.id", "dispute.station"]),
        ForeignKeyConstraint(["station", "body"], ["body.station", "body.code"], name="fk_dispute_body_body"),
        CheckConstraint("answer IN ('asked', 'joined', 'declined')", name="answer"),
        Index(None, "station", "body"),
    )


class DisputeLink(Base):
    """An earlier dispute at the same door, with the same party, or named by somebody."""

    __tablename__ = "dispute_link"

    dispute_id: Mapped[int] = mapped_column(primary_key=True)
    earlier_id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    why: Mapped[str]
    at: Mapped[Now]
    by: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["dispute_id", "station"], ["dispute.id", "dispute.station"]),
        ForeignKeyConstraint(["earlier_id", "station"], ["dispute.id", "dispute.station"]),
        CheckConstraint("earlier_id <> dispute_id", name="earlier"),
        CheckConstraint("why IN ('door', 'party', 'hand')", name="why"),
        Index(None, "earlier_id"),
        Index(None, "station"),
    )


class DisputePaper(Base):
    """The four accounts (四笔账), an agreement or a record of mediation, sealed: names stand in it."""

    __tablename__ = "dispute_paper"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    dispute_id: Mapped[int]
    kind: Mapped[str]
    at: Mapped[Now]
    by: Mapped[str]
    sealed: Mapped[bytes]

    __table_args__ = (
        ForeignKeyConstraint(["dispute_id", "station"], ["dispute.id", "dispute.station"]),
        CheckConstraint("kind IN ('accounts', 'agreement', 'record')", name="kind"),
        Index(None, "dispute_id"),
        Index(None, "station"),
    )


class Series(Base):
    """Like matters that belong together (串并案): a run of battery thefts, one landlord's tenants."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    kind: Mapped[str] = mapped_column(ForeignKey("incident_category.code"))
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    at: Mapped[Now]
    by: Mapped[str]
    solved_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        UniqueConstraint("id", "station"),
        CheckConstraint("state IN ('open', 'solved', 'dissolved')", name="state"),
        CheckConstraint("(state = 'solved') = (solved_at IS NOT NULL)", name="solved"),
        CheckConstraint("name <> '' AND length(name) <= 200", name="name"),
        Index(None, "station"),
    )


class SeriesIncident(Base):
    """An incident that belongs to a series."""

    __tablename__ = "series_incident"

    incident_id: Mapped[int] = mapped_column(primary_key=True)
    station: Mapped[str]
    series_id: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(["incident_id", "station"], ["incident.id", "incident.station"]),
        ForeignKeyConstraint(["series_id", "station"], ["series.id", "series.station"]),
        Index(None, "series_id"),
    )
