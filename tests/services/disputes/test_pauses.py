"""Pauses add up: one after the other they last no longer than the loop allows, and then the dispute goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gridmap.domain.dispute_words import Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible
from gridmap.domain.loop_file import read_loop
from gridmap.services.disputes import acting, configure
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.opening import Intake, take_in
from gridmap.store import dispute_rows

DAY = timedelta(days=1)


class Past:
    """A dispute that was taken in three years ago, and its days since: no step of it is of tomorrow."""

    def __init__(self, served, town):
        self.served, self.town = served, town
        self.now = datetime.now(UTC) - 1000 * DAY
        intake = Intake("neighbours", "楼上漏水", address_id=town.door, opened_at=self.now)
        opened = take_in(served, town.station, intake, by="officer", role="officer", now=self.now)
        self.dispute = opened.dispute
        self.step("begun")

    def step(self, step, note="等鉴定", **facts):
        wish = Wish(step, note, **facts)
        return acting.act(
            self.served, self.town.officer, self.town.station, self.dispute, wish, version=None, now=self.now
        )

    def pause(self, days, until=None):
        """Pause for some days, and go on after them."""
        self.step("paused", until=self.now + (until or days) * DAY)
        self.now += days * DAY
        self.step("resumed")

    def can(self):
        row = dispute_rows.get(self.served, self.town.station, self.dispute, EVERYTHING)
        return acting.can(self.served, self.town.officer, row, EVERYTHING)


@pytest.fixture
def past(served, town):
    return Past(served, town)


def test_pauses_add_up_to_what_the_loop_allows_and_what_is_left_is_told(past):
    past.pause(100)
    past.now += 5 * DAY
    past.pause(50, until=70)  # what was not used of it is left
    latest = past.now + 30 * DAY
    with pytest.raises(DisputeStepNeeds) as told:
        past.step("paused", until=past.now + 31 * DAY)
    assert f"{latest:%Y-%m-%d %H:%M} UTC" in told.value.detail
    assert "all together 180, of which 150 are used" in told.value.detail
    assert "paused" in past.can()
    past.pause(30)
    assert "paused" not in past.can()
    with pytest.raises(DisputeStepNotPossible, match="go on with it, pass it on, or take it one tier up"):
        past.step("paused", until=past.now + DAY)


def test_steps_within_a_pause_do_not_end_it_and_a_late_clock_does_not_lengthen_it(past):
    past.step("paused", until=past.now + 20 * DAY)
    past.now += 10 * DAY
    past.step("note", "还在等")
    past.now += 40 * DAY
    past.step("resumed")
    assert dispute_rows.paused_for(past.served, past.dispute) == 20 * DAY


def test_what_was_opened_again_begins_anew(past):
    past.pause(180)
    past.step("settled")
    past.now += DAY
    past.step("reopened")
    past.step("begun")
    assert "paused" in past.can()
    past.pause(60)
    assert dispute_rows.paused_for(past.served, past.dispute) == 60 * DAY


def test_a_station_s_loop_says_how_long(sessions, served, town):
    found = read_loop('[loop]\ncode = "own"\nname_zh = "短"\nname_en = "Short"\npauses_days = 14\n')
    with sessions.begin() as session:
        configure.load(session, found, [town.station], by="test")
    past = Past(served, town)
    past.pause(14)
    with pytest.raises(DisputeStepNotPossible, match="allows 14 in all"):
        past.step("paused", until=past.now + DAY)


def test_no_pause_is_longer_than_one_may_be_whatever_the_loop_allows(sessions, served, town):
    found = read_loop('[loop]\ncode = "own"\nname_zh = "长"\nname_en = "Long"\npauses_days = 400\n')
    with sessions.begin() as session:
        configure.load(session, found, [town.station], by="test")
    past = Past(served, town)
    with pytest.raises(DisputeStepNeeds, match="one lasts at most 180 days"):
        past.step("paused", until=past.now + 181 * DAY)
    past.pause(180)
    past.pause(180)
    assert "paused" in past.can()
