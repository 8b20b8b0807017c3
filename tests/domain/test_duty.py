"""Who answers for a door: an example for every link of the chain, and laws over rosters at random."""

from __future__ import annotations

import random
import threading
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.domain.duty import Duty, DutyShelf, timeline
from gridmap.domain.team import Team
from tests.domain.rosters import DAYS, FORTNIGHTS, MINUTE, PAIRS, Told, local, team, teams

ZONE, MONDAY = "Asia/Shanghai", date(2026, 10, 19)
OFFICER = ["P0", "officer", "A", None, None, None]


def at(hour, day=0, minute=0):
    return local(ZONE, MONDAY + timedelta(days=day), hour, minute)


def day_shift(who, day=0, beats=None):
    return [who, at(8, day), at(18, day), beats]


def shown(spell):
    """Return who is reached before the desk, and check that the desk is the last."""
    *people, desk = [(one.rank, one.role, one.person, one.via) for one in spell.reached]
    assert desk == (9, "duty_desk", None, "desk")
    return people


def reached(moment, cell=None, beat="A", **parts):
    return shown(Duty(Team.from_json(team(**parts))).answer(beat, cell, moment))


def test_the_officer_posted_to_the_beat_answers_while_on_duty():
    parts = {"posts": [OFFICER], "shifts": [day_shift("P0")]}
    assert reached(at(8), **parts) == [(1, "officer", "P0", "duty")]
    assert reached(at(17, minute=59), **parts) == [(1, "officer", "P0", "duty")]
    assert reached(at(18), **parts) == []
    assert reached(at(7, minute=59), **parts) == []
    assert reached(at(8), **parts | {"shifts": [day_shift("P0", beats=["*"])]}) == [(1, "officer", "P0", "duty")]
    assert reached(at(8), **parts | {"shifts": [day_shift("P0", beats=["B"])]}) == [(4, "officer", "P0", "neighbour")]


def test_where_no_shifts_are_kept_posting_is_enough():
    parts = {"posts": [OFFICER, ["P1", "auxiliary", "A", None, None, None]], "rostered": False}
    assert reached(at(3), **parts) == [(1, "officer", "P0", "posting")]
    away = [["P0", "2026-10-19", "2026-10-20", None]]
    assert reached(at(3), **parts, leave=away) == [(3, "auxiliary", "P1", "team")]
    assert reached(at(3, day=1), **parts, leave=away) == [(1, "officer", "P0", "posting")]


def test_leave_gives_the_shift_to_the_substitute():
    parts = {"posts": [OFFICER], "shifts": [day_shift("P0")]}
    assert reached(at(9), **parts, leave=[["P0", "2026-10-19", None, "P1"]]) == [(2, "officer", "P1", "substitute")]
    assert reached(at(9), **parts, leave=[["P0", "2026-10-19", None, None]]) == []
    chain = [["P0", "2026-10-19", None, "P1"], ["P1", "2026-10-19", "2026-10-20", "P2"]]
    assert reached(at(9), **parts, leave=chain) == []
    assert reached(at(19), **parts, leave=chain[:1]) == []


def test_a_substitute_on_a_shift_of_their_own_that_names_the_beat_stands_in():
    parts = {
        "posts": [OFFICER, ["P1", "officer", "B", None, None, None]], "leave": [["P0", "2026-10-19", None, "P1"]],
        "shifts": [day_shift("P1", beats=["A", "B"])],
    }  # fmt: skip
    assert reached(at(9), **parts) == [(2, "officer", "P1", "substitute")]
    assert reached(at(9), **parts | {"leave": []}) == [(3, "officer", "P1", "team")]


def test_an_officer_away_leaves_the_beat_to_its_other_officer():
    parts = {
        "posts": [OFFICER, ["P2", "officer", "A", None, None, None]], "shifts": [day_shift("P0"), day_shift("P2")],
        "leave": [["P0", "2026-10-19", None, "P1"]],
    }  # fmt: skip
    assert reached(at(9), **parts) == [(1, "officer", "P2", "duty")]
    both = [(1, "officer", "P0", "duty"), (1, "officer", "P2", "duty")]
    assert reached(at(9), **parts | {"leave": []}) == both


