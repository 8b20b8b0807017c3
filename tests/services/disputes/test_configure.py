"""A loop is loaded with its people and kinds, or refused where it would strand an open dispute; a step waits meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.domain.dispute_words import Holder
from gridmap.domain.loops import STANDARD, LoopNotValid, Rules
from gridmap.services.disputes import configure
from gridmap.services.disputes.configure import LoopInUse, check_file
from gridmap.services.disputes.rules import LoopNotFound, loop_of
from gridmap.settings import Settings
from gridmap.store import dispute_rows
from gridmap.store.editions import StationNotFound
from tests import makers
from tests.looped import FILES, file_of

HEAD = '[loop]\ncode = "west"\nname_zh = "西"\nname_en = "West"\n'
COURT = '[[body]]\ncode = "court"\nname_zh = "庭"\nname_en = "Court"\n'
MEDIATOR = '[[mediator]]\ncode = "mediator"\nname = "合成"\nname_en = "Synthetic"\nbody = "court"\n'
ONE_TIER = '[[tier]]\nnumber = 1\nname_zh = "一"\nname_en = "One"\nholder = "desk"\naccept_hours = 4\nsettle_days = 7\non_late = "remind"\n'


def load(session, written: str, *stations: str):
    return configure.load(session, check_file(written, "west.toml"), stations or ("S001",), by="test")


def state_of(session):
    """Return all that loading writes, but when."""
    return {
        table: sorted(map(str, session.execute(text(f"SELECT * FROM {table}"))))
        for table in ("loop_tier", "loop_move", "body", "mediator", "person", "posting", "incident_category")
    }


def posted(session) -> list[str | None]:
    """Return the beats of those who are posted as mediators today, on the station's calendar."""
    today = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
    return list(session.scalars(text(f"SELECT beat FROM posting WHERE role = 'mediator' AND during @> {today}")))


def test_the_standard_loop_is_what_the_migrations_wrote(session):
    found = configure.named(session, "standard")
    assert dict(found.moves) == dict(STANDARD.moves)
    assert dict(found.tiers) == dict(STANDARD.tiers)
    assert found.rules == STANDARD.rules == Rules()
    assert (found.name_zh, found.name_en) == (STANDARD.name_zh, STANDARD.name_en)


@pytest.mark.parametrize("name", sorted(path.stem for path in FILES.glob("*.toml")))
def test_a_file_comes_back_from_the_database_as_it_was_written_and_twice_changes_nothing(sessions, name):
    with sessions.begin() as session:
        makers.make_station(session)
        given = file_of(name)
        done = configure.load(session, given, ["S001"], by="test")
        found = loop_of(session, "S001")
        assert dict(found.moves) == dict(given.loop.moves)
        assert dict(found.tiers) == dict(given.loop.tiers)
        assert found.rules == given.loop.rules
        assert done.followers == ("S001",)
        assert {one.code for one in given.categories} <= set(done.kinds)
        bodies = session.execute(text("SELECT code FROM body WHERE active AND code <> 'desk'")).scalars().all()
        assert sorted(bodies) == sorted(body.code for body in given.bodies)
        people = session.execute(
            text("""SELECT p.code, m.languages FROM mediator m JOIN person p ON p.id = m.person_id
                    JOIN posting o ON o.person_id = p.id AND o.role = 'mediator' AND upper_inf(o.during)
                    WHERE m.active ORDER BY p.code""")
        ).all()
        assert [(row.code, tuple(row.languages)) for row in people] == sorted(
            (one.code, one.languages) for one in given.mediators
        )
        before = state_of(session)
        again = configure.load(session, given, ["S001"], by="test")
        assert again.kinds == ()
        assert state_of(session) == before
        audit = session.execute(text("SELECT by, action, thing, after FROM audit WHERE action = 'load loop'")).first()
        assert (audit.by, audit.thing, audit.after["followers"]) == ("test", f"loop {name}", ["S001"])


