"""Work on drafts: events that can be undone, locks, presence, comments, proposals; review before publishing.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE draft_event (
  edition_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  station TEXT NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  action TEXT NOT NULL,
  parent INTEGER NOT NULL,
  state INTEGER NOT NULL,
  zones TEXT[] DEFAULT '{}' NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_draft_event PRIMARY KEY (edition_id, seq),
  CONSTRAINT fk_draft_event_edition_id_station FOREIGN KEY (edition_id, station) REFERENCES edition (id, station) ON DELETE CASCADE,
  CONSTRAINT ck_draft_event_seq CHECK (seq > 0 AND parent >= 0 AND parent < seq),
  CONSTRAINT ck_draft_event_state CHECK (state >= 0 AND state <= seq AND state <> parent),
  CONSTRAINT ck_draft_event_action CHECK ((action IN ('undo', 'redo', 'roll back')) = (state < seq))
);
CREATE INDEX ix_draft_event_station ON draft_event (station);

CREATE TABLE draft_change (
  edition_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  station TEXT NOT NULL,
  before_geom geometry(MULTIPOLYGON,4326),
  before_facts JSONB,
  after_geom geometry(MULTIPOLYGON,4326),
  after_facts JSONB,
  CONSTRAINT pk_draft_change PRIMARY KEY (edition_id, seq, kind, code),
  CONSTRAINT fk_draft_change_edition_id_seq FOREIGN KEY (edition_id, seq) REFERENCES draft_event (edition_id, seq) ON DELETE CASCADE,
  CONSTRAINT ck_draft_change_kind CHECK (kind IN ('beat', 'grid_cell')),
  CONSTRAINT ck_draft_change_geom CHECK (before_geom IS NOT NULL OR after_geom IS NOT NULL),
  CONSTRAINT ck_draft_change_facts CHECK ((before_geom IS NULL) = (before_facts IS NULL) AND (after_geom IS NULL) = (after_facts IS NULL))
);
CREATE INDEX ix_draft_change_station ON draft_change (station);

CREATE TABLE zone_lock (
  edition_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  station TEXT NOT NULL,
  by TEXT NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_zone_lock PRIMARY KEY (edition_id, kind, code),
  CONSTRAINT fk_zone_lock_edition_id_station FOREIGN KEY (edition_id, station) REFERENCES edition (id, station) ON DELETE CASCADE,
  CONSTRAINT ck_zone_lock_kind CHECK (kind IN ('beat', 'grid_cell'))
);
CREATE INDEX ix_zone_lock_station ON zone_lock (station);

CREATE UNLOGGED TABLE presence (
  edition_id INTEGER NOT NULL,
  login TEXT NOT NULL,
  station TEXT NOT NULL,
  name TEXT NOT NULL,
  seen_at timestamptz DEFAULT clock_timestamp() NOT NULL,
  kind TEXT,
  code TEXT,
  CONSTRAINT pk_presence PRIMARY KEY (edition_id, login),
  CONSTRAINT fk_presence_edition_id_station FOREIGN KEY (edition_id, station) REFERENCES edition (id, station) ON DELETE CASCADE
);
CREATE INDEX ix_presence_station ON presence (station);

CREATE TABLE allowed_gap (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT DEFAULT '' NOT NULL,
  by TEXT NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  geom geometry(MULTIPOLYGON,4326) NOT NULL,
  CONSTRAINT pk_allowed_gap PRIMARY KEY (id),
  CONSTRAINT ck_allowed_gap_name CHECK (name_zh <> '' OR name_en <> ''),
  CONSTRAINT ck_allowed_gap_geom CHECK (ST_IsValid(geom) AND NOT ST_IsEmpty(geom)),
  CONSTRAINT fk_allowed_gap_station FOREIGN KEY (station) REFERENCES station (code)
);
CREATE INDEX idx_allowed_gap_geom ON allowed_gap USING gist (geom);
CREATE INDEX ix_allowed_gap_station ON allowed_gap (station);

CREATE TABLE comment (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  edition_id INTEGER NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  text TEXT NOT NULL,
  geom geometry(POINT,4326),
  reply_to INTEGER,
  resolved_at timestamptz,
  resolved_by TEXT,
  CONSTRAINT pk_comment PRIMARY KEY (id),
  CONSTRAINT uq_comment_id_edition_id UNIQUE (id, edition_id),
  CONSTRAINT fk_comment_edition_id_station FOREIGN KEY (edition_id, station) REFERENCES edition (id, station) ON DELETE CASCADE,
  CONSTRAINT fk_comment_reply_to FOREIGN KEY (reply_to, edition_id) REFERENCES comment (id, edition_id) ON DELETE CASCADE,
  CONSTRAINT ck_comment_text CHECK (length(text) BETWEEN 1 AND 2000),
  CONSTRAINT ck_comment_place CHECK (reply_to IS NULL OR geom IS NULL),
  CONSTRAINT ck_comment_resolved CHECK ((resolved_at IS NULL) = (resolved_by IS NULL))
);
CREATE INDEX idx_comment_geom ON comment USING gist (geom);
CREATE INDEX ix_comment_edition_id_id ON comment (edition_id, id);
CREATE INDEX ix_comment_station ON comment (station);

CREATE TABLE proposal (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  base INTEGER,
  wishes JSONB NOT NULL,
  synthetic BOOLEAN DEFAULT false NOT NULL,
  CONSTRAINT pk_proposal PRIMARY KEY (id),
  CONSTRAINT fk_proposal_station_base FOREIGN KEY (station, base) REFERENCES edition (station, number),
  CONSTRAINT fk_proposal_station FOREIGN KEY (station) REFERENCES station (code)
);
CREATE INDEX ix_proposal_station_id ON proposal (station, id);

CREATE TABLE proposal_option (
  proposal_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  station TEXT NOT NULL,
  figures JSONB NOT NULL,
  plan JSONB NOT NULL,
  opened_as INTEGER,
  CONSTRAINT pk_proposal_option PRIMARY KEY (proposal_id, n),
  CONSTRAINT ck_proposal_option_n CHECK (n > 0),
  CONSTRAINT fk_proposal_option_proposal_id FOREIGN KEY (proposal_id) REFERENCES proposal (id) ON DELETE CASCADE,
  CONSTRAINT fk_proposal_option_station FOREIGN KEY (station) REFERENCES station (code)
);
CREATE INDEX ix_proposal_option_station ON proposal_option (station);
"""

