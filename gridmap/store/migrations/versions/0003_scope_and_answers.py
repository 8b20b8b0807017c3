"""Roles, row-level security by station, and the functions that say who is responsible.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Tables whose rows belong to one station: read and written only inside the scope of the transaction.
SCOPED = (
    "place", "road", "edition", "edition_period", "beat", "grid_cell", "person", "posting", "shift", "leave",
    "address", "plate", "assignment", "incident", "dispute", "dispute_event",
)  # fmt: skip

ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridmap_app') THEN CREATE ROLE gridmap_app NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
  IF NOT pg_has_role(current_user, 'gridmap_app', 'MEMBER') THEN EXECUTE format('GRANT gridmap_app TO %I', current_user); END IF;
END $$;
GRANT USAGE ON SCHEMA public TO gridmap_app;

-- Without LEAKPROOF the planner may not use a spatial index under row-level security (298 ms instead of 0.05).
-- The operator compares bounding boxes and raises nothing that depends on a hidden row.
DO $$ BEGIN
  ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'geometry_overlaps stays leaky: ask a superuser to run ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF';
END $$;
"""

SCOPE = """
-- The stations the present transaction may see. Unset means none: it fails closed.
CREATE FUNCTION scope_stations() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT string_to_array(current_setting('gridmap.stations', true), ',')
$$;
GRANT EXECUTE ON FUNCTION scope_stations() TO gridmap_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO gridmap_app;
GRANT DELETE ON beat, grid_cell, edition, posting, shift, leave, log_in, account_station TO gridmap_app;
REVOKE UPDATE ON audit, dispute_event, assignment FROM gridmap_app;
REVOKE INSERT, UPDATE ON station, incident_category, spatial_ref_sys FROM gridmap_app;
ALTER TABLE station ENABLE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON station TO gridmap_app USING (code = ANY ((SELECT scope_stations())::text[]));
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON audit TO gridmap_app
  USING (station = ANY ((SELECT scope_stations())::text[]))
  WITH CHECK (station IS NULL OR station = ANY ((SELECT scope_stations())::text[]));
"""

ANSWERS = r"""
-- Who answers for a beat and a grid cell at a moment: one definition for scans, pages and history.
-- rank 1: posted and present, or the substitute of somebody on leave; rank 2: the beat's auxiliary; rank 9: the duty desk.
CREATE FUNCTION responsible(of_station text, of_beat text, of_cell text, at timestamptz)
RETURNS TABLE (rank int, role text, person text, name text, name_en text, phone text, office text, via text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH day AS (SELECT (at AT TIME ZONE s.timezone)::date AS d, s.* FROM station s WHERE s.code = of_station),
  posted AS (
    SELECT CASE WHEN po.role = 'auxiliary' THEN 2 ELSE 1 END AS rank, po.role, po.person_id, le.person_id AS away,
           le.substitute_id
    FROM posting po CROSS JOIN day
    LEFT JOIN leave le ON le.person_id = po.person_id AND le.during @> day.d
    WHERE po.station = of_station AND po.during @> day.d
      AND (po.beat = of_beat AND po.role IN ('officer', 'auxiliary') OR po.grid_cell = of_cell AND po.role = 'grid_member')
  )
  SELECT posted.rank, posted.role, pe.code, pe.name, pe.name_en, pe.phone, pe.office,
         CASE WHEN posted.away IS NULL THEN 'posting' ELSE 'substitute' END
  FROM posted JOIN person pe ON pe.id = CASE WHEN posted.away IS NULL THEN posted.person_id ELSE posted.substitute_id END
  WHERE posted.away IS NULL OR NOT EXISTS (
    SELECT FROM leave l2 CROSS JOIN day WHERE l2.person_id = posted.substitute_id AND l2.during @> day.d)
  UNION ALL
  SELECT 9, 'duty_desk', NULL, day.name_zh, day.name_en, day.desk_phone, '', 'desk' FROM day
  ORDER BY 1, 2, 3
$$;

-- The edition in force for a station at a moment.
CREATE FUNCTION edition_in_force(of_station text, at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT edition_id FROM edition_period WHERE station = of_station AND during @> at
$$;

-- All that a scan may know of one plate: the only door through which a person without a log-in reads anything.
CREATE FUNCTION plate_answer(of_plate text, at timestamptz DEFAULT now()) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT jsonb_build_object(
    'plate', p.code, 'status', p.status, 'replaced_by', p.replaced_by,
    'street', a.street, 'number_tail', right(a.house_number, 3), 'at', at,
    'station', jsonb_build_object('code', s.code, 'name_zh', s.name_zh, 'name_en', s.name_en,
                                  'desk_phone', s.desk_phone, 'timezone', s.timezone, 'synthetic', s.synthetic),
    'edition', e.number, 'published_at', e.published_at,
    'beat', CASE WHEN b.code IS NOT NULL THEN jsonb_build_object('code', b.code, 'name_zh', b.name_zh, 'name_en', b.name_en) END,
    'grid_cell', CASE WHEN g.code IS NOT NULL THEN jsonb_build_object('code', g.code, 'name_zh', g.name_zh, 'name_en', g.name_en) END,
    'people', (
      SELECT jsonb_agg(jsonb_build_object('rank', r.rank, 'role', r.role, 'name', r.name, 'name_en', r.name_en,
                                          'phone', r.phone, 'office', r.office, 'via', r.via) ORDER BY r.rank, r.role, r.person)
      FROM responsible(p.station, z.beat, z.grid_cell, at) r))
  FROM plate p
  JOIN address a ON a.id = p.address_id
  JOIN station s ON s.code = p.station
  LEFT JOIN edition e ON e.id = edition_in_force(p.station, at)
  LEFT JOIN assignment z ON z.edition_id = e.id AND z.plate = p.code AND p.retired_at IS NULL
  LEFT JOIN beat b ON b.edition_id = e.id AND b.code = z.beat
  LEFT JOIN grid_cell g ON g.edition_id = e.id AND g.code = z.grid_cell
  WHERE p.code = of_plate
$$;
REVOKE ALL ON FUNCTION plate_answer(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plate_answer(text, timestamptz), responsible(text, text, text, timestamptz),
  edition_in_force(text, timestamptz) TO gridmap_app;
"""


def upgrade() -> None:
    op.execute(ROLES)
    op.execute(SCOPE)
    for table in SCOPED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY in_scope ON {table} TO gridmap_app USING (station = ANY ((SELECT scope_stations())::text[]))"
        )
    op.execute(ANSWERS)


def downgrade() -> None:
    op.execute("DROP FUNCTION plate_answer(text, timestamptz)")
    op.execute("DROP FUNCTION edition_in_force(text, timestamptz)")
    op.execute("DROP FUNCTION responsible(text, text, text, timestamptz)")
    for table in ("station", "audit", *SCOPED):
        op.execute(f"DROP POLICY in_scope ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION scope_stations()")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM gridmap_app")
    op.execute("REVOKE ALL ON SCHEMA public FROM gridmap_app")