def test_the_rest_of_the_team_answers_where_no_officer_of_the_beat_is_on_duty():
    parts = {
        "posts": [OFFICER, ["P1", "auxiliary", "A", None, None, None], ["P2", "officer", "C", None, None, None],
                  ["P3", "officer", None, None, None, None], ["P4", "grid_member", None, "A1", None, None]],
        "shifts": [day_shift("P1"), day_shift("P2", beats=["A"]), day_shift("P3"), day_shift("P4", beats=["A"])],
    }  # fmt: skip
    assert reached(at(9), **parts) == [
        (3, "officer", "P2", "team"), (3, "officer", "P3", "team"), (3, "auxiliary", "P1", "team"),
    ]  # fmt: skip


def test_who_is_on_duty_and_stands_in_too_is_told_once_as_themselves():
    parts = {
        "posts": [["P1", "auxiliary", "A", None, None, None], ["P2", "officer", "C", None, None, None]],
        "shifts": [day_shift("P1"), day_shift("P2", beats=["A"])], "leave": [["P2", None, None, "P1"]],
    }  # fmt: skip
    assert reached(at(9), **parts) == [(3, "auxiliary", "P1", "team")]


def test_the_nearest_neighbour_with_an_officer_on_duty_helps_out():
    parts = {
        "posts": [OFFICER, ["P1", "auxiliary", "B", None, None, None], ["P2", "officer", "C", None, None, None],
                  ["P3", "officer", "B", None, None, None]],
        "shifts": [day_shift("P1"), day_shift("P2"), ["P3", at(12), at(14), None]],
    }  # fmt: skip
    assert reached(at(9), **parts) == [(4, "officer", "P2", "neighbour")]
    assert reached(at(13), **parts) == [(4, "officer", "P3", "neighbour")]
    assert reached(at(14), **parts) == [(4, "officer", "P2", "neighbour")]
    assert reached(at(9), **parts, neighbours={}) == []


@pytest.mark.parametrize("pair", [(None, None), ("A", "A1"), ("gone", "gone")])
def test_the_duty_desk_is_always_there(pair):
    raw = team()
    empty = Duty(Team.from_json(raw))
    for moment in (0, raw["since"], at(3), raw["until"] + 86_400 * 365):
        spell = empty.answer(*pair, moment)
        assert shown(spell) == []
        assert spell.start <= moment < spell.end
        assert empty.following(*pair, moment) is None


def test_the_grid_member_answers_beside():
    member = ["P4", "grid_member", None, "A1", None, None]
    parts = {"posts": [OFFICER, member], "shifts": [day_shift("P0")], "cell": "A1"}
    assert reached(at(9), **parts) == [(1, "officer", "P0", "duty"), (5, "grid_member", "P4", "posting")]
    assert reached(at(3), **parts) == [(5, "grid_member", "P4", "posting")]
    assert reached(at(3), **parts, leave=[["P4", None, None, "P5"]]) == [(5, "grid_member", "P5", "substitute")]
    assert reached(at(3), **parts | {"cell": "B1"}) == []
    parts["shifts"] = [day_shift("P4")]
    assert reached(at(9), **parts) == [(5, "grid_member", "P4", "duty")]
    assert reached(at(19), **parts) == []


def test_managers_and_volunteers_answer_beside_for_their_cell_or_beat():
    posts = [["P4", "volunteer", "A", None, None, None], ["P5", "property_manager", None, "A1", None, "2026-10-20"]]
    assert reached(at(9), posts=posts, cell="A1") == [
        (6, "property_manager", "P5", "posting"), (7, "volunteer", "P4", "posting"),
    ]  # fmt: skip
    assert reached(at(9, day=1), posts=posts, cell="A1") == [(7, "volunteer", "P4", "posting")]
    assert reached(at(9), posts=posts, beat=None, cell="A1") == [(6, "property_manager", "P5", "posting")]


