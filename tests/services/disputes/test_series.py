"""Series of like matters: proposed by place and time, made by a person, solved with one sentence, or given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridmap.domain import loops
from gridmap.domain.access import RoleMayNot
from gridmap.domain.dispute_words import Holder
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import Rules, SeriesRule
from gridmap.geo.series import find_series
from gridmap.services.disputes import series, series_groups
from gridmap.store import dispute_series
from gridmap.store import loops as kept_loops
from gridmap.store.dispute_series import Found
from gridmap.store.tables import IncidentCategory
from tests import makers
from tests.disputes import make_town

NOW = datetime.now(UTC)
RULE = SeriesRule(("theft",), 300.0, 7, 3)


def follow_rule(session, station: str, rule: SeriesRule) -> None:
    rules = Rules(series=rule)
    loop = loops.Loop("town", "试", "Try", loops.STANDARD.tiers.values(), loops.STANDARD.moves.values(), rules)
    kept_loops.put(session, loop, to_json(rules), by="test")
    kept_loops.follow(session, station, "town")


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        town = make_town(session)
        session.add(IncidentCategory(code="theft", name_zh="盗窃", name_en="Theft", is_dispute=False))
        session.flush()
        follow_rule(session, town.station, RULE)
        for n, (x, days) in enumerate(((0.50, 1), (0.51, 2), (1.9, 3), (0.52, 170))):
            makers.make_incident(session, x, 0.25, NOW - timedelta(days=days, minutes=n), category="theft")
        return town


def case(town, session, x: float = 0.505, days: float = 3, **facts: object):
    wish = {"kind": "theft", "matter": "case", "address_id": None, "lon": 112.9 + x / 100, "lat": 35.8025}
    return town.open(session, **wish | facts, opened_at=NOW - timedelta(days=days))


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


def plainly(session, station: str, rule: SeriesRule, most: int) -> list[tuple]:
    """Return what is proposed, by its definition: every matter a row, all groups in a frame."""
    matters = dispute_series.like(session, station, kinds=rule.kinds, since=NOW - series.LOOK_BACK, most=most)
    for disputes in (True, False):
        some = [one.at for one in matters if one.is_dispute == disputes]
        if len(some) == most:
            matters = [one for one in matters if one.at >= min(some)]
    matters.sort(key=lambda one: (one.id, not one.is_dispute))
    frame = pd.DataFrame(
        {"x": [one.x for one in matters], "y": [one.y for one in matters], "at": [one.at.timestamp() / 86_400 for one in matters],
         "category": [one.kind for one in matters], "place": [one.place or None for one in matters]},
        index=[one.key for one in matters],
    )  # fmt: skip
    found = find_series(
        frame, reach_m=rule.within_m, reach_days=rule.within_days, most_extent_m=3 * rule.within_m, most_days=3 * rule.within_days,
        least=rule.least, level=1.0 if rule.kinds else 0.05, permutations=99,
    ).to_dict("records")  # fmt: skip
    known = {one.key: one for one in matters}
    return [
        (row["category"], tuple(known[key] for key in row["members"]), len(row["places"]), row["extent_m"], row["days"],
         row["around"], row["expected"], row["p"]) for row in found[:12]
    ]  # fmt: skip


@pytest.mark.parametrize(("kinds", "most"), [(("theft",), 800), (("theft", "neighbours"), 25), ((), 800), ((), 25)])
def test_proposals_are_what_their_definition_says(town, served, sessions, monkeypatch, kinds, most):
    rng = np.random.default_rng(3)
    rule = replace(RULE, kinds=kinds)
    with sessions.begin() as session:
        follow_rule(session, town.station, rule)
        for _ in range(30):
            x, days = 0.5 + 0.02 * rng.integers(0, 20), float(rng.uniform(0, 90))
            makers.make_incident(session, x, 0.25, NOW - timedelta(days=days), category="theft")
        for n in range(4):
            makers.make_incident(session, 0.1 + n / 100, 0.25, NOW - timedelta(days=5, hours=n), category="theft")
    for n in range(36):
        facts = {"x": 0.5 + 0.02 * rng.integers(0, 9), "days": float(rng.uniform(0, 40))}
        made = case(town, served, **facts, **({} if n % 3 else {"kind": "neighbours", "matter": "dispute"}))
        if n % 7 == 0:
            town.step(served, town.officer, made, "withdrawn", "弄错了")
    make(town, served, "i3", f"d{made.dispute}")
    monkeypatch.setattr(series, "MOST_MATTERS", most)
    found = ask(town, served)
    assert found
    assert [
        (one.kind, one.matters, one.places, one.extent_m, one.days, one.around, one.expected, one.p) for one in found
    ] == plainly(served, town.station, rule, most)


@st.composite
def crowds(draw) -> Found:
    spots = draw(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(0, 30)), max_size=14))
    x, y, days = np.array(spots, dtype=np.float64).reshape(-1, 3).T
    keys = 2 * np.arange(len(spots)) + draw(st.integers(0, 1))
    return Found(keys, np.zeros(len(spots), dtype=np.int64), ("theft",), NOW.timestamp() - 86_400 * days, x, y)


@settings(max_examples=40)
@given(crowds(), st.integers(2, 4))
def test_a_group_is_as_the_rule_says_whatever_the_order(found, least):
    rule = replace(RULE, least=least)
    groups = series_groups.group(found, rule)
    members = [key for one in groups for key in one.keys]
    assert len(members) == len(set(members))
    for one in groups:
        assert len(one.keys) >= least
        assert one.extent_m <= series_groups.WHOLE * rule.within_m
        assert one.days <= series_groups.WHOLE * rule.within_days
    assert series_groups.group(found, rule) == groups, "what was kept is told alike"
    series_groups._KEPT.clear()
    assert series_groups.group(found.part(np.arange(len(found.keys))[::-1]), rule) == groups


def test_what_was_kept_of_other_matters_is_never_told():
    some = Found(
        np.arange(4) * 2, np.zeros(4, dtype=np.int64), ("theft",), NOW.timestamp() - 86_400.0 * np.arange(4), 40.0 * np.arange(4),
        np.zeros(4),
    )  # fmt: skip
    groups = series_groups.group(some, RULE)
    assert len(groups) == 1
    changed = {"at": 1.0, "x": 9_000.0, "y": 9_000.0, "kinds": 1, "keys": 9}
    for name, value in changed.items():
        column = getattr(some, name).copy()
        column[0] = value
        others = replace(some, names=("theft", "zeal"), **{name: column})
        told = series_groups.group(others, RULE)
        series_groups._KEPT.clear()
        assert told == series_groups.group(others, RULE)
        assert told != groups, name
    assert series_groups.group(some, replace(RULE, least=5)) == []
