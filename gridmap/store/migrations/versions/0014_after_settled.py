"""The clock may tell of what falls due after a dispute was settled, and give it to somebody who is there.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ENDED = "'settled', 'reviewed', 'closed'"


def upgrade() -> None:
    # Every loop, whoever loaded it: what it says of these steps otherwise stays as it is.
    op.execute(f"""
        INSERT INTO loop_move (loop, step, state, after, tiers, roles, needs)
        SELECT l.code, s.step, a.state, '=', NULL, '{{clock}}', s.needs
        FROM loop l
        CROSS JOIN (VALUES ('reminded', '{{}}'::text[]), ('reassigned', '{{to}}'::text[])) AS s (step, needs)
        CROSS JOIN unnest(ARRAY[{ENDED}]) AS a (state)
        ON CONFLICT DO NOTHING
    """)
    op.execute("UPDATE loop SET loaded_at = clock_timestamp()")


def downgrade() -> None:
    op.execute(f"DELETE FROM loop_move WHERE step IN ('reminded', 'reassigned') AND state IN ({ENDED})")
    op.execute("UPDATE loop SET loaded_at = clock_timestamp()")
