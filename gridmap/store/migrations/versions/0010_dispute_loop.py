"""The dispute loop: its rules as rows, a state machine the database keeps, and what hangs on a dispute.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STEPS = (
    "opened", "accepted", "begun", "passed_on", "taken", "refused", "lapsed", "convened", "visited", "mediated", "paused",
    "resumed", "escalated", "settled", "reviewed", "followed_up", "closed", "reopened", "withdrawn", "not_ours", "reassigned",
    "marked", "linked", "warned", "reminded", "told", "paper", "added", "note",
)  # fmt: skip

#: The loop of a station that has none of its own: step, states it may be taken in, state after ('=' the same, '<' the one
#: before), roles, needs. `gridmap.domain.loops.STANDARD` says the same.
W = ("officer", "grid_member", "mediator", "commander")
WORKED = ("accepted", "in_hand", "joint")
HELD = ("open", *WORKED, "handed", "paused")
DONE = ("settled", "reviewed", "closed")
EVERY = (*HELD, *DONE, "withdrawn", "not_ours")
MOVES = (
    ("accepted", ("open",), "accepted", W, ()),
    ("begun", ("open", "accepted"), "in_hand", W, ()),
    ("passed_on", ("open", *WORKED), "handed", W, ("to", "note")),
    ("taken", ("handed",), "in_hand", W, ()),
    ("refused", ("handed",), "<", W, ("note",)),
    ("lapsed", ("handed",), "<", ("clock",), ()),
    ("convened", WORKED, "joint", ("officer", "mediator", "commander"), ("bodies",)),
    ("visited", HELD, "=", W, ()),
    ("mediated", WORKED, "=", W, ("note",)),
    ("paused", WORKED, "paused", W, ("note", "until")),
    ("resumed", ("paused",), "<", (*W, "clock"), ()),
    ("escalated", ("open", *WORKED), "open", (*W, "clock"), ("note",)),
    ("settled", WORKED, "settled", W, ("note",)),
    ("followed_up", DONE, "=", W, ("outcome",)),
    ("closed", ("settled",), "closed", (*W, "clock"), ()),
    ("reopened", (*DONE, "withdrawn", "not_ours"), "open", ("officer", "mediator", "commander", "resident"), ("note",)),
    ("withdrawn", (*HELD,), "withdrawn", ("officer", "commander", "resident"), ("note",)),
    ("not_ours", ("open", *WORKED), "not_ours", ("officer", "commander"), ("note",)),
    ("reassigned", ("open", *WORKED, "paused"), "=", ("commander", "clock"), ("to",)),
    ("marked", HELD, "=", W, ("marks",)),
    ("linked", EVERY, "=", (*W, "clock"), ()),
    ("warned", HELD, "=", ("clock",), ()),
    ("reminded", HELD, "=", ("clock",), ()),
    ("told", HELD, "=", W, ("note",)),
    ("paper", EVERY, "=", W, ()),
    ("added", EVERY, "=", ("resident",), ("note",)),
    ("note", EVERY, "=", W, ("note",)),
)  # fmt: skip


def _array(words: tuple[str, ...]) -> str:
    return f"'{{{','.join(words)}}}'"


STANDARD_MOVES = ", ".join(
    f"('standard', '{step}', '{state}', '{after}', NULL, {_array(roles)}, {_array(needs)})"
    for step, states, after, roles, needs in MOVES
    for state in states
)
STANDARD_TIERS = """
  ('standard', 1, '就地调解', 'On the spot', 'cell', '4 hours', '30 days', 'escalate'),
  ('standard', 2, '派出所调解', 'At the station', 'beat', '24 hours', '30 days', 'escalate'),
  ('standard', 3, '联合调处', 'Joint table', 'desk', '24 hours', '30 days', 'remind')"""

LOOP = """
CREATE TABLE loop (
  code TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  rules JSONB DEFAULT '{}' NOT NULL,
  loaded_at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT DEFAULT 'gridmap' NOT NULL,
  CONSTRAINT pk_loop PRIMARY KEY (code),
  CONSTRAINT ck_loop_code CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$')
);

