"""Past disputes on their way in: who held them, what becomes of a state that needs more, and what their log says."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import ENDED, OVER
from gridmap.store import loading
from gridmap.store.loading import Stage

_ENDED: Final = ", ".join(f"'{state}'" for state in ENDED)
_OVER: Final = ", ".join(f"'{state}'" for state in OVER)

#: Column of `dispute` -> SQL over the stage `s`: a state as the table wants it. Who is over has no clock any more; what was
#: handed over is offered to whom the file names, from now on and as long as the station's loop says; the desk keeps it until
#: then.
STANDING: Final = {
    "state": "s.state", "settled_at": f"CASE WHEN s.state IN ({_ENDED}) THEN s.settled_at END",
    "closed_at": "CASE WHEN s.state = 'closed' THEN coalesce(s.closed_at, s.settled_at) END",
    "due_at": f"""CASE WHEN s.state = 'handed' THEN least(s.due_at, coalesce(
      (SELECT d.due_at FROM dispute d WHERE d.station = :station AND d.number = s.number AND d.state = 'handed'),
      (SELECT now() + make_interval(secs => coalesce((l.rules ->> 'hand_over')::double precision, 86400))
       FROM station y JOIN loop l ON l.code = y.loop WHERE y.code = :station)))
      WHEN s.state NOT IN ({_OVER}) THEN s.due_at END""",
    "settle_by": "s.due_at",
    "holder_id": "CASE WHEN s.state <> 'handed' THEN s.holder_id END",
    "body": """CASE WHEN s.state = 'handed' THEN 'desk' WHEN s.holder_id IS NULL THEN s.body END""",
    "offered_id": "CASE WHEN s.state = 'handed' THEN s.holder_id END",
    "offered_body": "CASE WHEN s.state = 'handed' AND s.holder_id IS NULL THEN coalesce(s.body, 'desk') END",
    "resume": "CASE s.state WHEN 'handed' THEN 'open' WHEN 'paused' THEN 'in_hand' END",
}  # fmt: skip

#: The same, of what a file says of visits.
ASKED: Final = {"followed": f"CASE WHEN s.visited_at IS NOT NULL AND s.state IN ({_ENDED}) THEN 1 ELSE 0 END"}
#: SQL over the stage `s`: the tier at which a dispute began.
_FIRST_TIER: Final = """CASE WHEN s.tier_2_at IS NOT NULL THEN 1 WHEN s.tier_3_at IS NOT NULL THEN 2
  WHEN s.tier_4_at IS NOT NULL THEN 3 WHEN s.tier_5_at IS NOT NULL THEN 4 ELSE s.tier END"""


def refuse_worked_on(session: Session, stage: Stage, station: str) -> list[tuple[int, str]]:
    """Take out the rows whose dispute has taken steps here since: these alone change it; return (line, number)."""
    worked_on = "EXISTS (SELECT FROM dispute d WHERE d.station = :station AND d.number = s.number AND d.version > 0)"
    return loading.refuse_where(session, stage, worked_on, "s.number", station=station)


def refuse_tiers(session: Session, stage: Stage, station: str) -> list[tuple[int, str]]:
    """Take out the open rows at a tier that the station's loop has not; return (line, tier)."""
    none = f"""s.state NOT IN ({_OVER}) AND NOT EXISTS (SELECT FROM loop_tier t JOIN station here ON here.loop = t.loop
               WHERE here.code = :station AND t.tier = s.tier)"""
    return loading.refuse_where(session, stage, none, "s.tier", station=station)


