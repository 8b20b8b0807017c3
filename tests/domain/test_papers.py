"""Texts of papers: filled in once, of every kind in both languages, and never read as more than text."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.loops import PLACEHOLDERS
from gridmap.domain.papers import (
    ACCOUNTS,
    ASKS,
    DEFAULTS,
    KINDS,
    LONGEST,
    PaperNotValid,
    check,
    fill,
    languages,
    template,
    told,
)

LOOPS = Path(__file__).parents[2] / "fixtures" / "loops"


def test_every_paper_has_a_text_in_both_languages_with_known_names_alone():
    facts = {name: f"<{name}>" for name in PLACEHOLDERS}
    for kind in KINDS:
        for language in ("zh", "en"):
            text = DEFAULTS[kind][language]
            assert "{" not in fill(text, facts)
            assert "<number>" in fill(text, facts)
            assert "{parties}" in text
    assert list(ASKS) == list(ACCOUNTS)


def test_a_stations_own_text_goes_first_and_other_languages_follow():
    own = {"record": {"zh": "本所", "ug": "خاتىرە"}}
    assert template(own, "record", "zh") == "本所"
    assert template(own, "record", "ug") == "خاتىرە"
    assert template(own, "record", "en") == DEFAULTS["record"]["en"]
    assert template(own, "agreement", "ug") == DEFAULTS["agreement"]["zh"]
    assert languages(own, "record") == ("zh", "en", "ug")
    with pytest.raises(PaperNotValid):
        template(own, "verdict", "zh")


@given(st.dictionaries(st.sampled_from(PLACEHOLDERS), st.text(max_size=30), max_size=4))
def test_a_fact_is_never_read_as_a_template(facts):
    text = "".join(f"[{{{name}}}]" for name in PLACEHOLDERS)
    assert fill(text, facts) == "".join(f"[{facts.get(name, f'{{{name}}}')}]" for name in PLACEHOLDERS)


@pytest.mark.parametrize(
    "hostile", ["{station.__class__}", "{0}", "{parties!r}", "{{number}", "{NUMBER}", "%(number)s"]
)
def test_a_template_reads_nothing_but_its_facts(hostile):
    assert fill(hostile, {"station": "x", "parties": "y"}) == hostile


def test_the_four_accounts_stand_in_order_with_their_headings():
    text = told({"interests": "4", "heart": "1", "consequences": "3", "ties": "2"}, "zh")
    assert [text.index(part) for part in ("良心账", "亲情邻里账", "法律后果账", "经济利益账")] == sorted(
        text.index(part) for part in ("良心账", "亲情邻里账", "法律后果账", "经济利益账")
    )
    assert [line for line in text.splitlines() if line.isdigit()] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("wrong", [("verdict", "x"), ("record", " \r\n "), ("record", "x" * (LONGEST + 1))])
def test_what_is_no_paper_is_refused(wrong):
    with pytest.raises(PaperNotValid):
        check(*wrong)


@given(st.sampled_from(["", "无", "none"]), st.text(max_size=20))
def test_a_clause_that_would_name_nobody_is_left_out_whole(nobody, kind):
    text = "A[[, by {bodies}]]; {kind}[[ at {place}]]."
    assert fill(text, {"bodies": nobody, "kind": kind, "place": "the court"}) == f"A; {kind} at the court."
    assert fill("[[plain]] [{kind}]", {"kind": kind}) == f"[[plain]] [{kind}]", "other brackets are text"


@pytest.mark.parametrize("loop", sorted(LOOPS.glob("*.toml")), ids=lambda one: one.stem)
def test_no_station_s_paper_says_that_nobody_mediated(loop):
    facts = dict.fromkeys(PLACEHOLDERS, "<it>")
    for kind, texts in tomllib.loads(loop.read_text())["template"].items():
        for language, own in texts.items():
            found = fill(own, {**facts, "bodies": "none" if language == "en" else "无"})
            assert "无" not in found, kind
            assert "none" not in found, kind
            assert "[[" not in found, kind
            assert "[[" not in fill(own, facts), kind
