"""A dispute's life is kept by the database: steps alone change it, none is without a holder and a due time.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = (
    "open",
    "accepted",
    "in_hand",
    "handed",
    "joint",
    "paused",
    "settled",
    "reviewed",
    "closed",
    "withdrawn",
    "not_ours",
)
ENDED = "'settled', 'reviewed', 'closed'"
OVER = f"{ENDED}, 'withdrawn', 'not_ours'"

IS_OF_NOW = """
-- Whether a step is of now: not of tomorrow, nor before the one it follows; five minutes are what two machines' clocks may differ.
CREATE FUNCTION is_of_now(at timestamptz, follows timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT at <= clock_timestamp() + INTERVAL '5 minutes' AND coalesce(at >= follows - INTERVAL '5 minutes', true)
$$;

"""

FILL = f"""
-- Every station has a desk: the holder of last resort.
CREATE FUNCTION guard_desk() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO body (station, code, name_zh, name_en) VALUES (NEW.code, 'desk', '值班台', 'Duty desk') ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER guard_desk AFTER INSERT ON station FOR EACH ROW EXECUTE FUNCTION guard_desk();
INSERT INTO body (station, code, name_zh, name_en) SELECT code, 'desk', '值班台', 'Duty desk' FROM station;

{IS_OF_NOW}-- The longest time a station's loop gives for settling anything.
CREATE FUNCTION longest_clock(of_station text) RETURNS interval LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT greatest(
    (SELECT max(t.settle_within) FROM loop_tier t WHERE t.loop = l.code), INTERVAL '7 days',
    (SELECT max((one ->> 'settle')::double precision) * INTERVAL '1 second' FROM jsonb_array_elements(
       coalesce(l.rules -> 'kinds', '[]') || coalesce(l.rules -> 'grades', '[]') || coalesce(l.rules -> 'matters', '[]')) AS one))
  FROM station s JOIN loop l ON l.code = s.loop WHERE s.code = of_station
$$;

-- Whether it is the owner of the data who works here, and not the service: whichever way the service logged in.
CREATE FUNCTION owner_at_work() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT current_setting('role') IN ('none', owner.name) AND pg_has_role(session_user, owner.name, 'MEMBER')
  FROM (SELECT pg_get_userbyid(relowner) AS name FROM pg_class WHERE oid = 'public.dispute'::regclass) AS owner
$$;

-- A dispute is never without a place, a holder and a clock: what whoever opens it leaves out is filled in here.
CREATE FUNCTION guard_dispute() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE e bigint; rule record;
BEGIN
  -- What the service takes in begins at the beginning; what was done elsewhere comes by an import, with its owner's rights.
  IF NOT owner_at_work() AND (NEW.state <> 'open' OR coalesce(NEW.version, 0) <> 0
      OR NOT is_of_now(NEW.opened_at, NULL) OR NEW.settle_by > NEW.opened_at + longest_clock(NEW.station)
      OR NEW.due_at > NEW.opened_at + longest_clock(NEW.station)) THEN
    RAISE EXCEPTION 'a dispute begins open, without a step, not in the future, and with the clocks of its loop'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_dispute_begins_open';
  END IF;
  IF NEW.number IS NULL THEN NEW.number := 'M-' || nextval('dispute_number'); END IF;
  IF NEW.geom IS NULL AND NEW.address_id IS NOT NULL THEN
    SELECT geom INTO NEW.geom FROM address WHERE id = NEW.address_id;
  END IF;
  IF NEW.beat IS NULL AND NEW.grid_cell IS NULL AND (NEW.address_id IS NOT NULL OR NEW.geom IS NOT NULL) THEN
    e := edition_in_force(NEW.station, NEW.opened_at);
    IF e IS NOT NULL AND NEW.address_id IS NOT NULL THEN
      SELECT z.beat, z.grid_cell INTO NEW.beat, NEW.grid_cell FROM plate p JOIN assignment z ON z.plate = p.code AND z.edition_id = e
        WHERE p.address_id = NEW.address_id AND p.station = NEW.station ORDER BY p.issued_at DESC LIMIT 1;
    END IF;
    IF e IS NOT NULL AND NEW.beat IS NULL AND NEW.geom IS NOT NULL THEN
      SELECT g.code, g.beat INTO NEW.grid_cell, NEW.beat FROM grid_cell g
        WHERE g.edition_id = e AND g.geom && NEW.geom AND ST_Intersects(g.geom, NEW.geom) ORDER BY g.code LIMIT 1;
      IF NEW.beat IS NULL THEN
        SELECT b.code INTO NEW.beat FROM beat b
          WHERE b.edition_id = e AND b.geom && NEW.geom AND ST_Intersects(b.geom, NEW.geom) ORDER BY b.code LIMIT 1;
      END IF;
    END IF;
  END IF;
  IF NEW.state NOT IN ({OVER}) THEN
    IF NEW.holder_id IS NULL AND NEW.body IS NULL THEN NEW.body := 'desk'; END IF;
    SELECT t.* INTO rule FROM loop_tier t JOIN station s ON s.loop = t.loop WHERE s.code = NEW.station AND t.tier <= NEW.tier
      ORDER BY t.tier DESC LIMIT 1;
    NEW.settle_by := coalesce(NEW.settle_by, NEW.due_at, NEW.opened_at + rule.settle_within);
    NEW.due_at := coalesce(NEW.due_at, CASE WHEN NEW.state = 'open' THEN NEW.opened_at + rule.accept_within END, NEW.settle_by);
    NEW.promised_by := NEW.settle_by;
  END IF;
  IF NEW.state = 'closed' THEN NEW.closed_at := coalesce(NEW.closed_at, NEW.settled_at); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_fill BEFORE INSERT ON dispute FOR EACH ROW EXECUTE FUNCTION guard_dispute();

-- Disputes loaded before there was an edition for their day get its beat and cell when it is published.
CREATE FUNCTION fill_dispute_zones(of_station text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH placed AS (
    SELECT d.id, e.edition, coalesce(z.beat, g.beat, b.code) AS beat, coalesce(z.grid_cell, g.code) AS grid_cell
    FROM dispute d CROSS JOIN LATERAL (SELECT edition_in_force(d.station, d.opened_at) AS edition) e
    LEFT JOIN LATERAL (SELECT a.beat, a.grid_cell FROM plate p JOIN assignment a ON a.plate = p.code AND a.edition_id = e.edition
      WHERE p.address_id = d.address_id AND p.station = d.station ORDER BY p.issued_at DESC LIMIT 1) z ON true
    LEFT JOIN LATERAL (SELECT c.code, c.beat FROM grid_cell c WHERE z.beat IS NULL AND c.edition_id = e.edition
      AND c.geom && d.geom AND ST_Intersects(c.geom, d.geom) ORDER BY c.code LIMIT 1) g ON true
    LEFT JOIN LATERAL (SELECT c.code FROM beat c WHERE z.beat IS NULL AND g.beat IS NULL AND c.edition_id = e.edition
      AND c.geom && d.geom AND ST_Intersects(c.geom, d.geom) ORDER BY c.code LIMIT 1) b ON true
    WHERE d.station = of_station AND d.beat IS NULL AND d.grid_cell IS NULL AND e.edition IS NOT NULL)
  UPDATE dispute d SET beat = p.beat, grid_cell = p.grid_cell FROM placed p WHERE p.id = d.id AND p.beat IS NOT NULL
$$;

-- What was there before: the beat and cell of its day, the desk as holder, a month to settle it.
UPDATE dispute d SET body = 'desk', settle_by = coalesce(d.due_at, d.opened_at + INTERVAL '30 days'),
    due_at = coalesce(d.due_at, d.opened_at + INTERVAL '30 days')
  WHERE state NOT IN ({OVER});
SELECT fill_dispute_zones(code) FROM station;

ALTER TABLE dispute DROP CONSTRAINT ck_dispute_state, DROP CONSTRAINT ck_dispute_state_settled;
ALTER TABLE dispute
  ADD CONSTRAINT ck_dispute_state CHECK (state IN ({", ".join(repr(state) for state in STATES)})),
  ADD CONSTRAINT ck_dispute_state_settled CHECK ((state IN ({ENDED})) = (settled_at IS NOT NULL)),
  ADD CONSTRAINT ck_dispute_matter CHECK (matter IN ('dispute', 'tip', 'hazard', 'case')),
  ADD CONSTRAINT ck_dispute_source CHECK (source IN ('visit', 'call', 'plate', 'patrol', 'import', 'tip', 'open311')),
  ADD CONSTRAINT ck_dispute_grade CHECK (grade BETWEEN 1 AND 9),
  ADD CONSTRAINT ck_dispute_words CHECK (length(words) <= 4000),
  ADD CONSTRAINT ck_dispute_marks CHECK (marks <@ ARRAY['returning', 'worse', 'threats']),
  ADD CONSTRAINT ck_dispute_rating CHECK (rating BETWEEN 1 AND 5),
  ADD CONSTRAINT ck_dispute_request_id CHECK (request_id ~ '^[0-9A-Z]{{12}}$'),
  ADD CONSTRAINT ck_dispute_tracking CHECK (length(tracking) = 32),
  -- None is lost: who is not through is held by one person or one body, until a day.
  ADD CONSTRAINT ck_dispute_held CHECK (state IN ({OVER}) OR (num_nonnulls(holder_id, body) = 1 AND due_at IS NOT NULL)),
  ADD CONSTRAINT ck_dispute_finite CHECK (isfinite(opened_at) AND isfinite(due_at) AND isfinite(settle_by)),
  ADD CONSTRAINT ck_dispute_one_holder CHECK (num_nonnulls(holder_id, body) <= 1),
  ADD CONSTRAINT ck_dispute_offered CHECK ((state = 'handed') = (num_nonnulls(offered_id, offered_body) = 1)
    AND num_nonnulls(offered_id, offered_body) <= 1),
  ADD CONSTRAINT ck_dispute_resume CHECK ((state IN ('handed', 'paused')) = (resume IS NOT NULL)),
  ADD CONSTRAINT ck_dispute_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
  ADD CONSTRAINT fk_dispute_holder_id FOREIGN KEY (holder_id, station) REFERENCES person (id, station),
  ADD CONSTRAINT fk_dispute_offered_id FOREIGN KEY (offered_id, station) REFERENCES person (id, station),
  ADD CONSTRAINT fk_dispute_body FOREIGN KEY (station, body) REFERENCES body (station, code),
  ADD CONSTRAINT fk_dispute_offered_body FOREIGN KEY (station, offered_body) REFERENCES body (station, code),
  ADD CONSTRAINT fk_dispute_series_id FOREIGN KEY (series_id, station) REFERENCES series (id, station),
  ADD CONSTRAINT fk_dispute_filed_by FOREIGN KEY (filed_by, station) REFERENCES open311_key (id, station),
  ADD CONSTRAINT uq_dispute_request_id UNIQUE (request_id),
  ADD CONSTRAINT uq_dispute_tracking UNIQUE (tracking);
CREATE INDEX ix_dispute_open_holder ON dispute (station, holder_id, due_at) WHERE state NOT IN ({OVER}) AND holder_id IS NOT NULL;
CREATE INDEX ix_dispute_open_body ON dispute (station, body, due_at) WHERE state NOT IN ({OVER}) AND body IS NOT NULL;
CREATE INDEX ix_dispute_open_due ON dispute (station, due_at) WHERE state NOT IN ({OVER});
CREATE INDEX ix_dispute_offered ON dispute (station, offered_id, offered_body) WHERE state = 'handed';
CREATE INDEX ix_dispute_follow ON dispute (station, due_at) WHERE state IN ({ENDED}) AND due_at IS NOT NULL;
-- What needs no further visit is closed by the clock.
CREATE INDEX ix_dispute_settled ON dispute (station, settled_at) WHERE state IN ('settled', 'reviewed');
CREATE INDEX ix_dispute_open_cell ON dispute (station, grid_cell, due_at) WHERE state NOT IN ({OVER});
CREATE INDEX ix_dispute_station_settled_at ON dispute (station, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX ix_dispute_station_grid_cell_opened_at ON dispute (station, grid_cell, opened_at);
CREATE INDEX ix_dispute_series_id ON dispute (series_id) WHERE series_id IS NOT NULL;
CREATE INDEX ix_dispute_incident_id ON dispute (incident_id) WHERE incident_id IS NOT NULL;
-- What an application filed.
CREATE INDEX ix_dispute_filed_by_opened_at ON dispute (filed_by, opened_at) WHERE filed_by IS NOT NULL;
-- What somebody held or took in, ever; the disputes of a kind; those that went a tier up.
CREATE INDEX ix_dispute_station_holder_id ON dispute (station, holder_id) WHERE holder_id IS NOT NULL;
CREATE INDEX ix_dispute_station_body ON dispute (station, body) WHERE body IS NOT NULL;
CREATE INDEX ix_dispute_station_opened_by ON dispute (station, opened_by);
CREATE INDEX ix_dispute_station_kind_opened_at ON dispute (station, kind, opened_at);
CREATE INDEX ix_dispute_event_escalated ON dispute_event (station, dispute_id) WHERE what = 'escalated';
-- What the clock and the lists ask of a moment.
CREATE INDEX ix_dispute_due ON dispute (due_at) WHERE state NOT IN ({OVER});
"""

MACHINE = f"""
-- The life of a dispute. A step is added, and this alone changes the dispute; the rows of the station's loop say which
-- steps there are. Steps of role 'import' tell of what was done elsewhere: only the owner of the data may add them.
CREATE FUNCTION guard_dispute_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE d dispute; m loop_move; its text; follows text; above smallint; days jsonb; gap interval; visited int := 0;
BEGIN
  IF NEW.role = 'import' THEN
    IF NOT owner_at_work() THEN
      RAISE EXCEPTION 'steps of an import are added by an import alone' USING ERRCODE = 'check_violation',
        CONSTRAINT = 'ck_dispute_event_role';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO d FROM dispute WHERE id = NEW.dispute_id AND station = NEW.station FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'dispute % is not of station %', NEW.dispute_id, NEW.station USING ERRCODE = 'foreign_key_violation';
  END IF;
  NEW.seq := coalesce(NEW.seq, d.version + 1);
  IF NEW.seq <> d.version + 1 THEN
    RAISE EXCEPTION 'dispute % has % steps: step % does not follow', d.id, d.version, NEW.seq
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_dispute_event_seq';
  END IF;
  -- A step is of now: the service neither tells of tomorrow nor puts a step before the one it follows.
  IF NOT owner_at_work() AND NOT is_of_now(NEW.at, (
      SELECT e.at FROM dispute_event e WHERE e.dispute_id = d.id AND e.seq = d.version)) THEN
    RAISE EXCEPTION 'the step % of dispute % is of %, which is not now', NEW.what, d.id, NEW.at
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_dispute_event_at';
  END IF;
  IF NEW.what = 'opened' THEN
    IF NOT EXISTS (SELECT FROM dispute_event WHERE dispute_id = d.id) THEN follows := d.state; END IF;
  ELSE
    SELECT s.loop INTO its FROM station s WHERE s.code = NEW.station;
    SELECT * INTO m FROM loop_move v WHERE v.loop = its AND v.step = NEW.what AND v.state = d.state;
    IF FOUND AND (m.tiers IS NULL OR d.tier = ANY (m.tiers)) AND NEW.role = ANY (m.roles) THEN
      follows := CASE m.after WHEN '=' THEN d.state WHEN '<' THEN d.resume ELSE m.after END;
    END IF;
    -- What the loop says a step needs comes with it; the clock explains nothing.
    IF 'note' = ANY (m.needs) AND NEW.role <> 'clock' AND btrim(NEW.note) = '' OR 'outcome' = ANY (m.needs) AND NOT NEW.facts ?| ARRAY['rating', 'outcome']
        OR 'bodies' = ANY (m.needs) AND NOT NEW.facts ? 'bodies' OR 'until' = ANY (m.needs) AND NOT NEW.facts ? 'until'
        OR 'marks' = ANY (m.needs) AND NOT NEW.facts ?| ARRAY['marks', 'kind', 'grade'] THEN follows := NULL; END IF;
    -- Marks, kind and grade are told by whoever marks it, stars by whoever came to see or by who was visited.
    IF NEW.facts ?| ARRAY['marks', 'kind', 'grade'] AND NEW.what <> 'marked' AND NOT (NEW.what = 'linked' AND NOT NEW.facts ?| ARRAY['kind', 'grade'])
        OR NEW.facts ? 'rating' AND NEW.what <> 'followed_up' AND NEW.role <> 'resident'
        OR NEW.facts ? 'grade' AND NOT EXISTS (SELECT FROM loop l, jsonb_array_elements(l.rules -> 'grades') AS one
          WHERE l.code = its AND one -> 'number' = NEW.facts -> 'grade')
        OR NEW.facts ? 'kind' AND NOT EXISTS (SELECT FROM incident_category c
          WHERE c.code = NEW.facts ->> 'kind' AND (c.is_dispute OR d.matter <> 'dispute')) THEN follows := NULL; END IF;
    -- The clock takes up what is late, or what was just found to be graver.
    IF NEW.what = 'escalated' AND NEW.role = 'clock' AND d.due_at > NEW.at AND NOT EXISTS (SELECT FROM dispute_event e
        WHERE e.dispute_id = d.id AND e.seq = d.version AND e.what IN ('marked', 'escalated')) THEN follows := NULL; END IF;
    -- Who has accepted it keeps it until somebody takes it from their hands.
    IF NEW.what = 'begun' AND d.state <> 'open' AND d.holder_id <> NEW.holder_id THEN follows := NULL; END IF;
    -- A tier is only ever raised, and only to one there is.
    NEW.tier := coalesce(NEW.tier, d.tier);
    above := (SELECT min(t.tier) FROM loop_tier t WHERE t.loop = its AND t.tier > d.tier);
    IF NEW.what = 'escalated' AND NEW.tier IS DISTINCT FROM above OR NEW.what = 'reopened' AND NEW.tier IS DISTINCT FROM
        coalesce(above, d.tier) OR NEW.what NOT IN ('escalated', 'reopened') AND NEW.tier <> d.tier THEN follows := NULL; END IF;
    -- It is closed when the visits its loop asks for were made; a visit long before its day is told, not counted.
    IF NEW.what IN ('closed', 'followed_up') THEN
      SELECT coalesce((SELECT nullif(one -> 'follow_ups', 'null') FROM jsonb_array_elements(coalesce(l.rules -> 'matters',
             '[{{"matter": "tip", "follow_ups": []}}, {{"matter": "hazard", "follow_ups": []}}]')) AS one
           WHERE one ->> 'matter' = d.matter), l.rules -> 'follow_ups', '[30, 90, 365]') INTO days FROM loop l WHERE l.code = its;
      IF NEW.what = 'closed' AND d.followed < (SELECT least(coalesce((l.rules ->> 'close_after')::int, 1), jsonb_array_length(days))
          FROM loop l WHERE l.code = its) THEN follows := NULL; END IF;
      gap := make_interval(days => (days ->> d.followed)::int);
      IF NEW.what = 'followed_up' AND gap IS NOT NULL AND NEW.at >= d.settled_at + gap - least(INTERVAL '7 days', gap / 2) THEN
        visited := 1;
      END IF;
    END IF;
    -- Whoever takes what was handed over is the one it was offered to.
    IF NEW.what = 'taken' AND (d.offered_id IS NOT NULL AND NEW.holder_id IS DISTINCT FROM d.offered_id
        OR d.offered_body IS NOT NULL AND NEW.body IS DISTINCT FROM d.offered_body AND NOT EXISTS (
          SELECT FROM mediator w WHERE w.person_id = NEW.holder_id AND w.body = d.offered_body)
          AND d.offered_body <> 'desk') THEN follows := NULL; END IF;
  END IF;
  IF NEW.after IS NULL AND follows = d.state THEN
    -- A step that changes nothing need not say so.
    NEW.after := d.state; NEW.tier := d.tier; NEW.holder_id := d.holder_id; NEW.body := d.body; NEW.offered_id := d.offered_id;
    NEW.offered_body := d.offered_body; NEW.due_at := d.due_at; NEW.settle_by := d.settle_by;
  END IF;
  -- Who holds it, to whom it is offered and until when: each is set by the steps that are there for it, and by no other.
  IF NEW.what <> 'opened' AND (
      NEW.what NOT IN ('accepted', 'begun', 'taken', 'reassigned', 'escalated', 'reopened')
        AND (NEW.holder_id, NEW.body) IS DISTINCT FROM (d.holder_id, d.body)
      OR NEW.what <> 'passed_on' AND follows = 'handed'
        AND (NEW.offered_id, NEW.offered_body) IS DISTINCT FROM (d.offered_id, d.offered_body)
      OR NEW.what IN ('visited', 'mediated', 'linked', 'warned', 'reminded', 'told', 'paper', 'added', 'note', 'reassigned')
        AND d.state NOT IN ({OVER}) AND NEW.due_at IS DISTINCT FROM d.due_at
      OR NEW.what = 'marked' AND (NEW.due_at > d.due_at OR NEW.settle_by > d.settle_by)
      OR NEW.what NOT IN ('paused', 'resumed', 'withdrawn', 'settled', 'escalated', 'reopened', 'marked')
        AND coalesce(NEW.settle_by, d.settle_by) IS DISTINCT FROM d.settle_by) THEN follows := NULL; END IF;
  -- No clock is set further than the loop's: an offer and a pause end, and what goes on is due until it is to be settled.
  IF NEW.what <> 'opened' AND NOT owner_at_work() AND (
      follows = 'handed' AND NEW.due_at > greatest(d.due_at, NEW.at + coalesce((SELECT (l.rules ->> 'hand_over')::double precision
          * INTERVAL '1 second' FROM loop l WHERE l.code = its), INTERVAL '1 day'))
      OR follows = 'paused' AND NEW.due_at > greatest(d.due_at, NEW.at + INTERVAL '180 days')
      OR follows NOT IN ('handed', 'paused', {OVER}) AND NEW.due_at > greatest(d.due_at, coalesce(NEW.settle_by, d.settle_by))
      OR follows IN ({OVER}) AND NEW.due_at > greatest(d.due_at, coalesce(d.settled_at, NEW.at) + INTERVAL '1100 days')
      OR NEW.settle_by > greatest(d.settle_by, CASE NEW.what WHEN 'paused' THEN d.settle_by + (NEW.due_at - NEW.at)
          ELSE NEW.at + longest_clock(NEW.station) END)) THEN follows := NULL; END IF;
  IF follows IS NULL OR NEW.after IS DISTINCT FROM follows THEN
    RAISE EXCEPTION 'dispute % is % at tier %: % may not take the step % to %', d.id, d.state, d.tier, NEW.role, NEW.what, NEW.after
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_dispute_event_order';
  END IF;
  UPDATE dispute SET
      version = NEW.seq, state = follows, tier = coalesce(NEW.tier, tier),
      holder_id = NEW.holder_id, body = NEW.body,
      offered_id = NEW.offered_id, offered_body = NEW.offered_body,
      resume = CASE WHEN follows NOT IN ('handed', 'paused') THEN NULL WHEN d.state IN ('handed', 'paused') THEN d.resume ELSE d.state END,
      due_at = NEW.due_at, settle_by = coalesce(NEW.settle_by, settle_by),
      promised_by = CASE WHEN NEW.what = 'reopened' THEN NEW.settle_by ELSE promised_by END,
      settled_at = CASE WHEN follows NOT IN ({ENDED}) THEN NULL ELSE coalesce(settled_at, greatest(NEW.at, opened_at)) END,
      closed_at = CASE WHEN follows = 'closed' THEN coalesce(closed_at, NEW.at) END,
      followed = CASE WHEN NEW.what = 'followed_up' THEN followed + visited WHEN NEW.what IN ('settled', 'reopened') THEN 0 ELSE followed END,
      reopened = reopened + (NEW.what = 'reopened')::int,
      rating = coalesce((NEW.facts ->> 'rating')::integer, rating),
      kind = CASE WHEN NEW.what = 'marked' THEN coalesce(NEW.facts ->> 'kind', kind) ELSE kind END,
      grade = CASE WHEN NEW.what = 'marked' THEN coalesce((NEW.facts ->> 'grade')::smallint, grade) ELSE grade END,
      marks = CASE WHEN NEW.facts ? 'marks' THEN ARRAY(SELECT jsonb_array_elements_text(NEW.facts -> 'marks')) ELSE marks END,
      reminded_at = CASE WHEN NEW.what IN ('reminded', 'warned') THEN NEW.at
        WHEN follows <> d.state OR NEW.tier <> d.tier OR NEW.due_at IS DISTINCT FROM d.due_at THEN NULL ELSE reminded_at END
    WHERE id = d.id;
  PERFORM pg_notify('gridmap_dispute', NEW.station || ' ' || d.id || ' ' || NEW.what);
  RETURN NEW;
END $$;
CREATE TRIGGER guard_order BEFORE INSERT ON dispute_event FOR EACH ROW EXECUTE FUNCTION guard_dispute_event();

-- Open disputes nobody would ever see again: empty, always.
CREATE VIEW lost_dispute WITH (security_invoker = true) AS
  SELECT d.station, d.id, d.number, d.state, d.due_at,
         CASE WHEN d.due_at IS NULL THEN 'no due time' WHEN d.holder_id IS NULL AND d.body IS NULL THEN 'no holder'
              WHEN b.code IS NOT NULL AND NOT b.active THEN 'its body is gone' ELSE 'its holder is gone' END AS why
  FROM dispute d
  LEFT JOIN body b ON b.station = d.station AND b.code = d.body
  WHERE d.state NOT IN ({OVER})
    AND (d.due_at IS NULL OR num_nonnulls(d.holder_id, d.body) <> 1 OR NOT b.active
         OR d.holder_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM posting p JOIN station s ON s.code = p.station
           WHERE p.person_id = d.holder_id AND p.during @> (now() AT TIME ZONE s.timezone)::date));

-- The stations whose clocks have something to do.
CREATE FUNCTION due_dispute_stations(at timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT station FROM dispute WHERE state NOT IN ({OVER}) AND due_at <= at
    AND (reminded_at IS NULL OR reminded_at < at - INTERVAL '1 day') ORDER BY 1
$$;
CREATE FUNCTION mail_stations() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT station FROM mail WHERE due_at <= clock_timestamp() ORDER BY 1
$$;
-- A receipt leads to its dispute, a request of a neighbour's application to its matter, a key to its station.
CREATE FUNCTION dispute_door(of_tracking bytea) RETURNS TABLE (station text, id integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT station, id FROM dispute WHERE tracking = of_tracking
$$;
CREATE FUNCTION request_door(of_request text) RETURNS TABLE (station text, id integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT station, id FROM dispute WHERE request_id = of_request
$$;
CREATE FUNCTION open311_door(of_key bytea) RETURNS TABLE (station text, id integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT station, id FROM open311_key WHERE sha256 = of_key AND active
$$;
CREATE FUNCTION open311_place(of_code text) RETURNS TABLE (code text, name_zh text, name_en text, loop text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT code, name_zh, name_en, loop FROM station WHERE code = of_code
$$;
"""

FUNCTIONS = (
    "due_dispute_stations(timestamptz)", "mail_stations()", "dispute_door(bytea)", "request_door(text)", "open311_door(bytea)",
    "open311_place(text)", "fill_dispute_zones(text)", "owner_at_work()", "is_of_now(timestamptz, timestamptz)", "longest_clock(text)",
)  # fmt: skip
CHECKS = (
    "ck_dispute_state",
    "ck_dispute_state_settled",
    "ck_dispute_matter",
    "ck_dispute_source",
    "ck_dispute_grade",
    "ck_dispute_words",
    "ck_dispute_marks",
    "ck_dispute_rating",
    "ck_dispute_request_id",
    "ck_dispute_tracking",
    "ck_dispute_held",
    "ck_dispute_finite",
    "ck_dispute_one_holder",
    "ck_dispute_offered",
    "ck_dispute_resume",
    "ck_dispute_closed",
    "fk_dispute_holder_id",
    "fk_dispute_offered_id",
    "fk_dispute_body",
    "fk_dispute_offered_body",
    "fk_dispute_series_id",
    "fk_dispute_filed_by",
    "uq_dispute_request_id",
    "uq_dispute_tracking",
)
INDEXES = (
    "ix_dispute_open_holder",
    "ix_dispute_open_body",
    "ix_dispute_open_due",
    "ix_dispute_offered",
    "ix_dispute_follow",
    "ix_dispute_settled",
    "ix_dispute_open_cell",
    "ix_dispute_station_settled_at",
    "ix_dispute_station_grid_cell_opened_at",
    "ix_dispute_series_id",
    "ix_dispute_incident_id",
    "ix_dispute_filed_by_opened_at",
    "ix_dispute_station_holder_id",
    "ix_dispute_station_body",
    "ix_dispute_station_opened_by",
    "ix_dispute_station_kind_opened_at",
    "ix_dispute_event_escalated",
    "ix_dispute_due",
)

RIGHTS = f"""
GRANT SELECT ON lost_dispute TO gridmap_app;
-- The steps alone change a dispute; the service may change what was written of it.
REVOKE UPDATE ON dispute FROM gridmap_app;
GRANT UPDATE (language, incident_id, tracking, request_id, series_id) ON dispute TO gridmap_app;
REVOKE ALL ON FUNCTION {", ".join(FUNCTIONS)} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {", ".join(FUNCTIONS)} TO gridmap_app;
"""


def upgrade() -> None:
    op.execute(FILL)
    op.execute(MACHINE)
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("DROP VIEW lost_dispute")
    op.execute("DROP TRIGGER guard_order ON dispute_event")
    op.execute("DROP TRIGGER guard_fill ON dispute")
    op.execute("DROP TRIGGER guard_desk ON station")
    op.execute("DROP FUNCTION guard_dispute_event(), guard_dispute(), guard_desk()")
    op.execute(f"DROP FUNCTION {', '.join(FUNCTIONS)}")
    op.execute(f"ALTER TABLE dispute {', '.join(f'DROP CONSTRAINT {name}' for name in CHECKS)}")
    op.execute(f"DROP INDEX {', '.join(INDEXES)}")
    # The older form has no word for some states.
    op.execute(
        "UPDATE dispute SET state = CASE state WHEN 'reviewed' THEN 'settled' WHEN 'not_ours' THEN 'withdrawn' "
        "WHEN 'handed' THEN 'in_hand' WHEN 'joint' THEN 'in_hand' WHEN 'paused' THEN 'in_hand' ELSE state END"
    )
    op.execute(
        "ALTER TABLE dispute ADD CONSTRAINT ck_dispute_state "
        "CHECK (state IN ('open', 'accepted', 'in_hand', 'settled', 'closed', 'withdrawn')), "
        "ADD CONSTRAINT ck_dispute_state_settled CHECK ((state IN ('settled', 'closed')) = (settled_at IS NOT NULL))"
    )
    op.execute("GRANT UPDATE ON dispute TO gridmap_app")
    op.execute("DELETE FROM body WHERE code = 'desk'")