def match_holders(session: Session, stage: Stage, station: str) -> None:
    """Set `holder_id` of rows that name a person, and `body` of those that name a body; three statements.

    A person is named by code, or by a name that nobody else of the station has.
    """
    session.execute(
        text(f"""UPDATE {stage.name} s SET holder_id = p.id FROM person p
                 WHERE p.station = :station AND p.code = s.holder"""),
        {"station": station},
    )
    session.execute(
        text(f"""UPDATE {stage.name} s SET holder_id = p.id
                 FROM (SELECT name, min(id) AS id FROM person WHERE station = :station GROUP BY 1 HAVING count(*) = 1) p
                 WHERE s.holder_id IS NULL AND p.name = s.holder"""),
        {"station": station},
    )
    session.execute(
        text(f"""UPDATE {stage.name} s SET body = b.code FROM body b
                 WHERE b.station = :station AND s.holder_id IS NULL
                   AND lower(s.holder) IN (lower(b.code), lower(b.name_zh), lower(b.name_en))"""),
        {"station": station},
    )


def refuse_unheld(session: Session, stage: Stage) -> list[tuple[int, str]]:
    """Take out the open rows whose holder nobody knows; return (line, holder)."""
    unknown = f"s.holder IS NOT NULL AND s.holder_id IS NULL AND s.body IS NULL AND s.state NOT IN ({_OVER})"
    return loading.refuse_where(session, stage, unknown, "s.holder")


def give_to_desk(session: Session, stage: Stage, station: str) -> int:
    """Give the open rows held by somebody who is not posted today to the desk, so that none is lost; count them."""
    rows = session.execute(
        text(f"""UPDATE {stage.name} s SET holder_id = NULL, body = 'desk'
                 WHERE s.holder_id IS NOT NULL AND s.state NOT IN ({_OVER}) AND NOT EXISTS (
                   SELECT FROM posting p JOIN station here ON here.code = p.station
                   WHERE p.person_id = s.holder_id AND p.station = :station
                     AND p.during @> (now() AT TIME ZONE here.timezone)::date)
                 RETURNING 1"""),
        {"station": station},
    )
    return len(rows.all())


def settle_offers(session: Session, stage: Stage) -> int:
    """Open again what was handed over to the desk or to nobody, for the desk keeps it anyway; count these."""
    rows = session.execute(
        text(f"""UPDATE {stage.name} s SET state = 'open', holder_id = NULL, body = NULL
                 WHERE s.state = 'handed' AND s.holder_id IS NULL AND coalesce(s.body, 'desk') = 'desk' RETURNING 1""")
    )
    return len(rows.all())


def note_steps(session: Session, stage: Stage, station: str) -> None:
    """Note which steps the staged disputes are ahead of the log, before they are kept; one statement.

    A file tells when a dispute was opened, went a tier up and ended, and when somebody asked how it goes; what lay between
    nobody makes up. Whoever holds what is over is who settled it.
    """
    session.execute(text("DROP TABLE IF EXISTS pg_temp.stage_dispute_event"))
    session.execute(
        text(f"""CREATE TEMPORARY TABLE stage_dispute_event ON COMMIT DROP AS
                 SELECT s.number, step.tier, step.at, step.what, step.place, step.rating,
                   CASE step.what WHEN 'opened' THEN 'open' WHEN 'escalated' THEN 'open' WHEN 'followed_up' THEN s.state
                     ELSE step.what END AS after,
                   CASE WHEN step.what = 'settled' THEN s.holder_id END AS holder_id,
                   CASE WHEN step.what = 'settled' AND s.holder_id IS NULL THEN s.body END AS body
                 FROM {stage.name} s
                 CROSS JOIN LATERAL (VALUES
                   (s.opened_at, 'opened', {_FIRST_TIER}, 1, true, NULL::int),
                   (s.tier_2_at, 'escalated', 2, 2, s.tier_2_at IS NOT NULL, NULL),
                   (s.tier_3_at, 'escalated', 3, 3, s.tier_3_at IS NOT NULL, NULL),
                   (s.tier_4_at, 'escalated', 4, 4, s.tier_4_at IS NOT NULL, NULL),
                   (s.tier_5_at, 'escalated', 5, 5, s.tier_5_at IS NOT NULL, NULL),
                   (s.settled_at, 'settled', s.tier, 6, s.state IN ({_ENDED}), NULL),
                   (coalesce(s.closed_at, s.settled_at), 'reviewed', s.tier, 7, s.state = 'reviewed', NULL),
                   (s.visited_at, 'followed_up', s.tier, 8, s.visited_at IS NOT NULL AND s.state IN ({_ENDED}), s.rating),
                   (coalesce(s.closed_at, s.settled_at), 'closed', s.tier, 9, s.state = 'closed', NULL),
                   (coalesce(s.closed_at, s.settled_at, s.opened_at), s.state, s.tier, 10, s.state IN ('withdrawn', 'not_ours'), NULL)
                 ) AS step(at, what, tier, place, due, rating)
                 LEFT JOIN dispute d ON d.station = :station AND d.number = s.number
                 WHERE step.due AND NOT EXISTS (
                   SELECT FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = step.what
                     AND (e.what <> 'escalated' OR e.tier = step.tier))"""),
        {"station": station},
    )


