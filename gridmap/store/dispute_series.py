"""Series of like matters (串并案): what could belong together, what does, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

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


def like(
    session: Session, station: str, *, kinds: Sequence[str], since: datetime, most: int
) -> list[Matter]:  # fmt: skip
    """Return disputes and incidents since a moment that are in no series yet, the newest `most` of each; one query.

    `kinds`: only of these; none: of all. An incident that became a dispute is told as the dispute alone.
    """
    rows = session.execute(
        text(f"""(SELECT {_DISPUTE} {_FROM_DISPUTE}
                  WHERE d.station = :station AND d.opened_at >= :since AND d.series_id IS NULL AND d.geom IS NOT NULL
                    AND d.state NOT IN ('withdrawn', 'not_ours') AND (:all OR d.kind = ANY (:kinds))
                  ORDER BY d.opened_at DESC LIMIT :most)
                 UNION ALL
                 (SELECT {_INCIDENT} {_FROM_INCIDENT}
                  WHERE i.station = :station AND i.at >= :since AND i.geom IS NOT NULL AND (:all OR i.category = ANY (:kinds))
                    AND NOT EXISTS (SELECT FROM series_incident m WHERE m.incident_id = i.id)
                    AND NOT EXISTS (SELECT FROM dispute o WHERE o.incident_id = i.id)
                  ORDER BY i.at DESC LIMIT :most)"""),
        {"station": station, "since": since, "kinds": list(kinds), "all": not kinds, "most": most},
    )
    return [Matter(*row) for row in rows]


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
