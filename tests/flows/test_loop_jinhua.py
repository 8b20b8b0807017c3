"""Jinhua: mediators by language, a text for the reporter at every step, and the three-hour clock of a fresh theft."""

from __future__ import annotations

import pytest

from gridmap.domain.dispute_words import Holder
from gridmap.domain.receipts import receipt_hash
from gridmap.services.disputes import matching
from gridmap.services.reports import following
from gridmap.services.reports.keys import Keys
from tests.looped import file_of, walked


@pytest.fixture
def walk(sessions, app_sessions):
    yield from walked(sessions, app_sessions, "jinhua")


def test_twelve_mediators_are_found_by_the_language_of_the_parties(walk):
    given = file_of("jinhua")
    assert len(given.mediators) == 12
    assert len({one.name.partition("（")[2] for one in given.mediators}) == 11, "of eleven countries"
    spoken = {language for one in given.mediators for language in one.languages}
    assert spoken == set(given.loop.rules.languages)
    for language in sorted(spoken - {"zh"}):
        done = walk.open(kind="trade", language=language)
        matches = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches
        assert language in matches[0].who.languages
        assert "language" in {reason.word for reason in matches[0].reasons}


def test_the_reporter_reads_another_sentence_at_every_step_of_a_quarrel(walk):
    told, town, korean = walk.loop.rules.told, walk.town, walk.mediator("JH-02")
    receipt = Keys("合成" * 16).receipt("K7P3Q9", "send-key")
    done = walk.open(kind="trade", language="ko", tracking=receipt_hash(receipt))
    assert done.standing.holder.person == town.officer.person_id
    walk.step(town.officer, "accepted")
    walk.step(town.officer, "passed_on", "请韩语调解员", to=Holder(person=korean.person_id))
    walk.step(korean, "taken")
    walk.step(korean, "visited")
    walk.step(korean, "mediated", "货款分期")
    walk.step(korean, "convened", bodies=("county_centre",))
    walk.step(korean, "paused", "等对账", until=walk.after(days=3))
    walk.wait(days=3)
    walk.step("clock", "resumed")
    walk.step(korean, "settled", "三期付清")
    walk.wait(days=30)
    walk.step(korean, "followed_up", outcome=5)
    walk.step("clock", "closed")
    steps = walk.session.connection().exec_driver_sql("SELECT what FROM dispute_event ORDER BY seq").scalars().all()
    assert steps[0] == "opened"
    assert steps[-1] == "closed"
    for language in (0, 1):
        read = [told[step][language] for step in steps]
        assert len(set(read)) == len(steps) == 12
    tracked = following.track(walk.session, receipt)
    assert [step.note for step in tracked.steps] == [told[step][1] for step in steps], "every step; for Korean, English"
    assert tracked.language == "ko"
    assert (tracked.state, tracked.can) == ("closed", {"rate"})
    following.rate(walk.session, receipt, 4)
    assert walk.row().rating == 4


def test_a_fresh_theft_has_fifteen_minutes_and_three_hours(walk):
    town = walk.town
    done = walk.open(kind="theft", matter="case", source="call", words="合成：刚被偷了手机")
    assert (done.standing.tier, done.standing.holder.person) == (2, town.officer.person_id)
    assert done.standing.due_at == walk.after(minutes=15)
    assert done.standing.settle_by == walk.after(hours=3)
    done = walk.step(town.officer, "accepted")
    assert done.standing.due_at == walk.after(hours=3)
    walk.wait(hours=3, minutes=1)
    done = walk.step("clock", "escalated")
    assert (done.standing.tier, done.standing.holder.body) == (3, "county_centre")
    assert done.standing.settle_by == walk.after(days=30), "above the tier it began at the tier's own clock holds"
    is_dispute = walk.session.connection().exec_driver_sql("SELECT code, is_dispute FROM incident_category").all()
    assert ("theft", False) in [tuple(row) for row in is_dispute]
