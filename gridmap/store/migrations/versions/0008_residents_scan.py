"""What the resident's scan keeps: the life of plates, notices, reports, web hooks; what a station publishes.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE station ADD COLUMN published text[] NOT NULL DEFAULT '{}', ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT ck_station_published CHECK (published <@ ARRAY['names', 'photos', 'managers', 'volunteers']),
  ADD CONSTRAINT ck_station_languages
    CHECK (array_to_string(languages, ',', '?') ~ '^([a-z]{2,3}(,[a-z]{2,3})*)?$');
ALTER TABLE person ADD COLUMN badge text NOT NULL DEFAULT '', ADD COLUMN service_phone text,
  ADD CONSTRAINT ck_person_service_phone CHECK (service_phone IS NULL OR service_phone ~ '^[0-9+][0-9 -]{2,20}$');
-- Checked at the end of the transaction: the old plate gives way before the new one may hang at the door.
ALTER TABLE plate DROP CONSTRAINT fk_plate_replaced_by;
ALTER TABLE plate ADD CONSTRAINT fk_plate_replaced_by FOREIGN KEY (replaced_by) REFERENCES plate (code)
  DEFERRABLE INITIALLY DEFERRED;
-- With the number of the transaction, whoever polls finds exactly what committed since, however long it took.
ALTER TABLE data_change ADD COLUMN xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint;
CREATE INDEX ix_data_change_xid ON data_change (xid);
-- All that happened at one door.
CREATE INDEX ix_incident_address_id ON incident (address_id);
CREATE INDEX ix_dispute_address_id ON dispute (address_id);
"""

