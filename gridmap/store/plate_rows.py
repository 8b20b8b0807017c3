"""The plates of a station to be printed: what stands on each, in the order of their doors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Rows that one query brings.
PAGE: Final = 5_000


@dataclass(frozen=True, slots=True)
class PlateRow:
    """One plate and its address, level by level; "" for what is not known."""

    code: str
    status: str
    full: str
    county: str
    town: str
    village: str
    street: str
    number: str
    estate: str
    building: str
    unit: str
    room: str
    beat: str
    grid_cell: str


@dataclass(frozen=True, slots=True)
class PlateChoice:
    """Which plates of a station: those with one of `states`, and of these what is named; None where it does not matter."""

    states: Sequence[str]
    beats: Sequence[str] | None = None
    cells: Sequence[str] | None = None
    streets: Sequence[str] | None = None
    codes: Sequence[str] | None = None


def _whole(column: str) -> str:
    return f"coalesce(substring({column} FROM '^[0-9]{{1,9}}'), '0')::int"


#: Doors in the order somebody walks past them: 2, 10, 12-1 and not 10, 12-1, 2.
_KEY: Final = (
    'a.street COLLATE "C"', 'a.estate COLLATE "C"', _whole("a.house_number"), _whole("a.building"), _whole("a.unit"),
    'a.house_number COLLATE "C"', 'a.full_text COLLATE "C"', 'p.code COLLATE "C"',
)  # fmt: skip
_WIDTH: Final = len(fields(PlateRow))
_FROM: Final = """
    FROM plate p JOIN address a ON a.id = p.address_id
    LEFT JOIN assignment s ON s.edition_id = :edition AND s.plate = p.code
    WHERE p.station = :station AND p.retired_at IS NULL AND p.status = ANY(:states)
      AND (CAST(:beats AS text[]) IS NULL OR s.beat = ANY(:beats))
      AND (CAST(:cells AS text[]) IS NULL OR s.grid_cell = ANY(:cells))
      AND (CAST(:streets AS text[]) IS NULL OR a.street = ANY(:streets) OR a.estate = ANY(:streets))
      AND (CAST(:codes AS text[]) IS NULL OR p.code = ANY(:codes))"""
_QUERY: Final = f"""
    SELECT p.code, p.status, a.full_text, a.county, a.town, a.village, a.street, a.house_number, a.estate, a.building,
           a.unit, a.room, coalesce(s.beat, ''), coalesce(s.grid_cell, ''), {", ".join(_KEY)} {_FROM}"""
_LAST: Final = [f"CAST(:k{place} AS {'int' if one.endswith('int') else 'text'})" for place, one in enumerate(_KEY)]
_AFTER: Final = f"AND ({', '.join(_KEY)}) > ({', '.join(_LAST)})"


def plate_rows(session: Session, station: str, edition_id: int, choice: PlateChoice) -> Iterator[PlateRow]:
    """Yield the living plates of a choice by street, estate and number, with their zones in an edition.

    One query for every 5,000 plates, each going on after the last row of the one before.
    """
    last: Sequence[Any] = ()
    asked: dict[str, Any] = {**_asked(choice), "station": station, "edition": edition_id, "limit": PAGE}
    while True:
        known = {f"k{place}": value for place, value in enumerate(last)}
        query = text(f"{_QUERY} {_AFTER if last else ''} ORDER BY {', '.join(_KEY)} LIMIT :limit")
        rows = session.execute(query, asked | known).all()
        for row in rows:
            yield PlateRow(*row[:_WIDTH])
        if len(rows) < PAGE:
            return
        last = rows[-1][_WIDTH:]


def states_of(session: Session, station: str, edition_id: int, choice: PlateChoice) -> dict[str, int]:
    """Return how many living plates of a choice, whatever their state, are in each state; one query."""
    query = text(f"SELECT p.status, count(*) {_FROM.replace('AND p.status = ANY(:states)', '')} GROUP BY 1 ORDER BY 1")
    asked = {**_asked(choice), "station": station, "edition": edition_id}
    asked.pop("states")
    return {row[0]: row[1] for row in session.execute(query, asked)}


def _asked(choice: PlateChoice) -> dict[str, Any]:
    lists = {"beats": choice.beats, "cells": choice.cells, "streets": choice.streets, "codes": choice.codes}
    return {"states": list(choice.states)} | {name: None if one is None else list(one) for name, one in lists.items()}
