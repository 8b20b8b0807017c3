"""Laws of the proposal of mediators: load, language, absence, order; and what is said of few cases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.matching import LEAST_CASES, REASONS, WEIGHTS, Asked, Candidate, Usual, propose

TRADES, LANGUAGES = ("labour", "housing", "women"), ("zh", "en", "ug")
some = st.frozensets


@st.composite
def mediators(draw, person: int = 1) -> Candidate:
    cases = draw(st.integers(0, 40))
    return Candidate(
        person, f"m{person}", f"调解员{person}", draw(st.sampled_from((None, "court", "union"))),
        trades=draw(some(st.sampled_from(TRADES))), languages=draw(some(st.sampled_from(LANGUAGES))),
        cells=draw(some(st.sampled_from(("A1", "A2")))), beats=draw(some(st.sampled_from(("A", "B")))),
        open=draw(st.integers(0, 12)), most=draw(st.integers(1, 12)), cases=cases, settled=draw(st.integers(0, cases)),
        days=draw(st.none() | st.floats(0, 300)), away_until=draw(st.none() | st.just("2026-03-01")),
        on_shift=draw(st.none() | st.booleans()),
    )  # fmt: skip


asks = st.builds(
    Asked, st.sampled_from(LANGUAGES), st.lists(st.sampled_from(TRADES), unique=True).map(tuple),
    st.sampled_from((None, "A", "B")), st.sampled_from((None, "A1", "A2")), st.sampled_from((None, "court")),
)  # fmt: skip
usuals = st.builds(Usual, st.floats(0, 1), st.none() | st.floats(0, 100))


@st.composite
def several(draw) -> list[Candidate]:
    return [draw(mediators(person)) for person in range(1, draw(st.integers(2, 6)) + 1)]


def rank(asked: Asked, people: list[Candidate], usual: Usual, person: int) -> int:
    return [match.who.person for match in propose(asked, people, usual)].index(person)


@given(asks, several(), usuals, st.integers(1, 12))
def test_more_load_never_ranks_higher(asked, people, usual, more):
    busier = [replace(people[0], open=people[0].open + more), *people[1:]]
    assert rank(asked, busier, usual, 1) >= rank(asked, people, usual, 1)


@given(asks, mediators(), usuals)
def test_who_speaks_the_language_comes_before_who_does_not(asked, one, usual):
    speaks = replace(one, person=2, code="z", languages=one.languages | {asked.language})
    not_ = replace(one, languages=one.languages - {asked.language})
    assert [match.who.person for match in propose(asked, [not_, speaks], usual)] == [2, 1]


@given(asks, mediators(), mediators(2), usuals)
def test_the_language_weighs_more_than_all_else_among_those_who_can(asked, one, two, usual):
    here = {"away_until": None, "open": 0}
    speaks = replace(one, languages=frozenset({asked.language}), **here)
    not_ = replace(two, languages=two.languages - {asked.language}, **here)
    assert propose(asked, [not_, speaks], usual)[0].who.person == 1


@given(asks, several(), usuals, st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_candidates(asked, people, usual, random):
    shuffled = people.copy()
    random.shuffle(shuffled)
    assert propose(asked, shuffled, usual) == propose(asked, people, usual)


@given(asks, several(), usuals)
def test_nobody_away_or_full_is_proposed_before_somebody_who_can(asked, people, usual):
    found = propose(asked, people, usual)
    assert [match.ready for match in found] == sorted((match.ready for match in found), reverse=True)
    assert all(match.ready == (match.who.away_until is None and match.who.open < match.who.most) for match in found)
    assert all(0 <= match.points <= sum(WEIGHTS.values()) + 1e-9 for match in found)


@given(asks, mediators(), usuals, st.integers(0, LEAST_CASES - 1), st.data())
def test_nobody_is_judged_by_a_handful_of_cases(asked, one, usual, cases, data):
    few = replace(one, cases=cases, settled=data.draw(st.integers(0, cases)))
    (found,), (new,) = (propose(asked, [who], usual) for who in (few, replace(one, cases=0, settled=0)))
    assert found.points == pytest.approx(new.points)
    assert not {"past", "days", "slow"} & {reason.word for reason in found.reasons}


def test_few_cases_are_drawn_to_the_usual_share():
    asked, usual = Asked(), Usual(0.8)
    lucky, steady = (
        Candidate(person, f"m{person}", "", cases=cases, settled=settled)
        for person, cases, settled in ((1, 5, 5), (2, 100, 97))
    )
    assert [match.who.person for match in propose(asked, [lucky, steady], usual)] == [2, 1]


def test_every_reason_has_words_in_both_languages_and_the_weights_are_a_hundred():
    assert sum(WEIGHTS.values()) == 100
    assert all(zh and en and zh != en for zh, en in REASONS.values())


@given(asks, several(), usuals)
def test_every_reason_that_is_given_has_its_facts(asked, people, usual):
    for match in propose(asked, people, usual):
        assert match.reasons
        for reason in match.reasons:
            for words in REASONS[reason.word]:
                words.format(**reason.facts)
