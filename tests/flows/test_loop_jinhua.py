"""Jinhua: mediators by language, a text for the reporter at every step, and the three-hour clock of a fresh theft."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.receipts import receipt_hash
from gridmap.services.disputes import acting, clock, configure, matching
from gridmap.services.reports import following
from gridmap.services.reports.keys import Keys
from gridmap.store import dispute_rows
from tests.disputes import make_town
from tests.looped import file_of, walked


@pytest.fixture
def walk(sessions, app_sessions):
    yield from walked(sessions, app_sessions, "jinhua")


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


def test_labour_goes_to_the_labour_bureau_and_every_body_has_people(walk):
    given = file_of("jinhua")
    assert {body.code for body in given.bodies} == {one.body for one in given.mediators}
    done = walk.open(kind="labour", language="en")
    matches = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches
    assert [match.who.code for match in matches[:1]] == ["JH-L2"], "of the trade, and in the language of the parties"
    done = walk.open(kind="labour")
    matches = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches
    assert {match.who.code for match in matches[:2]} == {"JH-L1", "JH-L2"}
    bureau = walk.mediator("JH-L1")
    walk.step(walk.town.officer, "passed_on", "欠薪，请人社接手", to=Holder(body="labour_bureau"))
    assert walk.step(bureau, "taken").standing.holder.person == bureau.person_id


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        made = make_town(session)
        configure.load(session, file_of("jinhua"), [made.station], by="test")
    return made


@pytest.mark.parametrize("accepted", [False, True])
def test_the_clock_itself_takes_a_theft_up_once_its_time_is_over(town, sessions, app_sessions, accepted):
    """Nobody takes a step here but the clock: after fifteen minutes unaccepted, or a minute after three hours accepted."""
    now = datetime.now(UTC)
    with sessions.begin() as session:
        done = town.open(session, kind="theft", matter="case", source="call", opened_at=now)
        if accepted:
            done = town.step(session, town.officer, done, "accepted")
    settle_by, stop = done.standing.settle_by, threading.Event()
    assert settle_by == now + timedelta(hours=3)

    def run(**span: float) -> dict[str, int]:
        return dict(clock.run_due(app_sessions, now + timedelta(**span), stop=stop))

    assert run(minutes=14) == {}
    if accepted:
        assert run(hours=2, minutes=59) == {}, "it is accepted: three hours are three hours"
    late = now + (timedelta(hours=3, minutes=1) if accepted else timedelta(minutes=16))
    assert dict(clock.run_due(app_sessions, late, stop=stop)) == {"escalated": 1}
    with sessions() as session:
        row = session.execute(text("SELECT * FROM dispute WHERE id = :id"), {"id": done.dispute}).one()
        step = session.execute(text("SELECT what, role, tier, body FROM dispute_event WHERE dispute_id = :id ORDER BY seq DESC LIMIT 1"),
                               {"id": done.dispute}).one()  # fmt: skip
        assert tuple(step) == ("escalated", "clock", 3, "county_centre")
        assert (row.state, row.due_at, row.settle_by) == ("open", late + timedelta(hours=24), late + timedelta(days=30))
        assert dispute_rows.lost(session, [town.station]) == []
    assert dict(clock.run_due(app_sessions, late + timedelta(minutes=1), stop=stop)) == {}, "once, not at every look"
    with sessions.begin() as session:
        centre = session.scalar(text("SELECT id FROM person WHERE code = 'JH-X1'"))
        actor = Actor(7, "jh-x1", "JH-X1", Role.MEDIATOR, (town.station,), centre)
        done = acting.act(session, actor, town.station, done.dispute, Wish("accepted"), version=row.version, now=late)
    assert done.standing.holder.person == centre, "somebody is there to take it"


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
