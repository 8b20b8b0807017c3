"""A report's life is one table; clocks and limits say what they promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain import reports
from gridmap.domain.reports import Limits, ReportStepNotPossible, Sent, due, next_state, possible, queue_of, verdict
from gridmap.store.tables.reports import REPORT_KINDS, REPORT_STATES, REPORT_STEPS

AT = datetime(2025, 6, 1, 8, tzinfo=UTC)
#: Written out by hand from the brief: from each state, the steps that change it and where they lead.
TABLE = {
    "received": {"accepted": "accepted", "in_hand": "in_hand", "settled": "settled", "not_ours": "not_ours",
                 "withdrawn": "withdrawn"},
    "accepted": {"in_hand": "in_hand", "settled": "settled", "not_ours": "not_ours", "withdrawn": "withdrawn"},
    "in_hand": {"settled": "settled", "not_ours": "not_ours", "withdrawn": "withdrawn"},
    "settled": {"closed": "closed", "reopened": "in_hand"},
    "not_ours": {"closed": "closed", "reopened": "in_hand"},
    "closed": {"reopened": "in_hand"},
    "withdrawn": {},
}  # fmt: skip
KEEPING = {"note", "added", "rated", "call_back", "called_back", "joined", "released"}


def test_the_words_are_those_of_the_tables() -> None:
    assert reports.KINDS == REPORT_KINDS
    assert set(reports.STATES) == set(REPORT_STATES) == set(TABLE)
    assert set(reports.STEPS) == set(REPORT_STEPS)
    assert set(reports.ROUTES) == set(REPORT_KINDS)


@pytest.mark.parametrize("state", TABLE)
@pytest.mark.parametrize("step", sorted(REPORT_STEPS))
def test_every_step_from_every_state(state: str, step: str) -> None:
    if step in KEEPING:
        assert next_state(state, step) == state
    elif step in TABLE[state]:
        assert next_state(state, step) == TABLE[state][step]
    else:
        with pytest.raises(ReportStepNotPossible) as told:
            next_state(state, step)
        assert all(one in told.value.detail for one in TABLE[state])
    assert set(possible(state)) == set(TABLE[state])


@given(steps=st.lists(st.sampled_from(sorted(REPORT_STEPS)), max_size=30))
def test_no_life_leaves_the_states_and_none_comes_back_from_withdrawn(steps: list[str]) -> None:
    state, withdrawn = "received", False
    for step in steps:
        try:
            state = next_state(state, step)
        except ReportStepNotPossible:
            continue
        assert state in TABLE
        withdrawn = withdrawn or step == "withdrawn"
        assert (state == "withdrawn") == withdrawn


@pytest.mark.parametrize(("state", "step"), [("nowhere", "note"), ("received", "dance"), ("received", "")])
def test_an_unknown_state_or_step_is_refused(state: str, step: str) -> None:
    with pytest.raises(ReportStepNotPossible):
        next_state(state, step)


@given(kind=st.sampled_from(reports.KINDS), urgent=st.booleans())
def test_an_open_report_has_a_clock_and_urgency_only_hurries(kind: str, urgent: bool) -> None:
    for state in TABLE:
        until = due(kind, state, AT, urgent=urgent)
        assert (until is not None) == (state in reports.OPEN)
    assert due(kind, "received", AT, urgent=True) == AT + timedelta(minutes=10)
    assert due(kind, "received", AT, urgent=False) > AT + timedelta(minutes=10)  # type: ignore[operator]
    assert due(kind, "accepted", AT, urgent=urgent) >= due(kind, "received", AT, urgent=urgent)  # type: ignore[operator]


def test_queues() -> None:
    assert [queue_of(kind, urgent=False) for kind in reports.KINDS] == ["officer", "grid", "grid", "desk"]
    assert {queue_of(kind, urgent=True) for kind in reports.KINDS} == {"desk"}


@given(before=st.builds(Sent, st.integers(0, 300), st.integers(0, 300), st.integers(0, 300)))
def test_more_reports_never_make_a_softer_verdict(before: Sent) -> None:
    hard = ["take", "hold", "refuse"]
    more = Sent(before.plate_hour + 1, before.device_day + 1, before.block_hour + 1)
    assert hard.index(verdict(before, Limits())) <= hard.index(verdict(more, Limits()))


@pytest.mark.parametrize(
    ("before", "what"),
    [
        (Sent(2, 4, 29), "take"), (Sent(3, 0, 0), "hold"), (Sent(0, 5, 0), "hold"), (Sent(0, 0, 30), "hold"),
        (Sent(29, 99, 199), "hold"), (Sent(30, 0, 0), "refuse"), (Sent(0, 0, 200), "refuse"),
    ],
)  # fmt: skip
def test_each_limit_where_it_stands(before: Sent, what: str) -> None:
    assert verdict(before, Limits()) == what
