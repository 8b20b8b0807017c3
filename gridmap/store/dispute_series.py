"""Series of like matters (串并案): what could belong together, what does, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Matter:
    """A dispute ("d12") or an incident ("i34") as a member of a series: `x`, `y` [m] in the station's CRS.

    `state`: of a dispute; empty for an incident. `version`: steps a dispute has taken.
    """

    key: str
    number: str
    kind: str
    kind_zh: str
    kind_en: str
    at: datetime
    place: str
    beat: str | None
    grid_cell: str | None
    x: float | None
    y: float | None
    state: str
    matter: str
    words: str

    @property
    def id(self) -> int:
        """The number of the dispute or incident."""
        return int(self.key[1:])

    @property
    def is_dispute(self) -> bool:
        """Whether it runs the loop."""
        return self.key[0] == "d"


@dataclass(frozen=True, slots=True)
class Found:
    """Matters as columns, without their words: what a search for groups reads.

    Parameters
    ----------
    keys
        (n,) twice the number of a dispute, or twice that of an incident and 1.
    kinds, names
        (n,) the kind of each, as its place in `names`, which are sorted.
    at
        (n,) when each was [s since 1970].
    x, y
        (n,) [m] in the station's CRS.
    """

    keys: NDArray[np.int64]
    kinds: NDArray[np.int64]
    names: tuple[str, ...]
    at: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def part(self, which: NDArray[Any]) -> Found:
        """Return some of them: places in the order wanted, or whether each is."""
        columns = (self.at, self.x, self.y)
        return Found(self.keys[which], self.kinds[which], self.names, *(one[which] for one in columns))


@dataclass(frozen=True, slots=True)
class Series:
    """A series with how many disputes and incidents it has."""

    id: int
    kind: str
    kind_zh: str
    kind_en: str
    name: str
    state: str
    at: datetime
    by: str
    solved_at: datetime | None
    note: str
    disputes: int
    incidents: int


_DISPUTE: Final = """'d' || d.id AS key, d.number, d.kind, c.name_zh AS kind_zh, c.name_en AS kind_en, d.opened_at AS at,
    coalesce(a.full_text, '') AS place, d.beat, d.grid_cell, ST_X(g.geom) AS x, ST_Y(g.geom) AS y, d.state, d.matter, d.words"""
_INCIDENT: Final = """'i' || i.id, i.number, i.category, c.name_zh, c.name_en, i.at, coalesce(a.full_text, ''), NULL, NULL,
    ST_X(g.geom), ST_Y(g.geom), '', 'incident', ''"""
_FROM_DISPUTE: Final = """FROM dispute d JOIN station s ON s.code = d.station JOIN incident_category c ON c.code = d.kind
    LEFT JOIN address a ON a.id = d.address_id CROSS JOIN LATERAL (SELECT ST_Transform(d.geom, s.metric_epsg) AS geom) g"""
_FROM_INCIDENT: Final = """FROM incident i JOIN station s ON s.code = i.station JOIN incident_category c ON c.code = i.category
    LEFT JOIN address a ON a.id = i.address_id CROSS JOIN LATERAL (SELECT ST_Transform(i.geom, s.metric_epsg) AS geom) g"""


#: Of whom one looks for like ones: in no series yet. An incident that became a dispute is told as the dispute alone.
_LIKE_DISPUTE: Final = """d.station = :station AND d.opened_at >= :since AND d.series_id IS NULL AND d.geom IS NOT NULL
    AND d.state NOT IN ('withdrawn', 'not_ours') AND (:all OR d.kind = ANY (:kinds))"""
_LIKE_INCIDENT: Final = """i.station = :station AND i.at >= :since AND i.geom IS NOT NULL AND (:all OR i.category = ANY (:kinds))
    AND i.id NOT IN (SELECT incident_id FROM series_incident WHERE station = :station)
    AND NOT EXISTS (SELECT FROM dispute o WHERE o.incident_id = i.id)"""


def like(session: Session, station: str, *, kinds: Sequence[str], since: datetime, most: int) -> list[Matter]:
    """Return disputes and incidents since a moment that are in no series yet, the newest `most` of each; one query.

    `kinds`: only of these; none: of all.
    """
    rows = session.execute(
        text(f"""(SELECT {_DISPUTE} {_FROM_DISPUTE} WHERE {_LIKE_DISPUTE} ORDER BY d.opened_at DESC LIMIT :most)
                 UNION ALL
                 (SELECT {_INCIDENT} {_FROM_INCIDENT} WHERE {_LIKE_INCIDENT} ORDER BY i.at DESC LIMIT :most)"""),
        {"station": station, "since": since, "kinds": list(kinds), "all": not kinds, "most": most},
    )
    return [Matter(*row) for row in rows]


def like_columns(session: Session, station: str, *, kinds: Sequence[str], since: datetime, most: int) -> Found:
    """Return what `like` returns as columns, in no order; one query, and one row: a fourth of the work of 1,600 rows."""
    row = session.execute(
        text(f"""
            WITH found AS MATERIALIZED (
              (SELECT 2 * CAST(d.id AS bigint) AS key, d.kind, d.opened_at AS at, d.geom FROM dispute d
                WHERE {_LIKE_DISPUTE} ORDER BY d.opened_at DESC LIMIT :most)
              UNION ALL
              (SELECT 2 * CAST(i.id AS bigint) + 1, i.category, i.at, i.geom FROM incident i
                WHERE {_LIKE_INCIDENT} ORDER BY i.at DESC LIMIT :most))
            SELECT string_agg(int8send(f.key), '') AS keys, string_agg(int8send(c.counted_as), '') AS kinds,
              string_agg(float8send(date_part('epoch', f.at)), '') AS at, string_agg(float8send(ST_X(g.geom)), '') AS x,
              string_agg(float8send(ST_Y(g.geom)), '') AS y, jsonb_object_agg(c.counted_as, c.code) AS names
            FROM found f JOIN incident_category c ON c.code = f.kind CROSS JOIN LATERAL (
              SELECT ST_Transform(f.geom, (SELECT metric_epsg FROM station WHERE code = :station)) AS geom) g"""),
        {"station": station, "since": since, "kinds": list(kinds), "all": not kinds, "most": most},
    ).one()
    names = {code: int(number) for number, code in (row.names or {}).items()}
    known = sorted(names)
    numbers = np.array([names[name] for name in known], dtype=np.int64)
    place = np.zeros(numbers.max(initial=0) + 1, dtype=np.int64)
    place[numbers] = np.arange(len(numbers))
    return Found(
        _column(row.keys, np.int64), place[_column(row.kinds, np.int64)], tuple(known),
        *(_column(one, np.float64) for one in (row.at, row.x, row.y)),
    )  # fmt: skip


def _column(packed: Any, kind: type[Any]) -> NDArray[Any]:
    """Return numbers of 8 bytes that PostgreSQL sent in its own order of bytes."""
    return np.frombuffer(bytes(packed or b""), np.dtype(kind).newbyteorder(">")).astype(kind)


def by_keys(session: Session, station: str, disputes: Sequence[int], incidents: Sequence[int]) -> dict[str, Matter]:
    """Return disputes and incidents of a station on their keys; one query."""
    rows = session.execute(
        text(f"""SELECT {_DISPUTE} {_FROM_DISPUTE} WHERE d.station = :station AND d.id = ANY (:disputes)
                 UNION ALL
                 SELECT {_INCIDENT} {_FROM_INCIDENT} WHERE i.station = :station AND i.id = ANY (:incidents)"""),
        {"station": station, "disputes": sorted(disputes), "incidents": sorted(incidents)},
    )
    return {row.key: Matter(*row) for row in rows}


def ground(session: Session, station: str) -> tuple[Any, list[Any]]:
    """Return the jurisdiction and the beats in force, by code, in the station's metric CRS [m]; one query.

    PostGIS moves them there: it keeps what it needs for this, where this process would make it for each of its threads.
    """
    row = session.execute(
        text("""SELECT ST_AsBinary(ST_Transform(s.jurisdiction, s.metric_epsg)) AS outline,
                  ARRAY(SELECT ST_AsBinary(ST_Transform(b.geom, s.metric_epsg)) FROM beat b
                        WHERE b.edition_id = edition_in_force(s.code, now()) ORDER BY b.code) AS beats
                FROM station s WHERE s.code = :station"""),
        {"station": station},
    ).one()
    return shapely.from_wkb(bytes(row.outline)), [shapely.from_wkb(bytes(one)) for one in row.beats]


def members(session: Session, station: str, series: int) -> list[Matter]:
    """Return what belongs to a series, in order of time; one query."""
    rows = session.execute(
        text(f"""SELECT * FROM (
                   SELECT {_DISPUTE} {_FROM_DISPUTE} WHERE d.station = :station AND d.series_id = :series
                   UNION ALL
                   SELECT {_INCIDENT} {_FROM_INCIDENT} JOIN series_incident m ON m.incident_id = i.id
                   WHERE i.station = :station AND m.series_id = :series) both_kinds ORDER BY at, key"""),
        {"station": station, "series": series},
    )
    return [Matter(*row) for row in rows]


_SERIES: Final = """SELECT r.id, r.kind, c.name_zh AS kind_zh, c.name_en AS kind_en, r.name, r.state, r.at, r.by, r.solved_at, r.note,
      (SELECT count(*) FROM dispute d WHERE d.series_id = r.id) AS disputes,
      (SELECT count(*) FROM series_incident i WHERE i.series_id = r.id) AS incidents
    FROM series r JOIN incident_category c ON c.code = r.kind WHERE r.station = :station"""


def listing(session: Session, station: str, *, most: int) -> list[Series]:
    """Return the series of a station, open ones first, then the newest; one query."""
    rows = session.execute(
        text(f"{_SERIES} ORDER BY r.state = 'open' DESC, r.id DESC LIMIT :most"), {"station": station, "most": most}
    )
    return [Series(*row) for row in rows]


def one(session: Session, station: str, series: int, *, lock: bool = False) -> Series | None:
    """Return a series, None where there is none; locked until the end of the transaction if asked."""
    found = session.execute(
        text(f"{_SERIES} AND r.id = :series" + (" FOR UPDATE OF r" if lock else "")),
        {"station": station, "series": series},
    ).one_or_none()
    return None if found is None else Series(*found)


def is_kind(session: Session, kind: str) -> bool:
    """Return whether there is such a kind of dispute or incident."""
    return bool(
        session.scalar(text("SELECT EXISTS (SELECT FROM incident_category WHERE code = :kind)"), {"kind": kind})
    )


def add(session: Session, station: str, *, kind: str, name: str, note: str, by: str) -> int:
    """Add an empty series and return its id."""
    return int(session.execute(
        text("""INSERT INTO series (station, kind, name, note, by) VALUES (:station, :kind, :name, :note, :by) RETURNING id"""),
        {"station": station, "kind": kind, "name": name, "note": note, "by": by},
    ).scalar_one())  # fmt: skip


def put_in(session: Session, station: str, series: int, disputes: Sequence[int], incidents: Sequence[int]) -> int:
    """Put matters into a series that are in none, and return how many were; two statements."""
    facts: dict[str, Any] = {"station": station, "series": series}
    taken = session.execute(
        text("""UPDATE dispute SET series_id = :series
                WHERE station = :station AND id = ANY (:ids) AND series_id IS NULL RETURNING id"""),
        facts | {"ids": sorted(disputes)},
    ).all()
    added = session.execute(
        text("""INSERT INTO series_incident (incident_id, station, series_id)
                SELECT id, station, :series FROM incident WHERE station = :station AND id = ANY (:ids)
                ON CONFLICT DO NOTHING RETURNING incident_id"""),
        facts | {"ids": sorted(incidents)},
    ).all()
    return len(taken) + len(added)


def take_out(
    session: Session, station: str, series: int, disputes: Sequence[int] | None, incidents: Sequence[int] | None
) -> int:
    """Take matters out of a series (None: all), and return how many were in it; two statements."""
    facts: dict[str, Any] = {"station": station, "series": series}
    freed = session.execute(
        text("""UPDATE dispute SET series_id = NULL WHERE station = :station AND series_id = :series
                  AND (CAST(:ids AS int[]) IS NULL OR id = ANY (:ids)) RETURNING id"""),
        facts | {"ids": None if disputes is None else sorted(disputes)},
    ).all()
    gone = session.execute(
        text("""DELETE FROM series_incident WHERE station = :station AND series_id = :series
                  AND (CAST(:ids AS int[]) IS NULL OR incident_id = ANY (:ids)) RETURNING incident_id"""),
        facts | {"ids": None if incidents is None else sorted(incidents)},
    ).all()
    return len(freed) + len(gone)


def end(session: Session, station: str, series: int, state: str, *, note: str, at: datetime | None) -> None:
    """Close a series as solved (with the moment) or dissolved."""
    session.execute(
        text(
            """UPDATE series SET state = :state, solved_at = :at, note = :note WHERE id = :series AND station = :station"""
        ),
        {"state": state, "at": at, "note": note, "series": series, "station": station},
    )
