"""A link leads from a dispute to one that was opened before it, whichever was entered first.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TURN = """UPDATE dispute_link l SET dispute_id = l.earlier_id, earlier_id = l.dispute_id FROM dispute d, dispute e
          WHERE d.id = l.dispute_id AND e.id = l.earlier_id"""


def upgrade() -> None:
    op.execute("""
        ALTER TABLE dispute_link DROP CONSTRAINT ck_dispute_link_earlier,
          ADD CONSTRAINT ck_dispute_link_earlier CHECK (earlier_id <> dispute_id)
    """)
    op.execute(f"{TURN} AND (d.opened_at, d.id) < (e.opened_at, e.id)")


def downgrade() -> None:
    op.execute("ALTER TABLE dispute_link DROP CONSTRAINT ck_dispute_link_earlier")
    op.execute(f"{TURN} AND d.id < e.id")
    op.execute("ALTER TABLE dispute_link ADD CONSTRAINT ck_dispute_link_earlier CHECK (earlier_id < dispute_id)")
