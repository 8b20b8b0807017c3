"""Disputes counted by the day they were taken in and settled, and the days that are to be counted anew."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Identity, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.store.tables.base import Base, StationCode


class DisputeDay(Base):
    """What a day of a station was counted to hold; migration 0012 says how the bytes are laid out.

    `taken` to `escalated`: of those taken in on it, by now; `over_by`: the last day on which one of them was settled or closed.
    `followed`, `rated`: of those settled on it. `calls`, `unplaced`: incidents of a category that is a dispute.
    """

    __tablename__ = "dispute_day"

    station: Mapped[StationCode] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    taken: Mapped[int]
    settled: Mapped[int]
    closed: Mapped[int]
    withdrawn: Mapped[int]
    not_ours: Mapped[int]
    reopened: Mapped[int]
    escalated: Mapped[int]
    over_by: Mapped[date | None]
    followed: Mapped[int]
    rated: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    opened: Mapped[bytes]
    done: Mapped[bytes]
    took: Mapped[bytes]
    held: Mapped[bytes]
    calls: Mapped[int]
    unplaced: Mapped[int]


class DisputeDayDue(Base):
    """A day on which something changed since it was counted; rows are added, so that no change waits for another."""

    __tablename__ = "dispute_day_due"

    station: Mapped[StationCode] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
