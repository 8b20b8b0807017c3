"""A holder is somebody who can act: not a body nobody is in, nor a person who is away for long and not stood in for.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OVER = "'settled', 'reviewed', 'closed', 'withdrawn', 'not_ours'"
#: What no dispute is, and what the view looks for all the same: the index is empty.
UNHELD = f"state NOT IN ({OVER}) AND (due_at IS NULL OR num_nonnulls(holder_id, body) <> 1)"

# Who is away and the bodies are few: what they hold is found from an index. Who is gone is found by setting all who hold against
# all who are posted, once; asked of each it took ten times as long for a city. Somebody is away from today to `until` where
# nobody who is there stands in; for long is longer than a day, and past what is due next or two weeks.
NEW = f"""
CREATE INDEX ix_dispute_unheld ON dispute (station) WHERE {UNHELD};
CREATE VIEW person_there WITH (security_invoker = true) AS
  SELECT p.station, p.id AS person_id, EXISTS (
           SELECT FROM posting o WHERE o.person_id = p.id AND o.during @> t.day) AS posted,
         (SELECT coalesce(upper(l.during), 'infinity')::timestamp AT TIME ZONE s.timezone FROM leave l
          WHERE l.person_id = p.id AND l.during @> t.day AND (l.substitute_id IS NULL
            OR EXISTS (SELECT FROM leave m WHERE m.person_id = l.substitute_id AND m.during @> t.day)
            OR NOT EXISTS (SELECT FROM posting o WHERE o.person_id = l.substitute_id AND o.during @> t.day))) AS until
  FROM person p JOIN station s ON s.code = p.station
  CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE s.timezone)::date AS day) AS t;
-- `until`: when the first of its mediators is back; null where one is there, 'infinity' where it has none.
CREATE VIEW body_there WITH (security_invoker = true) AS
  SELECT b.station, b.code, b.active, CASE WHEN b.code = 'desk' THEN NULL ELSE (
           SELECT CASE WHEN count(*) > count(h.until) THEN NULL ELSE coalesce(min(h.until), 'infinity') END
           FROM mediator m JOIN person_there h ON h.person_id = m.person_id
           WHERE m.station = b.station AND m.body = b.code AND m.active AND h.posted) END AS until
  FROM body b;
-- Open disputes nobody would ever see again: empty, or the clock is about to give them on.
CREATE OR REPLACE VIEW lost_dispute WITH (security_invoker = true) AS
  SELECT d.station, d.id, d.number, d.state, d.due_at,
         CASE WHEN d.due_at IS NULL THEN 'no due time' ELSE 'no holder' END AS why
  FROM dispute d WHERE {UNHELD}
  UNION ALL
  SELECT d.station, d.id, d.number, d.state, d.due_at, 'its holder is gone'
  FROM dispute d JOIN station s ON s.code = d.station
  WHERE d.state NOT IN ({OVER}) AND d.holder_id IS NOT NULL AND NOT EXISTS (SELECT FROM posting o
    WHERE o.person_id = d.holder_id AND o.during @> (now() AT TIME ZONE s.timezone)::date)
  UNION ALL
  SELECT d.station, d.id, d.number, d.state, d.due_at, 'its holder is away'
  FROM person_there h JOIN dispute d ON d.station = h.station AND d.holder_id = h.person_id
  WHERE d.state NOT IN ({OVER}) AND h.person_id IN (SELECT person_id FROM leave) AND h.posted
    AND (h.until > now() + INTERVAL '14 days' OR h.until > now() + INTERVAL '1 day' AND h.until > d.due_at)
  UNION ALL
  SELECT d.station, d.id, d.number, d.state, d.due_at,
         CASE WHEN b.active THEN 'nobody is in its body' ELSE 'its body is gone' END
  FROM body_there b JOIN dispute d ON d.station = b.station AND d.body = b.code
  WHERE d.state NOT IN ({OVER}) AND (NOT b.active OR b.until > now() + INTERVAL '14 days'
    OR b.until > now() + INTERVAL '1 day' AND b.until > d.due_at);
GRANT SELECT ON person_there, body_there TO gridmap_app;
"""

OLD = f"""
CREATE OR REPLACE VIEW lost_dispute WITH (security_invoker = true) AS
  SELECT d.station, d.id, d.number, d.state, d.due_at,
         CASE WHEN d.due_at IS NULL THEN 'no due time' WHEN d.holder_id IS NULL AND d.body IS NULL THEN 'no holder'
              WHEN b.code IS NOT NULL AND NOT b.active THEN 'its body is gone' ELSE 'its holder is gone' END AS why
  FROM dispute d
  LEFT JOIN body b ON b.station = d.station AND b.code = d.body
  WHERE d.state NOT IN ({OVER})
    AND (d.due_at IS NULL OR num_nonnulls(d.holder_id, d.body) <> 1 OR NOT b.active
         OR d.holder_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM posting p JOIN station s ON s.code = p.station
           WHERE p.person_id = d.holder_id AND p.during @> (now() AT TIME ZONE s.timezone)::date));
DROP VIEW body_there, person_there;
DROP INDEX ix_dispute_unheld;
"""


def upgrade() -> None:
    op.execute(NEW)


def downgrade() -> None:
    op.execute(OLD)
