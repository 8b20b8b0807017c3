"""Rows into PostGIS in bulk: COPY into a temporary table, refuse there what only the database knows, then upsert.

A stage is a temporary table of the transaction. Checking whole sets there keeps the memory of an import constant and
costs a few statements, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.frames import driver

_ARROW: Final = {"bigint": pa.int64(), "integer": pa.int32(), "double precision": pa.float64(), "boolean": pa.bool_()}


@dataclass(frozen=True, slots=True)
class Stage:
    """A temporary table: its name and its columns by PostgreSQL type; `line` comes first and is added."""

    name: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an upsert did with the rows it was given."""

    added: int
    updated: int
    unchanged: int


def open_stage(session: Session, stage: Stage) -> None:
    """Make the stage, empty; it ends with the transaction."""
    columns = ", ".join(f"{name} {kind}" for name, kind in stage.columns.items())
    session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{stage.name}"))
    session.execute(text(f"CREATE TEMPORARY TABLE {stage.name} (line bigint NOT NULL, {columns}) ON COMMIT DROP"))


def copy_rows(session: Session, stage: Stage, frame: pd.DataFrame) -> None:
    """COPY the columns of `frame` (`line` and those of the stage, in any order) into the stage.

    Missing values become NULL, empty texts stay empty. Geometry columns hold hexadecimal EWKB.
    """
    if frame.empty:
        return
    names = ["line", *(name for name in stage.columns if name in frame)]
    kinds = {"line": "bigint"} | dict(stage.columns)
    arrays = [_arrow(frame[name], kinds[name]) for name in names]
    sink = pa.BufferOutputStream()
    options = pa.csv.WriteOptions(include_header=False)
    pa.csv.write_csv(pa.table(arrays, names=names), sink, options)
    order = f"COPY {stage.name} ({', '.join(names)}) FROM STDIN (FORMAT csv)"
    with driver(session).cursor().copy(order) as copy:
        copy.write(sink.getvalue())


def _arrow(column: pd.Series[Any], kind: str) -> pa.Array:
    arrow = _ARROW.get(kind)
    if kind == "timestamptz":
        return pa.array(column.dt.tz_convert("UTC"), type=pa.timestamp("us", tz="UTC"), from_pandas=True)
    if arrow is None:
        return pa.array(column, type=pa.string(), from_pandas=True)
    return pa.array(column, type=arrow, from_pandas=True)


def analyse(session: Session, stage: Stage) -> None:
    """Let the planner know what the stage holds."""
    session.execute(text(f"ANALYZE {stage.name}"))


def refuse_where(session: Session, stage: Stage, condition: str, value: str, **binds: object) -> list[tuple[int, str]]:
    """Take the rows of the stage `s` out for which `condition` holds; return (line, value), by line."""
    rows = session.execute(
        text(f"DELETE FROM {stage.name} s WHERE {condition} RETURNING s.line, coalesce(({value})::text, '')"), binds
    )
    return sorted((int(line), str(told)) for line, told in rows)


def refuse_repeated(session: Session, stage: Stage, key: str) -> list[tuple[int, str, int]]:
    """Take all but the first row of each `key` out of the stage; return (line, key, line of the first), by line."""
    rows = session.execute(
        text(f"""DELETE FROM {stage.name} s
                 USING (SELECT {key} AS key, min(line) AS first FROM {stage.name} WHERE {key} IS NOT NULL
                        GROUP BY 1 HAVING count(*) > 1) d
                 WHERE s.{key} = d.key AND s.line > d.first RETURNING s.line, d.key::text, d.first""")
    )
    return sorted((int(line), str(told), int(first)) for line, told, first in rows)


def count(session: Session, stage: Stage) -> int:
    """Return the number of rows in the stage."""
    return int(session.execute(text(f"SELECT count(*) FROM {stage.name}")).scalar_one())


def upsert(
    session: Session, stage: Stage, *, table: str, key: Sequence[str], values: Mapping[str, str], keep: Sequence[str] = (),
    **binds: object,
) -> Outcome:  # fmt: skip
    """Insert the rows of the stage `s` into `table`, or change the ones that are there; rows that agree stay untouched.

    Parameters
    ----------
    table
        Target, named `t` inside.
    key
        Its unique columns.
    values
        Column of the target -> SQL over `s` (and named binds).
    keep
        Columns that a row already there keeps.
    """
    columns = ", ".join(values)
    change = [name for name in values if name not in key and name not in keep]
    ours, theirs = ", ".join(f"t.{name}" for name in change), ", ".join(f"excluded.{name}" for name in change)
    sets = ", ".join(f"{name} = excluded.{name}" for name in change)
    action = f"DO UPDATE SET {sets} WHERE ROW({ours}) IS DISTINCT FROM ROW({theirs})" if change else "DO NOTHING"
    row = session.execute(
        text(f"""WITH done AS (
                   INSERT INTO {table} AS t ({columns}) SELECT {", ".join(values.values())} FROM {stage.name} s
                   ON CONFLICT ({", ".join(key)}) {action} RETURNING xmax = 0 AS fresh)
                 SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh),
                        (SELECT count(*) FROM {stage.name}) FROM done"""),
        binds,
    ).one()
    added, updated, given = (int(number) for number in row)
    return Outcome(added, updated, given - added - updated)


def sample(session: Session, query: str, **binds: object) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a small query over a stage."""
    yield from (tuple(row) for row in session.execute(text(query), binds))


def count_where(session: Session, stage: Stage, condition: str, **binds: object) -> int:
    """Return how many rows of the stage `s` meet a condition; one query."""
    return int(session.execute(text(f"SELECT count(*) FROM {stage.name} s WHERE {condition}"), binds).scalar_one())


def add_missing(session: Session, stage: Stage, *, table: str, station: str, columns: Sequence[str]) -> Outcome:
    """Insert the rows of the stage that `table` does not hold yet at the station; for things without a code."""
    same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM s.{name}" for name in columns)
    names = ", ".join(columns)
    row = session.execute(
        text(f"""WITH fresh AS (
                   INSERT INTO {table} (station, {names}) SELECT DISTINCT ON ({names}) :station, {names}
                   FROM {stage.name} s WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.station = :station AND {same})
                   RETURNING 1)
                 SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM {stage.name})"""),
        {"station": station},
    ).one()
    return Outcome(int(row[0]), 0, int(row[1]) - int(row[0]))