CREATE TABLE loop_tier (
  loop TEXT NOT NULL,
  tier INTEGER NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  holder TEXT NOT NULL,
  accept_within INTERVAL NOT NULL,
  settle_within INTERVAL NOT NULL,
  on_late TEXT NOT NULL,
  CONSTRAINT pk_loop_tier PRIMARY KEY (loop, tier),
  CONSTRAINT ck_loop_tier_tier CHECK (tier BETWEEN 1 AND 9),
  CONSTRAINT ck_loop_tier_clocks CHECK (accept_within > INTERVAL '0' AND settle_within > INTERVAL '0'),
  CONSTRAINT ck_loop_tier_on_late CHECK (on_late IN ('escalate', 'remind')),
  CONSTRAINT fk_loop_tier_loop FOREIGN KEY(loop) REFERENCES loop (code) ON DELETE CASCADE
);

CREATE TABLE loop_move (
  loop TEXT NOT NULL,
  step TEXT NOT NULL,
  state TEXT NOT NULL,
  after TEXT NOT NULL,
  tiers INTEGER[],
  roles TEXT[] NOT NULL,
  needs TEXT[] DEFAULT '{}' NOT NULL,
  CONSTRAINT pk_loop_move PRIMARY KEY (loop, step, state),
  CONSTRAINT ck_loop_move_roles CHECK (cardinality(roles) > 0),
  CONSTRAINT fk_loop_move_loop FOREIGN KEY(loop) REFERENCES loop (code) ON DELETE CASCADE
);
"""

BODIES = """
CREATE TABLE body (
  station TEXT NOT NULL,
  code TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT DEFAULT '' NOT NULL,
  trades TEXT[] DEFAULT '{}' NOT NULL,
  phone TEXT,
  active BOOLEAN DEFAULT true NOT NULL,
  CONSTRAINT pk_body PRIMARY KEY (station, code),
  CONSTRAINT ck_body_code CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
  CONSTRAINT ck_body_phone CHECK (phone IS NULL OR phone ~ '^[0-9+][0-9 -]{2,20}$'),
  CONSTRAINT fk_body_station FOREIGN KEY(station) REFERENCES station (code)
);

CREATE TABLE mediator (
  person_id INTEGER NOT NULL,
  station TEXT NOT NULL,
  body TEXT,
  type TEXT DEFAULT '' NOT NULL,
  trades TEXT[] DEFAULT '{}' NOT NULL,
  languages TEXT[] DEFAULT '{zh}' NOT NULL,
  most INTEGER DEFAULT 10 NOT NULL,
  active BOOLEAN DEFAULT true NOT NULL,
  CONSTRAINT pk_mediator PRIMARY KEY (person_id),
  CONSTRAINT ck_mediator_most CHECK (most > 0),
  CONSTRAINT fk_mediator_person_id_station FOREIGN KEY(person_id, station) REFERENCES person (id, station),
  CONSTRAINT fk_mediator_body FOREIGN KEY(station, body) REFERENCES body (station, code)
);
CREATE INDEX ix_mediator_station ON mediator (station);

CREATE TABLE series (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT DEFAULT 'open' NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  solved_at timestamptz,
  note TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_series PRIMARY KEY (id),
  CONSTRAINT uq_series_id_station UNIQUE (id, station),
  CONSTRAINT ck_series_state CHECK (state IN ('open', 'solved', 'dissolved')),
  CONSTRAINT ck_series_solved CHECK ((state = 'solved') = (solved_at IS NOT NULL)),
  CONSTRAINT ck_series_name CHECK (name <> '' AND length(name) <= 200),
  CONSTRAINT fk_series_station FOREIGN KEY(station) REFERENCES station (code),
  CONSTRAINT fk_series_kind FOREIGN KEY(kind) REFERENCES incident_category (code)
);
CREATE INDEX ix_series_station ON series (station);

CREATE TABLE series_incident (
  incident_id INTEGER NOT NULL,
  station TEXT NOT NULL,
  series_id INTEGER NOT NULL,
  CONSTRAINT pk_series_incident PRIMARY KEY (incident_id),
  CONSTRAINT fk_series_incident_incident_id_station FOREIGN KEY(incident_id, station) REFERENCES incident (id, station),
  CONSTRAINT fk_series_incident_series_id_station FOREIGN KEY(series_id, station) REFERENCES series (id, station)
);
CREATE INDEX ix_series_incident_series_id ON series_incident (series_id);

