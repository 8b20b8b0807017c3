"""Row-level security: the service sees the stations of its transaction, in every table, and the index still works."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from gridmap.geo.edit_ops import Rename
from gridmap.services import drafts, gaps
from gridmap.store import audit, dispute_days, editions, geojson
from gridmap.store.engine import enter_scope
from gridmap.store.tables import (
    Account,
    Analysis,
    Assignment,
    Base,
    Comment,
    Dispute,
    DisputeBody,
    DisputeDayDue,
    DisputeEvent,
    DisputeLink,
    DisputePaper,
    DisputeParty,
    DoorNote,
    Facility,
    Incident,
    Mail,
    Mediator,
    Notice,
    Open311Key,
    PersonPhoto,
    Place,
    PlateStep,
    Proposal,
    ProposalOption,
    Report,
    ReportContact,
    ReportEvent,
    ReportPhoto,
    Road,
    Series,
    SeriesIncident,
    Shift,
    Visit,
    WebHook,
    WebHookDelivery,
    ZoneShape,
)
from tests import makers

#: Tables with a station that are no station's: who may see what is asked before there is a scope.
NOT_SCOPED = {"account_station"}
SCOPED = sorted(
    table.name for table in Base.metadata.tables.values() if "station" in table.columns and table.name not in NOT_SCOPED
)
WHEN = datetime(2025, 6, 1, tzinfo=UTC)


def fill(session: Session, station: str) -> None:
    """Put at least one row of `station` into every scoped table."""
    makers.make_station(session, station)
    draft = makers.make_draft(session, station)
    editions.set_published(session, draft, by="test", at=WHEN)
    door = makers.make_door(session, 0.5, 0.5, station=station)
    code = f"{station}00000000"
    makers.make_plate(session, code, door)
    person = makers.make_person(session, "officer", station=station, beat="A")
    makers.make_leave(session, person, date(2025, 1, 1), date(2025, 1, 2))
    incident = makers.make_incident(session, 0.5, 0.5, WHEN, station=station)
    dispute = Dispute(station=station, number="D1", kind="noise", opened_at=WHEN, incident_id=incident.id)
    line = text("ST_GeomFromText('MULTILINESTRING((112.9 35.8,112.91 35.81))', 4326)")
    session.add_all(
        [
            dispute,
            Assignment(edition_id=draft.id, plate=code, station=station, beat="A", grid_cell="A1"),
            Shift(station=station, person_id=person.id, during=Range(WHEN, None)),
            Place(station=station, code="V1", kind="village", name_zh="村", name_en="Village"),
            Road(station=station, name="路", kind="street", geom=line),
        ]
    )
    session.flush()
    session.add(DisputeEvent(station=station, dispute_id=dispute.id, by="test", what="opened"))
    fill_dispute_loop(session, station, dispute, incident.id, person.id)
    audit.write(session, [station], by="test", action="test", thing="test")
    fill_officers_map(session, station, draft.id, door.id)
    fill_work_on_drafts(session, station)
    fill_residents_scan(session, station, code, door.id, person.id)


def fill_dispute_loop(session: Session, station: str, earlier: Dispute, incident: int, person: int) -> None:
    """Put a row of `station` into every table of the dispute loop; the desk came with the station."""
    dispute = Dispute(station=station, number="D2", kind="noise", opened_at=WHEN)
    series = Series(station=station, kind="noise", name="噪声", by="test")
    account = Account(login=f"mail-{station.lower()}", display_name="x", role="officer", password_hash="$argon2id$x")
    key = hashlib.sha256(f"key {station}".encode()).digest()
    session.add_all([dispute, series, account, Mediator(person_id=person, station=station, body="desk")])
    session.add(Open311Key(station=station, name="邻居", sha256=key, by="test"))
    session.flush()
    session.add_all(
        [
            SeriesIncident(incident_id=incident, station=station, series_id=series.id),
            DisputeParty(station=station, dispute_id=dispute.id, side=1, reference="张某", sealed=b"s"),
            DisputeBody(dispute_id=dispute.id, station=station, body="desk", by="test"),
            DisputeLink(dispute_id=dispute.id, earlier_id=earlier.id, station=station, why="door", by="test"),
            DisputePaper(station=station, dispute_id=dispute.id, kind="record", by="test", sealed=b"s"),
            Mail(station=station, account_id=account.id, event="dispute_passed_on", body={}),
        ]
    )
    session.flush()
    assert dispute_days.recount(session, station) > 0
    session.add(DisputeDayDue(station=station, day=WHEN.date()))
    session.flush()


def fill_residents_scan(session: Session, station: str, plate: str, door: int, person: int) -> None:
    """Put a row of `station` into every table of the resident's scan; the edition's neighbours came with publishing."""
    report = Report(
        station=station,
        plate=plate,
        address_id=door,
        tracking=hashlib.sha256(station.encode()).digest(),
        send_key="1",
        kind="hazard",
        words="井盖松动",
    )
    hook = WebHook(station=station, url="http://messenger.test/", sealed_secret=b"s", events=["received"], by="test")
    session.add_all(
        [
            report,
            hook,
            PlateStep(station=station, plate=plate, by="test", step="installed"),
            DoorNote(station=station, address_id=door, by="test", note="内有犬"),
            Notice(station=station, text_zh="停水", during=Range(WHEN, None), by="test"),
            PersonPhoto(station=station, person_id=person, sha256="0" * 64, jpeg=b"jpeg"),
        ]
    )
    session.flush()
    session.add_all(
        [
            ReportEvent(station=station, report_id=report.id, what="received"),
            ReportContact(station=station, report_id=report.id, sealed=b"s"),
            ReportPhoto(station=station, report_id=report.id, number=1, jpeg=b"jpeg"),
            WebHookDelivery(station=station, hook_id=hook.id, event="received", body={}),
        ]
    )
    session.flush()


def fill_officers_map(session: Session, station: str, edition_id: int, door: int) -> None:
    """Put a row of `station` into every table of the officer's map."""
    shape = text("ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 3857)")
    session.add_all(
        [
            Visit(station=station, address_id=door, at=WHEN),
            Facility(station=station, code="F1", kind="school", name_zh="学校", geom="SRID=4326;POINT(112.9 35.8)"),
            Analysis(station=station, name="test", version=1, question="", data_version="", took_ms=1, body=b"{}"),
            ZoneShape(edition_id=edition_id, kind="beat", level=0, code="A", station=station, geom=shape),
        ]
    )
    session.flush()