def write_steps(session: Session, station: str) -> None:
    """Append the steps noted by `note_steps`, as told by an import; one statement."""
    session.execute(
        text("""INSERT INTO dispute_event (station, dispute_id, at, by, what, role, tier, after, holder_id, body, facts)
                SELECT d.station, d.id, n.at, 'import', n.what, 'import', n.tier, n.after, n.holder_id, n.body,
                       CASE WHEN n.rating IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('rating', n.rating) END
                FROM stage_dispute_event n JOIN dispute d ON d.station = :station AND d.number = n.number
                ORDER BY d.id, n.at, n.place"""),
        {"station": station},
    )


def link_doors(session: Session, stage: Stage, station: str) -> int:
    """Link the staged disputes to others at their doors, as `dispute_links.link_door` does; count the new links.

    Of a year before each and a year after, twenty each at most, of the same matter, withdrawn ones left out. Where a dispute
    came to another door by this file, its links of an earlier file go. Two statements however many there are.
    """
    facts = {"station": station}
    session.execute(
        text(f"""DELETE FROM dispute_link l USING dispute a, dispute b, {stage.name} s
                 WHERE l.station = :station AND l.why = 'door' AND l.by = 'import' AND a.id = l.dispute_id AND b.id = l.earlier_id
                   AND a.address_id IS DISTINCT FROM b.address_id AND s.number IN (a.number, b.number)"""),
        facts,
    )
    rows = session.execute(
        text(f"""WITH fresh AS MATERIALIZED (
                   SELECT d.id, d.address_id, d.matter, d.opened_at FROM {stage.name} s
                   JOIN dispute d ON d.station = :station AND d.number = s.number
                   WHERE d.address_id IS NOT NULL AND d.state <> 'withdrawn'),
                 near AS (
                   SELECT f.id AS later, e.id AS earlier FROM fresh f CROSS JOIN LATERAL (
                     SELECT d.id FROM dispute d WHERE d.station = :station AND d.address_id = f.address_id
                       AND d.matter = f.matter AND d.state <> 'withdrawn' AND (d.opened_at, d.id) < (f.opened_at, f.id)
                       AND d.opened_at > f.opened_at - interval '1 year'
                     ORDER BY d.opened_at DESC, d.id DESC LIMIT 20) e
                   UNION
                   SELECT l.id, f.id FROM fresh f CROSS JOIN LATERAL (
                     SELECT d.id FROM dispute d WHERE d.station = :station AND d.address_id = f.address_id
                       AND d.matter = f.matter AND d.state <> 'withdrawn' AND (d.opened_at, d.id) > (f.opened_at, f.id)
                       AND d.opened_at < f.opened_at + interval '1 year'
                     ORDER BY d.opened_at, d.id LIMIT 20) l)
                 INSERT INTO dispute_link (dispute_id, earlier_id, station, why, by)
                 SELECT later, earlier, :station, 'door', 'import' FROM near ON CONFLICT DO NOTHING RETURNING 1"""),
        facts,
    )
    return len(rows.all())
