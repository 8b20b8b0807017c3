"""The rules the database itself keeps: frozen editions, append-only logs, checked assignments.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = r"""
-- A zone may change only while its edition is a draft. (A draft that is being deleted takes its zones along.)
CREATE FUNCTION guard_zone_of_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wanted bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.edition_id ELSE NEW.edition_id END;
        state text;
BEGIN
  SELECT status INTO state FROM edition WHERE id = wanted;
  IF state IS NOT NULL AND state <> 'draft' THEN
    RAISE EXCEPTION 'edition % is %, only a draft can be changed', wanted, state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'zone_of_draft';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER zone_of_draft BEFORE INSERT OR UPDATE OR DELETE ON beat
  FOR EACH ROW EXECUTE FUNCTION guard_zone_of_draft();
CREATE TRIGGER zone_of_draft BEFORE INSERT OR UPDATE OR DELETE ON grid_cell
  FOR EACH ROW EXECUTE FUNCTION guard_zone_of_draft();

-- An edition takes only the steps it has, and is never published with a cell in no beat or a broken polygon.
CREATE FUNCTION guard_edition_step() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER edition_step BEFORE UPDATE OR DELETE ON edition FOR EACH ROW EXECUTE FUNCTION guard_edition_step();

-- A period in force may only be closed; what was in force is history.
CREATE FUNCTION guard_edition_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NOT upper_inf(OLD.during) OR NEW.station <> OLD.station OR NEW.edition_id <> OLD.edition_id
     OR lower(NEW.during) <> lower(OLD.during) THEN
    RAISE EXCEPTION 'a period in force can only be closed, once'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'edition_period';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER edition_period_closed_once BEFORE UPDATE OR DELETE ON edition_period
  FOR EACH ROW EXECUTE FUNCTION guard_edition_period();

CREATE FUNCTION guard_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are added, never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION guard_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute_event
  FOR EACH STATEMENT EXECUTE FUNCTION guard_append_only();
CREATE TRIGGER append_only BEFORE UPDATE ON assignment
  FOR EACH STATEMENT EXECUTE FUNCTION guard_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON plate
  FOR EACH STATEMENT EXECUTE FUNCTION guard_append_only();

-- The foreign keys of an assignment, held for a whole statement at once instead of row by row.
CREATE FUNCTION guard_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stray text;
BEGIN
  SELECT f.plate INTO stray FROM fresh f
    LEFT JOIN plate p ON p.code = f.plate AND p.station = f.station WHERE p.code IS NULL LIMIT 1;
  IF stray IS NOT NULL THEN
    RAISE EXCEPTION 'assignment of % names no plate of its station', stray
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'assignment_plate';
  END IF;
  SELECT format('%s, %s, %s', f.edition_id, f.beat, f.grid_cell) INTO stray
    FROM (SELECT DISTINCT edition_id, station, beat, grid_cell FROM fresh) f
    WHERE NOT EXISTS (SELECT FROM edition e WHERE e.id = f.edition_id AND e.station = f.station)
       OR f.beat IS NOT NULL AND NOT EXISTS (SELECT FROM beat b WHERE b.edition_id = f.edition_id AND b.code = f.beat)
       OR f.grid_cell IS NOT NULL
          AND NOT EXISTS (SELECT FROM grid_cell g WHERE g.edition_id = f.edition_id AND g.code = f.grid_cell)
    LIMIT 1;
  IF stray IS NOT NULL THEN
    RAISE EXCEPTION 'assignment names an edition, beat or grid cell that does not exist: %', stray
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'assignment_zone';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER assignment_names_things AFTER INSERT ON assignment REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION guard_assignment();
"""

DOWN = """
DROP TRIGGER assignment_names_things ON assignment;
DROP TRIGGER append_only ON plate;
DROP TRIGGER append_only ON assignment;
DROP TRIGGER append_only ON dispute_event;
DROP TRIGGER append_only ON audit;
DROP TRIGGER edition_period_closed_once ON edition_period;
DROP TRIGGER edition_step ON edition;
DROP TRIGGER zone_of_draft ON grid_cell;
DROP TRIGGER zone_of_draft ON beat;
DROP FUNCTION guard_assignment(), guard_append_only(), guard_edition_period(), guard_edition_step(), guard_zone_of_draft();
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