COLUMNS = """
ALTER TABLE station ADD COLUMN two_person boolean NOT NULL DEFAULT false;
ALTER TABLE edition
  ADD COLUMN submitted_at timestamptz, ADD COLUMN submitted_by text,
  ADD COLUMN approved_at timestamptz, ADD COLUMN approved_by text,
  ADD COLUMN publish_at timestamptz, ADD COLUMN publish_accept text[] NOT NULL DEFAULT '{}',
  ADD COLUMN publish_problem text NOT NULL DEFAULT '',
  DROP CONSTRAINT ck_edition_status,
  DROP CONSTRAINT ck_edition_published_at,
  ADD CONSTRAINT ck_edition_status
    CHECK (status IN ('draft', 'in_review', 'approved', 'published', 'superseded', 'withdrawn')),
  ADD CONSTRAINT ck_edition_published_at
    CHECK ((status IN ('draft', 'in_review', 'approved')) = (published_at IS NULL)),
  ADD CONSTRAINT ck_edition_submitted
    CHECK ((submitted_at IS NULL) = (submitted_by IS NULL) AND (status <> 'in_review' OR submitted_at IS NOT NULL)),
  ADD CONSTRAINT ck_edition_approved
    CHECK ((approved_at IS NULL) = (approved_by IS NULL) AND (status <> 'approved' OR approved_at IS NOT NULL)),
  ADD CONSTRAINT ck_edition_publish_at CHECK (publish_at IS NULL OR status NOT IN ('draft', 'in_review'));
CREATE INDEX ix_edition_publish_at ON edition (publish_at) WHERE status = 'approved';
"""

