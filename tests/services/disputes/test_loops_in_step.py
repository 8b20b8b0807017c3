"""The machine and the database go by the same rows: under each of the six loops they agree on every step, taken or refused."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gridmap.domain.dispute_words import ENDED, OPEN, STEPS, Holder, Taker, Wish
from gridmap.domain.disputes import possible
from gridmap.domain.loops import ROLES
from gridmap.services.disputes import acting, configure, opening
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests.disputes import make_town
from tests.looped import FILES, file_of

NAMES = ("standard", *sorted(path.stem for path in FILES.glob("*.toml")))
DISPUTES, STEPS_EACH = 7, 16
SPANS = (timedelta(minutes=5), timedelta(hours=3), timedelta(days=2), timedelta(days=40))
#: The rules of these the database leaves to the machine: how many visits, and which of them comes before the end.
COUNTED = {"followed_up", "closed"}
#: Whether it has ended -> the steps that lead on, so that every walk comes somewhere.
ONWARD = (
    {"accepted", "begun", "passed_on", "taken", "lapsed", "convened", "paused", "resumed", "escalated", "settled"},
    {"reviewed", "followed_up", "closed"},
)


@pytest.fixture(params=NAMES)
def town(request, sessions):
    with sessions.begin() as session:
        town = make_town(session)
        if request.param != "standard":
            configure.load(session, file_of(request.param), [town.station], by="test")
        return town


def test_the_machine_and_the_database_agree_on_every_step(town, app_sessions):
    dice = random.Random(11)
    with app_sessions() as session, session.begin():
        enter_scope(session, [town.station])
        loop, taken, refused = loop_of(session, town.station), set(), 0
        kinds = [rule.kind for rule in loop.rules.kinds] + ["neighbours", "family"]
        grades = [None, *(grade.number for grade in loop.rules.grades)]
        for _ in range(DISPUTES):
            now = datetime.now(UTC)
            intake = opening.Intake(
                dice.choice(kinds), "合成", dice.choice(("dispute", "tip", "hazard", "case")), grade=dice.choice(grades),
                address_id=town.door, opened_at=now,
            )  # fmt: skip
            number = opening.take_in(session, town.station, intake, by="officer", role="officer").dispute
            for _ in range(STEPS_EACH):
                now += dice.choice(SPANS)
                row = dispute_rows.get(session, town.station, number, EVERYTHING, lock=True)
                refused += refuse_one(session, loop, row, dice, now)
                choices = [(role, step) for role in ROLES for step in possible(loop, row.standing, role, now)]
                telling = [one for one in choices if one[1] in ONWARD[row.standing.state in ENDED]]
                role, step = dice.choice(telling if telling and dice.random() < 0.8 else choices)
                grid, other = (Holder(person=one.person_id) for one in (town.grid, town.officer))
                to = other if row.standing.holder == grid else grid  # nobody is offered what they hold
                wish = Wish(
                    step, "合成", to, ("desk",), now + timedelta(days=3), 4,
                    ("worse",) if step == "marked" else None,
                )  # fmt: skip
                who = Taker(role, row.standing.offered.person, (row.standing.offered.body or "",))
                after = acting.take(session, row, wish, who, by=role, now=now).standing
                there = dispute_rows.get(session, town.station, number, EVERYTHING).standing
                assert there == after, (loop.code, step, row.standing)
                taken.add(step)
        assert dispute_rows.lost(session, [town.station]) == []
        lost = text("SELECT count(*) FROM dispute WHERE state = ANY (:open) AND due_at IS NULL")
        assert session.scalar(lost, {"open": list(OPEN)}) == 0
    assert {"accepted", "passed_on", "taken", "settled"} <= taken
    assert refused > DISPUTES


def refuse_one(session, loop, row, dice, now) -> bool:
    """Try a step the machine refuses straight at the database, led to where the step would lead; it refuses too."""
    role, step = dice.choice(ROLES), dice.choice([one for one in STEPS if one not in COUNTED])
    if step in possible(loop, row.standing, role, now):
        return False
    if (role, step) == ("clock", "escalated") and step in possible(loop, row.standing, role):
        return False  # whether what was marked is graver than its tier, the database leaves to the machine, too
    likely = sorted({move.after for move in loop.moves.values() if move.step == step} - {"=", "<"})
    standing = row.standing
    where = dice.choice([*likely, standing.state])
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            text("""INSERT INTO dispute_event (station, dispute_id, at, by, what, note, role, seq, tier, after, holder_id, body,
                      due_at, settle_by)
                    VALUES (:station, :id, :now, 'test', :step, '', :role, :seq, :tier, :after, :person, :body, :now, :now)"""),
            {"station": row.station, "id": row.id, "now": now, "step": step, "role": role, "seq": row.version + 1,
             "tier": min(standing.tier + (step == "escalated"), loop.top), "after": where, "person": standing.holder.person,
             "body": standing.holder.body},
        )  # fmt: skip
    return True
