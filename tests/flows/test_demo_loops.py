"""Each of the five loops on the made-up station: loaded as its file is, with the station's own zones, and disputes in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.domain.loop_zones import beats_of, cells_of
from gridmap.domain.loops import LoopNotValid
from gridmap.services import demo, demo_disputes, fixture
from gridmap.services.demo_cases import SCRIPTS
from gridmap.settings import Settings
from gridmap.store.engine import make_engine, make_sessions
from gridmap.synthetic.calls import LAST_DAY
from tests.houses import copy_of, filled_by, house_of
from tests.looped import FILES, file_of

STATION = "990001000000"
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a folder with a made-up station of a dozen cells."""
    folder = tmp_path_factory.mktemp("small")
    fixture.write(2, "12", folder)
    return folder


@pytest.fixture(scope="module")
def built(server_url, template_database, small):
    """Return a database with the small station as the demo loads it, following no loop of a file."""

    def fill(session):
        return demo.build(session, small, password="a dozen cells, made up", say=lambda _: None)

    for url, _ in filled_by(server_url, template_database, fill):
        yield url


@pytest.fixture(scope="module", params=sorted(SCRIPTS))
def following(request, server_url, built):
    """Return the house of a copy that follows one of the five, and its name."""
    with house_of(server_url, built) as house:
        with house.owner.begin() as session:
            demo.follow(session, STATION, file_of(request.param))
        yield house, request.param


def test_there_is_a_script_for_each_file():
    assert set(SCRIPTS) == {path.stem for path in FILES.glob("*.toml")}
    assert datetime.fromisoformat(str(LAST_DAY)).replace(tzinfo=ZONE) == demo.UNTIL


def test_every_matter_goes_the_way_its_script_says_and_none_is_lost(following):
    house, name = following
    script = SCRIPTS[name]
    with house.owner() as session:
        done = demo_disputes.fill(session, STATION, script)
        taken = [
            list(session.scalars(text("SELECT what FROM dispute_event WHERE dispute_id = :id AND role NOT IN ('clock', 'import') "
                                      "ORDER BY seq"), {"id": one.dispute}))
            for one in done
        ]  # fmt: skip
        wanted = [
            ["opened", *(step.what for step in case.steps if step.what != "followed_up")] for case in script.cases
        ]
        assert [
            [what for what in steps if what not in {"marked", "linked", "followed_up"}] for steps in taken
        ] == wanted
        assert session.scalar(text("SELECT count(*) FROM lost_dispute")) == 0
        # Whoever a tier belongs to holds what began at it: nothing is at the desk for want of people.
        assert [one.dispute for one in done if one.standing.holder.body == "desk"] == []
        states = set(
            session.scalars(
                text("SELECT state FROM dispute WHERE id = ANY (:ids)"), {"ids": [one.dispute for one in done]}
            )
        )
        assert {"open", "accepted", "paused", "settled"} <= states
        assert states & {"handed", "joint"}
        own = session.scalar(
            text("""SELECT count(*) FROM dispute d JOIN dispute_event e ON e.dispute_id = d.id AND e.by = 'mediator'
                    WHERE d.station = :station"""),
            {"station": STATION},
        )
        assert own > 0 or name == "nancheng"
        assert session.scalar(text("SELECT p.code FROM account a JOIN person p ON p.id = a.person_id WHERE login = 'mediator'")) == (
            script.mediator
        )  # fmt: skip
        session.rollback()


