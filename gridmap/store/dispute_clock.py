"""Disputes and reports whose time has come, locked a few at a time; what another clock works on is left to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import ENDED, OVER
from gridmap.store.dispute_notes import MEMBERS

_OVER: Final = ", ".join(repr(state) for state in OVER)
_FREE: Final = "d.id <> ALL (CAST(:skip AS int[])) ORDER BY d.due_at LIMIT :limit FOR UPDATE OF d SKIP LOCKED"
_DUE: Final = text(f"""
    SELECT d.id FROM dispute d WHERE d.station = :station AND d.state NOT IN ({_OVER}) AND d.due_at <= :now
      AND (d.reminded_at IS NULL OR d.reminded_at < CAST(:now AS timestamptz) - interval '1 day') AND {_FREE}
""")
_LOST: Final = text(f"""
    SELECT d.id FROM lost_dispute l JOIN dispute d ON d.id = l.id
    WHERE l.station = :station AND d.station = :station AND d.state NOT IN ({_OVER}) AND {_FREE}
""")
_IS_AWAY: Final = "x.until > now() + interval '14 days' OR x.until > now() + interval '1 day' AND x.until > d.due_at"
#: Offered to whoever is gone, or away for as long as lets a dispute count as lost.
_UNANSWERABLE: Final = text(f"""
    SELECT d.id FROM dispute d WHERE d.station = :station AND d.state = 'handed' AND (
        EXISTS (SELECT FROM body_there x WHERE x.station = :station AND x.code = d.offered_body
                AND (NOT x.active OR {_IS_AWAY}))
        OR EXISTS (SELECT FROM person_there x WHERE x.station = :station AND x.person_id = d.offered_id
                   AND (NOT x.posted OR {_IS_AWAY})))
      AND {_FREE}
""")
#: In the last sixth of the time since it came to its tier, told once for each day it is to be settled by.
_SOON: Final = text(f"""
    SELECT d.id FROM dispute d
    CROSS JOIN LATERAL (SELECT max(e.at) AS at FROM dispute_event e
      WHERE e.dispute_id = d.id AND e.what IN ('opened', 'escalated', 'reopened')) AS came
    WHERE d.station = :station AND d.state NOT IN ({_OVER}) AND d.state IN ('accepted', 'in_hand', 'joint')
      AND d.due_at > CAST(:now AS timestamptz) + interval '1 day' AND d.due_at < CAST(:now AS timestamptz) + interval '30 days'
      AND d.due_at - :now <= (d.due_at - coalesce(came.at, d.opened_at)) / 6
      AND NOT EXISTS (SELECT FROM dispute_event w WHERE w.dispute_id = d.id AND w.what = 'warned' AND w.due_at = d.due_at)
      AND {_FREE}
""")
#: A visit that is due is told of once, a review every day until it is done.
_DUE_AFTER: Final = text(f"""
    SELECT d.id FROM dispute d
    CROSS JOIN LATERAL (SELECT max(e.at) AS at FROM dispute_event e
      WHERE e.dispute_id = d.id AND e.role = 'clock' AND e.what IN ('reminded', 'reassigned') AND e.due_at = d.due_at) AS told
    WHERE d.station = :station AND d.state IN ({", ".join(repr(state) for state in ENDED)}) AND d.due_at <= :now
      AND (told.at IS NULL OR d.state = 'settled' AND d.tier = ANY (CAST(:review_tiers AS int[]))
           AND told.at <= CAST(:now AS timestamptz) - interval '1 day')
      AND {_FREE}
