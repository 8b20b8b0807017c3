"""Jinhua: mediators by language, a text for the reporter at every step, and the three-hour clock of a fresh theft."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder
from gridmap.domain.receipts import receipt_hash
from gridmap.services.disputes import matching
from gridmap.services.reports import following
from gridmap.services.reports.keys import Keys
from tests.looped import file_of, loop_house, walked

__all__ = ["loop_house"]


@pytest.fixture
def walk(loop_house):
    yield from walked(loop_house, "jinhua")


def test_twelve_mediators_are_found_by_the_language_of_the_parties(walk):
    foreign = [one for one in file_of("jinhua").mediators if one.body == "foreign_room"]
    assert len(foreign) == 12
    assert len({one.name.partition("（")[2] for one in foreign}) == 11, "of eleven countries"
    spoken = {language for one in foreign for language in one.languages}
    assert spoken == set(walk.loop.rules.languages)
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
    assert walk.wait(days=3) == [("resumed", 72, "JH-02")]
    walk.step(korean, "settled", "三期付清")
    assert walk.wait(days=30) == [("reminded", 720, "JH-02")]
    walk.step(town.officer, "followed_up", outcome=5)
    assert walk.wait(minutes=10) == [("closed", 0.17, "JH-02")]
    steps = walk.session.scalars(text("SELECT what FROM dispute_event WHERE what <> 'reminded' ORDER BY seq")).all()
    assert steps[0] == "opened"
    assert steps[-1] == "closed"
    elsewhere = {"begun", "refused", "lapsed", "escalated", "reopened", "withdrawn", "not_ours"}
    assert set(told) == {*steps, *elsewhere}, "and of what did not happen here"
    for language in (0, 1):
        assert len({sentence[language] for sentence in told.values()}) == len(told)
        read = [told[step][language] for step in steps]
        assert len(set(read)) == len(steps) == 12
    tracked = following.track(walk.session, receipt)
    assert [step.note for step in tracked.steps] == [told[step][1] for step in steps], "every step; for Korean, English"
    assert tracked.language == "ko"
    assert (tracked.state, tracked.can) == ("closed", {"rate"})
    following.rate(walk.session, receipt, 4)
    assert walk.row().rating == 4


def test_labour_goes_to_the_labour_bureau_and_every_body_has_people(walk):
    given = file_of("jinhua")
    assert {body.code for body in given.bodies} == {one.body for one in given.mediators}
    done = walk.open(kind="labour", language="en")
    matches = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches
    assert [match.who.code for match in matches[:1]] == ["JH-L2"], "of the trade, and in the language of the parties"
    done = walk.open(kind="labour")
    assert done.standing.tier == 1
    matches = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches
    assert {match.who.code for match in matches[:2]} == {"JH-L1", "JH-L2"}
    bureau = walk.mediator("JH-L1")
    walk.step(walk.town.officer, "passed_on", "欠薪，请人社接手", to=Holder(body="labour_bureau"))
    assert walk.step(bureau, "taken").standing.holder.person == bureau.person_id


@pytest.mark.parametrize("accepted", [False, True])
def test_the_clock_itself_takes_a_theft_up_once_its_time_is_over(walk, accepted):
    """After fifteen minutes unaccepted, or after three hours accepted; once, and the county centre's people have it."""
    walk.open(kind="theft", matter="case", source="call")
    if accepted:
        walk.step(walk.town.officer, "accepted")
    hours = 3 if accepted else 0.25
    assert walk.wait(hours=hours, minutes=-1) == [], "it has a minute left"
    assert walk.wait(minutes=1) == [("escalated", 0.02, "county_centre")]
    row = walk.row()
    assert (row.state, row.due_at, row.settle_by) == ("open", walk.after(hours=24), walk.after(days=30))
    assert walk.wait(minutes=10) == [], "once, not at every look"
    centre = walk.mediator("JH-X1")
    assert walk.step(centre, "accepted").standing.holder.person == centre.person_id, "somebody is there to take it"


def test_a_fresh_theft_has_fifteen_minutes_and_three_hours(walk):
    town = walk.town
    done = walk.open(kind="theft", matter="case", source="call", words="合成：刚被偷了手机")
    assert (done.standing.tier, done.standing.holder.person) == (2, town.officer.person_id)
    assert done.standing.due_at == walk.after(minutes=15)
    assert done.standing.settle_by == walk.after(hours=3)
    done = walk.step(town.officer, "accepted")
    assert done.standing.due_at == walk.after(hours=3)
    assert walk.wait(hours=3) == [("escalated", 3, "county_centre")]
    assert walk.row().tier == 3
    assert walk.row().settle_by == walk.after(days=30), "above the tier it began at the tier's own clock holds"
    is_dispute = walk.session.connection().exec_driver_sql("SELECT code, is_dispute FROM incident_category").all()
    assert ("theft", False) in [tuple(row) for row in is_dispute]


def test_merchants_are_told_of_trade_and_threats_begin_at_the_station(walk):
    merchants = {"merchants"}
    assert walk.groups_told("trade", "consumer", "debt") == {"trade": merchants, "consumer": merchants, "debt": set()}
    assert walk.open(kind="debt", marks=("threats",)).standing.tier == 2
    assert walk.open(kind="family").standing.tier == 1
    done = walk.open(kind="consumer")
    assert done.standing.tier == 1
    best = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches[0]
    assert "trade" in {reason.word for reason in best.reasons}
