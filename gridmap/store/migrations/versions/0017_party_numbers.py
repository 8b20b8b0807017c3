"""A party's telephone and document are each matched: a print of the document beside the telephone's."""

from __future__ import annotations

from alembic import op

revision, down_revision = "0017", "0016"

UP = """
ALTER TABLE dispute_party ADD COLUMN id_print bytea,
  ADD CONSTRAINT ck_dispute_party_id_print CHECK (id_print IS NULL OR length(id_print) = 16);
CREATE INDEX ix_dispute_party_station_id_print ON dispute_party (station, id_print) WHERE id_print IS NOT NULL;
"""


def upgrade() -> None:
    """Add the column; what was entered with a document alone has its print in `print`, and is found there too."""
    op.execute(UP)


def downgrade() -> None:
    """Take it away."""
    op.execute("ALTER TABLE dispute_party DROP COLUMN id_print")