""")
#: `needed`: matter -> follow-up visits that come first; what is still to be reviewed is not closed.
_SETTLED: Final = text("""
    SELECT d.id FROM dispute d
    WHERE d.station = :station AND d.state IN ('settled', 'reviewed') AND d.state = ANY (CAST(:states AS text[]))
      AND d.settled_at <= :before AND d.followed >= CAST(CAST(:needed AS jsonb) ->> d.matter AS int)
      AND NOT (d.state = 'settled' AND d.tier = ANY (CAST(:review_tiers AS int[])))
      AND coalesce(least(d.rating, (SELECT (e.facts ->> 'outcome')::int FROM dispute_event e
            WHERE e.dispute_id = d.id AND e.what = 'followed_up' ORDER BY e.seq DESC LIMIT 1)), 5) > :poor
      AND d.id <> ALL (CAST(:skip AS int[]))
    ORDER BY d.settled_at LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_UNANSWERED: Final = text("""
    SELECT r.id, r.kind, r.urgent, r.at,
           ARRAY(SELECT e.note FROM report_event e WHERE e.report_id = r.id AND e.what = 'note' AND e.by = :by) AS told
    FROM report r
    WHERE r.station = :station AND r.state = 'received' AND NOT r.held AND r.joined_to IS NULL
      AND (r.urgent OR r.dispute_id IS NULL) AND r.at BETWEEN :since AND :until AND r.id > :after
    ORDER BY r.id LIMIT :limit FOR UPDATE OF r SKIP LOCKED
""")
_TELL_HOOKS: Final = text("""
    INSERT INTO web_hook_delivery (station, hook_id, event, body)
    SELECT r.station, h.id, 'unanswered', jsonb_build_object(
      'station', r.station, 'event', 'unanswered', 'at', :now, 'report', r.id, 'kind', r.kind, 'state', r.state,
      'urgent', r.urgent, 'stage', CAST(:stage AS text), 'beat', z.beat, 'grid_cell', z.grid_cell, 'synthetic', s.synthetic)
    FROM report r
    JOIN station s ON s.code = r.station
    JOIN web_hook h ON h.station = r.station AND h.active AND 'unanswered' = ANY (h.events)
    LEFT JOIN assignment z ON z.plate = r.plate AND z.edition_id = edition_in_force(r.station, now())
    WHERE r.id = :report
""")
_TELL_MAILS: Final = text(
    f"""
    INSERT INTO mail (station, account_id, event, body)
    SELECT r.station, a.id, 'unanswered', jsonb_build_object(
      'report', r.id, 'kind', r.kind, 'urgent', r.urgent, 'stage', CAST(:stage AS text), 'due_at', r.due_at,
      'timezone', s.timezone, 'synthetic', s.synthetic)
    FROM report r
    JOIN station s ON s.code = r.station
    LEFT JOIN assignment z ON z.plate = r.plate AND z.edition_id = edition_in_force(r.station, now())
    JOIN account a ON a.active AND a.email IS NOT NULL AND a.role IN ('officer', 'grid_member', 'commander')
      AND EXISTS (SELECT FROM account_station v WHERE v.account_id = a.id AND v.station = r.station)
    WHERE r.id = :report AND CASE CAST(:stage AS text)
      WHEN 'backup' THEN a.person_id IN (
        SELECT coalesce(l.substitute_id, p.person_id) FROM posting p
        LEFT JOIN leave l ON l.person_id = p.person_id AND l.during @> (now() AT TIME ZONE s.timezone)::date
        WHERE p.station = r.station AND p.during @> (now() AT TIME ZONE s.timezone)::date
          AND p.role = ANY (CAST(:roles AS text[])) AND (p.grid_cell = z.grid_cell OR p.role = 'officer' AND p.beat = z.beat))
      WHEN 'desk' THEN {MEMBERS.format(station="r.station", bodies="ARRAY['desk']")}
      ELSE a.role = 'commander' END
""".replace("::date", "\\:\\:date")
)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A report nobody has taken up; `told`: what its record says of that already."""

    id: int
    kind: str
    urgent: bool
    at: datetime
    told: list[str]


def due_stations(session: Session, now: datetime) -> list[str]:
    """Return the stations, in scope or not, whose disputes have something due; one query."""
    return [str(code) for code in session.scalars(text("SELECT due_dispute_stations(:now)"), {"now": now})]


def lock_due(session: Session, station: str, now: datetime, *, skip: Collection[int], limit: int) -> list[int]:
    """Return a station's disputes whose time has come, locked, longest due first; one query on an index."""
    return _ids(session, _DUE, station, now, skip, limit)