TABLES = """
CREATE TABLE person_photo (
  person_id INTEGER NOT NULL,
  station TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  jpeg BYTEA NOT NULL,
  CONSTRAINT pk_person_photo PRIMARY KEY (person_id),
  CONSTRAINT fk_person_photo_person_id_station FOREIGN KEY(person_id, station) REFERENCES person (id, station),
  CONSTRAINT uq_person_photo_sha256_person_id UNIQUE (sha256, person_id),
  CONSTRAINT ck_person_photo_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT ck_person_photo_jpeg CHECK (length(jpeg) <= 200000)
);

CREATE TABLE plate_step (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  plate TEXT NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  step TEXT NOT NULL,
  replaced_by TEXT,
  note TEXT DEFAULT '' NOT NULL,
  geom geometry(POINT,4326),
  accuracy_m DOUBLE PRECISION,
  distance_m DOUBLE PRECISION,
  CONSTRAINT pk_plate_step PRIMARY KEY (id),
  CONSTRAINT ck_plate_step_step CHECK (step IN ('issued', 'printed', 'installed', 'damaged', 'lost', 'replaced',
    'moved', 'retired')),
  CONSTRAINT ck_plate_step_replaced_by CHECK ((step = 'replaced') = (replaced_by IS NOT NULL)),
  CONSTRAINT ck_plate_step_accuracy_m CHECK (accuracy_m IS NULL OR accuracy_m >= 0),
  CONSTRAINT ck_plate_step_distance_m CHECK (distance_m IS NULL OR distance_m >= 0),
  CONSTRAINT fk_plate_step_station FOREIGN KEY(station) REFERENCES station (code),
  CONSTRAINT fk_plate_step_plate FOREIGN KEY(plate) REFERENCES plate (code)
);
CREATE INDEX idx_plate_step_geom ON plate_step USING gist (geom);
CREATE INDEX ix_plate_step_plate_id ON plate_step (plate, id);
CREATE INDEX ix_plate_step_station_at ON plate_step (station, at);
CREATE UNIQUE INDEX uq_plate_step_issued_once ON plate_step (plate) WHERE step = 'issued';

CREATE TABLE door_note (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  address_id INTEGER NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  note TEXT NOT NULL,
  CONSTRAINT pk_door_note PRIMARY KEY (id),
  CONSTRAINT fk_door_note_address_id_station FOREIGN KEY(address_id, station) REFERENCES address (id, station),
  CONSTRAINT ck_door_note_note CHECK (note <> '' AND length(note) <= 2000),
  CONSTRAINT fk_door_note_station FOREIGN KEY(station) REFERENCES station (code)
);
CREATE INDEX ix_door_note_address_id_at ON door_note (address_id, at);
CREATE INDEX ix_door_note_station ON door_note (station);

CREATE TABLE notice (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  beat TEXT,
  grid_cell TEXT,
  kind TEXT DEFAULT 'info' NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT DEFAULT '' NOT NULL,
  during TSTZRANGE NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  CONSTRAINT pk_notice PRIMARY KEY (id),
  CONSTRAINT ck_notice_one_zone CHECK (beat IS NULL OR grid_cell IS NULL),
  CONSTRAINT ck_notice_kind CHECK (kind IN ('info', 'warning')),
  CONSTRAINT ck_notice_text CHECK (text_zh <> '' AND length(text_zh) <= 500 AND length(text_en) <= 1000),
  CONSTRAINT ck_notice_during CHECK (NOT isempty(during) AND NOT lower_inf(during)),
  CONSTRAINT fk_notice_station FOREIGN KEY(station) REFERENCES station (code)
);
CREATE INDEX ix_notice_station_during ON notice USING gist (station, during);

CREATE TABLE beat_neighbour (
  edition_id INTEGER NOT NULL,
  beat TEXT NOT NULL,
  rank SMALLINT NOT NULL,
  station TEXT NOT NULL,
  neighbour TEXT NOT NULL,
  CONSTRAINT pk_beat_neighbour PRIMARY KEY (edition_id, beat, rank),
  CONSTRAINT fk_beat_neighbour_edition_id_station FOREIGN KEY(edition_id, station) REFERENCES edition (id,
    station) ON DELETE CASCADE,
  CONSTRAINT ck_beat_neighbour_neighbour CHECK (beat <> neighbour)
);
CREATE INDEX ix_beat_neighbour_station ON beat_neighbour (station);

CREATE TABLE report (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  plate TEXT NOT NULL,
  address_id INTEGER NOT NULL,
  tracking BYTEA NOT NULL,
  send_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  category TEXT,
  words TEXT NOT NULL,
  happened_at timestamptz,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  language TEXT DEFAULT 'zh' NOT NULL,
  state TEXT DEFAULT 'received' NOT NULL,
  held BOOLEAN DEFAULT false NOT NULL,
  urgent BOOLEAN DEFAULT false NOT NULL,
  call_back BOOLEAN DEFAULT false NOT NULL,
  rating SMALLINT,
  due_at timestamptz,
  joined_to INTEGER,
  incident_id INTEGER,
  dispute_id INTEGER,
  device TEXT DEFAULT '' NOT NULL,
  block TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_report PRIMARY KEY (id),
  CONSTRAINT uq_report_id_station UNIQUE (id, station),
  CONSTRAINT uq_report_plate_send_key UNIQUE (plate, send_key),
  CONSTRAINT fk_report_address_id_station FOREIGN KEY(address_id, station) REFERENCES address (id, station),
  CONSTRAINT fk_report_joined_to FOREIGN KEY(joined_to, station) REFERENCES report (id, station),
  CONSTRAINT fk_report_incident_id_station FOREIGN KEY(incident_id, station) REFERENCES incident (id, station),
  CONSTRAINT fk_report_dispute_id_station FOREIGN KEY(dispute_id, station) REFERENCES dispute (id, station),
  CONSTRAINT ck_report_tracking CHECK (length(tracking) = 32),
  CONSTRAINT ck_report_kind CHECK (kind IN ('visit', 'dispute', 'hazard', 'other')),
  CONSTRAINT ck_report_state CHECK (state IN ('received', 'accepted', 'in_hand', 'settled', 'not_ours', 'withdrawn',
    'closed')),
  CONSTRAINT ck_report_words CHECK (length(words) <= 2000),
  CONSTRAINT ck_report_rating CHECK (rating BETWEEN 1 AND 5),
  CONSTRAINT ck_report_joined_to CHECK (joined_to IS NULL OR joined_to <> id),
  CONSTRAINT fk_report_station FOREIGN KEY(station) REFERENCES station (code),
  CONSTRAINT fk_report_plate FOREIGN KEY(plate) REFERENCES plate (code),
  CONSTRAINT uq_report_tracking UNIQUE (tracking),
  CONSTRAINT fk_report_category FOREIGN KEY(category) REFERENCES incident_category (code)
);
CREATE INDEX ix_report_address_id ON report (address_id);
CREATE INDEX ix_report_plate_at ON report (plate, at);
CREATE INDEX ix_report_station_at ON report (station, at);

CREATE TABLE report_event (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  report_id INTEGER NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT DEFAULT '' NOT NULL,
  what TEXT NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_report_event PRIMARY KEY (id),
  CONSTRAINT fk_report_event_report_id_station FOREIGN KEY(report_id, station) REFERENCES report (id, station),
  CONSTRAINT ck_report_event_what CHECK (what IN ('received', 'accepted', 'in_hand', 'settled', 'not_ours',
    'withdrawn', 'closed', 'reopened', 'note', 'added', 'rated', 'call_back', 'called_back', 'joined', 'released')),
  CONSTRAINT ck_report_event_note CHECK (length(note) <= 2000)
);
CREATE INDEX ix_report_event_report_id_id ON report_event (report_id, id);
CREATE INDEX ix_report_event_station_at ON report_event (station, at);

CREATE TABLE report_contact (
  report_id INTEGER NOT NULL,
  station TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_report_contact PRIMARY KEY (report_id),
  CONSTRAINT fk_report_contact_report_id_station FOREIGN KEY(report_id, station) REFERENCES report (id, station)
);
CREATE INDEX ix_report_contact_station ON report_contact (station);

CREATE TABLE report_photo (
  report_id INTEGER NOT NULL,
  number SMALLINT NOT NULL,
  station TEXT NOT NULL,
  jpeg BYTEA NOT NULL,
  CONSTRAINT pk_report_photo PRIMARY KEY (report_id, number),
  CONSTRAINT fk_report_photo_report_id_station FOREIGN KEY(report_id, station) REFERENCES report (id, station),
  CONSTRAINT ck_report_photo_jpeg CHECK (length(jpeg) <= 2000000)
);
CREATE INDEX ix_report_photo_station ON report_photo (station);

CREATE TABLE web_hook (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  url TEXT NOT NULL,
  sealed_secret BYTEA NOT NULL,
  events TEXT[] NOT NULL,
  active BOOLEAN DEFAULT true NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  CONSTRAINT pk_web_hook PRIMARY KEY (id),
  CONSTRAINT uq_web_hook_id_station UNIQUE (id, station),
  CONSTRAINT uq_web_hook_station_url UNIQUE (station, url),
  CONSTRAINT ck_web_hook_url CHECK (url ~ '^https?://[^ ]+$' AND length(url) <= 500),
  CONSTRAINT ck_web_hook_events CHECK (cardinality(events) > 0),
  CONSTRAINT fk_web_hook_station FOREIGN KEY(station) REFERENCES station (code)
);

CREATE TABLE web_hook_delivery (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  hook_id INTEGER NOT NULL,
  event TEXT NOT NULL,
  body JSONB NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  due_at timestamptz DEFAULT clock_timestamp(),
  tries SMALLINT DEFAULT 0 NOT NULL,
  arrived_at timestamptz,
  problem TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_web_hook_delivery PRIMARY KEY (id),
  CONSTRAINT fk_web_hook_delivery_hook_id_station FOREIGN KEY(hook_id, station) REFERENCES web_hook (id, station),
  CONSTRAINT ck_web_hook_delivery_due_at CHECK (arrived_at IS NULL OR due_at IS NULL)
);
CREATE INDEX ix_web_hook_delivery_due_at ON web_hook_delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_web_hook_delivery_station ON web_hook_delivery (station);
"""

