"""The commander's figures of all stations in scope: a station's own for each, and for all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import Row
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action
from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.figure_load import Shared, shared
from gridmap.services.disputes.figure_parts import BYS, Part, parts
from gridmap.services.disputes.figure_span import (
    Number,
    Share,
    SpanFigures,
    added,
    day_of,
    is_recorded,
    span_figures,
    three,
)
from gridmap.services.disputes.figures import QUIET, open_numbers, rated_by
from gridmap.store import dispute_days
from gridmap.store import dispute_figures as store
from gridmap.store.dispute_days import NOTHING, Each, Sums


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station in a span, the one before and a year ago; or all stations together: its code is "".

    A number of all stations is the sum of what its list holds at each; medians are of all disputes, not of medians.
    `quiet`: cells of `cells_of` in which no dispute was opened for `CityFigures.quiet_days`. `part`: the tier, kind or
    source that was asked for.
    """

    code: str
    name_zh: str
    name_en: str
    synthetic: bool
    now: SpanFigures
    before: SpanFigures
    year: SpanFigures
    open: Number
    overdue: Number
    quiet: int
    cells_of: int
    shared: Shared
    lost: int
    part: Part | None

    @property
    def share_overdue(self) -> Share:
        """Overdue of what is open."""
        return Share(self.overdue.value, self.open.value)

    def numbers(self) -> list[Number]:
        """Return every number that opens a list."""
        found = [self.open, self.overdue, *([] if self.part is None else self.part.numbers())]
        for one in (self.now, self.before, self.year):
            found += one.numbers()
        return found


@dataclass(frozen=True, slots=True)
class CityFigures:
    """All stations in scope at a moment: `rows` by code, their `total`, and all disputes by tier, kind and source."""

    at: datetime
    span: Span
    rows: tuple[StationRow, ...]
    total: StationRow
    tiers: tuple[Part, ...]
    kinds: tuple[Part, ...]
    sources: tuple[Part, ...]
    quiet_days: int


def _share(row: StationRow) -> float:
    return 2.0 if row.now.share_settled.value is None else row.now.share_settled.value


#: What a table can be sorted by -> the key; what needs help most comes first.
SORTS: Final[dict[str, Callable[[StationRow], float]]] = {
    "overdue": lambda row: -row.overdue.value,
    "share_overdue": lambda row: -(row.share_overdue.value or 0.0),
    "open": lambda row: -row.open.value,
    "share_settled": _share,
    "days": lambda row: -(row.now.took.days or 0.0),
    "taken": lambda row: -row.now.taken.value,
    "per_thousand": lambda row: -(row.now.per_thousand or 0.0),
}


def sorted_rows(rows: Iterable[StationRow], by: str) -> list[StationRow]:
    """Return rows by one of `SORTS`; equal ones by what was settled least, then by code."""
    return sorted(rows, key=lambda row: (SORTS[by](row), _share(row), row.code))


def city_figures(
    session: Session,
    actor: Actor,
    span: Span,
    *,
    now: datetime,
    quiet_days: int = QUIET,
    part: tuple[str, str] | None = None,
) -> CityFigures:
    """Return the figures of every station in the scope of `actor`; eight statements, however many stations there are.

    Parameters
    ----------
    quiet_days
        A cell counts as quiet when no dispute was opened in it for so many days, today included.
    part
        Which tier, kind or source each station tells of: one of `figure_parts.BYS`, and its `Part.key`.

    Raises
    ------
    RoleMayNot
    """
    require_action(actor, Action.READ_FIGURES)
    codes = sorted(actor.stations)
    spans = three(span)
    once = tuple(dict.fromkeys(spans))
    fine = dispute_days.fine(session, codes, once)
    kinds = dispute_days.kinds(session)
    rated = rated_by(store.report_ratings(session, codes, once))
    held = store.open_now(session, codes, now)
    open_of: dict[str, list[Row[Any]]] = {}
    for one in held:
        open_of.setdefault(one.station, []).append(one)
    quiet, lost = store.quiet_numbers(session, codes, now, quiet_days), store.lost(session, codes)
    work = shared(session, codes, now)
    rows, all_sums, all_each = [], list[list[Sums]](), list[Each]()
    for place in store.ground(session, codes):
        by_number, each = fine[place.code]
        sums = [by_number.get(once.index(one) + 1, NOTHING) for one in spans]
        all_sums.append(sums)
        all_each.append(each)
        first = None if place.first is None else day_of(place.first, place.timezone)
        told = [
            span_figures(one, first, mine, rated.get((place.code, once.index(one) + 1), {}), int(place.households))
            for one, mine in zip(spans, sums, strict=True)
        ]
        known = [span, *(one if is_recorded(one, first) else None for one in spans[1:])]
        mine_open = open_of.get(place.code, [])
        rows.append(StationRow(
            place.code, place.name_zh, place.name_en, place.synthetic, told[0], told[1], told[2],
            *open_numbers(mine_open), quiet.get(place.code, 0), int(place.cells),
            work.get(place.code, _NOBODY), lost.get(place.code, 0),
            None if part is None else parts(part[0], known, sums, each, mine_open, kinds, only=part[1])[0],
        ))  # fmt: skip
    of_once = {one: _pooled([sums[spans.index(one)] for sums in all_sums]) for one in once}
    pooled = [of_once[one] for one in spans]
    total = _total(rows, spans, pooled, held)
    known = [span, *(one.span if one.recorded else None for one in (total.before, total.year))]
    each = Each(
        np.concatenate([_NO_INTS, *(one.opened for one in all_each)]),
        np.concatenate([_NO_INTS.astype(bool), *(one.over for one in all_each)]), _NO_INTS,
    )  # fmt: skip
    if part is not None:
        total = replace(total, part=parts(part[0], known, pooled, each, held, kinds, only=part[1])[0])
    tiers, of_kinds, sources = (parts(by, known, pooled, each, held, kinds) for by in BYS)
    return CityFigures(now, span, tuple(rows), total, tiers, of_kinds, sources, quiet_days)


_NOBODY: Final = Shared(0, 0, 0, 0)
_NO_INTS: Final = np.empty(0, np.int64)


def _pooled(sums: Sequence[Sums]) -> Sums:
    """Return how long each dispute of all stations took and what it was; the rest is added up elsewhere."""
    return replace(
        NOTHING, took=np.concatenate([NOTHING.took, *(one.took for one in sums)]),
        done=np.concatenate([NOTHING.done, *(one.done for one in sums)]),
    )  # fmt: skip


def _total(
    rows: Sequence[StationRow], spans: Sequence[Span], pooled: Sequence[Sums], held: Sequence[Row[Any]]
) -> StationRow:
    """Return all stations together."""
    told = []
    for n, span in enumerate(spans):
        of_span = [(row.now, row.before, row.year)[n] for row in rows]
        # A city is compared with a span in which every station that tells of this one did, or it would seem to have grown.
        known = [one.recorded for one, row in zip(of_span, rows, strict=True) if row.now.recorded]
        told.append(added(span, of_span, pooled[n].took, recorded=bool(known) and all(known)))
    work = Shared(
        sum(row.shared.people for row in rows), sum(row.shared.away for row in rows), sum(row.shared.held for row in rows),
        sum(row.shared.bodies_hold for row in rows),
    )  # fmt: skip
    return StationRow(
        "", "合计", "All", any(row.synthetic for row in rows), told[0], told[1], told[2], *open_numbers(held),
        sum(row.quiet for row in rows), sum(row.cells_of for row in rows), work, sum(row.lost for row in rows), None,
    )  # fmt: skip