def lock_lost(session: Session, station: str, now: datetime, *, skip: Collection[int], limit: int) -> list[int]:
    """Return a station's open disputes whose holder is gone, away for long, or a body nobody is in, locked."""
    return _ids(session, _LOST, station, now, skip, limit)


def lock_unanswerable(session: Session, station: str, now: datetime, *, skip: Collection[int], limit: int) -> list[int]:
    """Return a station's disputes that are offered to somebody who is gone or a body nobody is in, locked."""
    return _ids(session, _UNANSWERABLE, station, now, skip, limit)


def lock_soon(session: Session, station: str, now: datetime, *, skip: Collection[int], limit: int) -> list[int]:
    """Return a station's disputes that are soon to be settled and whose holder was not told of it, locked."""
    return _ids(session, _SOON, station, now, skip, limit)


def lock_due_after(
    session: Session, station: str, now: datetime, *, review_tiers: Collection[int], skip: Collection[int], limit: int
) -> list[int]:
    """Return a station's disputes that were settled and whose review or visit is due and is to be told of, locked.

    `review_tiers`: at these what is settled is to be reviewed.
    """
    facts = {"station": station, "now": now, "review_tiers": list(review_tiers), "skip": list(skip), "limit": limit}
    return [int(number) for number in session.scalars(_DUE_AFTER, facts)]


def told_of(session: Session, dispute: int, due_at: datetime) -> list[str]:
    """Return the steps with which the clock told that a dispute is due at a moment, oldest first; one query.

    What it did because somebody had left is not among them.
    """
    rows = session.scalars(
        text("""SELECT what FROM dispute_event WHERE dispute_id = :id AND role = 'clock' AND due_at = :due_at
                  AND (what = 'reminded' OR what = 'reassigned' AND facts ->> 'why' = 'review') ORDER BY id"""),
        {"id": dispute, "due_at": due_at},
    )
    return [str(what) for what in rows]


def lock_settled(  # one argument a condition
    session: Session,
    station: str,
    before: datetime,
    states: Collection[str],
    needed: Mapping[str, int],
    *,
    review_tiers: Collection[int],
    poor: int,
    skip: Collection[int],
    limit: int,
) -> list[int]:
    """Return a station's disputes that were settled before a moment and need nothing more to be closed, locked.

    Parameters
    ----------
    states
        From which of "settled" and "reviewed" they may be closed.
    needed
        matter -> how many follow-up visits come first.
    review_tiers
        At these what is settled is reviewed first.
    poor
        Those whose last visit found them at this or worse are left out.
    """
    facts = {
        "station": station, "before": before, "states": list(states), "needed": orjson.dumps(dict(needed)).decode(),
        "review_tiers": list(review_tiers), "poor": poor, "skip": list(skip), "limit": limit,
    }  # fmt: skip
    return [int(number) for number in session.scalars(_SETTLED, facts)]


def lock_unanswered(
    session: Session, station: str, since: datetime, until: datetime, *, by: str, after: int, limit: int
) -> list[Unanswered]:
    """Return a station's reports received in a span that nobody has taken up, locked, by id; one query.

    What is a dispute has a clock of its own: of these only the urgent ones are here. `by`: whose notes are what was told.
    """
    facts = {"station": station, "since": since, "until": until, "by": by, "after": after, "limit": limit}
    return [Unanswered(*row) for row in session.execute(_UNANSWERED, facts)]


def tell_unanswered(session: Session, report: int, stage: str, roles: Sequence[str], now: datetime) -> None:
    """Write messages to web hooks and mails about a report that nobody takes up; two statements.

    `roles`: who stands in at its place, for the stage "backup".
    """
    session.execute(_TELL_HOOKS, {"report": report, "stage": stage, "now": now})
    session.execute(_TELL_MAILS, {"report": report, "stage": stage, "roles": list(roles)})


def _ids(
    session: Session, query: TextClause, station: str, now: datetime, skip: Collection[int], limit: int
) -> list[int]:
    facts = {"station": station, "skip": list(skip), "limit": limit, "now": now}
    return [int(number) for number in session.scalars(query, facts)]