def test_who_is_next_and_from_when():
    night = ["P1", at(18), at(8, day=1), ["A"]]
    raw = team(
        posts=[OFFICER, ["P1", "officer", "B", None, None, None]], shifts=[day_shift("P0"), night], neighbours={}
    )
    duty = Duty(Team.from_json(raw))
    now = duty.answer("A", None, at(9))
    then = duty.following("A", None, at(9))
    assert (now.start, now.end) == (at(8), at(18))
    assert (then.start, then.end) == (at(18), at(8, day=1))
    assert shown(then) == [(3, "officer", "P1", "team")]
    assert duty.answer("A", None, at(2, day=1)) == then
    assert shown(duty.following("A", None, at(23))) == []
    assert duty.following("A", None, at(9, day=1)) is None


def test_what_lies_beyond_the_known_shifts_is_not_told_as_a_change():
    raw = team(posts=[OFFICER], shifts=[["P0", at(8, day=-2), at(0, day=DAYS), None]])
    duty = Duty(Team.from_json(raw))
    assert duty.following("A", None, at(9, day=DAYS - 1)) is None
    assert duty.following("A", None, at(9, day=3)) is None


def test_an_answer_ends_where_the_known_shifts_end():
    raw = team(posts=[OFFICER], shifts=[["P0", at(0), at(0, day=DAYS + 2), None]], until=at(12, day=2))
    raw["since"] = at(6, day=2)
    duty = Duty(Team.from_json(raw))
    spell = duty.answer("A", None, at(9, day=2))
    assert (spell.start, spell.end) == (at(6, day=2), at(12, day=2))
    assert duty.following("A", None, at(9, day=2)) is None
    later = duty.answer("A", None, at(12, day=2))
    assert later.start <= at(12, day=2) < later.end


def test_a_posting_that_ends_is_next_after_days():
    raw = team(posts=[[*OFFICER[:4], None, "2026-10-27"]], rostered=False)
    then = Duty(Team.from_json(raw)).following("A", None, at(9))
    assert then.start == local(ZONE, date(2026, 10, 27))
    assert shown(then) == []


def test_an_empty_period_has_no_spells():
    assert timeline(Team.from_json(team()), "A", None, at(9), at(9)) == ()


@settings(max_examples=150, deadline=None)
@given(raw=teams(), data=st.data())
def test_spells_tile_the_period_and_say_what_the_definition_says(raw, data):
    known, duty = Team.from_json(raw), Duty(Team.from_json(raw))
    length = (raw["until"] - raw["since"]) // MINUTE
    minutes = data.draw(st.lists(st.integers(0, length - 1), min_size=8, max_size=8))
    for beat, cell in PAIRS:
        spells = timeline(known, beat, cell, raw["since"], raw["until"])
        assert (spells[0].start, spells[-1].end) == (raw["since"], raw["until"])
        for one, two in pairwise(spells):
            assert one.end == two.start
            assert one.reached != two.reached
        for spell in spells:
            assert spell.start < spell.end
            assert [one.rank for one in spell.reached] == sorted(one.rank for one in spell.reached)
            assert all(known.phone_of(one.person) for one in spell.reached)
        edges = {moment for spell in spells for moment in (spell.start, spell.end - MINUTE)}
        for moment in edges | {raw["since"] + minute * MINUTE for minute in minutes}:
            spell = next(one for one in spells if one.start <= moment < one.end)
            told = [(one.rank, one.role, one.person, one.via) for one in spell.reached]
            assert told == Told(raw, moment).reached(beat, cell)
            answer = duty.answer(beat, cell, moment)
            assert answer.reached == spell.reached
            assert answer.start <= moment < answer.end