def test_who_is_no_longer_named_is_let_go_and_comes_back_when_named_again(town, sessions):
    with sessions.begin() as session:
        done = load(session, HEAD)
        assert done.retired == {"S001": ("court", "mediator")}
        row = session.execute(text("SELECT active FROM mediator")).one()
        assert not row.active
        assert posted(session) == []
        load(session, HEAD + COURT + MEDIATOR + 'beat = "B"\n')
        assert posted(session) == ["B"]
        load(session, HEAD + COURT + MEDIATOR)
        assert posted(session) == [None]
        assert session.scalar(text("SELECT active FROM mediator"))


def test_who_holds_an_open_dispute_is_not_let_go(town, sessions):
    with sessions.begin() as session:
        done = town.open(session, to=Holder(body="court"))
        with pytest.raises(LoopInUse, match="body court of station S001 is no longer named and has 1 open"):
            load(session, HEAD)
        town.step(session, town.mediator, done, "accepted")
        with pytest.raises(LoopInUse, match="mediator mediator of station S001"):
            load(session, HEAD + COURT)
        load(session, HEAD + COURT + MEDIATOR)
        assert dispute_rows.lost(session, ["S001"]) == []


@pytest.mark.parametrize(("step", "facts", "written", "said"), [
    ("escalated", {}, HEAD + ONE_TIER, "stand at tier 2, and the loop has 1"),
    ("paused", {"until": datetime.now(UTC) + timedelta(days=2)},
     HEAD.rstrip() + '\nwithout = ["paused", "resumed"]\n', "are paused, which the loop does not know"),
    ("convened", {"bodies": ("court",)},
     HEAD.rstrip() + '\nwithout = ["convened"]\n', "are joint, which the loop does not know"),
])  # fmt: skip
def test_rules_under_which_an_open_dispute_would_be_stranded_are_refused(town, sessions, step, facts, written, said):
    with sessions.begin() as session:
        done = town.step(session, town.officer, town.open(session), "begun")
        done = town.step(session, town.officer, done, step, "合成", **facts)
        people = COURT + MEDIATOR
        with pytest.raises(LoopInUse, match=said) as raised:
            load(session, written + people)
        assert "as M-" in raised.value.detail
        town.step(session, town.officer, done, "withdrawn", "合成")
        load(session, written + people)


def test_what_was_reviewed_and_has_no_way_to_its_end_is_not_stranded_either(town, sessions):
    with sessions.begin() as session:
        configure.load(session, file_of("pingchuan"), ["S001"], by="test")
        done = town.step(session, town.officer, town.open(session), "accepted")
        done = town.step(session, town.officer, done, "settled", "合成")
        done = town.step(session, town.officer, done, "reviewed", "合成")
        with pytest.raises(LoopInUse, match="are reviewed, which the loop does not know"):
            configure.follow(session, "S001", "standard", by="test")
        later = datetime.now(UTC) + timedelta(days=90)
        done = town.step(session, town.officer, done, "followed_up", outcome=5, now=later)
        town.step(session, town.officer, done, "closed", now=later)
        configure.follow(session, "S001", "standard", by="test")
        assert loop_of(session, "S001").code == "standard"


def test_a_station_follows_a_loop_only_with_the_bodies_of_its_tiers(town, sessions):
    with sessions.begin() as session:
        makers.make_station(session, "S002", x=5)
        given = file_of("beijie")
        configure.load(session, given, ["S001"], by="test")
        with pytest.raises(LoopNotValid, match="S002 has no body governance_centre"):
            configure.follow(session, "S002", "beijie", by="test")
        assert configure.load(session, given, ["S002"], by="test").followers == ("S001", "S002")
        with pytest.raises(LoopNotFound):
            configure.follow(session, "S002", "nowhere", by="test")
        with pytest.raises(StationNotFound):
            configure.load(session, given, ["S009"], by="test")
        assert [one.stations for one in configure.listing(session)] == [("S001", "S002"), ()]


