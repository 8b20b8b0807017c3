"""Who answers in the made-up station: for every door at every minute of a fortnight somebody, and as the roster says."""

from __future__ import annotations

import json
import random
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from gridmap.domain.duty import Duty
from gridmap.domain.team import Team
from gridmap.services import editions, imports, plates
from gridmap.services.demo import SINCE
from gridmap.store import databases, scan_source
from gridmap.store import duty as store_duty
from gridmap.store.engine import make_engine, make_sessions

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
STATION = "990001000000"
#: Midnight of a Monday in the station's zone, a week into its roster.
START = datetime(2026, 11, 1, 16, tzinfo=UTC)
END = START + timedelta(days=14)
FILES = {
    "stations": "station.geojson", "places": "places.geojson", "addresses": "addresses.csv.gz", "people": "people.csv.gz",
    "leave": "leave.csv.gz", "shifts": "shifts.csv.gz",
}  # fmt: skip


@pytest.fixture(scope="module")
def station(server_url, template_database):
    """Load the made-up station once, issue plates and publish; return its team, pairs of zones, and the roster's spans."""
    template = template_database.rsplit("/", 1)[-1].split("?", 1)[0]
    url = databases.create(server_url, f"gridmap_answers_{secrets.token_hex(6)}", template)
    engine = make_engine(url)
    with make_sessions(engine).begin() as session:
        for kind, name in FILES.items():
            assert not imports.load_file(session, kind, FIXTURES / name, station=STATION).refused
            if kind == "places":
                assert not imports.load_zones(session, FIXTURES / "zones.geojson", station=STATION, by="test").refused
        plates.issue(session, STATION, by="test")
        editions.publish(session, STATION, 1, by="test", since=SINCE)
        raw = scan_source.team(session, STATION, START, END)
        edition = session.scalar(text("SELECT id FROM edition"))
        spans = store_duty.spans(session, STATION, edition, START, END)
        pairs = [
            tuple(row) for row in session.execute(text("SELECT DISTINCT beat, grid_cell FROM assignment ORDER BY 1, 2"))
        ]
    engine.dispose()
    yield Team.from_json(raw), pairs, spans
    databases.drop(url)


def best(duty, beat, at):
    """Return the rank of whoever is reached first for a beat."""
    return duty.answer(beat, None, at).reached[0].rank


def test_every_door_leads_to_somebody_at_every_minute_of_a_fortnight(station):
    team, pairs, _ = station
    duty = Duty(team)
    assert len(pairs) > 70
    assert (None, None) in pairs  # the doors that lie beyond the jurisdiction
    seen = set()
    for beat, cell in pairs:
        for minute in range(team.since, team.until, 60):
            spell = duty.answer(beat, cell, minute)
            assert spell.start <= minute < spell.end
            assert spell.reached[-1].role == "duty_desk"
            seen.add(spell.reached)
    for one in {one for reached in seen for one in reached}:
        assert team.phone_of(one.person)
        assert one.person is None or one.person in team.people
    shown = {rank for rank, what in ((6, "managers"), (7, "volunteers")) if what in team.station.published}
    assert {one.rank for reached in seen for one in reached} == {1, 2, 3, 4, 5, 9} | shown


def test_spells_tile_the_fortnight_for_every_door(station):
    team, pairs, _ = station
    duty = Duty(team)
    for beat, cell in pairs:
        spells = duty.timeline(beat, cell, team.since, team.until)
        assert [one.start for one in spells] == [team.since, *(one.end for one in spells[:-1])]
        assert spells[-1].end == team.until


def test_the_beats_own_team_is_on_duty_exactly_when_the_roster_says_so(station):
    team, pairs, spans = station
    duty, dice = Duty(team), random.Random(5)
    beats = sorted({beat for beat, _ in pairs if beat is not None})
    found = set()
    for _ in range(1_500):
        beat, at = dice.choice(beats), dice.randrange(team.since, team.until)
        moment = pd.Timestamp(at, unit="s", tz="UTC")
        rostered = ((spans["beat"] == beat) & (spans["start"] <= moment) & (moment < spans["end"])).any()
        assert (best(duty, beat, at) <= 3) == rostered, (beat, moment)
        found.add(bool(rostered))
    assert found == {True, False}


def test_the_holes_that_were_made_in_the_roster_go_to_a_neighbour_or_the_desk(station):
    team, _, _ = station
    duty = Duty(team)
    faults = {one["id"]: one["what"] for one in json.loads((FIXTURES / "faults.json").read_text(encoding="utf-8"))}
    saturday_night = team.since + 5 * 86_400 + 23 * 3_600
    assert {best(duty, beat, saturday_night) for beat in faults["sector_without_night_shift"]} <= {4, 9}
    assert {best(duty, beat, saturday_night - 86_400) for beat in faults["sector_without_night_shift"]} <= {1, 2, 3}
    tuesday_morning = team.since + 86_400 + 10 * 3_600
    for kind in ("beat_without_officer", "leave_without_substitute", "officer_half_week"):
        assert {best(duty, beat, tuesday_morning) for beat in faults[kind]} <= {4, 9}, kind
