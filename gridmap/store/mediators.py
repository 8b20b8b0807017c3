"""The mediators of a station with the work in their hands: three set-wise queries, however many mediators there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import OVER
from gridmap.domain.matching import Candidate, Usual

#: Past disputes of a kind that are looked at; a station of 2,000 disputes a year has fewer of any kind.
MOST_PAST: Final = 500
_OVER: Final = ", ".join(repr(state) for state in OVER)
_PEOPLE: Final = text("""
    WITH day AS (SELECT (CAST(:at AS timestamptz) AT TIME ZONE timezone)::date AS d FROM station WHERE code = :station),
    roster AS (SELECT EXISTS (SELECT FROM shift WHERE station = :station AND during && tstzrange(
        CAST(:at AS timestamptz) - interval '7 days', CAST(:at AS timestamptz) + interval '7 days')) AS kept)
    SELECT m.person_id, p.code, p.name, p.name_en, m.body, b.name_zh AS body_zh, b.name_en AS body_en, m.type,
           m.trades || coalesce(b.trades, '{}') AS trades, m.languages, m.most, z.cells, z.beats,
           CASE WHEN l.person_id IS NOT NULL THEN coalesce((upper(l.during) - 1)::text, '…') END AS away_until,
           coalesce(s.name, '') AS substitute,
           CASE WHEN roster.kept THEN EXISTS (
             SELECT FROM shift f WHERE f.station = :station AND f.person_id = m.person_id AND f.during @> CAST(:at AS timestamptz))
           END AS on_shift
    FROM mediator m CROSS JOIN day CROSS JOIN roster
    JOIN person p ON p.id = m.person_id AND p.station = m.station
    JOIN LATERAL (
      SELECT array_remove(array_agg(DISTINCT o.grid_cell), NULL) AS cells, array_remove(array_agg(DISTINCT o.beat), NULL) AS beats
      FROM posting o WHERE o.person_id = m.person_id AND o.station = m.station AND o.during @> day.d
      HAVING count(*) > 0) z ON true
    LEFT JOIN body b ON b.station = m.station AND b.code = m.body AND b.active
    LEFT JOIN leave l ON l.person_id = m.person_id AND l.during @> day.d
    LEFT JOIN person s ON s.id = l.substitute_id
    WHERE m.station = :station AND m.active ORDER BY m.person_id
""")
#: What they hold and what is offered to them; one index each.
_HANDS: Final = text(f"""
    SELECT person, count(*) AS n FROM (
      SELECT d.holder_id AS person FROM dispute d
        WHERE d.station = :station AND d.holder_id = ANY (:people) AND d.state NOT IN ({_OVER})
      UNION ALL
      SELECT d.offered_id FROM dispute d
        WHERE d.station = :station AND d.offered_id = ANY (:people) AND d.state = 'handed') hands
    GROUP BY person
""")
#: Disputes of the kind that came into somebody's hands within the time and ended there or went on to others.
_PAST: Final = text("""
    WITH past AS MATERIALIZED (
      SELECT d.id, d.holder_id, d.opened_at, d.settled_at FROM dispute d
      WHERE d.station = :station AND d.kind = :kind AND d.matter = :matter AND d.opened_at >= :since AND d.opened_at <= :at
        AND d.state NOT IN ('withdrawn', 'not_ours')
      ORDER BY d.opened_at DESC LIMIT :most),
    cases AS (
      SELECT holder_id AS person, settled_at - opened_at AS took FROM past
        WHERE settled_at IS NOT NULL AND holder_id = ANY (:people)
      UNION ALL
      SELECT e.holder_id, NULL FROM (
        SELECT DISTINCT v.dispute_id, v.holder_id FROM past JOIN dispute_event v ON v.dispute_id = past.id
        WHERE v.what IN ('accepted', 'begun', 'taken') AND v.holder_id = ANY (:people)
          AND v.holder_id IS DISTINCT FROM past.holder_id) e)
    SELECT person, count(*) AS cases, count(took) AS settled,
           extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY took)) / 86400.0 AS days
    FROM cases GROUP BY GROUPING SETS ((person), ())
""")


def candidates(
    session: Session, station: str, *, kind: str, matter: str, since: datetime, at: datetime
) -> tuple[list[Candidate], Usual]:
    """Return the mediators posted at a station at a moment, and how disputes of a kind went in all their hands.

    Three statements. The past reads the newest disputes of the kind, `MOST_PAST` at most, by the station's index on
    `opened_at`, and the steps of those: a large station waits no longer than another.

    Parameters
    ----------
    since
        Disputes opened from then on are counted as past ones.
    """
    people = session.execute(_PEOPLE, {"station": station, "at": at}).all()
    ids = [row.person_id for row in people]
    if not ids:
        return [], Usual()
    hands = {row.person: row.n for row in session.execute(_HANDS, {"station": station, "people": ids})}
    facts = {
        "station": station,
        "kind": kind,
        "matter": matter,
        "since": since,
        "at": at,
        "people": ids,
        "most": MOST_PAST,
    }
    past: dict[int | None, Any] = {row.person: row for row in session.execute(_PAST, facts)}
    whole = past.get(None)
    usual = Usual()
    if whole is not None and whole.cases:
        usual = Usual(whole.settled / whole.cases, None if whole.days is None else float(whole.days))
    return [_candidate(row, hands.get(row.person_id, 0), past.get(row.person_id)) for row in people], usual


def language_of(session: Session, station: str, dispute: int) -> str:
    """Return the language a dispute is to be mediated in."""
    query = text("SELECT language FROM dispute WHERE station = :station AND id = :dispute")
    return str(session.scalar(query, {"station": station, "dispute": dispute}) or "")


def speak(session: Session, station: str, dispute: int, language: str) -> None:
    """Note that a dispute needs another language than Chinese, unless it needs one already."""
    session.execute(
        text("""UPDATE dispute SET language = :language
                WHERE station = :station AND id = :dispute AND language IN ('', 'zh') AND :language <> 'zh'"""),
        {"station": station, "dispute": dispute, "language": language},
    )


def _candidate(row: Any, hands: int, past: Any) -> Candidate:
    return Candidate(
        row.person_id, row.code, row.name, row.body, row.body_zh or "", row.body_en or "", row.type,
        frozenset([*row.trades, *([row.type] if row.type else [])]), frozenset(row.languages), frozenset(row.cells),
        frozenset(row.beats), hands, row.most, past.cases if past else 0, past.settled if past else 0,
        float(past.days) if past and past.days is not None else None, row.away_until, row.substitute, row.on_shift,
        row.name_en,
    )  # fmt: skip
