"""The public view: a stranger reads what was made for everybody, through a function, and nothing else.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP = """
-- A stranger is in nobody's scope: row-level security shows no row. This shows the masked counts of a station, made once
-- for each quarter and kept, and touches no incident and no door.
CREATE FUNCTION public_counts(of_station text)
RETURNS TABLE (quarter text, name_zh text, name_en text, synthetic boolean, body bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.question, s.name_zh, s.name_en, s.synthetic, a.body
  FROM analysis a JOIN station s ON s.code = a.station
  WHERE a.station = of_station AND a.name = 'public' AND a.version = 1 ORDER BY a.question DESC LIMIT 4
$$;
-- Which stations still lack a quarter: the service's clock asks; it names them and tells nothing of them.
CREATE FUNCTION public_due(of_quarter text) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT code FROM station s WHERE NOT EXISTS (
    SELECT FROM analysis a WHERE a.station = s.code AND a.name = 'public' AND a.version = 1 AND a.question = of_quarter)
  ORDER BY 1
$$;
REVOKE ALL ON FUNCTION public_counts(text), public_due(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_counts(text), public_due(text) TO gridmap_app;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP FUNCTION public_counts(text), public_due(text)")
