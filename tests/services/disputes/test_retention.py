"""Personal data go when what they were for is over for long, and never before; what happened stays."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.domain.codes import new_plate_code
from gridmap.services.disputes import retention
from gridmap.settings import Settings
from gridmap.store.tables import Address, Report
from tests import makers
from tests.disputes import make_town
from tests.houses import house_of
from tests.reported import make_report, make_step

KEPT = {"contacts_days": 180, "papers_days": 1_095}


@pytest.fixture(scope="module")
def house(server_url, template_database):
    with house_of(server_url, template_database) as made:
        with made.owner.begin() as session:
            town = make_town(session)
            plate = makers.make_plate(session, new_plate_code(), session.get(Address, town.door)).code
        yield SimpleNamespace(url=made.url, town=town, plate=plate, owner=made.owner, service=made.service)


@pytest.fixture
def fill(house):
    """Return what adds a dispute with a party and a paper, taken to a state; nothing personal is there before."""
    with house.owner.begin() as session:
        for table in ("dispute_party", "dispute_paper", "report_contact", "report_photo", "report_event", "report"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            session.execute(text(f"DELETE FROM {table}"))
            session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

    def add(*steps, **facts):
        town = house.town
        with house.owner.begin() as session:
            done = town.open(session, **facts)
            for step in steps:
                outcome = {"outcome": 5} if step == "followed_up" else {}
                done = town.step(session, town.officer, done, step, "好", **outcome)
            session.execute(
                text("""INSERT INTO dispute_party (station, dispute_id, side, reference, sealed, print)
                        VALUES ('S001', :id, 1, '王某', '\\x01', decode(repeat('00', 16), 'hex'))"""),
                {"id": done.dispute},
            )
            session.execute(
                text(
                    "INSERT INTO dispute_paper (station, dispute_id, kind, by, sealed) VALUES ('S001', :id, 'record', 'x', '\\x01')"
                ),
                {"id": done.dispute},
            )
            return done.dispute

    return add


def report(house, *steps, dispute=None, **facts):
    with house.owner.begin() as session:
        made = make_report(session, house.plate, **facts)
        for step in steps:
            make_step(session, made, step, note="好")
        if dispute is not None:
            session.execute(
                text("UPDATE report SET dispute_id = :dispute WHERE id = :id"), {"dispute": dispute, "id": made.id}
            )
        session.execute(text("INSERT INTO report_contact VALUES (:id, 'S001', '\\x01')"), {"id": made.id})
        session.execute(
            text("INSERT INTO report_photo (report_id, number, station, jpeg) VALUES (:id, 1, 'S001', '\\x01')"),
            {"id": made.id},
        )
        return made.id


def purge(house, days, **facts):
    gone = retention.purge(house.service, datetime.now(UTC) + timedelta(days=days), **{**KEPT, **facts})
    return {what: number for what, number in gone.items() if number}


SETTLED = ("accepted", "begun", "settled")


def test_the_parties_of_what_is_over_are_forgotten_and_later_its_papers(house, fill):
    fill("withdrawn")
    assert purge(house, 179) == {}
    assert purge(house, 181) == {"parties": 1}
    with house.owner() as session:
        assert session.execute(text("SELECT reference, sealed, print, side FROM dispute_party")).one() == (
            "—",
            None,
            None,
            1,
        )
        kept = session.execute(
            text("SELECT by, action, thing, after FROM audit WHERE action = 'purge' ORDER BY id DESC LIMIT 1")
        ).one()
        assert kept == ("gridmap", "purge", "personal data", {"parties": 1})
    assert purge(house, 1_094) == {}
    assert purge(house, 1_096) == {"papers": 1}
    assert purge(house, 9_999) == {}


def test_who_is_still_to_be_visited_or_worked_on_is_kept(house, fill):
    fill("accepted")
    fill(*SETTLED)
    visited = fill(*SETTLED)
    with house.owner.begin() as session:
        session.execute(
            text(
                "UPDATE dispute SET state = 'closed', closed_at = settled_at, followed = 3, due_at = NULL WHERE id = :id"
            ),
            {"id": visited},
        )
    hazard = fill(*SETTLED, matter="hazard")
    assert purge(house, 181) == {"parties": 2}, "a hazard has no visits, and of the third all were made"
    # The first visit was due after 30 days: it is 180 days late, and nobody will go any more.
    assert purge(house, 209) == {}
    assert purge(house, 211) == {"parties": 1}
    with house.owner() as session:
        assert session.scalar(text("SELECT count(*) FROM dispute_party WHERE reference <> '—'")) == 1, "of the open one"
        assert session.scalar(text("SELECT count(*) FROM dispute_event WHERE dispute_id = :id"), {"id": hazard}) == 4


def test_how_to_reach_a_reporter_goes_with_pictures_when_the_matter_is_over(house, fill):
    ended = report(house, "settled")
    waits = report(house)
    report(house, held=True)
    with house.owner.begin() as session:
        open_one = house.town.open(session).dispute
    disputed = report(house, "not_ours", dispute=open_one)
    assert purge(house, 179) == {}
    assert purge(house, 181) == {"contacts": 2, "photos": 2}, "of the ended one and of the one nobody looked at"
    with house.owner() as session:
        assert set(session.scalars(text("SELECT report_id FROM report_contact"))) == {waits, disputed}
        assert ended in set(session.scalars(text("SELECT id FROM report")))


def test_a_report_that_was_joined_to_another_is_over_with_that_one(house, fill):
    root, joined = report(house), report(house)
    with house.owner.begin() as session:
        session.execute(text("UPDATE report SET joined_to = :root WHERE id = :id"), {"root": root, "id": joined})
    assert purge(house, 999) == {}
    with house.owner.begin() as session:
        make_step(session, session.get_one(Report, root), "settled", note="好")
    assert purge(house, 999) == {"contacts": 2, "photos": 2}


def test_nothing_goes_where_it_is_kept_for_good_or_only_counted(house, fill):
    fill("withdrawn")
    report(house, "settled")
    assert purge(house, 9_999, contacts_days=0, papers_days=0) == {}
    counted = purge(house, 9_999, dry_run=True)
    assert counted == {"parties": 1, "contacts": 1, "photos": 1, "papers": 1}
    stopped = threading.Event()
    stopped.set()
    assert purge(house, 9_999, stop=stopped) == {}
    assert purge(house, 9_999) == counted


def test_many_go_in_small_batches_each_on_record(house, fill, monkeypatch):
    for _ in range(5):
        fill("withdrawn")
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    with house.owner() as session:
        before = session.scalar(text("SELECT count(*) FROM audit WHERE action = 'purge'"))
    assert purge(house, 181) == {"parties": 5}
    with house.owner() as session:
        assert session.scalar(text("SELECT count(*) FROM audit WHERE action = 'purge'")) == before + 3


def test_two_at_once_delete_each_once(house, fill):
    for _ in range(6):
        fill("withdrawn")
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(purge(house, 9_999))) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert {what: sum(count.get(what, 0) for count in counts) for what in ("parties", "papers")} == {
        "parties": 6,
        "papers": 6,
    }


def test_the_command_counts_or_deletes(house, fill):
    fill("withdrawn")
    console = Console(Settings(database_url=house.url, keep_papers_days=0))
    try:
        done = CliRunner().invoke(group, ["purge", "--dry-run"], obj=console)
    finally:
        console.forget_database()
    assert done.exit_code == 0, done.output
    assert "       0 parties of disputes (kept 180 days after the end)\n" in done.output
    assert "papers of mediation (kept for good)" in done.output
    assert done.output.endswith("nothing was deleted: a dry run\n")