@pytest.mark.parametrize("day", ["2026-11-01 00:01", "2026-11-09 12:00", "2026-11-30 23:00", "2027-03-01 09:00"])
def test_what_the_demo_takes_in_is_of_no_made_up_year_whatever_the_day(built, server_url, day):
    """The figures of the year stay those of the files: nothing is opened in it, and nothing of it is worked on."""
    now = datetime.fromisoformat(day).replace(tzinfo=ZONE)
    with house_of(server_url, built) as house, house.owner() as session:
        demo.follow(session, STATION, file_of("nancheng"))
        past = text("SELECT count(*), sum(version) FROM dispute WHERE opened_at < '2026-11-01 00:00+08'")
        before = session.execute(past).one()
        done = demo_disputes.fill(session, STATION, SCRIPTS["nancheng"], now=now)
        assert len(done) == len(SCRIPTS["nancheng"].cases)
        assert session.execute(past).one() == before
        first, last = session.execute(
            text("SELECT min(opened_at), max(opened_at) FROM dispute WHERE id = ANY (:ids)"),
            {"ids": [one.dispute for one in done]},
        ).one()
        assert demo.UNTIL < first < last <= now
        # An older one is asked after on its day, once that has come.
        asked = session.scalar(
            text("SELECT count(*) FROM dispute_event WHERE what = 'followed_up' AND role <> 'import'")
        )
        assert asked == int(now - demo.UNTIL > timedelta(days=50))


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_file_as_shipped_is_loaded_with_the_stations_zones_and_the_refusal_says_how(built, tmp_path, name):
    console = Console(Settings(database_url=built, data=tmp_path))
    order = ["loop", "load", str(FILES / f"{name}.toml"), "--station", STATION]
    given = file_of(name)
    named = (*beats_of(given), *cells_of(given))
    told = CliRunner().invoke(group, order, obj=console)
    if named:
        assert isinstance(told.exception, LoopNotValid)
        assert f"--zone {named[0]}=CODE" in str(told.exception)
    with console.sessions.begin() as session:
        zones = demo.first_zones(session, STATION, given)
    assert set(zones) == set(named)
    assert [zones[zone] for zone in beats_of(given)] == ["J04", "J01"][: len(beats_of(given))]  # only J04's is at work
    told = CliRunner().invoke(group, [*order, *(f"--zone={zone}={code}" for zone, code in zones.items())], obj=console)
    console.forget_database()
    assert told.exception is None, told.output
    assert "dry run" in told.output


@pytest.mark.parametrize(
    ("zones", "says"),
    [(["A"], "write --zone A=J01"), (["A=J01", "A=J02"], "once for each zone"), (["X=J01"], "names no beat or cell X; it names A"),
     (["A=J01", "B=J01"], "two of its beats would be J01")],
)  # fmt: skip
def test_a_mapping_that_makes_no_sense_is_told(built, tmp_path, zones, says):
    console = Console(Settings(database_url=built, data=tmp_path))
    order = ["loop", "load", str(FILES / "pingchuan.toml"), "--station", STATION, *(f"--zone={one}" for one in zones)]
    told = CliRunner().invoke(group, order, obj=console)
    console.forget_database()
    assert told.exit_code != 0
    assert says in f"{told.output} {told.exception}"


def test_the_demo_follows_the_loop_that_is_asked_for_and_no_other_afterwards(
    server_url, template_database, small, tmp_path
):
    for url in copy_of(server_url, template_database):
        console = Console(Settings(database_url=url, data=tmp_path))
        order = ["demo", "--no-serve", "--fixtures", str(small)]
        first = CliRunner().invoke(group, [*order, "--loop", "pingchuan"], obj=console)
        assert first.exception is None, first.output
        assert "loop pingchuan" in first.output
        again, other = (CliRunner().invoke(group, [*order, *more], obj=console) for more in ([], ["--loop", "beijie"]))
        assert again.exit_code == 0
        assert "--fresh --loop beijie" in str(other.exception)
        console.forget_database()
        engine = make_engine(url)
        with make_sessions(engine)() as session:
            assert demo.loop_of(session, STATION) == "pingchuan"
            held = dict(
                session.execute(text("SELECT body, count(*) FROM dispute WHERE body <> 'desk' GROUP BY 1")).all()
            )
        engine.dispose()
        assert "town_centre" in held  # a village passed it on
