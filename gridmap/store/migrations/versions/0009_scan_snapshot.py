"""What the snapshot of the scan is made from: functions that are all a stranger can ever be shown of a station.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCAN = r"""
-- Which beats lie beside one another, the nearest first.
CREATE FUNCTION fill_beat_neighbours(of_edition bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO beat_neighbour (edition_id, station, beat, rank, neighbour)
  SELECT a.edition_id, a.station, a.code,
         row_number() OVER (PARTITION BY a.code ORDER BY ST_Distance(ST_Centroid(a.geom), ST_Centroid(b.geom)), b.code), b.code
  FROM beat a JOIN beat b ON b.edition_id = a.edition_id AND b.code <> a.code AND a.geom && b.geom AND ST_Intersects(a.geom, b.geom)
  WHERE a.edition_id = of_edition
  ON CONFLICT DO NOTHING
$$;
SELECT fill_beat_neighbours(id) FROM edition WHERE status IN ('published', 'superseded', 'withdrawn');

-- What the keeper of the snapshot asks. These functions are the whole of what residents can ever be shown of a station.
CREATE FUNCTION scan_moment() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
$$;
CREATE FUNCTION scan_changes(since bigint) RETURNS TABLE (id integer, xid bigint, station text, what text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id, xid, station, what FROM data_change WHERE xid >= since AND what IN ('plate', 'address', 'edition', 'people', 'notice')
$$;
CREATE FUNCTION scan_stations() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT code FROM station ORDER BY code
$$;
CREATE FUNCTION scan_plates(of_station text, at timestamptz DEFAULT now(), of_plate text DEFAULT NULL)
RETURNS TABLE (code text, status text, replaced_by text, beat text, grid_cell text, street text, village text, tail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.code, p.status, p.replaced_by, coalesce(z.beat, ''), coalesce(z.grid_cell, ''),
         coalesce(nullif(a.street, ''), a.village), a.village, right(a.house_number, 3)
  FROM plate p JOIN address a ON a.id = p.address_id
  LEFT JOIN assignment z ON z.edition_id = edition_in_force(of_station, at) AND z.plate = p.code AND p.retired_at IS NULL
  WHERE p.station = of_station AND (of_plate IS NULL OR p.code = of_plate)
$$;
CREATE FUNCTION scan_team(of_station text, since timestamptz, until timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH s AS (SELECT * FROM station WHERE code = of_station),
  days AS (SELECT daterange((since AT TIME ZONE s.timezone)::date - 1, (until AT TIME ZONE s.timezone)::date + 2) AS d FROM s),
  e AS (SELECT id, number, published_at FROM edition WHERE id = edition_in_force(of_station, since)),
  post AS (
    SELECT pe.id, pe.code, po.role, po.beat, po.grid_cell, lower(po.during) AS first, upper(po.during) AS last
    FROM posting po JOIN person pe ON pe.id = po.person_id CROSS JOIN days CROSS JOIN s
    WHERE po.station = of_station AND po.during && days.d
      AND (po.role IN ('officer', 'auxiliary', 'grid_member') OR po.role = 'property_manager' AND 'managers' = ANY (s.published)
           OR po.role = 'volunteer' AND 'volunteers' = ANY (s.published))),
  away AS (
    SELECT le.person_id, le.substitute_id, p1.code, lower(le.during) AS first, upper(le.during) AS last, p2.code AS substitute
    FROM leave le JOIN person p1 ON p1.id = le.person_id LEFT JOIN person p2 ON p2.id = le.substitute_id CROSS JOIN days
    WHERE le.station = of_station AND le.during && days.d),
  turn AS (
    SELECT pe.id, pe.code, extract(epoch FROM lower(sh.during)) AS first, extract(epoch FROM upper(sh.during)) AS last, sh.beats
    FROM shift sh JOIN person pe ON pe.id = sh.person_id
    WHERE sh.station = of_station AND sh.during && tstzrange(since, until)),
  shown AS (
    SELECT DISTINCT ON (pe.id) pe.code, pe.badge, pe.service_phone, pe.office, pe.name, pe.name_en, f.sha256
    FROM person pe LEFT JOIN person_photo f ON f.person_id = pe.id
    WHERE pe.id IN (SELECT id FROM post UNION SELECT id FROM turn UNION SELECT substitute_id FROM away))
  SELECT jsonb_build_object(
    'station', jsonb_build_object('code', s.code, 'name_zh', s.name_zh, 'name_en', s.name_en, 'desk_phone', s.desk_phone,
      'timezone', s.timezone, 'synthetic', s.synthetic, 'published', to_jsonb(s.published), 'languages', to_jsonb(s.languages)),
    'edition', (SELECT number FROM e), 'published_at', (SELECT published_at FROM e),
    'since', extract(epoch FROM since), 'until', extract(epoch FROM until),
    'zones', jsonb_build_object(
      'beat', (SELECT coalesce(jsonb_object_agg(b.code, jsonb_build_array(b.name_zh, b.name_en)), '{}') FROM beat b JOIN e ON e.id = b.edition_id),
      'grid_cell', (SELECT coalesce(jsonb_object_agg(g.code, jsonb_build_array(g.name_zh, g.name_en)), '{}')
                    FROM grid_cell g JOIN e ON e.id = g.edition_id)),
    'neighbours', (SELECT coalesce(jsonb_object_agg(n.beat, n.others), '{}') FROM (
      SELECT n.beat, jsonb_agg(n.neighbour ORDER BY n.rank) AS others FROM beat_neighbour n JOIN e ON e.id = n.edition_id GROUP BY 1) n),
    'people', (SELECT coalesce(jsonb_object_agg(x.code, jsonb_build_object(
        'name', CASE WHEN 'names' = ANY (s.published) THEN x.name ELSE '' END,
        'name_en', CASE WHEN 'names' = ANY (s.published) THEN x.name_en ELSE '' END,
        'photo', CASE WHEN 'photos' = ANY (s.published) THEN coalesce(x.sha256, '') ELSE '' END,
        'badge', x.badge, 'phone', x.service_phone, 'office', x.office)), '{}') FROM shown x),
    'posts', (SELECT coalesce(jsonb_agg(jsonb_build_array(code, role, beat, grid_cell, first, last) ORDER BY role, code, beat, grid_cell), '[]') FROM post),
    'shifts', (SELECT coalesce(jsonb_agg(jsonb_build_array(code, first, last, to_jsonb(beats)) ORDER BY first, code), '[]') FROM turn),
    'leave', (SELECT coalesce(jsonb_agg(jsonb_build_array(code, first, last, substitute) ORDER BY code, first), '[]') FROM away),
    'rostered', EXISTS (SELECT FROM shift WHERE station = of_station),
    'notices', (SELECT coalesce(jsonb_agg(jsonb_build_array(n.id, n.beat, n.grid_cell, n.kind, n.text_zh, n.text_en,
        extract(epoch FROM lower(n.during)), extract(epoch FROM upper(n.during))) ORDER BY n.kind DESC, lower(n.during) DESC), '[]')
      FROM notice n WHERE n.station = of_station AND n.during && tstzrange(since, until)))
  FROM s
$$;
-- The station of a plate; the first thing to know of a code that a command or a report names.
CREATE FUNCTION plate_station(of_plate text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT station FROM plate WHERE code = of_plate
$$;
-- Where a position lies: the station, and its zones in the edition in force; on a border the lowest code.
CREATE FUNCTION scan_place(lng double precision, lat double precision) RETURNS TABLE (station text, beat text, grid_cell text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH here AS (SELECT ST_SetSRID(ST_MakePoint(lng, lat), 4326) AS p),
  s AS (SELECT code FROM station, here WHERE jurisdiction && p AND ST_Covers(jurisdiction, p) ORDER BY code LIMIT 1),
  e AS (SELECT s.code, edition_in_force(s.code, now()) AS id FROM s)
  SELECT e.code,
    (SELECT b.code FROM beat b, here WHERE b.edition_id = e.id AND b.geom && p AND ST_Covers(b.geom, p) ORDER BY 1 LIMIT 1),
    (SELECT g.code FROM grid_cell g, here WHERE g.edition_id = e.id AND g.geom && p AND ST_Covers(g.geom, p) ORDER BY 1 LIMIT 1)
  FROM e
$$;
-- A portrait, where its station publishes portraits.
CREATE FUNCTION public_photo(of_sha256 text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.jpeg FROM person_photo f JOIN station s ON s.code = f.station
  WHERE f.sha256 = of_sha256 AND 'photos' = ANY (s.published) LIMIT 1
$$;
DROP FUNCTION plate_answer(text, timestamptz);

-- A hint for those who keep a snapshot; they poll as well, for a notice may be lost.
CREATE OR REPLACE FUNCTION guard_data_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO data_change (station, what) SELECT DISTINCT station, TG_ARGV[0] FROM changed;
  IF TG_ARGV[0] IN ('plate', 'address', 'edition', 'people', 'notice') THEN PERFORM pg_notify('gridmap_change', ''); END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION guard_station_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO data_change (station, what) SELECT DISTINCT code, 'people' FROM changed;
  PERFORM pg_notify('gridmap_change', '');
  RETURN NULL;
END $$;
CREATE TRIGGER changed_insert AFTER INSERT ON station REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION guard_station_change();
CREATE TRIGGER changed_update AFTER UPDATE ON station REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION guard_station_change();
"""

RIGHTS = """
REVOKE ALL ON FUNCTION scan_changes(bigint), scan_stations(), scan_plates(text, timestamptz, text),
  scan_team(text, timestamptz, timestamptz), plate_station(text), scan_place(double precision, double precision),
  public_photo(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION scan_moment(), scan_changes(bigint), scan_stations(), scan_plates(text, timestamptz, text),
  scan_team(text, timestamptz, timestamptz), plate_station(text), scan_place(double precision, double precision),
  public_photo(text), fill_beat_neighbours(bigint) TO gridmap_app;
"""

FORMER = r"""
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
GRANT EXECUTE ON FUNCTION plate_answer(text, timestamptz) TO gridmap_app;
CREATE OR REPLACE FUNCTION guard_data_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO data_change (station, what) SELECT DISTINCT station, TG_ARGV[0] FROM changed;
  RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(SCAN)
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("DROP TRIGGER changed_insert ON station")
    op.execute("DROP TRIGGER changed_update ON station")
    op.execute(
        "DROP FUNCTION guard_station_change(), public_photo(text), scan_place(double precision, double precision), "
        "plate_station(text), scan_team(text, timestamptz, timestamptz), scan_plates(text, timestamptz, text), "
        "scan_stations(), scan_changes(bigint), scan_moment(), fill_beat_neighbours(bigint)"
    )
    op.execute(FORMER)