GUARDS = r"""
-- What was done to a draft stays on record as long as the draft itself does.
CREATE FUNCTION guard_draft_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM edition WHERE id = OLD.edition_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'rows of % are added, never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON draft_event FOR EACH ROW EXECUTE FUNCTION guard_draft_record();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON draft_change FOR EACH ROW EXECUTE FUNCTION guard_draft_record();

-- Events of a draft follow one another without a gap, each from the state the one before left.
CREATE FUNCTION guard_draft_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
  SELECT seq, state INTO last FROM draft_event WHERE edition_id = NEW.edition_id ORDER BY seq DESC LIMIT 1;
  IF NEW.seq <> coalesce(last.seq, 0) + 1 OR NEW.parent <> coalesce(last.state, 0) THEN
    RAISE EXCEPTION 'event % of edition % does not follow event %', NEW.seq, NEW.edition_id, coalesce(last.seq, 0)
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'draft_event_follows';
  END IF;
  IF (SELECT status FROM edition WHERE id = NEW.edition_id) <> 'draft' THEN
    RAISE EXCEPTION 'edition % is no draft', NEW.edition_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'zone_of_draft';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follows BEFORE INSERT ON draft_event FOR EACH ROW EXECUTE FUNCTION guard_draft_event();

-- A comment is answered and resolved, never rewritten.
CREATE FUNCTION guard_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.edition_id, NEW.station, NEW.at, NEW."by", NEW.text, NEW.reply_to)
     IS DISTINCT FROM (OLD.id, OLD.edition_id, OLD.station, OLD.at, OLD."by", OLD.text, OLD.reply_to)
     OR NOT (NEW.geom IS NOT DISTINCT FROM OLD.geom) THEN
    RAISE EXCEPTION 'a comment is answered or resolved, never rewritten'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER never_rewritten BEFORE UPDATE ON comment FOR EACH ROW EXECUTE FUNCTION guard_comment();

-- An edition takes only the steps it has; where the station wants two people, nobody approves their own work.
CREATE OR REPLACE FUNCTION guard_edition_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE two boolean;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.status <> 'draft' THEN
      RAISE EXCEPTION 'edition % of station % is %, only a draft can be deleted', OLD.number, OLD.station, OLD.status
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_step';
    END IF;
    RETURN OLD;
  END IF;
  IF NEW.station <> OLD.station OR NEW.number <> OLD.number THEN
    RAISE EXCEPTION 'an edition keeps its station and number'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_step';
  END IF;
  IF NEW.status = OLD.status THEN
    RETURN NEW;
  END IF;
  IF (OLD.status, NEW.status) NOT IN
     (('draft', 'in_review'), ('in_review', 'draft'), ('in_review', 'approved'), ('approved', 'draft'),
      ('draft', 'published'), ('approved', 'published'), ('published', 'superseded'), ('published', 'withdrawn'),
      ('superseded', 'published')) THEN
    RAISE EXCEPTION 'edition % of station % cannot go from % to %', OLD.number, OLD.station, OLD.status, NEW.status
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_step';
  END IF;
  SELECT two_person INTO two FROM station WHERE code = NEW.station;
  IF two AND OLD.status = 'draft' AND NEW.status = 'published' THEN
    RAISE EXCEPTION 'station % publishes only what somebody else has approved', NEW.station
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_two_person';
  END IF;
  IF two AND NEW.status = 'approved' AND (NEW.approved_by = NEW.submitted_by
     OR EXISTS (SELECT FROM draft_event e WHERE e.edition_id = NEW.id AND e.by = NEW.approved_by)) THEN
    RAISE EXCEPTION 'edition % of station % is approved by somebody who did not draw it', NEW.number, NEW.station
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_two_person';
  END IF;
  IF OLD.status IN ('draft', 'approved') AND NEW.status = 'published' THEN
    IF NOT EXISTS (SELECT FROM beat WHERE edition_id = NEW.id) THEN
      RAISE EXCEPTION 'edition % of station % has no beat', NEW.number, NEW.station
        USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_complete';
    END IF;
    IF EXISTS (SELECT FROM grid_cell WHERE edition_id = NEW.id AND beat IS NULL) THEN
      RAISE EXCEPTION 'edition % of station % has a grid cell in no beat', NEW.number, NEW.station
        USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_complete';
    END IF;
    IF EXISTS (SELECT FROM beat WHERE edition_id = NEW.id AND NOT ST_IsValid(geom))
       OR EXISTS (SELECT FROM grid_cell WHERE edition_id = NEW.id AND NOT ST_IsValid(geom)) THEN
      RAISE EXCEPTION 'edition % of station % has a broken polygon', NEW.number, NEW.station
        USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_complete';
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""

SCOPED = ('draft_event', 'draft_change', 'zone_lock', 'presence', 'allowed_gap', 'comment', 'proposal', 'proposal_option')

RIGHTS = """
GRANT SELECT, INSERT, UPDATE ON presence, zone_lock, allowed_gap, comment, proposal, proposal_option TO gridmap_app;
GRANT SELECT, INSERT ON draft_event, draft_change TO gridmap_app;
GRANT DELETE ON presence, zone_lock, allowed_gap, draft_event, draft_change, comment TO gridmap_app;
"""


BEFORE = r"""
UPDATE edition SET status = 'draft', publish_at = NULL WHERE status IN ('in_review', 'approved');
DROP INDEX ix_edition_publish_at;
ALTER TABLE edition
  DROP CONSTRAINT ck_edition_status, DROP CONSTRAINT ck_edition_published_at, DROP CONSTRAINT ck_edition_submitted,
  DROP CONSTRAINT ck_edition_approved, DROP CONSTRAINT ck_edition_publish_at,
  DROP COLUMN submitted_at, DROP COLUMN submitted_by, DROP COLUMN approved_at, DROP COLUMN approved_by,
  DROP COLUMN publish_at, DROP COLUMN publish_accept, DROP COLUMN publish_problem,
  ADD CONSTRAINT ck_edition_status CHECK (status IN ('draft', 'published', 'superseded', 'withdrawn')),
  ADD CONSTRAINT ck_edition_published_at CHECK ((status = 'draft') = (published_at IS NULL));