def test_a_kind_or_a_place_nobody_knows_is_refused(town, sessions):
    with sessions.begin() as session:
        with pytest.raises(LoopNotValid, match=r"\[\[kind\]\] arson: nobody knows this kind"):
            load(session, HEAD + '[[kind]]\ncode = "arson"\n')
        with pytest.raises(LoopNotValid, match="no beat or cell J77"):
            load(session, HEAD + COURT + MEDIATOR + 'cell = "J77"\n')
    with pytest.raises(LoopNotValid, match="gridmap's own loop"):
        check_file(HEAD.replace("west", "standard"), "x.toml")


def test_no_step_is_taken_while_rules_are_loaded(town, sessions):
    with sessions.begin() as session:
        done = town.open(session)
    with sessions() as session, session.begin():
        load(session, HEAD + COURT + MEDIATOR)
        with sessions() as other, other.begin():
            other.execute(text("SET LOCAL lock_timeout = '100ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                town.step(other, town.grid, done, "accepted")
    with sessions.begin() as session:
        town.step(session, town.grid, done, "accepted")


def test_the_command_checks_loads_lists_shows_and_sets(town, sessions, database_url, tmp_path):
    console = Console(Settings(database_url=database_url))

    def run(*words):
        return CliRunner().invoke(group, ["loop", *(str(word) for word in words)], obj=console)

    nancheng = FILES / "nancheng.toml"
    assert "loop nancheng holds: 3 tiers" in run("check", nancheng).output
    dry = run("load", nancheng, "--station", "S001")
    assert dry.exit_code == 0, dry.output
    assert "new kinds: medical, pollution" in dry.output
    assert "S001: 14 bodies, 13 mediators; let go: court" not in dry.output
    assert "let go: mediator" in dry.output
    assert "dry run: nothing was kept" in dry.output
    with sessions() as session:
        assert loop_of(session, "S001").code == "standard"
        assert session.scalar(text("SELECT count(*) FROM loop")) == 1
    assert "kept" in run("load", nancheng, "--station", "S001", "--commit").output
    listed = run("list").output
    assert "nancheng         南城三级调处" in listed
    assert "2 loops" in listed
    shown = run("show", "nancheng").output
    assert "tier 2  所内调解室、小法庭" in shown
    assert "reviewed 联席会议研判" in shown
    assert run("show", "nancheng", "--dot").output.startswith('digraph "nancheng"')
    assert run("show", "nancheng", "--mermaid").output.startswith("stateDiagram-v2")
    assert "station S001 follows standard" in run("set", "S001", "standard").output
    broken = tmp_path / "broken.toml"
    broken.write_text(HEAD + "close_after = 9\nfollow_ups_days = [3, 1]\n", encoding="utf-8")
    told = run("check", broken)
    assert isinstance(told.exception, LoopNotValid)
    assert "close_after is 0 to 2" in told.stderr
    broken.write_bytes("[loop]\nname_zh = '西'".encode("gbk"))
    assert "save it as UTF-8" in run("check", broken).exception.detail
    console.forget_database()


def test_a_tier_whose_body_has_no_mediator_is_told(sessions, database_url, tmp_path):
    with sessions.begin() as session:
        makers.make_station(session)
    written = HEAD + ONE_TIER.replace("desk", "court") + COURT
    with sessions() as session:
        assert load(session, written).empty == {"S001": ("court",)}
        assert load(session, written + MEDIATOR).empty == {}
    file = tmp_path / "west.toml"
    file.write_text(written, encoding="utf-8")
    console = Console(Settings(database_url=database_url))
    told = CliRunner().invoke(group, ["loop", "load", str(file), "--station", "S001"], obj=console)
    assert told.exit_code == 0
    assert "warning: station S001: no mediator has body = 'court', which holds a tier" in told.stderr
    console.forget_database()
