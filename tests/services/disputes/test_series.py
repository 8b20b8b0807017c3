"""Series of like matters: proposed by place and time, made by a person, solved with one sentence, or given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridmap.domain import loops
from gridmap.domain.access import RoleMayNot
from gridmap.domain.dispute_words import Holder
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import Rules, SeriesRule
from gridmap.services.disputes import series
from gridmap.store import loops as kept_loops
from gridmap.store.dispute_series import Matter
from gridmap.store.tables import IncidentCategory
from tests import makers
from tests.disputes import make_town

NOW = datetime.now(UTC)
RULE = SeriesRule(("theft",), 300.0, 7, 3)


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        town = make_town(session)
        session.add(IncidentCategory(code="theft", name_zh="盗窃", name_en="Theft", is_dispute=False))
        session.flush()
        rules = Rules(series=RULE)
        loop = loops.Loop("town", "试", "Try", loops.STANDARD.tiers.values(), loops.STANDARD.moves.values(), rules)
        kept_loops.put(session, loop, to_json(rules), by="test")
        kept_loops.follow(session, town.station, "town")
        for n, (x, days) in enumerate(((0.50, 1), (0.51, 2), (1.9, 3), (0.52, 170))):
            makers.make_incident(session, x, 0.25, NOW - timedelta(days=days, minutes=n), category="theft")
        return town


def case(town, session, x: float = 0.505, days: float = 3, **facts: object):
    wish = {"kind": "theft", "matter": "case", "address_id": None, "lon": 112.9 + x / 100, "lat": 35.8025}
    return town.open(session, **wish, opened_at=NOW - timedelta(days=days), **facts)


def ask(town, session) -> list[series.Proposal]:
    return series.proposals(session, town.officer, town.station)


def make(town, session, *members: str, name: str = "电瓶车被盗") -> int:
    return series.make(session, town.officer, town.station, kind="theft", name=name, members=members)


def standing(session) -> dict[int, str]:
    return {row.id: row.state for row in session.execute(text("SELECT id, state FROM dispute"))}


def test_like_matters_near_one_another_are_proposed_with_their_reasons(town, served):
    first, far = case(town, served).dispute, case(town, served, x=1.0, days=100).dispute
    town.open(served)
    (found,) = ask(town, served)
    assert {one.key for one in found.matters} == {f"d{first}", "i1", "i2"}
    assert f"d{far}" not in {one.key for one in found.matters}
    assert (found.kind, found.kind_zh) == ("theft", "盗窃")
    assert found.days == pytest.approx(2, abs=0.1)
    assert 0 < found.extent_m < 300
    assert 0 < found.p <= 1
    assert found.around == 4  # the old one too


def test_what_is_in_a_series_or_withdrawn_is_not_proposed_again(town, served):
    done = case(town, served)
    town.step(served, town.officer, done, "withdrawn", "弄错了")
    assert ask(town, served) == []
    other = case(town, served).dispute
    assert len(ask(town, served)) == 1
    make(town, served, f"d{other}", "i1")
    assert ask(town, served) == []


def test_a_series_is_made_changed_and_dissolved_and_goes_on_record(town, served, sessions):
    first, second = case(town, served).dispute, case(town, served).dispute
    number = make(town, served, f"d{first}", "i1")
    with pytest.raises(series.SeriesNotValid):
        make(town, served, f"d{first}", f"d{second}")
    for wrong in (("x1",), ("d",), ("d-1",), ("i99999",), ()):
        with pytest.raises(series.SeriesNotValid):
            make(town, served, *wrong)
    assert len(series.listing(served, town.officer, town.station)) == 1
    assert series.change(served, town.officer, town.station, number, add=[f"d{second}", "i1"], remove=["i1"]) == 3
    assert series.change(served, town.officer, town.station, number, add=[f"d{second}"]) == 0
    found, members = series.look(served, town.officer, town.station, number)
    assert (found.disputes, found.incidents) == (2, 1)
    assert {one.key for one in members} == {f"d{first}", f"d{second}", "i1"}
    assert series.dissolve(served, town.officer, town.station, number, note="并无关联") == 3
    found, members = series.look(served, town.officer, town.station, number)
    assert (found.state, found.note, members) == ("dissolved", "并无关联", [])
    with pytest.raises(series.SeriesEnded):
        series.change(served, town.officer, town.station, number, add=["i1"])
    served.commit()
    with sessions() as session:
        acts = session.execute(text("SELECT action FROM audit WHERE thing = 'series 1' ORDER BY id")).scalars().all()
        assert acts[0] == "make series"
        assert acts[-1] == "dissolve series"


def test_solving_settles_every_member_each_with_its_own_steps(town, served):
    fresh, begun, offered, paused, gone = (case(town, served) for _ in range(5))
    town.step(served, town.officer, begun, "begun")
    town.step(served, town.officer, offered, "passed_on", "请接手", to=Holder(body="court"))
    wait = town.step(served, town.officer, paused, "begun")
    town.step(served, town.officer, wait, "paused", "等鉴定", until=datetime.now(UTC) + timedelta(days=3))
    town.step(served, town.officer, gone, "withdrawn", "弄错了")
    every = [one.dispute for one in (fresh, begun, offered, paused, gone)]
    number = make(town, served, *(f"d{one}" for one in every), "i1")
    done = series.solve(served, town.officer, town.station, number, "抓获一人，五车追回")
    assert (done.settled, done.over) == (4, 1)
    assert [standing(served)[one] for one in every] == ["settled"] * 4 + ["withdrawn"]
    notes = served.execute(
        text("SELECT dispute_id, note, facts FROM dispute_event WHERE what = 'settled' ORDER BY dispute_id")
    ).all()
    assert [tuple(one) for one in notes] == [(one, "抓获一人，五车追回", {"series": number}) for one in every[:4]]
    lapsed = served.execute(text("SELECT role, by FROM dispute_event WHERE what = 'lapsed'")).one()
    assert tuple(lapsed) == ("clock", "gridmap")
    found, _ = series.look(served, town.officer, town.station, number)
    assert (found.state, found.note, found.solved_at is not None) == ("solved", "抓获一人，五车追回", True)
    with pytest.raises(series.SeriesEnded):
        series.solve(served, town.officer, town.station, number, "再来一次")


def test_solving_is_all_or_nothing(town, served, sessions):
    with sessions.begin() as session:  # a loop in which what is open can be settled at no tier but the second
        moves = [
            replace(move, tiers=(2,)) if (move.step, move.state) == ("begun", "open") else move
            for move in loops.STANDARD.moves.values() if move.step != "accepted"
        ]  # fmt: skip
        loop = loops.Loop("strict", "严", "Strict", loops.STANDARD.tiers.values(), moves, Rules())
        kept_loops.put(session, loop, to_json(loop.rules), by="test")
        kept_loops.follow(session, town.station, "strict")
    first, second = case(town, served), case(town, served)
    done = town.step(served, town.officer, first, "escalated", "请派出所接手")
    town.step(served, town.officer, done, "begun")
    number = make(town, served, f"d{first.dispute}", f"d{second.dispute}")
    with pytest.raises(series.SeriesNotSolvable):
        series.solve(served, town.officer, town.station, number, "抓获一人")
    assert standing(served) == {first.dispute: "in_hand", second.dispute: "open"}
    assert series.look(served, town.officer, town.station, number)[0].state == "open"


def test_series_are_for_the_stations_officers(town, served):
    for actor in (town.grid, town.mediator):
        with pytest.raises(RoleMayNot):
            series.listing(served, actor, town.station)
    with pytest.raises(series.SeriesNotFound):
        series.look(served, town.commander, town.station, 7)


@st.composite
def crowds(draw) -> list[Matter]:
    spots = draw(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(0, 30)), max_size=14))
    return [
        Matter(f"i{n}", str(n), "theft", "", "", NOW - timedelta(days=days), "", None, None, float(x), float(y), "", "", "")
        for n, (x, y, days) in enumerate(spots, start=1)
    ]  # fmt: skip


@settings(max_examples=40)
@given(crowds(), st.integers(2, 4))
def test_a_group_is_as_the_rule_says_whatever_the_order(matters, least):
    rule = replace(RULE, least=least)
    found = series.group(matters, rule)
    members = [one.key for proposal in found for one in proposal.matters]
    assert len(members) == len(set(members))
    for proposal in found:
        assert len(proposal.matters) >= least
        assert proposal.extent_m <= series.WHOLE * rule.within_m
        assert proposal.days <= series.WHOLE * rule.within_days
    assert series.group(matters, rule) == found, "what was kept is told alike"
    series._KEPT.clear()
    assert series.group(matters[::-1], rule) == found


def test_what_was_kept_of_other_matters_is_never_told():
    some = [
        Matter(
            f"i{n}",
            str(n),
            "theft",
            "盗窃",
            "Theft",
            NOW - timedelta(days=n),
            "",
            None,
            None,
            40.0 * n,
            0.0,
            "",
            "incident",
            "",
        )
        for n in range(4)
    ]
    (found,) = series.group(some, RULE)
    changed = {
        "at": NOW - timedelta(days=40), "x": 9_000.0, "y": 9_000.0, "place": "别处", "kind": "other", "key": "i9", "words": "新的话",
    }  # fmt: skip
    for name, value in changed.items():
        others = [replace(some[0], **{name: value}), *some[1:]]
        told = series.group(others, RULE)
        series._KEPT.clear()
        assert told == series.group(others, RULE)
        assert told != [found], name