ALTER TABLE station DROP COLUMN two_person;
CREATE OR REPLACE FUNCTION guard_edition_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.status <> 'draft' THEN
      RAISE EXCEPTION 'edition % of station % is %, only a draft can be deleted', OLD.number, OLD.station, OLD.status
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_step';
    END IF;
    RETURN OLD;
  END IF;
  IF NEW.station <> OLD.station OR NEW.number <> OLD.number THEN
    RAISE EXCEPTION 'an edition keeps its station and number'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_step';
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN
     (('draft', 'published'), ('published', 'superseded'), ('published', 'withdrawn'), ('superseded', 'published')) THEN
    RAISE EXCEPTION 'edition % of station % cannot go from % to %', OLD.number, OLD.station, OLD.status, NEW.status
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_step';
  END IF;
  IF OLD.status = 'draft' AND NEW.status = 'published' THEN
    IF NOT EXISTS (SELECT FROM beat WHERE edition_id = NEW.id) THEN
      RAISE EXCEPTION 'edition % of station % has no beat', NEW.number, NEW.station
        USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_complete';
    END IF;
    IF EXISTS (SELECT FROM grid_cell WHERE edition_id = NEW.id AND beat IS NULL) THEN
      RAISE EXCEPTION 'edition % of station % has a grid cell in no beat', NEW.number, NEW.station
        USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_complete';
    END IF;
    IF EXISTS (SELECT FROM beat WHERE edition_id = NEW.id AND NOT ST_IsValid(geom))
       OR EXISTS (SELECT FROM grid_cell WHERE edition_id = NEW.id AND NOT ST_IsValid(geom)) THEN
      RAISE EXCEPTION 'edition % of station % has a broken polygon', NEW.number, NEW.station
        USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_complete';
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(COLUMNS)
    op.execute(GUARDS)
    op.execute(RIGHTS)
    for table in SCOPED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY in_scope ON {table} TO gridmap_app USING (station = ANY ((SELECT scope_stations())::text[]))"
        )


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(reversed(SCOPED))}")
    op.execute("DROP FUNCTION guard_draft_record(), guard_draft_event(), guard_comment()")
    op.execute(BEFORE)