LIFE = """
-- The life of a plate: a step is recorded, and this alone sets the plate's status. Set by set: a sheet of ten thousand
-- printed plates is one change, not ten thousand.
CREATE FUNCTION plate_may(status text, step text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE status
    WHEN 'issued' THEN step IN ('issued', 'printed', 'installed', 'damaged', 'lost', 'replaced', 'retired')
    WHEN 'printed' THEN step IN ('printed', 'installed', 'damaged', 'lost', 'replaced', 'retired')
    WHEN 'installed' THEN step IN ('installed', 'damaged', 'lost', 'moved', 'replaced', 'retired')
    WHEN 'damaged' THEN step IN ('installed', 'lost', 'moved', 'replaced', 'retired')
    WHEN 'lost' THEN step IN ('installed', 'replaced', 'retired')
    WHEN 'moved' THEN step IN ('installed', 'damaged', 'lost', 'replaced', 'retired')
    ELSE false END
$$;
CREATE FUNCTION guard_plate_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE wrong record;
BEGIN
  PERFORM FROM plate p JOIN fresh f ON f.plate = p.code ORDER BY p.code FOR UPDATE OF p;
  SELECT f.plate, f.station, f.step, p.status INTO wrong FROM fresh f LEFT JOIN plate p ON p.code = f.plate
    WHERE p.code IS NULL OR p.station <> f.station OR NOT plate_may(p.status, f.step)
       OR f.plate IN (SELECT plate FROM fresh GROUP BY 1 HAVING count(*) > 1)
    ORDER BY f.plate LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'plate % of station % is %: it cannot be %', wrong.plate, wrong.station, wrong.status, wrong.step
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_plate_step_order';
  END IF;
  UPDATE plate p SET status = f.step, replaced_by = f.replaced_by,
      retired_at = CASE WHEN f.step IN ('replaced', 'retired') THEN f.at END
    FROM fresh f WHERE p.code = f.plate AND p.status <> f.step;
  RETURN NULL;
END $$;
CREATE TRIGGER guard_order AFTER INSERT ON plate_step REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION guard_plate_step();
INSERT INTO plate_step (station, plate, at, by, step) SELECT station, code, issued_at, 'gridmap', 'issued' FROM plate
  WHERE status = 'issued';

-- The life of a report: the steps that are states follow one another; the others leave the state as it is.
CREATE FUNCTION guard_report_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held text; follows text;
BEGIN
  SELECT state INTO held FROM report WHERE id = NEW.report_id AND station = NEW.station FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'report % is not of station %', NEW.report_id, NEW.station USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF NEW.what = 'received' THEN
    IF EXISTS (SELECT FROM report_event WHERE report_id = NEW.report_id) THEN follows := NULL; ELSE follows := 'received'; END IF;
  ELSE
    follows := CASE
      WHEN NEW.what IN ('note', 'added', 'rated', 'call_back', 'called_back', 'joined', 'released') THEN held
      WHEN held IN ('received', 'accepted', 'in_hand') AND NEW.what IN ('settled', 'not_ours', 'withdrawn') THEN NEW.what
      WHEN held = 'received' AND NEW.what IN ('accepted', 'in_hand') THEN NEW.what
      WHEN held = 'accepted' AND NEW.what = 'in_hand' THEN NEW.what
      WHEN held IN ('settled', 'not_ours') AND NEW.what = 'closed' THEN NEW.what
      WHEN held IN ('settled', 'not_ours', 'closed') AND NEW.what = 'reopened' THEN 'in_hand' END;
  END IF;
  IF follows IS NULL THEN
    RAISE EXCEPTION 'report % is %: it cannot be %', NEW.report_id, held, NEW.what
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_report_event_order';
  END IF;
  IF follows <> held THEN UPDATE report SET state = follows WHERE id = NEW.report_id; END IF;
  PERFORM pg_notify('gridmap_report', NEW.station || ' ' || NEW.report_id || ' ' || NEW.what);
  RETURN NEW;
END $$;
CREATE TRIGGER guard_order BEFORE INSERT ON report_event FOR EACH ROW EXECUTE FUNCTION guard_report_event();
-- A receipt leads to its report: whoever holds the code is the reporter.
CREATE FUNCTION report_door(of_tracking bytea) RETURNS TABLE (station text, id integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT station, id FROM report WHERE tracking = of_tracking
$$;
-- The stations that have a message to send; the service's clock asks.
CREATE FUNCTION hook_stations() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT station FROM web_hook_delivery WHERE due_at <= clock_timestamp() ORDER BY 1
$$;
"""