def fill_work_on_drafts(session: Session, station: str) -> None:
    """Put a row of `station` into every table of work on drafts."""
    draft = makers.make_draft(session, station)
    drafts.edit(session, draft, Rename("beat", "A", None, "甲", ""), by="test")
    drafts.lock_zone(session, draft, "beat", "A", by="test")
    drafts.keep_presence(session, draft, login="test", name="Test")
    gaps.add(session, station, makers.square(0.1, 0.1, 0.1, 0.1).geoms[0], by="test", name_zh="水库")
    proposal = Proposal(station=station, by="test", base=draft.number, wishes={"zones": 2})
    session.add_all([Comment(station=station, edition_id=draft.id, by="test", text="看这里"), proposal])
    session.flush()
    session.add(ProposalOption(proposal_id=proposal.id, n=1, station=station, figures={}, plan={}))


@pytest.fixture
def filled(sessions):
    with sessions.begin() as session:
        for station in ("S001", "S002"):
            fill(session, station)


def run(app_sessions: sessionmaker[Session], statement: str) -> None:
    """Run one statement as the service, in the scope of S001."""
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        session.execute(text(statement))


def rows(session: Session, table: str) -> set[str]:
    return set(session.scalars(text(f"SELECT DISTINCT station FROM {table}")))


def test_the_list_of_scoped_tables_is_not_empty():
    assert len(SCOPED) >= 17


