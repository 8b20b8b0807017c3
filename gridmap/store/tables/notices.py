"""What residents are told beside the names: notices, and which beats lie beside one another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, SmallInteger
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, Now, StationCode

NOTICE_KINDS = ("info", "warning")


class Notice(Base):
    """A notice (通知) or warning (提醒) for a grid cell, a beat or the whole station, for a span of time."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    station: Mapped[StationCode]
    beat: Mapped[str | None]
    grid_cell: Mapped[str | None]
    kind: Mapped[str] = mapped_column(server_default="info")
    text_zh: Mapped[str]
    text_en: Mapped[str] = mapped_column(server_default="")
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    at: Mapped[Now]
    by: Mapped[str]

    __table_args__ = (
        CheckConstraint("beat IS NULL OR grid_cell IS NULL", name="one_zone"),
        CheckConstraint("kind IN ('info', 'warning')", name="kind"),
        CheckConstraint("text_zh <> '' AND length(text_zh) <= 500 AND length(text_en) <= 1000", name="text"),
        CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="during"),
        Index(None, "station", "during", postgresql_using="gist"),
    )


class BeatNeighbour(Base):
    """A beat beside another in an edition, the nearest first; written when the edition is published."""

    __tablename__ = "beat_neighbour"

    edition_id: Mapped[int] = mapped_column(primary_key=True)
    beat: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    station: Mapped[str]
    neighbour: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["edition_id", "station"], ["edition.id", "edition.station"], ondelete="CASCADE"),
        CheckConstraint("beat <> neighbour", name="neighbour"),
        Index(None, "station"),
    )