CREATE TABLE open311_key (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 BYTEA NOT NULL,
  active BOOLEAN DEFAULT true NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  CONSTRAINT pk_open311_key PRIMARY KEY (id),
  CONSTRAINT uq_open311_key_id_station UNIQUE (id, station),
  CONSTRAINT uq_open311_key_sha256 UNIQUE (sha256),
  CONSTRAINT ck_open311_key_sha256 CHECK (length(sha256) = 32),
  CONSTRAINT fk_open311_key_station FOREIGN KEY(station) REFERENCES station (code)
);
CREATE INDEX ix_open311_key_station ON open311_key (station);
"""

DISPUTE = f"""
ALTER TABLE station ADD COLUMN loop text NOT NULL DEFAULT 'standard',
  ADD CONSTRAINT fk_station_loop FOREIGN KEY (loop) REFERENCES loop (code);
ALTER TABLE account ADD COLUMN email text,
  ADD CONSTRAINT ck_account_email CHECK (email IS NULL OR email ~ '^[^@[:space:]<>,;]+@[^@[:space:]<>,;]+$');
ALTER TABLE web_hook ADD COLUMN groups text[] NOT NULL DEFAULT '{{}}';
CREATE SEQUENCE dispute_number;

ALTER TABLE dispute
  ADD COLUMN matter text NOT NULL DEFAULT 'dispute',
  ADD COLUMN source text NOT NULL DEFAULT 'import',
  ADD COLUMN grade integer,
  ADD COLUMN words text NOT NULL DEFAULT '',
  ADD COLUMN language text NOT NULL DEFAULT 'zh',
  ADD COLUMN beat text,
  ADD COLUMN grid_cell text,
  ADD COLUMN opened_by text NOT NULL DEFAULT '',
  ADD COLUMN holder_id integer,
  ADD COLUMN body text,
  ADD COLUMN offered_id integer,
  ADD COLUMN offered_body text,
  ADD COLUMN resume text,
  ADD COLUMN settle_by timestamptz,
  ADD COLUMN promised_by timestamptz,
  ADD COLUMN closed_at timestamptz,
  ADD COLUMN marks text[] NOT NULL DEFAULT '{{}}',
  ADD COLUMN version integer NOT NULL DEFAULT 0,
  ADD COLUMN followed integer NOT NULL DEFAULT 0,
  ADD COLUMN reopened integer NOT NULL DEFAULT 0,
  ADD COLUMN rating integer,
  ADD COLUMN reminded_at timestamptz,
  ADD COLUMN tracking bytea,
  ADD COLUMN request_id text,
  ADD COLUMN filed_by integer,
  ADD COLUMN series_id integer;
UPDATE dispute SET closed_at = settled_at WHERE state = 'closed';
UPDATE dispute SET source = 'plate' WHERE number LIKE 'R-%';

CREATE TABLE dispute_party (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  dispute_id INTEGER NOT NULL,
  side INTEGER NOT NULL,
  reference TEXT NOT NULL,
  sealed BYTEA,
  print BYTEA,
  CONSTRAINT pk_dispute_party PRIMARY KEY (id),
  CONSTRAINT ck_dispute_party_side CHECK (side BETWEEN 1 AND 9),
  CONSTRAINT ck_dispute_party_reference CHECK (reference <> '' AND length(reference) <= 40),
  CONSTRAINT ck_dispute_party_print CHECK (print IS NULL OR length(print) = 16),
  CONSTRAINT fk_dispute_party_dispute_id_station FOREIGN KEY(dispute_id, station) REFERENCES dispute (id, station)
);
CREATE INDEX ix_dispute_party_dispute_id ON dispute_party (dispute_id);
CREATE INDEX ix_dispute_party_station_print ON dispute_party (station, print) WHERE print IS NOT NULL;

CREATE TABLE dispute_body (
  dispute_id INTEGER NOT NULL,
  body TEXT NOT NULL,
  station TEXT NOT NULL,
  answer TEXT DEFAULT 'asked' NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  CONSTRAINT pk_dispute_body PRIMARY KEY (dispute_id, body),
  CONSTRAINT ck_dispute_body_answer CHECK (answer IN ('asked', 'joined', 'declined')),
  CONSTRAINT fk_dispute_body_dispute_id_station FOREIGN KEY(dispute_id, station) REFERENCES dispute (id, station),
  CONSTRAINT fk_dispute_body_body FOREIGN KEY(station, body) REFERENCES body (station, code)
);
CREATE INDEX ix_dispute_body_station_body ON dispute_body (station, body);

