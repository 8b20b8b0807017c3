"""Who holds how much, and who could take more: told so that work can be shared, and of nobody how well they do it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from sqlalchemy.orm import Session

from gridmap.domain.dispute_filter import Filter
from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.figure_span import Number
from gridmap.store import dispute_load as store
from gridmap.store.dispute_days import Ints


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody holds, open and overdue now, every matter: whoever could be given something, and whoever still holds.

    `body`: a body, not a person; only of a body it is told how many were `settled` in the span while it held them: to share
    work it takes no count of what a person has settled. `role`: of a person posted today. `posted`: could be given something.
    `away`: on leave today, or a body of which nobody is there; `back`: the first day back, None where that is not known;
    `instead`: who stands in, in Chinese and English.
    """

    code: str
    body: bool
    name_zh: str
    name_en: str
    role: str
    posted: bool
    away: bool
    back: date | None
    instead: tuple[str, str] | None
    open: Number
    overdue: Number
    settled: Number | None

    def numbers(self) -> list[Number]:
        """Return every number that opens a list."""
        return [self.open, self.overdue] + ([] if self.settled is None else [self.settled])


@dataclass(frozen=True, slots=True)
class Shared:
    """How work is shared at a station, or at several: nobody is named.

    `people`: who could be given something today, `away` of them on leave; what people and what bodies hold, every matter.
    """

    people: int
    away: int
    held: int
    bodies_hold: int

    @property
    def each(self) -> float | None:
        """What people hold, for each who is there; None where nobody is."""
        there = self.people - self.away
        return self.held / there if there else None


def loads(session: Session, station: str, span: Span, held: Ints, now: datetime) -> tuple[Load, ...]:
    """Return who holds how much, who holds most first; one statement.

    Parameters
    ----------
    held
        Who held what was settled in the span (`dispute_days.Each.held`).
    """
    bodies = zip(*np.unique(-held[held < 0], return_counts=True), strict=True)
    found = []
    for row in store.load(session, station, {int(who): int(n) for who, n in bodies}, now):
        wanted = Filter(holder=f"body:{row.body}" if row.person is None else f"person:{row.person}")
        found.append(Load(
            row.person or row.body, row.person is None, row.name_zh, row.name_en or row.name_zh, row.role, row.posted, row.away,
            row.back, None if row.instead_zh is None else (row.instead_zh, row.instead_en or row.instead_zh),
            Number(row.open, wanted), Number(row.overdue, replace(wanted, due="overdue")),
            None if row.settled is None else Number(row.settled, replace(wanted, settled=span.pair)),
        ))  # fmt: skip
    return tuple(found)


def shared(session: Session, stations: list[str], now: datetime) -> dict[str, Shared]:
    """Return how work is shared at each station; one statement."""
    return {code: Shared(*told) for code, told in store.shared(session, stations, now).items()}
