"""The figures of a period against the span before and the same days a year ago, and the categories that moved most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.geo.case_tests import Ratio, compare_shares, compare_times
from gridmap.geo.change_tests import compare_counts
from gridmap.services.brief.spans import SIGNIFICANT, Compared, Spans
from gridmap.store import brief as store
from gridmap.store.brief import Cases
from gridmap.store.tables import IncidentCategory, Station

#: Categories told: those that changed beyond chance, then the most frequent, up to so many.
MOST_CATEGORIES: Final = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its key in the words, its value in the period (None: no record), and both comparisons."""

    key: str
    value: float | None
    before: Compared
    year: Compared


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One category: its count and both comparisons; their p are corrected for the number of categories (Benjamini-Hochberg)."""

    category: IncidentCategory
    count: int
    before: Compared
    year: Compared

    @property
    def moved(self) -> bool:
        """Whether it changed beyond chance against either span."""
        return any(one.p is not None and one.p <= SIGNIFICANT for one in (self.before, self.year))


@dataclass(frozen=True, slots=True)
class Figures:
    """`lines`: incidents, disputes, cases, settled, rate_settled, days_to_settle, visits; `categories`: the movers first.

    `days`: days of the period on record.
    """

    lines: list[Figure]
    categories: list[CategoryRow]
    days: float


def figures(session: Session, place: Station, spans: Spans, known: Sequence[IncidentCategory]) -> Figures:
    """Return the figures of a period; three queries.

    Counts are compared by their days on record (E-test, exact interval), shares of cases by Fisher's test, times by
    Mann and Whitney's. A span without records is compared with nothing.

    Parameters
    ----------
    known
        Every category of incident.
    """
    by_category = store.incidents(session, place.code, spans.all)
    cases = store.cases(session, place.code, spans.all)
    visits = store.visits(session, place.code, spans.all)
    disputes = by_category.index.isin([one.code for one in known if one.is_dispute])
    held = spans.records
    lines = [
        _count("incidents", spans, held.incident, by_category.sum().tolist()),
        _count("disputes", spans, held.incident, by_category[disputes].sum().tolist()),
        _count("cases", spans, held.dispute, [one.opened for one in cases]),
        _count("settled", spans, held.dispute, [one.settled for one in cases]),
        _share(spans, held.dispute, cases),
        _times(spans, held.dispute, cases),
        _count("visits", spans, held.visit, visits),
    ]
    return Figures(lines, _categories(spans, by_category, known), spans.days(spans.period, held.incident))


def _count(key: str, spans: Spans, first: datetime | None, counts: Sequence[int]) -> Figure:
    told = [_pair(spans, first, [counts[0]], [counts[n]], n)[0] for n in (1, 2)]
    return Figure(key, counts[0] if spans.days(spans.period, first) else None, *told)


def _pair(
    spans: Spans, first: datetime | None, now: Sequence[int], then: Sequence[int], n: int, *, corrected: bool = False
) -> list[Compared]:
    """Return counts of the period against those of span `n`, each over its days on record."""
    days, days_then = (spans.days(span, first) for span in (spans.period, spans.all[n]))
    if not days_then:
        return [Compared(None) for _ in then]
    if not days:
        return [Compared(value, days=days_then) for value in then]
    table = compare_counts(then, now, exposure_before=days_then, exposure_after=days)
    p = table["q" if corrected else "p"]
    rows = zip(then, table["ratio"], table["low"], table["high"], p, strict=True)
    return [
        Compared(value, days=days_then)
        if np.isnan(ratio)
        else Compared(value, float(ratio), float(low), float(high), float(chance), days_then)
        for value, ratio, low, high, chance in rows
    ]


def _share(spans: Spans, first: datetime | None, cases: Sequence[Cases]) -> Figure:
    """Return the share of the cases opened in a span that were settled before its end: each span had the same time."""
    shares = [one.settled_of_opened / one.of_opened if one.of_opened else None for one in cases]
    pairs = [(one.settled_of_opened, one.of_opened) for one in cases]
    told = [
        _told(spans, first, n, shares[n], None if shares[0] is None else compare_shares(pairs[n], pairs[0]))
        for n in (1, 2)
    ]
    return Figure("rate_settled", shares[0], *told)


def _times(spans: Spans, first: datetime | None, cases: Sequence[Cases]) -> Figure:
    """Return the median days of the cases settled in a span."""
    medians = [float(np.median(one.hours)) / 24 if len(one.hours) else None for one in cases]
    told = [_told(spans, first, n, medians[n], compare_times(cases[n].hours, cases[0].hours)) for n in (1, 2)]
    return Figure("days_to_settle", medians[0], *told)


def _told(spans: Spans, first: datetime | None, n: int, value: float | None, ratio: Ratio | None) -> Compared:
    days = spans.days(spans.all[n], first)
    if ratio is None or value is None or not days:
        return Compared(value if days else None, days=days)
    return Compared(value, ratio.ratio, ratio.low, ratio.high, ratio.p, days)


def _categories(spans: Spans, counts: pd.DataFrame, known: Sequence[IncidentCategory]) -> list[CategoryRow]:
    of = {one.code: one for one in known}
    now = counts[0].tolist()
    pairs = [_pair(spans, spans.records.incident, now, counts[n].tolist(), n, corrected=True) for n in (1, 2)]
    rows = [
        CategoryRow(of[str(code)], int(count), before, year)
        for code, count, before, year in zip(counts.index, now, *pairs, strict=True)
    ]
    rows.sort(key=lambda row: (not row.moved, -row.count, row.category.code))
    return rows[:MOST_CATEGORIES]