@settings(max_examples=100, deadline=None)
@given(raw=teams(), data=st.data())
def test_what_is_next_is_the_next_spell_of_the_timeline(raw, data):
    duty = Duty(Team.from_json(raw))
    for beat, cell in PAIRS:
        spells = duty.timeline(beat, cell, raw["since"], raw["until"])
        place = data.draw(st.integers(0, len(spells) - 1))
        then = duty.following(beat, cell, spells[place].start)
        if place + 1 < len(spells):
            assert (then.start, then.reached) == (spells[place + 1].start, spells[place + 1].reached)
        else:
            assert then is None or (not raw["rostered"] and then.start >= raw["until"])


@settings(max_examples=100, deadline=None)
@given(raw=teams())
def test_nobody_on_leave_and_nobody_off_shift_is_reached(raw):
    zone, duty = ZoneInfo(raw["station"]["timezone"]), Duty(Team.from_json(raw))
    for beat, cell in PAIRS:
        for spell in duty.timeline(beat, cell, raw["since"], raw["until"]):
            people = [one for one in spell.reached if one.person]
            for moment in range(spell.start, spell.end, 30 * MINUTE):
                day = datetime.fromtimestamp(moment, zone).date().isoformat()
                away = {who: sub for who, since, until, sub in raw["leave"] if (since or "0") <= day < (until or "9")}
                working = {who for who, start, end, _ in raw["shifts"] if start <= moment < end}
                working |= {away[who] for who in working & away.keys()}
                for one in people:
                    assert one.person not in away
                    assert one.person in working or one.rank > 4 or not raw["rostered"]


@pytest.mark.parametrize(("zone", "first"), [FORTNIGHTS[1], FORTNIGHTS[3]])
def test_every_minute_of_a_fortnight_is_as_defined(zone, first):
    start, dice = local(zone, first), random.Random(f"{zone} {first}")
    shifts = []
    for day in range(DAYS):
        morning = local(zone, first + timedelta(days=day), 8, 30)
        for who in range(4):
            if dice.random() < 0.7:
                night = dice.random() < 0.3
                beats = dice.choice([["A", "B"], ["B", "C"], ["*"]]) if night else None
                shifts.append([f"P{who}", morning + night * 34_200, morning + (86_400 if night else 34_200), beats])
    raw = team(
        zone,
        first,
        posts=[["P0", "officer", "A", None, None, None], ["P1", "officer", "B", None, None, None],
               ["P2", "auxiliary", "A", None, None, None], ["P3", "officer", None, None, None, None],
               ["P4", "grid_member", None, "A1", None, (first + timedelta(days=9)).isoformat()]],
        shifts=shifts,
        leave=[["P0", (first + timedelta(days=5)).isoformat(), (first + timedelta(days=8)).isoformat(), "P1"],
               ["P4", first.isoformat(), (first + timedelta(days=2)).isoformat(), "P5"]],
    )  # fmt: skip
    duty = Duty(Team.from_json(raw))
    for moment in range(start, raw["until"], MINUTE):
        told = Told(raw, moment)
        for beat, cell in (("A", "A1"), ("C", None)):
            answer = duty.answer(beat, cell, moment).reached
            assert [(one.rank, one.role, one.person, one.via) for one in answer] == told.reached(beat, cell), moment


def test_many_threads_read_one_duty_on_a_small_shelf():
    raw = team(posts=[OFFICER], shifts=[day_shift("P0", day) for day in range(DAYS)])
    shelf = DutyShelf(3)
    one, other = Duty(Team.from_json(raw), shelf), Duty(Team.from_json(team()), shelf)
    wrong = []

    def ask(seed):
        dice = random.Random(seed)
        for _ in range(400):
            moment, (beat, cell) = dice.randrange(raw["since"], raw["until"]), dice.choice(PAIRS)
            hour = datetime.fromtimestamp(moment, ZoneInfo(ZONE)).hour
            # A's officer, who helps out in B and C
            there = 8 <= hour < 18 and beat in {"A", "B", "C"}
            if bool(shown(one.answer(beat, cell, moment))) != there or shown(other.answer(beat, cell, moment)):
                wrong.append((beat, cell, moment))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(shelf.pairs) <= 6