SCOPED = (
    "person_photo", "plate_step", "door_note", "notice", "beat_neighbour", "report", "report_event", "report_contact",
    "report_photo", "web_hook", "web_hook_delivery",
)  # fmt: skip
WATCHED = {"person_photo": "people", "notice": "notice"}
AFTER = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}

RIGHTS = f"""
GRANT SELECT, INSERT ON {", ".join(SCOPED)} TO gridmap_app;
GRANT UPDATE ON person_photo, notice, report, report_contact, web_hook, web_hook_delivery TO gridmap_app;
GRANT DELETE ON person_photo, notice, report_contact, report_photo, web_hook, web_hook_delivery TO gridmap_app;
REVOKE UPDATE ON plate FROM gridmap_app;
REVOKE ALL ON FUNCTION report_door(bytea), hook_stations() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION report_door(bytea), hook_stations() TO gridmap_app;
"""

def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(TABLES)
    op.execute(LIFE)
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
    op.execute("DROP FUNCTION hook_stations(), report_door(bytea)")
    op.execute(f"DROP TABLE {', '.join(reversed(SCOPED))}")
    op.execute("DROP FUNCTION guard_report_event(), guard_plate_step(), plate_may(text, text)")
    op.execute("DROP INDEX ix_incident_address_id, ix_dispute_address_id")
    op.execute("ALTER TABLE data_change DROP COLUMN xid")
    op.execute("GRANT UPDATE ON plate TO gridmap_app")
    op.execute("ALTER TABLE plate ALTER CONSTRAINT fk_plate_replaced_by NOT DEFERRABLE")
    op.execute("ALTER TABLE person DROP COLUMN badge, DROP COLUMN service_phone")
    op.execute("ALTER TABLE station DROP COLUMN published, DROP COLUMN languages")
