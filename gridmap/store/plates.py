"""Plates and their assignments: issue, answer a scan, and write an edition's answers in one go."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap.store.frames import driver
from gridmap.store.tables import Edition, Plate

_ROW = np.dtype([
    ("fields", ">i2"), ("plate_length", ">i4"), ("plate", "S12"), ("beat_length", ">i4"), ("beat", ">i4"),
    ("cell_length", ">i4"), ("cell", ">i4"), ("tie_length", ">i4"), ("tie", "i1"),
])  # fmt: skip
_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Answers:
    """The zones of many plates, as arrays.

    `plates`: (n,) 12-byte codes in ascending order. `beats`, `cells`: (n,) positions in `beat_codes` and `cell_codes`,
    -1 where the door lies in none. `ties`: (n,) True where the door stands within the tie distance of another zone.
    """

    plates: NDArray[np.bytes_]
    beats: NDArray[np.int32]
    cells: NDArray[np.int32]
    ties: NDArray[np.bool_]
    beat_codes: Sequence[str]
    cell_codes: Sequence[str]


def addresses_without_plate(session: Session, station: str) -> list[int]:
    """Return the ids of addresses that have no living plate; one query."""
    query = text("""SELECT a.id FROM address a WHERE a.station = :station AND NOT EXISTS
                    (SELECT FROM plate p WHERE p.address_id = a.id AND p.retired_at IS NULL) ORDER BY a.id""")
    return list(session.scalars(query, {"station": station}))


def add_plates(session: Session, station: str, codes: list[str], addresses: list[int]) -> int:
    """Issue plates `codes` for `addresses`, pair by pair; one insert. Return how many were new."""
    result = session.execute(
        text("""INSERT INTO plate (code, station, address_id)
                SELECT c, :station, a FROM unnest(CAST(:codes AS text[]), CAST(:addresses AS bigint[])) AS t(c, a)
                ON CONFLICT DO NOTHING"""),
        {"station": station, "codes": codes, "addresses": addresses},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def count(session: Session, station: str) -> int:
    """Return how many plates a station has ever issued; one query."""
    return session.scalar(select(func.count()).select_from(Plate).where(Plate.station == station)) or 0


def former_zones(session: Session, edition_id: int) -> pd.DataFrame:
    """Return `beat` and `grid_cell` of every plate in an edition, indexed by plate code (bytes); one COPY."""
    with (
        driver(session).cursor() as cursor,
        cursor.copy(f"""COPY (SELECT plate, coalesce(beat, ''), coalesce(grid_cell, '') FROM assignment
                              WHERE edition_id = {int(edition_id)} ORDER BY plate COLLATE "C") TO STDOUT (FORMAT csv)""") as copy,
    ):
        raw = b"".join(copy)
    frame = pd.read_csv(
        io.BytesIO(raw), header=None, names=["plate", "beat", "grid_cell"], dtype=str, keep_default_na=False
    )
    frame.index = pd.Index(frame.pop("plate").to_numpy().astype("S12"), name="plate")
    return frame


def add_assignments(session: Session, edition: Edition, answers: Answers) -> int:
    """Write one edition's answer for every plate: a COPY and one insert, nothing is updated. Return the rows written."""
    rows = np.zeros(len(answers.plates), dtype=_ROW)
    rows["fields"], rows["plate_length"], rows["beat_length"], rows["cell_length"], rows["tie_length"] = 4, 12, 4, 4, 1
    rows["plate"], rows["beat"], rows["cell"], rows["tie"] = answers.plates, answers.beats, answers.cells, answers.ties
    session.execute(
        text("CREATE TEMP TABLE fresh_answer (plate bytea, beat int, cell int, tie boolean) ON COMMIT DROP")
    )
    with (
        driver(session).cursor() as cursor,
        cursor.copy("COPY fresh_answer FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(_SIGNATURE)
        copy.write(rows.tobytes())
        copy.write(_END)
    # Rows go in by plate code, so that the primary key grows at its end instead of in a million random places.
    session.execute(
        text("""INSERT INTO assignment (edition_id, plate, station, beat, grid_cell, tie)
                SELECT :edition, convert_from(f.plate, 'SQL_ASCII'), :station, b.code, g.code, f.tie
                FROM fresh_answer f
                LEFT JOIN unnest(CAST(:beats AS text[])) WITH ORDINALITY AS b(code, place) ON b.place = f.beat + 1
                LEFT JOIN unnest(CAST(:cells AS text[])) WITH ORDINALITY AS g(code, place) ON g.place = f.cell + 1
                ORDER BY f.plate"""),
        {
            "edition": edition.id,
            "station": edition.station,
            "beats": list(answers.beat_codes),
            "cells": list(answers.cell_codes),
        },
    )
    session.execute(text("DROP TABLE fresh_answer"))
    return len(rows)
