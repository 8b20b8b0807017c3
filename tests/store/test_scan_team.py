"""What the database hands out of a station's people, and that it means the same there as where scans are answered."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy.dialects.postgresql import Range

from gridmap.domain.duty import Duty
from gridmap.domain.team import Team
from gridmap.store import duty as store_duty
from gridmap.store import scan_source
from gridmap.store.tables import Posting
from tests.domain.rosters import FORTNIGHTS, local
from tests.makers import make_draft, make_leave, make_person, make_shift, make_station

DAYS = 14


def fill(session, zone, first, dice):
    """Give a station six people with postings, shifts and leave at random; return its draft with beats A and B."""
    make_station(session).timezone = zone
    draft = make_draft(session)
    people = [make_person(session, f"P{n}", None) for n in range(6)]
    start = datetime.fromtimestamp(local(zone, first), UTC)
    for person in people:
        for role, beat in dice.sample(
            [(role, beat) for role in ("officer", "auxiliary") for beat in ("A", "B", None)], dice.randint(0, 2)
        ):
            since, until = sorted(dice.sample(range(-2, DAYS + 2), 2))
            days = Range(
                first + timedelta(days=since) if dice.random() < 0.3 else None,
                first + timedelta(days=until) if dice.random() < 0.3 else None,
            )
            session.add(Posting(station="S001", person_id=person.id, role=role, beat=beat, during=days))
        edges = sorted(dice.sample(range(-1440, (DAYS + 1) * 1440), 2 * dice.randint(1, 6)))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            beats = dice.choice([None, None, ["A"], ["A", "B"], ["*"]])
            make_shift(session, person, start + timedelta(minutes=begin), start + timedelta(minutes=end), beats)
        if dice.random() < 0.6:
            since, until = sorted(dice.sample(range(-2, DAYS + 2), 2))
            other = dice.choice([None, *(one for one in people if one is not person)])
            make_leave(session, person, first + timedelta(days=since), first + timedelta(days=until), other)
    session.flush()
    return draft


@pytest.mark.parametrize("seed", [0, 1, 3])
@pytest.mark.parametrize(("zone", "first"), FORTNIGHTS)
def test_the_beats_own_team_is_there_exactly_when_the_query_says_so(session, zone, first, seed):
    draft = fill(session, zone, first, random.Random(f"{zone} {first} {seed}"))
    since, until = (
        datetime.fromtimestamp(local(zone, first + timedelta(days=day)), UTC) for day in (0, DAYS)
    )  # fmt: skip
    team = Team.from_json(scan_source.team(session, "S001", since, until))
    spans = store_duty.spans(session, "S001", draft.id, since, until)
    duty, told = Duty(team), set()
    for beat in ("A", "B"):
        here = spans[spans["beat"] == beat]
        there = [(int(one.start.timestamp()), int(one.end.timestamp())) for one in here.itertuples()]
        spells = duty.timeline(beat, None, team.since, team.until)
        edges = {team.since, team.until, *(edge for span in there for edge in span), *(one.start for one in spells)}
        for start, end in pairwise(sorted(edges)):
            covered = any(low <= start and end <= high for low, high in there)
            spell = next(one for one in spells if one.start <= start < one.end)
            assert (spell.reached[0].rank <= 3) == covered, (beat, start)
            told.add(covered)
    assert told == {True, False}


def test_what_a_station_does_not_publish_is_not_handed_out(session):
    station = make_station(session)
    station.published = []
    make_person(session, "甲", "officer", beat="A").name = "王某"
    make_person(session, "乙", "property_manager", cell="A1")
    make_person(session, "丙", "volunteer", cell="A1")
    make_person(session, "丁", "mediator")
    session.flush()
    now = datetime(2026, 3, 10, 4, tzinfo=UTC)

    def handed_out():
        raw = scan_source.team(session, "S001", now, now + timedelta(days=2))
        assert "000-1234" not in json.dumps(raw)  # a person's own number, whatever is published
        return Team.from_json(raw)

    team = handed_out()
    assert [(post.person, post.role) for post in team.posts] == [("甲", "officer")]
    assert (team.people["甲"].name, team.phone_of("甲")) == ("", "000-5678")
    assert not team.rostered
    station.published = ["names", "managers", "volunteers"]
    session.flush()
    team = handed_out()
    assert {post.role for post in team.posts} == {"officer", "property_manager", "volunteer"}
    assert team.people["甲"].name == "王某"
    assert "丁" not in team.people


def test_a_posting_without_an_end_and_a_shift_under_way_are_read(session):
    make_station(session)
    officer = make_person(session, "甲", "officer", beat="A", since=date(2026, 1, 1))
    now = datetime(2026, 3, 10, 4, tzinfo=UTC)
    make_shift(session, officer, now - timedelta(hours=3), now + timedelta(hours=3))
    team = Team.from_json(scan_source.team(session, "S001", now, now + timedelta(days=2)))
    spell = Duty(team).answer("A", None, now.timestamp())
    assert [(one.rank, one.person, one.via) for one in spell.reached] == [(1, "甲", "duty"), (9, None, "desk")]
    assert (spell.start, spell.end) == (now.timestamp(), (now + timedelta(hours=3)).timestamp())