def test_every_table_with_a_station_has_a_policy_for_the_service(session):
    """A new table without one fails here."""
    secured = set(session.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity")))
    policies = set(session.scalars(text("SELECT tablename FROM pg_policies WHERE 'gridmap_app' = ANY (roles)")))
    assert {*SCOPED, "station"} <= secured & policies


@pytest.mark.parametrize("table", SCOPED)
def test_the_service_sees_its_own_station_and_no_other(filled, sessions, app_sessions, table):
    with sessions.begin() as session:
        assert rows(session, table) >= {"S001", "S002"}, "the test must put rows into every table"
    with app_sessions.begin() as session:
        assert rows(session, table) == set(), "without a scope nothing is visible"
        enter_scope(session, ["S001"])
        assert rows(session, table) == {"S001"}
        enter_scope(session, ["S001", "S002"])
        assert rows(session, table) == {"S001", "S002"}
        enter_scope(session, [])
        assert rows(session, table) == set()


def test_a_scope_does_not_outlive_its_transaction_on_a_pooled_connection(filled, app_sessions):
    backends = set()
    for scope in (["S001"], None, ["S002"], None, ["S001", "S002"], None):
        with app_sessions.begin() as session:
            backends.add(session.scalar(text("SELECT pg_backend_pid()")))
            if scope is not None:
                enter_scope(session, scope)
            assert rows(session, "incident") == set(scope or [])
    assert len(backends) == 1, "the test needs one connection, lent again and again"


def test_a_scope_does_not_outlive_an_error(filled, app_sessions):
    with pytest.raises(ProgrammingError):
        run(app_sessions, "SELECT nothing")
    with app_sessions.begin() as session:
        assert rows(session, "incident") == set()


@pytest.mark.parametrize("table", ["incident", "edition", "person", "audit"])
def test_the_service_cannot_write_into_a_foreign_station(filled, app_sessions, table):
    statements = {
        "incident": "INSERT INTO incident (station, number, category, at) VALUES ('S002', 'X', 'noise', now())",
        "edition": "INSERT INTO edition (station, number, created_by) VALUES ('S002', 9, 'x')",
        "person": "INSERT INTO person (station, code, name) VALUES ('S002', 'x', 'x')",
        "audit": "INSERT INTO audit (station, \"by\", action, thing) VALUES ('S002', 'x', 'x', 'x')",
    }
    with pytest.raises(ProgrammingError) as told:
        run(app_sessions, statements[table])
    assert isinstance(told.value.orig, InsufficientPrivilege)


def test_the_service_changes_no_foreign_row_and_moves_none_out(filled, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        assert session.execute(text("UPDATE person SET name = 'x' WHERE station = 'S002'")).rowcount == 0
        assert session.execute(text("DELETE FROM leave WHERE station = 'S002'")).rowcount == 0
        with pytest.raises(ProgrammingError):
            session.execute(text("UPDATE person SET station = 'S002'"))


@pytest.mark.parametrize("statement", [
    "UPDATE audit SET action = 'nothing'", "DELETE FROM audit", "TRUNCATE audit", "DELETE FROM dispute_event",
    "ALTER TABLE audit DISABLE TRIGGER ALL", "DROP POLICY in_scope ON incident",
    "UPDATE station SET desk_phone = '1'", "DELETE FROM account", "CREATE TABLE public.mine (x int)",
])  # fmt: skip
def test_the_service_role_can_neither_change_the_record_nor_lift_the_rules(filled, app_sessions, statement):
    with pytest.raises(ProgrammingError):
        run(app_sessions, statement)


def test_a_stranger_gets_a_plates_answer_and_nothing_else(filled, app_sessions):
    with app_sessions.begin() as session:
        plate = session.execute(text("SELECT * FROM scan_plates('S001')")).one()
        assert (plate.beat, plate.grid_cell) == ("A", "A1")
        team = session.scalar(text("SELECT scan_team('S001', now(), now() + interval '1 day')"))
        # Neither a person's own number nor anything of incidents, disputes or residents is among it.
        assert "000-1234" not in str(team)
        assert set(team) == {
            "station", "edition", "published_at", "since", "until", "zones", "neighbours", "people", "posts", "shifts",
            "leave", "rostered", "notices",
        }  # fmt: skip
        assert session.execute(text("SELECT * FROM responsible('S001', 'A', 'A1', now())")).all() == []


def test_the_spatial_index_is_used_under_row_level_security(sessions, app_sessions):
    """`&&` must be LEAKPROOF, and `&&` must stand beside ST_Intersects; else this reads every row of the station."""
    with sessions.begin() as session:
        makers.make_station(session, "S001")
        makers.make_incident(session, 0.5, 0.5, WHEN)
        session.execute(
            text("""INSERT INTO incident (station, number, category, at, geom)
                    SELECT 'S001', 'n' || i, 'noise', timestamptz '2025-01-01' + i * interval '1 minute',
                           ST_SetSRID(ST_MakePoint(112.9 + (i % 200) * 1e-4, 35.8 + (i / 200) * 1e-4), 4326)
                    FROM generate_series(1, 20000) AS i""")
        )
    with sessions().bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE incident"))
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        inside = geojson.touches(Incident.geom, (112.905, 35.805, 112.9052, 35.8052))
        query = Incident.__table__.select().where(Incident.station == "S001", inside)
        sql = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {sql}")))
    assert "geom &&" in plan.split("Index Cond:", 1)[-1].split("\n")[0], plan
    assert "Index Cond:" in plan, plan
