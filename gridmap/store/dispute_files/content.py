"""The disputes of a file: read by a cursor of the server's, row by row, so that a million need no more room than ten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_sheet import COLUMNS, Column, Language, say
from gridmap.domain.report_words import redact

#: Rows fetched at once.
FETCHED: Final = 5_000
#: A spreadsheet takes a text that begins so for a formula.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
#: What no XML can hold, and no table needs.
_SIGNS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TEXTS: Final = frozenset({"words", "address_text", "opened_by"})

_ROWS: Final = """
    SELECT d.number, d.matter, CASE WHEN CAST(:zh AS boolean) THEN c.name_zh ELSE d.kind END AS kind, d.state, d.tier, d.grade, d.opened_at,
           d.settle_by AS due_at, d.settled_at, d.closed_at, d.source, d.words, array_to_string(d.marks, ',') AS marks,
           CASE WHEN d.state = 'handed' THEN coalesce(o.code, d.offered_body) ELSE coalesce(h.code, d.body) END AS holder,
           d.opened_by, d.beat, d.grid_cell, i.number AS call, a.full_text AS address_text, ST_X(d.geom) AS lon,
           ST_Y(d.geom) AS lat, d.rating, d.followed, d.reopened, CAST(:synthetic AS boolean) AS synthetic
    FROM dispute d JOIN incident_category c ON c.code = d.kind
    LEFT JOIN address a ON a.id = d.address_id LEFT JOIN incident i ON i.id = d.incident_id
    LEFT JOIN person h ON h.id = d.holder_id LEFT JOIN person o ON o.id = d.offered_id
    WHERE {condition} ORDER BY d.opened_at, d.id"""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file says: its rows (to be walked once), columns as `dispute_sheet.COLUMNS`, and facts about the whole.

    A row holds str, int, float, bool, datetime (by the station's clocks, with its distance from UTC) or None; texts are
    harmless: nothing in them runs, no number of a person stands in them.
    """

    rows: Callable[[], Iterator[tuple[Any, ...]]]
    facts: Mapping[str, str]
    title: str
    language: Language
    total: int

    @property
    def headings(self) -> list[str]:
        """The headings of the columns."""
        return [column.heading(self.language) for column in COLUMNS]


def read_rows(
    session: Session, condition: str, facts: Mapping[str, object], *, zone: ZoneInfo, language: Language, synthetic: bool,
    progress: Callable[[int], None],
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """Yield the disputes `d` that meet a condition, oldest first, as `Content` has them; one query, read as it comes.

    `progress` is called with the number of rows read.
    """
    makers = [_maker(column, zone, language) for column in COLUMNS]
    found = session.execute(
        text(_ROWS.format(condition=condition)), {**facts, "zh": language == "zh", "synthetic": synthetic},
        execution_options={"yield_per": FETCHED},
    )  # fmt: skip
    done = 0
    for part in found.partitions(FETCHED):
        for row in part:
            yield tuple([None if value is None else make(value) for make, value in zip(makers, row, strict=True)])
        done += len(part)
        progress(done)


def _maker(column: Column, zone: ZoneInfo, language: Language) -> Callable[[Any], Any]:
    """Return what makes a value of the database one of a file."""
    if column.holds == "moment":
        return lambda moment: _local(moment, zone)
    if column.holds == "word":
        return lambda word: say(word, language)
    if column.holds == "text":
        return (lambda told: harmless(redact(told))) if column.name in _TEXTS else harmless
    return lambda value: value


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def harmless(told: str) -> str:
    """Return a text that no spreadsheet runs as a formula, without signs that no file can hold.

    >>> harmless("=HYPERLINK(1)"), harmless("a-b")
    ("'=HYPERLINK(1)", 'a-b')
    """
    clean = _SIGNS.sub("", told)
    return f"'{clean}" if clean.startswith(FORMULA) else clean
