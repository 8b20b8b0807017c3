"""The receipt of a dispute told to an officer: its holder follows it step by step, and learns nothing of others."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from gridmap.domain.access import RoleMayNot
from gridmap.domain.dispute_words import Holder
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import Rules
from gridmap.domain.reports import ReportStepNotPossible
from gridmap.services.disputes import receipts
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.services.reports import following
from gridmap.services.reports.following import ReceiptNotFound
from gridmap.services.reports.tracked import ReportNotValid
from gridmap.store.engine import enter_scope
from tests.disputes import actor_of, make_town


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


@pytest.fixture
def staff(town, app_sessions):
    """Return the function that does something as the service in the scope of the town."""

    def done(what, *args, **facts):
        with app_sessions.begin() as session:
            enter_scope(session, [town.station])
            return what(session, *args, **facts)

    return done


@pytest.fixture
def public(app_sessions):
    """Return the function that does something for a stranger: the transaction sees no station yet."""

    def done(what, *args):
        with app_sessions.begin() as session:
            return what(session, *args)

    return done


def test_whoever_holds_the_receipt_follows_each_step_in_sentences_for_residents(town, staff, public):
    done = staff(town.open)
    code = staff(receipts.give, town.officer, town.station, done.dispute).code
    done = staff(town.step, town.grid, done, "begun")
    done = staff(town.step, town.grid, done, "passed_on", "张某凶得很，请法庭接手", to=Holder(body="court"))
    done = staff(town.step, town.mediator, done, "taken")
    done = staff(town.step, town.mediator, done, "settled", "李某赔张某五百元")
    seen = public(following.track, code)
    assert (seen.state, seen.kind, seen.words) == ("settled", "dispute", "")
    assert [step.what for step in seen.steps] == ["received", "in_hand", "passed_on", "in_hand", "settled"]
    assert [step.role for step in seen.steps] == ["officer", "grid_member", "grid_member", "mediator", "mediator"]
    assert not [step for step in seen.steps if "某" in step.note or "元" in step.note]
    assert seen.steps[-1].note.startswith("您反映的事项已化解")


def test_they_may_add_to_it_and_rate_it_once(town, staff, public, session):
    done = staff(town.open)
    code = staff(receipts.give, town.grid, town.station, done.dispute).code
    seen = public(following.add, code, "他又来了，电话13800138000")
    assert seen.can == {"add"}
    assert "13800138000" not in seen.steps[-1].note
    with pytest.raises(ReportStepNotPossible):
        public(following.rate, code, 5)
    version = session.scalar(text("SELECT version FROM dispute"))
    assert version == 2
    done = staff(town.step, town.grid, type(done)(done.dispute, version, done.standing, None), "begun")
    done = staff(town.step, town.grid, done, "settled", "说和了")
    assert public(following.track, code).can == {"rate"}
    with pytest.raises(ReportNotValid):
        public(following.rate, code, 6)
    assert public(following.rate, code, 2, "马马虎虎").rating == 2
    session.rollback()
    assert session.scalar(text("SELECT rating FROM dispute")) == 2
    with pytest.raises(ReportStepNotPossible):
        public(following.rate, code, 5)


def test_a_new_receipt_ends_the_one_before_and_a_stranger_s_code_finds_nothing(town, staff, public):
    done = staff(town.open)
    first = staff(receipts.give, town.officer, town.station, done.dispute).code
    second = staff(receipts.give, town.officer, town.station, done.dispute).code
    assert public(following.track, second).report == done.dispute
    with pytest.raises(ReceiptNotFound):
        public(following.track, first)


def test_only_who_works_on_it_gives_a_receipt(town, staff):
    done = staff(town.open)
    with pytest.raises(DisputeNotFound):
        staff(receipts.give, town.mediator, town.station, done.dispute)
    with pytest.raises(RoleMayNot):
        staff(receipts.give, actor_of(None, "auditor", "auditor"), town.station, done.dispute)


def test_it_is_told_in_the_language_chosen_when_it_was_taken_in_or_the_receipt_given(town, staff, public, sessions):
    with sessions.begin() as session:
        rules = Rules(languages=("ko", "hi"), told={"begun": ("已介入", "We have stepped in")})
        session.execute(
            text("UPDATE loop SET rules = CAST(:rules AS jsonb), loaded_at = clock_timestamp()"),
            {"rules": json.dumps(to_json(rules))},
        )
    assert staff(receipts.languages, town.station) == ("zh", "en", "ko", "hi")
    done = staff(town.open, language="ko")
    given = staff(receipts.give, town.officer, town.station, done.dispute)
    done = staff(town.step, town.officer, done, "passed_on", "请接手", to=Holder(body="court"))
    seen = public(following.track, given.code)
    assert (given.language, seen.language) == ("ko", "ko")
    assert seen.steps[-1].note == "It is being handed to somebody else", "no sentence in Korean: English"
    again = staff(receipts.give, town.officer, town.station, done.dispute, language="zh")
    assert public(following.track, again.code).steps[-1].note == "正在转交其他人员办理"
    strange = staff(receipts.give, town.officer, town.station, done.dispute, language="xx")
    assert strange.language == "zh", "what the station does not offer changes nothing"


def test_what_the_loop_does_not_hear_from_residents_is_not_asked_of_them(town, staff, public, sessions):
    done = staff(town.open)
    code = staff(receipts.give, town.officer, town.station, done.dispute).code
    assert public(following.track, code).can == {"add"}
    with sessions.begin() as session:
        session.execute(text("DELETE FROM loop_move WHERE step = 'added'"))
        session.execute(text("UPDATE loop SET loaded_at = clock_timestamp()"))
    assert public(following.track, code).can == frozenset()
    for step in ("begun", "settled"):
        done = staff(town.step, town.grid, done, step, "和好")
    assert public(following.track, code).can == frozenset()