CREATE TABLE dispute_link (
  dispute_id INTEGER NOT NULL,
  earlier_id INTEGER NOT NULL,
  station TEXT NOT NULL,
  why TEXT NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  CONSTRAINT pk_dispute_link PRIMARY KEY (dispute_id, earlier_id),
  CONSTRAINT ck_dispute_link_earlier CHECK (earlier_id < dispute_id),
  CONSTRAINT ck_dispute_link_why CHECK (why IN ('door', 'party', 'hand')),
  CONSTRAINT fk_dispute_link_dispute_id_station FOREIGN KEY(dispute_id, station) REFERENCES dispute (id, station),
  CONSTRAINT fk_dispute_link_earlier_id_station FOREIGN KEY(earlier_id, station) REFERENCES dispute (id, station)
);
CREATE INDEX ix_dispute_link_earlier_id ON dispute_link (earlier_id);
CREATE INDEX ix_dispute_link_station ON dispute_link (station);

CREATE TABLE dispute_paper (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  dispute_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  by TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_dispute_paper PRIMARY KEY (id),
  CONSTRAINT ck_dispute_paper_kind CHECK (kind IN ('accounts', 'agreement', 'record')),
  CONSTRAINT fk_dispute_paper_dispute_id_station FOREIGN KEY(dispute_id, station) REFERENCES dispute (id, station)
);
CREATE INDEX ix_dispute_paper_dispute_id ON dispute_paper (dispute_id);
CREATE INDEX ix_dispute_paper_station ON dispute_paper (station);

CREATE TABLE mail (
  id INTEGER GENERATED ALWAYS AS IDENTITY,
  station TEXT NOT NULL,
  account_id INTEGER NOT NULL,
  event TEXT NOT NULL,
  body JSONB NOT NULL,
  at timestamptz DEFAULT clock_timestamp() NOT NULL,
  due_at timestamptz DEFAULT clock_timestamp(),
  tries INTEGER DEFAULT 0 NOT NULL,
  arrived_at timestamptz,
  problem TEXT DEFAULT '' NOT NULL,
  CONSTRAINT pk_mail PRIMARY KEY (id),
  CONSTRAINT ck_mail_due_at CHECK (arrived_at IS NULL OR due_at IS NULL),
  CONSTRAINT fk_mail_station FOREIGN KEY(station) REFERENCES station (code),
  CONSTRAINT fk_mail_account_id FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
);
CREATE INDEX ix_mail_due_at ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_mail_station ON mail (station);

ALTER TABLE dispute_event DROP CONSTRAINT ck_dispute_event_what;
ALTER TABLE dispute_event
  ADD COLUMN role text NOT NULL DEFAULT '',
  ADD COLUMN seq integer,
  ADD COLUMN key text,
  ADD COLUMN facts jsonb NOT NULL DEFAULT '{{}}',
  ADD COLUMN tier integer,
  ADD COLUMN after text,
  ADD COLUMN holder_id integer,
  ADD COLUMN body text,
  ADD COLUMN offered_id integer,
  ADD COLUMN offered_body text,
  ADD COLUMN due_at timestamptz,
  ADD COLUMN settle_by timestamptz,
  ADD CONSTRAINT ck_dispute_event_what CHECK (what IN ({", ".join(repr(step) for step in STEPS)})),
  ADD CONSTRAINT ck_dispute_event_note CHECK (length(note) <= 4000),
  ADD CONSTRAINT ck_dispute_event_key CHECK (length(key) BETWEEN 8 AND 100),
  ADD CONSTRAINT uq_dispute_event_dispute_id_seq UNIQUE (dispute_id, seq);
