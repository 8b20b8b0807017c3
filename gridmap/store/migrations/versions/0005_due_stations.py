"""Which stations have an edition to publish now: the one thing the service asks about every station.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = """
-- The service's clock works for every station and sees none: row-level security shows it a station only once it is
-- named. This tells the names, and nothing else of the editions.
CREATE FUNCTION due_stations(at timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT station FROM edition WHERE status = 'approved' AND publish_at <= at ORDER BY 1
$$;
REVOKE ALL ON FUNCTION due_stations(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION due_stations(timestamptz) TO gridmap_app;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP FUNCTION due_stations(timestamptz)")
