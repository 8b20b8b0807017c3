"""Notices and warnings for residents, as rows; residents read them through `scan_team` alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_COLUMNS: Final = (
    "n.id, n.station, n.beat, n.grid_cell, n.kind, n.text_zh, n.text_en, lower(n.during), upper(n.during), n.at, n.by"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `until` is None where it holds until it is ended. Without beat and cell it is for the whole station."""

    id: int
    station: str
    beat: str | None
    grid_cell: str | None
    kind: str
    text_zh: str
    text_en: str
    since: datetime
    until: datetime | None
    at: datetime
    by: str


def page(
    session: Session, station: str, *, past: bool = False, before_id: int | None = None, limit: int = 100
) -> list[Notice]:
    """Return the notices of a station that hold or will, newest first; with `past` the others too. One query."""
    rows = session.execute(
        text(f"""SELECT {_COLUMNS} FROM notice n
                 WHERE n.station = :station AND (:past OR upper_inf(n.during) OR upper(n.during) > now())
                   AND (CAST(:before AS int) IS NULL OR n.id < :before) ORDER BY n.id DESC LIMIT :limit"""),
        {"station": station, "past": past, "before": before_id, "limit": limit},
    )
    return [Notice(*row) for row in rows]


def find(session: Session, station: str, number: int, *, lock: bool = False) -> Notice | None:
    """Return a notice; with `lock` nobody else changes it until the transaction ends. One query."""
    row = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM notice n WHERE n.station = :station AND n.id = :id {'FOR UPDATE' if lock else ''}"
        ),
        {"station": station, "id": number},
    ).one_or_none()
    return None if row is None else Notice(*row)


def add(session: Session, notice: Notice) -> int:
    """Add a notice and return its id; `id` and `at` are the database's. One statement."""
    found = session.scalar(
        text("""INSERT INTO notice (station, beat, grid_cell, kind, text_zh, text_en, during, by)
                VALUES (:station, :beat, :cell, :kind, :zh, :en, tstzrange(:since, :until), :by) RETURNING id"""),
        {
            "station": notice.station, "beat": notice.beat, "cell": notice.grid_cell, "kind": notice.kind,
            "zh": notice.text_zh, "en": notice.text_en, "since": notice.since, "until": notice.until, "by": notice.by,
        },
    )  # fmt: skip
    return int(found or 0)


def end(session: Session, number: int) -> None:
    """Let a notice hold no longer; one that has not begun is deleted, for nobody has read it. Two statements."""
    facts = {"id": number}
    session.execute(text("DELETE FROM notice WHERE id = :id AND lower(during) >= now()"), facts)
    session.execute(
        text("""UPDATE notice SET during = tstzrange(lower(during), now())
                WHERE id = :id AND (upper_inf(during) OR upper(during) > now())"""),
        facts,
    )


def zone_kind(session: Session, station: str, code: str) -> str | None:
    """Return whether a code is a "beat" or a "grid_cell" of the edition in force, None if neither; one query."""
    found: str | None = session.scalar(
        text("""WITH e AS (SELECT edition_in_force(:station, now()) AS id)
                SELECT CASE WHEN EXISTS (SELECT FROM beat b, e WHERE b.edition_id = e.id AND b.code = :code) THEN 'beat'
                            WHEN EXISTS (SELECT FROM grid_cell g, e WHERE g.edition_id = e.id AND g.code = :code) THEN 'grid_cell'
                       END"""),
        {"station": station, "code": code},
    )
    return found


def doors(session: Session, station: str) -> dict[str, int]:
    """Return how many living plates each beat and grid cell has, and the whole station under ""; one query."""
    rows = session.execute(
        text("""SELECT CASE WHEN GROUPING(z.beat) = 0 THEN 'b' || coalesce(z.beat, '') WHEN GROUPING(z.grid_cell) = 0 THEN
                         'c' || coalesce(z.grid_cell, '') ELSE '' END, count(*)
                FROM plate p JOIN assignment z ON z.plate = p.code AND z.edition_id = edition_in_force(:station, now())
                WHERE p.station = :station AND p.retired_at IS NULL
                GROUP BY GROUPING SETS ((z.beat), (z.grid_cell), ())"""),
        {"station": station},
    )
    return {str(code): int(count) for code, count in rows}