CREATE UNIQUE INDEX uq_dispute_event_station_key ON dispute_event (station, key) WHERE key IS NOT NULL;
CREATE INDEX ix_dispute_event_station_id ON dispute_event (station, id);
DROP TRIGGER changed_insert ON dispute_event;
DROP TRIGGER changed_update ON dispute_event;
DROP TRIGGER changed_delete ON dispute_event;
-- A step changes no analysis of places and times, but the gaps that ask who is looked after.
DROP TRIGGER changed_update ON dispute;
CREATE TRIGGER changed_update AFTER UPDATE ON dispute REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION guard_data_change('dispute');
"""

SCOPED = (
    "body", "mediator", "series", "series_incident", "open311_key", "dispute_party", "dispute_body", "dispute_link",
    "dispute_paper", "mail",
)  # fmt: skip

RIGHTS = f"""
GRANT SELECT ON loop, loop_tier, loop_move TO gridmap_app;
GRANT SELECT, INSERT ON {", ".join(SCOPED)} TO gridmap_app;
GRANT USAGE ON SEQUENCE dispute_number TO gridmap_app;
GRANT UPDATE ON series, dispute_body, dispute_party, mail TO gridmap_app;
GRANT DELETE ON mail, series_incident, dispute_paper TO gridmap_app;
"""

NEW_COLUMNS = (
    "matter", "source", "grade", "words", "language", "beat", "grid_cell", "opened_by", "holder_id", "body", "offered_id",
    "offered_body", "resume", "settle_by", "promised_by", "closed_at", "marks", "version", "followed", "reopened", "rating", "reminded_at",
    "tracking", "request_id", "filed_by", "series_id",
)  # fmt: skip


def upgrade() -> None:
    op.execute(LOOP)
    op.execute("INSERT INTO loop (code, name_zh, name_en) VALUES ('standard', '标准流程', 'Standard loop')")
    op.execute(f"INSERT INTO loop_tier VALUES {STANDARD_TIERS}")
    op.execute(f"INSERT INTO loop_move (loop, step, state, after, tiers, roles, needs) VALUES {STANDARD_MOVES}")
    op.execute(BODIES)
    op.execute(DISPUTE)
    op.execute(RIGHTS)
    for table in SCOPED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY in_scope ON {table} TO gridmap_app USING (station = ANY ((SELECT scope_stations())::text[]))"
        )


def downgrade() -> None:
    op.execute("DROP TABLE dispute_party, dispute_body, dispute_link, dispute_paper, mail")
    op.execute("DROP INDEX uq_dispute_event_station_key, ix_dispute_event_station_id")
    # The log is append only; what the older form has no word for becomes a note.
    op.execute("ALTER TABLE dispute_event DISABLE TRIGGER append_only")
    op.execute("ALTER TABLE dispute_event DROP CONSTRAINT ck_dispute_event_what, DROP CONSTRAINT ck_dispute_event_note")
    op.execute(
        "UPDATE dispute_event SET what = 'note' WHERE what NOT IN ('opened', 'accepted', 'passed_on', 'visited', 'mediated', "
        "'escalated', 'settled', 'closed', 'reopened', 'followed_up', 'withdrawn', 'note')"
    )
    op.execute("ALTER TABLE dispute_event ENABLE TRIGGER append_only")
    op.execute(
        "ALTER TABLE dispute_event DROP COLUMN role, DROP COLUMN seq, DROP COLUMN key, DROP COLUMN facts, DROP COLUMN tier, "
        "DROP COLUMN after, DROP COLUMN holder_id, DROP COLUMN body, DROP COLUMN offered_id, DROP COLUMN offered_body, "
        "DROP COLUMN due_at, DROP COLUMN settle_by, ADD CONSTRAINT ck_dispute_event_what CHECK (what IN ('opened', "
        "'accepted', 'passed_on', 'visited', 'mediated', 'escalated', 'settled', 'closed', 'reopened', 'followed_up', "
        "'withdrawn', 'note'))"
    )
    op.execute("DROP TRIGGER changed_update ON dispute")
    for table, events in (("dispute", ("UPDATE",)), ("dispute_event", ("INSERT", "UPDATE", "DELETE"))):
        for event in events:
            rows = "OLD" if event == "DELETE" else "NEW"
            op.execute(
                f"CREATE TRIGGER changed_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed "
                "FOR EACH STATEMENT EXECUTE FUNCTION guard_data_change('incident')"
            )
    op.execute(f"ALTER TABLE dispute {', '.join(f'DROP COLUMN {name}' for name in NEW_COLUMNS)}")
    op.execute("DROP TABLE open311_key, series_incident, series, mediator, body")
    op.execute("ALTER TABLE web_hook DROP COLUMN groups")
    op.execute("ALTER TABLE account DROP COLUMN email")
    op.execute("ALTER TABLE station DROP COLUMN loop")
    op.execute("DROP SEQUENCE dispute_number")
    op.execute("DROP TABLE loop_move, loop_tier, loop")
