"""Work on drafts: what changed when and by whom, who is there, what is locked, what was said and proposed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now, StationCode, point, polygons

ZONE_KIND = "kind IN ('beat', 'grid_cell')"


def _of_edition() -> ForeignKeyConstraint:
    """Return the key that makes a row go with its draft."""
    return ForeignKeyConstraint(["edition_id", "station"], ["edition.id", "edition.station"], ondelete="CASCADE")


def _shape() -> Any:
    """Return a column that keeps a zone's ground to the last bit; never searched by place."""
    return mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=True)


class DraftEvent(Base):
    """One change of a draft; the newest `seq` is its version.

    States are numbered by the event that made them, 0 as opened. An edit goes from `parent` to the state `seq`; undo,
    redo and roll-back go from `parent` to an older `state`. Nothing is ever taken out, so every state can be had again.
    """

    __tablename__ = "draft_event"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    station: Mapped[str]
    at: Mapped[Now]
    by: Mapped[str]
    action: Mapped[str]
    parent: Mapped[int]
    state: Mapped[int]
    zones: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    note: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        _of_edition(),
        CheckConstraint("seq > 0 AND parent >= 0 AND parent < seq", name="seq"),
        CheckConstraint("state >= 0 AND state <= seq AND state <> parent", name="state"),
        CheckConstraint("(action IN ('undo', 'redo', 'roll back')) = (state < seq)", name="action"),
        Index(None, "station"),
    )


class DraftChange(Base):
    """What one event did to one zone: its ground and facts before (missing: it was not there) and after (gone)."""

    __tablename__ = "draft_change"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    before_geom: Mapped[Any] = _shape()
    before_facts: Mapped[dict[str, Any] | None]
    after_geom: Mapped[Any] = _shape()
    after_facts: Mapped[dict[str, Any] | None]

    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "seq"], ["draft_event.edition_id", "draft_event.seq"], ondelete="CASCADE"),
        CheckConstraint(ZONE_KIND, name="kind"),
        CheckConstraint("before_geom IS NOT NULL OR after_geom IS NOT NULL", name="geom"),
        CheckConstraint(
            "(before_geom IS NULL) = (before_facts IS NULL) AND (after_geom IS NULL) = (after_facts IS NULL)",
            name="facts",
        ),
        Index(None, "station"),
    )


class ZoneLock(Base):
    """A zone of a draft that nobody but `by` may change until it is let go."""

    __tablename__ = "zone_lock"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    by: Mapped[str]
    at: Mapped[Now]

    __table_args__ = (_of_edition(), CheckConstraint(ZONE_KIND, name="kind"), Index(None, "station"))


class Presence(Base):
    """Who has a draft open, and which zone they are at; forgotten when the server stops."""

    __tablename__ = "presence"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str]
    name: Mapped[str]
    seen_at: Mapped[Now]
    kind: Mapped[str | None]
    code: Mapped[str | None]

    __table_args__ = (_of_edition(), Index(None, "station"), {"prefixes": ["UNLOGGED"]})


class AllowedGap(Base):
    """Ground of a station that needs no zone: a lake, a barracks."""

    __tablename__ = "allowed_gap"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    by: Mapped[str]
    at: Mapped[Now]
    geom: Mapped[Any] = polygons()

    __table_args__ = (
        CheckConstraint("name_zh <> '' OR name_en <> ''", name="name"),
        CheckConstraint("ST_IsValid(geom) AND NOT ST_IsEmpty(geom)", name="geom"),
        Index(None, "station"),
    )


class Comment(Base):
    """What somebody said of an edition, pinned to a place or to the whole; an answer names what it answers."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[str]
    edition_id: Mapped[int]
    at: Mapped[Now]
    by: Mapped[str]
    text: Mapped[str]
    geom: Mapped[Any] = point()
    reply_to: Mapped[int | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("id", "edition_id"),
        _of_edition(),
        ForeignKeyConstraint(
            ["reply_to", "edition_id"],
            ["comment.id", "comment.edition_id"],
            ondelete="CASCADE",
            name="fk_comment_reply_to",
        ),
        CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text"),
        CheckConstraint("reply_to IS NULL OR geom IS NULL", name="place"),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name="resolved"),
        Index(None, "edition_id", "id"),
        Index(None, "station"),
    )


class Proposal(Base):
    """A planner's wishes for balanced beats, and from which edition they were worked out."""

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    at: Mapped[Now]
    by: Mapped[str]
    base: Mapped[int | None]
    wishes: Mapped[dict[str, Any]]
    synthetic: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        ForeignKeyConstraint(["station", "base"], ["edition.station", "edition.number"]),
        Index(None, "station", "id"),
    )


class ProposalOption(Base):
    """One answer to a proposal: its figures, and its plan (unit -> beat); which draft was opened from it."""

    __tablename__ = "proposal_option"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    station: Mapped[StationCode]
    figures: Mapped[dict[str, Any]]
    plan: Mapped[dict[str, Any]]
    opened_as: Mapped[int | None]

    __table_args__ = (CheckConstraint("n > 0", name="n"), Index(None, "station"))
