"""The officer's map: visits, facilities, residents, kept analyses, shapes for tiles, and what changed since.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE address ADD COLUMN residents integer,
  ADD CONSTRAINT ck_address_residents CHECK (residents IS NULL OR residents >= 0);

-- Beyond what web Mercator can show there is no place; the incident itself stays.
ALTER TABLE incident ADD COLUMN geom_3857 geometry(Point, 3857) GENERATED ALWAYS AS (
  CASE WHEN abs(ST_Y(geom)) < 85 THEN ST_Transform(geom, 3857) END) STORED;
CREATE INDEX idx_incident_geom_3857 ON incident USING gist (geom_3857);

ALTER TABLE shift ADD COLUMN beats text[],
  ADD CONSTRAINT ck_shift_beats CHECK (beats IS NULL OR cardinality(beats) > 0 AND array_position(beats, NULL) IS NULL);
CREATE INDEX ix_shift_station_during ON shift USING gist (station, during);

CREATE TABLE visit (
  id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_visit PRIMARY KEY,
  station text NOT NULL CONSTRAINT fk_visit_station REFERENCES station (code),
  address_id integer NOT NULL,
  person_id integer,
  at timestamptz NOT NULL,
  purpose text NOT NULL DEFAULT 'household',
  CONSTRAINT fk_visit_address_id_station FOREIGN KEY (address_id, station) REFERENCES address (id, station),
  CONSTRAINT fk_visit_person_id_station FOREIGN KEY (person_id, station) REFERENCES person (id, station),
  CONSTRAINT uq_visit_address_id_at_purpose UNIQUE (address_id, at, purpose),
  CONSTRAINT ck_visit_purpose CHECK (purpose IN ('household', 'dispute', 'safety', 'plate', 'other'))
);
CREATE INDEX ix_visit_station_at ON visit (station, at);

CREATE TABLE facility (
  id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_facility PRIMARY KEY,
  station text NOT NULL CONSTRAINT fk_facility_station REFERENCES station (code),
  code text NOT NULL,
  kind text NOT NULL,
  name_zh text NOT NULL,
  name_en text NOT NULL DEFAULT '',
  geom geometry(Point, 4326) NOT NULL,
  CONSTRAINT uq_facility_station_code UNIQUE (station, code),
  CONSTRAINT ck_facility_kind CHECK (kind IN
    ('police_post', 'school', 'shop', 'market', 'camera', 'alarm', 'hotel', 'hospital', 'other'))
);
CREATE INDEX idx_facility_geom ON facility USING gist (geom);

-- Results that take long, kept by the question and by the data they were worked out from.
CREATE TABLE analysis (
  id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_analysis PRIMARY KEY,
  station text NOT NULL CONSTRAINT fk_analysis_station REFERENCES station (code),
  name text NOT NULL,
  version integer NOT NULL,
  question text NOT NULL,
  data_version text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  took_ms integer NOT NULL,
  body bytea NOT NULL,
  CONSTRAINT uq_analysis_station_name_version_question UNIQUE (station, name, version, question),
  CONSTRAINT ck_analysis_took_ms CHECK (took_ms >= 0)
);

-- Zones of a published edition for tiles: web Mercator, simplified so that neighbours still share their borders.
CREATE TABLE zone_shape (
  edition_id integer NOT NULL,
  kind text NOT NULL,
  level smallint NOT NULL,
  code text NOT NULL,
  station text NOT NULL,
  beat text,
  name_zh text NOT NULL DEFAULT '',
  name_en text NOT NULL DEFAULT '',
  geom geometry(MultiPolygon, 3857) NOT NULL,
  CONSTRAINT pk_zone_shape PRIMARY KEY (edition_id, kind, level, code),
  CONSTRAINT fk_zone_shape_edition_id_station FOREIGN KEY (edition_id, station) REFERENCES edition (id, station) ON DELETE CASCADE,
  CONSTRAINT ck_zone_shape_kind CHECK (kind IN ('beat', 'grid_cell')),
  CONSTRAINT ck_zone_shape_level CHECK (level BETWEEN 0 AND 3)
);
CREATE INDEX ix_zone_shape_edition_id_kind_level_geom ON zone_shape USING gist (edition_id, kind, level, geom);
CREATE INDEX ix_zone_shape_station ON zone_shape (station);

-- One row for every statement that changed something of a station. How many there are and which is the newest is the
-- version of the data: it differs after every commit, and writers never wait for one another to raise it.
CREATE TABLE data_change (
  id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_data_change PRIMARY KEY,
  station text NOT NULL,
  what text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_data_change_station_what_id ON data_change (station, what, id);
"""

WATCH = """
CREATE FUNCTION guard_data_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO data_change (station, what) SELECT DISTINCT station, TG_ARGV[0] FROM changed;
  RETURN NULL;
END $$;
CREATE FUNCTION guard_prune_data_changes() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM data_change c WHERE at < now() - interval '7 days'
    AND EXISTS (SELECT FROM data_change d WHERE d.station = c.station AND d.what = c.what AND d.id > c.id)
$$;
REVOKE ALL ON FUNCTION guard_prune_data_changes() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard_prune_data_changes() TO gridmap_app;
"""

#: table -> what it is a change of.
WATCHED = {
    "incident": "incident", "dispute": "incident", "dispute_event": "incident", "address": "address", "plate": "plate",
    "person": "people", "posting": "people", "shift": "people", "leave": "people", "visit": "visit",
    "facility": "facility", "road": "ground", "place": "ground", "edition_period": "edition",
    "assignment": "plate", "allowed_gap": "ground",
}  # fmt: skip

SCOPED = ("visit", "facility", "analysis", "zone_shape", "data_change")

RIGHTS = """
GRANT SELECT, INSERT, UPDATE ON visit, facility, analysis, zone_shape TO gridmap_app;
GRANT SELECT, INSERT ON data_change TO gridmap_app;
GRANT DELETE ON analysis, zone_shape, facility TO gridmap_app;
"""

AFTER = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(WATCH)
    op.execute(RIGHTS)
    for table in SCOPED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY in_scope ON {table} TO gridmap_app USING (station = ANY ((SELECT scope_stations())::text[]))"
        )
    for table, what in WATCHED.items():
        for event, rows in AFTER.items():
            op.execute(
                f"CREATE TRIGGER changed_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed "
                f"FOR EACH STATEMENT EXECUTE FUNCTION guard_data_change('{what}')"
            )


def downgrade() -> None:
    for table in WATCHED:
        for event in AFTER:
            op.execute(f"DROP TRIGGER changed_{event.lower()} ON {table}")
    op.execute("DROP FUNCTION guard_data_change(), guard_prune_data_changes()")
    op.execute(f"DROP TABLE {', '.join(reversed(SCOPED))}")
    op.execute("DROP INDEX ix_shift_station_during")
    op.execute("ALTER TABLE shift DROP COLUMN beats")
    op.execute("ALTER TABLE incident DROP COLUMN geom_3857")
    op.execute("ALTER TABLE address DROP COLUMN residents")
