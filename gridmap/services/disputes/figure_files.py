"""Figures as tables for a spreadsheet: a station's by figure and span, a city's by station."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from gridmap.services.disputes.city_figures import CityFigures, StationRow
from gridmap.services.disputes.figure_parts import Part
from gridmap.services.disputes.figure_span import Share, SpanFigures
from gridmap.services.disputes.figures import StationFigures

#: So that a spreadsheet reads Chinese names as UTF-8.
MARK: Final = "\ufeff"
#: Of a station in the span; the same again of the span before (`_before`) and of a year ago (`_year_ago`).
OF_SPAN: Final = (
    "taken_in", "settled", "closed", "withdrawn", "not_ours", "share_settled", "share_closed", "settled_in_span", "median_days",
    "escalated", "reopened", "followed_up", "satisfaction", "rated", "satisfaction_with_reports", "reports_rated",
    "dispute_calls", "calls_per_1000_households",
)  # fmt: skip
CITY: Final = (
    "station", "name_zh", "name_en", "synthetic", "since", "until", *OF_SPAN, "households", "open", "overdue", "lost", "cells",
    "cells_without_case", "people", "people_on_leave", "held_by_people", "held_by_bodies", "held_for_each_there",
    "since_before", "until_before", *(f"{key}_before" for key in OF_SPAN),
    "since_year_ago", "until_year_ago", *(f"{key}_year_ago" for key in OF_SPAN),
)  # fmt: skip
STATION: Final = ("figure", "of", "span", "since", "until", "value", "n")


def city_csv(found: CityFigures, rows: Iterable[StationRow]) -> bytes:
    """Return a table of stations, in the order of `rows`, their sum last ("" for a code)."""
    return _table(CITY, [_city_row(row) for row in (*rows, found.total)])


def station_csv(found: StationFigures) -> bytes:
    """Return every figure of a station: its name, of which tier, kind or source, of which span, its value and its n."""
    rows: list[list[object]] = []
    for name, one in (("now", found.now), ("before", found.before), ("year_ago", found.year)):
        if one.recorded:
            rows += [[key, "", name, one.span.first, one.span.last, value, n] for key, value, n in _span_rows(one)]
    days: list[object] = ["now", found.now.span.first, found.now.span.last]
    for by, parts in (("tier", found.tiers), ("kind", found.kinds), ("source", found.sources)):
        for part in parts:
            rows += [[key, f"{by} {part.key}", *days, value, n] for key, value, n in _part_rows(part)]
            rows += [
                ["median_days", f"{by} {part.key}", name, span.first, span.last, _round(then.days), then.number.value]
                for name, span, then in (
                    ("before", found.before.span, part.before),
                    ("year_ago", found.year.span, part.year),
                )
                if then is not None
            ]
    for held in found.load:
        who = f"{'body' if held.body else 'person'} {held.code}"
        rows += [[f"held_{key}", who, *days, number.value, ""] for key, number in (
            ("open", held.open), ("overdue", held.overdue), ("settled", held.settled)) if number is not None]  # fmt: skip
    rows += [["days_without_case", f"cell {cell.code}", *days, _or_empty(cell.days), ""] for cell in found.cells]
    rows += [["days_without_case", f"village {one.code}", *days, _or_empty(one.days), ""] for one in found.villages]
    rows += [[key, "", *days, value, ""] for key, value in (
        ("open", found.open.value), ("overdue", found.overdue.value), ("lost", found.lost))]  # fmt: skip
    return _table(STATION, rows)


def _span_rows(one: SpanFigures) -> list[tuple[str, object, object]]:
    mean, rated = one.satisfaction
    report_mean, reports = one.report_satisfaction
    return [
        ("taken_in", one.taken.value, ""), ("settled", one.settled_of.value, ""), ("closed", one.closed_of.value, ""),
        ("withdrawn", one.withdrawn.value, ""), ("not_ours", one.not_ours.value, ""),
        ("share_settled", _share(one.share_settled), one.share_settled.of),
        ("share_closed", _share(one.share_closed), one.share_closed.of), ("settled_in_span", one.took.number.value, ""),
        ("median_days", _round(one.took.days), one.took.number.value), ("escalated", one.escalated.value, one.taken.value),
        ("reopened", one.reopened.value, one.taken.value), ("followed_up", one.followed.value, one.took.number.value),
        ("satisfaction", _round(mean), rated), ("satisfaction_with_reports", _round(report_mean), reports),
        ("dispute_calls", one.calls, ""), ("calls_per_1000_households", _round(one.per_thousand), one.households),
    ]  # fmt: skip


def _part_rows(part: Part) -> list[tuple[str, object, object]]:
    return [
        ("taken_in", part.taken.value, ""), ("settled", part.settled_of.value, part.taken.value),
        ("median_days", _round(part.took.days), part.took.number.value), ("open", part.open.value, ""),
        ("overdue", part.overdue.value, ""),
    ]  # fmt: skip


def _city_row(row: StationRow) -> list[object]:
    work = row.shared
    then: list[object] = []
    for one in (row.before, row.year):
        then += [one.span.first, one.span.last, *(_of_span(one) if one.recorded else [""] * len(OF_SPAN))]
    return [
        row.code, row.name_zh, row.name_en, row.synthetic, row.now.span.first, row.now.span.last, *_of_span(row.now),
        row.now.households, row.open.value, row.overdue.value, row.lost, row.cells_of, row.quiet, work.people, work.away,
        work.held, work.bodies_hold, _round(work.each), *then,
    ]  # fmt: skip


def _of_span(one: SpanFigures) -> list[object]:
    told = {key: value for key, value, _ in _span_rows(one)}
    told |= {"rated": one.satisfaction[1], "reports_rated": one.report_satisfaction[1]}
    return [told[key] for key in OF_SPAN]


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return (MARK + text.getvalue()).encode()


def _plain(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _share(one: Share) -> object:
    return "" if one.value is None else round(one.value, 4)


def _round(value: float | None) -> object:
    return "" if value is None else round(value, 2)


def _or_empty(value: int | None) -> object:
    return "" if value is None else value
