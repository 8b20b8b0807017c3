"""Anything at all done to disputes of any of the loops, by anybody, at once, twice, killed half-way: the laws hold after each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text

from gridmap.domain.dispute_words import Wish
from gridmap.errors import GridmapError
from gridmap.services.disputes.rules import loop_of
from tests.houses import House, house_of
from tests.looped import LOOPS
from tests.services.disputes.laws import LAWS
from tests.services.disputes.machine import Cast, Disputes, Request, cast_of


@pytest.fixture(scope="module")
def house(server_url: str, template_database: str) -> Iterator[House]:
    with house_of(server_url, template_database) as made:
        yield made


@pytest.fixture(scope="module")
def casts(house: House) -> dict[str, Cast]:
    """Return a station for each loop."""
    with house.owner.begin() as session:
        Disputes.casts = {name: cast_of(session, number, name) for number, name in enumerate(LOOPS, 1)}
    Disputes.house = house
    return Disputes.casts


@pytest.mark.parametrize("examples", [8])
def test_whatever_is_done_the_laws_hold(casts, examples):
    with ThreadPoolExecutor(2) as Disputes.pool:
        run_state_machine_as_test(
            Disputes,
            settings=settings(
                max_examples=examples, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )  # fmt: skip


def test_in_every_loop_all_of_it_comes_to_pass_and_the_laws_hold(casts):
    """What hypothesis may leave out is done in each loop: steps, races, requests sent twice, kills, and the clock."""
    chance, Disputes.seen = random.Random(6), {}
    with ThreadPoolExecutor(2) as Disputes.pool:
        for name in casts:
            machine = Disputes()
            machine.begin(name)
            for hours in (25, 24 * 8):
                machine.all_of_it(*(chance.randrange(2**32) for _ in range(3)), hours)
    assert {"race of 2", "twice", "killed", "waited"} <= set(Disputes.seen), "all of it came to pass"


#: The law that must notice -> what was done behind the machine's back.
FAULTS = {
    "numbers_have_no_gap": (
        "DELETE FROM dispute_event WHERE what = 'note'", "UPDATE dispute SET version = version + 1",
        "DELETE FROM dispute_event WHERE seq = (SELECT max(seq) FROM dispute_event)",
        "UPDATE dispute_event SET seq = 9 WHERE what = 'note'",
    ),
    "nothing_told_is_lost": (
        "UPDATE dispute_event SET by = 'somebody' WHERE what = 'note'", "DELETE FROM dispute_event WHERE what = 'note'",
        "UPDATE dispute_event SET what = 'visited' WHERE what = 'note'",
        """INSERT INTO dispute_event (station, dispute_id, by, what, role, seq, after, tier)
           SELECT station, id, 'officer', 'visited', 'officer', 9, state, tier FROM dispute""",
    ),
    "a_key_is_one_step": (
        "UPDATE dispute_event SET key = NULL", "UPDATE dispute_event SET key = 'somebody''s key' WHERE what = 'note'",
    ),
    "steps_add_up": (
        "UPDATE dispute SET state = 'accepted'", "UPDATE dispute SET due_at = due_at + interval '1 minute'",
        "UPDATE dispute SET tier = tier + 1", "UPDATE dispute SET holder_id = NULL, body = 'desk'",
        "UPDATE dispute SET kind = 'labour'", "UPDATE dispute SET marks = '{worse}'", "UPDATE dispute SET followed = 1",
        "UPDATE dispute SET settle_by = settle_by + interval '1 minute'",
        "UPDATE dispute_event SET at = at - interval '1 minute' WHERE what = 'escalated'",
        "UPDATE dispute_event SET due_at = due_at + interval '1 minute' WHERE what = 'accepted'",
        "UPDATE dispute_event SET role = 'resident' WHERE what = 'accepted'",
    ),
    "none_is_lost": ("DELETE FROM posting",),
}  # fmt: skip


@pytest.fixture(scope="module")
def worked(casts: dict[str, Cast]) -> tuple[Disputes, Any]:
    """Return a machine that has done a little, and what it goes by."""
    machine = Disputes()
    machine.begin("standard")
    (dispute,) = machine.told.opened
    machine.now += timedelta(hours=5)
    machine.look(sweep=False)
    who = machine.cast.town.officer
    for version, wish in ((2, Wish("accepted")), (3, Wish("note", "记下")), (4, Wish("begun"))):
        asked = Request(who, dispute, wish, version, machine.new_key())
        machine.account(asked, machine.send(asked))
    assert [step for _, step, _ in machine.told.steps.values()] == ["opened", "accepted", "note", "begun"]
    machine.laws_hold()
    with machine.scope() as session:
        return machine, loop_of(session, machine.station)


@pytest.mark.parametrize(("law", "fault"), [(law, fault) for law in FAULTS for fault in FAULTS[law]])
def test_the_laws_notice_what_is_done_behind_the_machine_s_back(worked, law, fault):
    machine, loop = worked
    (noticing,) = [one for one in LAWS if one.__name__ == law]
    with machine.house.owner() as session:
        for table in ("dispute", "dispute_event", "posting"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        noticing(session, machine.station, machine.told, loop)
        session.execute(text(fault))
        with pytest.raises((AssertionError, GridmapError)):
            noticing(session, machine.station, machine.told, loop)
        session.rollback()
