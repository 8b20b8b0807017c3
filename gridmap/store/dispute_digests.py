"""What fell due long ago, told in one mail and one message for all of it; plain SQL, written with each step.

The first such dispute of a clock's round is written as `dispute_notes` writes it, a little ahead of its time; the next ones
are added to it while it waits, and then it tells how many there are and which list holds them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.dispute_notes import MADE_HOOKS, MADE_MAILS

#: So long a mail waits for others that are told of with it; a round of the clock over 10,000 disputes takes less.
GATHERED: Final = timedelta(minutes=10)
#: A message to a hook names so many disputes; the list has all.
MOST_NAMED: Final = 100

#: Of one round, and nobody has begun to send it: what is taken has a try.
_WAITS: Final = """due_at IS NOT NULL AND tries = 0 AND w.body ? 'count'
    AND CAST(w.body ->> 'at' AS timestamptz) BETWEEN CAST(:at AS timestamptz) - CAST(:gathered AS interval) AND :at"""
_MAILS: Final = text(f"""
    WITH made AS ({MADE_MAILS}),
    added AS (
      UPDATE mail w SET body = jsonb_build_object(
        'count', CAST(w.body ->> 'count' AS int) + 1, 'at', w.body -> 'at', 'list', CAST(:list AS text),
        'timezone', w.body -> 'timezone', 'synthetic', w.body -> 'synthetic')
      FROM made m WHERE w.station = m.station AND w.account_id = m.account_id AND w.event = m.event AND {_WAITS}
      RETURNING w.account_id)
    INSERT INTO mail (station, account_id, event, body, due_at)
    SELECT m.station, m.account_id, m.event, m.body || jsonb_build_object('count', 1, 'at', CAST(:at AS timestamptz)),
           clock_timestamp() + :gathered
    FROM made m WHERE m.account_id NOT IN (SELECT account_id FROM added)
""")
_HOOKS: Final = text(f"""
    WITH made AS ({MADE_HOOKS}),
    added AS (
      UPDATE web_hook_delivery w SET body = jsonb_build_object(
        'station', w.station, 'event', w.event, 'at', w.body -> 'at', 'why', CAST(:why AS text),
        'count', CAST(w.body ->> 'count' AS int) + 1, 'list', CAST(:list AS text), 'synthetic', w.body -> 'synthetic',
        'disputes', CASE WHEN jsonb_array_length(w.body -> 'disputes') < :named
          THEN (w.body -> 'disputes') || (m.body -> 'dispute') ELSE w.body -> 'disputes' END)
      FROM made m WHERE w.hook_id = m.hook_id AND w.event = m.event AND w.body ->> 'why' = :why AND {_WAITS}
      RETURNING w.hook_id)
    INSERT INTO web_hook_delivery (station, hook_id, event, body, due_at)
    SELECT m.station, m.hook_id, m.event, m.body || jsonb_build_object('count', 1, 'why', CAST(:why AS text),
             'disputes', jsonb_build_array(m.body -> 'dispute')), clock_timestamp() + :gathered
    FROM made m WHERE m.hook_id NOT IN (SELECT hook_id FROM added)
""")


def hold(session: Session, station: str) -> None:
    """Let clocks add to a station's mails one after another until the end of the transaction; else there would be two."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:station, 9))"), {"station": station})


def note_hooks(session: Session, event: int, at: datetime, *, why: str, asked: str) -> None:
    """Tell each web hook that wants a step of it, together with others of this round; one statement.

    Parameters
    ----------
    at
        When the clock took the step.
    why
        What was due: hooks are told of visits, reviews and what is late apart.
    asked
        The list that holds all of them, as an address on the station's own machine.
    """
    facts = {"event": event, "at": at, "why": why, "list": asked, "gathered": GATHERED, "named": MOST_NAMED}
    session.execute(_HOOKS, facts)


def note_mails(session: Session, event: int, mail: str, whom: str, at: datetime, *, asked: str) -> None:
    """Mail everybody whom a step concerns, together with others of this round; one statement.

    `mail`, `whom`: as in `dispute_notes.note_mails`; `at`, `asked`: as in `note_hooks`.
    """
    facts = {"event": event, "mail": mail, "whom": whom, "at": at, "list": asked, "gathered": GATHERED}
    session.execute(_MAILS, facts)
