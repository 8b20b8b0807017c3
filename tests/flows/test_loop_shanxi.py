"""Shanxi: a run of battery thefts is proposed as a series, worked together and solved at once; a team in every cell."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder
from gridmap.services.disputes import matching, series
from gridmap.services.disputes.acting import DisputeNotFound
from tests import makers
from tests.looped import loop_house, walked

__all__ = ["loop_house"]

CASE = {"kind": "battery_theft", "matter": "case", "source": "call", "address_id": None, "words": "合成：电瓶被盗"}


@pytest.fixture
def walk(loop_house):
    yield from walked(loop_house, "shanxi")


def test_a_run_of_battery_thefts_is_linked_and_solved(walk):
    town, officer = walk.town, walk.town.officer
    cases = []
    for days_ago, (x, y) in enumerate(((0.50, 0.25), (0.52, 0.26), (0.49, 0.27), (0.53, 0.24), (0.5, 0.8)), 1):
        place = makers.spot(x, y)
        moment = walk.after(days=-days_ago)
        done = walk.open(**CASE, lon=place.x, lat=place.y, opened_at=moment)
        assert (done.standing.tier, done.standing.settle_by) == (2, moment + (walk.after(days=30) - walk.now))
        cases.append(done)
    walk.step(officer, "accepted")
    near, far = makers.spot(0.51, 0.25), makers.spot(1.9, 0.9)
    before = walk.open(**CASE, lon=near.x, lat=near.y, opened_at=walk.after(days=-27))
    alone = walk.open(**CASE, lon=far.x, lat=far.y, opened_at=walk.after(days=-170))
    proposed = series.proposals(walk.session, officer, town.station)
    members = {one.key for one in proposed[0].matters}
    assert members == {f"d{done.dispute}" for done in cases}
    number = series.make(
        walk.session, officer, town.station, kind="battery_theft", name="合成：电瓶系列案", members=members
    )
    solved = series.solve(walk.session, officer, town.station, number, "嫌疑人落网，电瓶发还")
    assert (solved.settled, solved.over) == (5, 0)
    states = {row.id: row.state for row in walk.session.execute(text("SELECT id, state FROM dispute"))}
    assert states == {**{done.dispute: "settled" for done in cases}, before.dispute: "open", alone.dispute: "open"}
    # Settled from where each stood: the file lets a solved run settle what nobody had accepted yet.
    steps = walk.session.execute(
        text("SELECT what FROM dispute_event WHERE dispute_id = :id ORDER BY seq"), {"id": cases[0].dispute}
    )
    assert steps.scalars().all() == ["opened", "settled"]
    walk.done = alone
    walk.step(officer, "accepted")
    walk.step(officer, "settled", "单独一起，已破")
    assert walk.wait(hours=23) == []
    assert walk.wait(hours=2) == [("closed", 2, "officer")], "a case gets no follow-up visits"


def test_a_quarrel_begins_with_the_team_of_its_cell_and_goes_to_the_villages_officer(walk):
    with walk.owner() as session:
        for role in ("property_manager", "volunteer"):
            makers.make_person(session, role, role, cell="A1")
    team = walk.session.execute(text("SELECT role FROM posting WHERE grid_cell = 'A1' OR beat = 'A' ORDER BY role"))
    assert set(team.scalars()) == {"officer", "grid_member", "property_manager", "volunteer", "mediator"}
    assert walk.loop.tiers[1].name_zh == "网格小队"
    done = walk.open(kind="housing")
    assert done.standing.holder.person == walk.town.grid.person_id
    walk.step(walk.town.grid, "accepted")
    assert walk.wait(days=5, hours=23) == [("warned", 143, "grid")]
    assert walk.wait(days=1, hours=1) == [("escalated", 25, "officer")]
    walk.step(walk.town.officer, "accepted")
    assert walk.wait(days=15) == [("escalated", 360, "case_team")]
    team = walk.mediator("SX-C1")
    walk.step(team, "accepted")
    everybody = {"officer", "grid_member", "mediator", "commander"}
    assert walk.who("convened", bodies=("property",)) == walk.who("settled", "说和了") == everybody
    assert walk.needs("grid_member", "convened", bodies=("property",)) == {"bodies"}
    assert walk.needs("grid_member", "settled", note="说和了") == {"note"}
    walk.step(team, "settled", "说和了")
    assert walk.wait(days=30) == [("reminded", 720, "SX-C1")]
    walk.step(walk.town.officer, "followed_up", outcome=3)
    assert walk.wait(minutes=10) == [("closed", 0.17, "SX-C1")]


def test_property_managers_and_volunteers_of_a_cells_team_are_told_take_over_and_sit_together(walk):
    town, manager, volunteer = walk.town, walk.mediator("SX-P1"), walk.mediator("SX-V1")
    with walk.owner() as session:
        session.execute(
            text("""INSERT INTO web_hook (station, url, sealed_secret, events, groups, by)
                    SELECT 'S001', 'http://127.0.0.1:9/' || g, '', '{dispute_opened}', ARRAY[g], 'test'
                    FROM unnest(CAST('{property,volunteers}' AS text[])) AS g""")
        )
    hazard = walk.open(matter="hazard", kind="charging", source="patrol", words="合成：楼道里给电动车充电")
    told = text("""SELECT h.groups[1] FROM web_hook_delivery d JOIN web_hook h ON h.id = d.hook_id
                   WHERE d.body ->> 'kind' = :kind ORDER BY 1""")
    assert walk.session.scalars(told, {"kind": "charging"}).all() == ["property", "volunteers"]
    best = matching.propose(walk.session, town.officer, town.station, hazard.dispute).matches[0]
    assert best.who.code == "SX-P1", "the property manager of this very cell"
    assert "trade" in {reason.word for reason in best.reasons}
    housing = matching.propose(walk.session, town.officer, town.station, walk.open(kind="housing").dispute).matches[0]
    assert "trade" in {reason.word for reason in housing.reasons}
    walk.done = hazard
    walk.step(town.grid, "accepted")
    done = walk.step(town.grid, "convened", bodies=("property", "volunteers"))
    assert done.standing.state == "joint"
    walk.step(volunteer, "visited", "合成：夜里看过一趟")
    with pytest.raises(DisputeNotFound):
        walk.step(walk.mediator("SX-C1"), "note", "案件组没有受邀")
    walk.step(town.grid, "passed_on", "请物业清理", to=Holder(person=manager.person_id))
    walk.step(manager, "taken")
    done = walk.step(manager, "settled", "合成：已拉走，装了充电桩")
    assert (done.standing.holder.person, done.standing.due_at) == (manager.person_id, walk.after(days=30))
    assert walk.wait(days=30) == [("reminded", 720, "SX-P1")]
    assert walk.step(town.officer, "followed_up", outcome=5).standing.due_at is None, "a hazard is looked at once more"
    watch = walk.open(matter="hazard", kind="night_watch", source="patrol", words="合成：车棚夜里没人")
    assert walk.session.scalars(told, {"kind": "night_watch"}).all() == ["volunteers"]
    best = matching.propose(walk.session, town.officer, town.station, watch.dispute).matches[0]
    assert best.who.code == "SX-V1"


def test_the_cells_team_works_together_and_a_solved_run_is_settled_from_where_it_stands(walk):
    everybody, table = {"officer", "grid_member", "mediator", "commander"}, {"note": "一起", "bodies": ("property",)}
    walk.open()
    assert walk.who("settled", "已破") == everybody, "from the beginning"
    assert walk.needs("officer", "settled", note="已破") == {"note"}
    assert walk.who("convened", **table) == set()
    for _state in walk.worked(walk.town.officer):
        assert walk.who("convened", **table) == walk.who("settled", "已破") == everybody
        assert walk.needs("officer", "convened", **table) == {"bodies"}
        assert walk.needs("officer", "settled", note="已破") == {"note"}


def test_property_managers_and_volunteers_hear_of_thefts_and_of_what_burns(walk):
    both, managers = {"property", "volunteers"}, {"property"}
    assert walk.groups_told("battery_theft", "theft", "housing", "charging", "night_watch", "debt") == {
        "battery_theft": both, "theft": managers, "housing": managers, "charging": both, "night_watch": {"volunteers"},
        "debt": set(),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "matter", "tier", "accept", "settle"),
    [
        ("battery_theft", "case", 2, 1, 30 * 24), ("theft", "case", 2, 1, 30 * 24), ("charging", "hazard", 1, 2, 48),
        ("night_watch", "hazard", 1, 2, 7 * 24), ("other_dispute", "hazard", 1, 2, 48), ("other_dispute", "case", 1, 1, 30 * 24),
    ],
)  # fmt: skip
def test_thefts_and_hazards_have_clocks_of_their_own(walk, kind, matter, tier, accept, settle):
    standing = walk.open(kind=kind, matter=matter).standing
    assert standing.tier == tier
    assert (standing.due_at, standing.settle_by) == (walk.after(hours=accept), walk.after(hours=settle))
