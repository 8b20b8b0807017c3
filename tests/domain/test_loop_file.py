"""A loop's file: what a clerk may write, what it comes to, and what is said of each slip."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.dispute_words import MARKS, MATTERS, NEEDS, STEPS
from gridmap.domain.loop_file import read_loop
from gridmap.domain.loop_steps import STATE_SETS
from gridmap.domain.loops import IN_SHORT, PLACEHOLDERS, ROLES, STANDARD, WORKERS, LoopNotValid
from tests.looped import FILES

HEAD = '[loop]\ncode = "xi"\nname_zh = "西"\nname_en = "West"\n'
TIER = '[[tier]]\nnumber = 1\nname_zh = "一"\nname_en = "One"\nholder = "desk"\naccept_hours = 4\nsettle_days = 7\non_late = "remind"\n'
TRADE = '[[trade]]\ncode = "law"\nname_zh = "法"\nname_en = "Law"\n'
BODY = '[[body]]\ncode = "court"\nname_zh = "庭"\nname_en = "Court"\n'
MEDIATOR = '[[mediator]]\ncode = "M1"\nname = "合成"\nname_en = "Synthetic"\n'


def step(**parts: object) -> str:
    return "[[step]]\n" + "".join(f"{'from' if key == 'of' else key} = {value!r}\n" for key, value in parts.items())


def test_a_file_that_says_no_more_than_its_name_is_the_standard_loop():
    made = read_loop(HEAD).loop
    assert dict(made.moves) == dict(STANDARD.moves)
    assert dict(made.tiers) == dict(STANDARD.tiers)
    assert made.rules == STANDARD.rules
    assert (made.code, made.name_zh, made.name_en) == ("xi", "西", "West")


def test_a_step_with_from_takes_the_place_of_all_the_bases_moves_of_it():
    made = read_loop(HEAD + step(step="begun", of=["accepted"], to="in_hand")).loop
    assert [key for key in made.moves if key[0] == "begun"] == [("begun", "accepted")]
    assert made.moves["begun", "accepted"].roles == WORKERS, "what is left out is as in the base"
    two = (
        HEAD
        + step(step="closed", of=["settled"], roles=["clock"])
        + step(step="closed", of=["closed"], roles=["commander"])
    )
    made = read_loop(two).loop
    assert {key[1]: move.roles for key, move in made.moves.items() if key[0] == "closed"} == {
        "settled": ("clock",), "closed": ("commander",),
    }  # fmt: skip


def test_a_step_without_from_changes_what_it_says_and_no_more():
    made = read_loop(HEAD + step(step="convened", tiers=[3]) + step(step="escalated", needs=[])).loop
    assert {move.tiers for move in made.moves.values() if move.step == "convened"} == {(3,)}
    assert made.moves["convened", "joint"].needs == ("bodies",)
    assert {move.needs for move in made.moves.values() if move.step == "escalated"} == {()}
    named = read_loop(
        HEAD + step(step="settled", name_zh="调成", name_en="Settled", told_zh="好了", told_en="Done")
    ).loop
    assert dict(named.moves) == dict(STANDARD.moves)
    assert named.rules.steps == {"settled": ("调成", "Settled")}
    assert named.rules.told == {"settled": ("好了", "Done")}


def test_words_for_several_states_and_roles_and_for_where_it_was():
    text = HEAD + step(step="visited", of=["held", "ended"], to="same", roles=["workers", "clock"])
    text += step(step="resumed", to="before")
    made = read_loop(text).loop
    assert {key[1] for key in made.moves if key[0] == "visited"} == {
        "open", "accepted", "in_hand", "handed", "joint", "paused", "settled", "reviewed", "closed",
    }  # fmt: skip
    assert made.moves["visited", "closed"].after == "="
    assert made.moves["visited", "open"].roles == (*WORKERS, "clock")
    assert made.moves["resumed", "paused"].after == "<"


def test_a_step_may_be_left_out_and_a_base_of_nothing_is_refused_as_it_would_lose_all():
    made = read_loop(HEAD + 'without = ["not_ours"]\n').loop
    assert not [key for key in made.moves if key[0] == "not_ours"]
    with pytest.raises(LoopNotValid, match="no one may lead a dispute out of open"):
        read_loop(HEAD + 'base = "none"\n' + TIER)


def test_lengths_of_time_are_given_in_minutes_hours_or_days():
    text = HEAD + "hand_over_minutes = 90\nreview_days = 7\nfollow_ups_days = [3, 9]\nclose_after = 2\n" + TIER
    text += '[[kind]]\ncode = "debt"\naccept_minutes = 15\nsettle_hours = 3.5\n[[matter]]\ncode = "tip"\nsettle_hours = 12\nfollow_ups_days = []\n'
    rules = read_loop(text).loop.rules
    assert (rules.hand_over, rules.review, rules.follow_ups, rules.close_after) == (
        timedelta(minutes=90), timedelta(days=7), (3, 9), 2,
    )  # fmt: skip
    assert (rules.kinds[0].accept, rules.kinds[0].settle) == (timedelta(minutes=15), timedelta(hours=3.5))
    assert [rule.matter for rule in rules.matters] == [rule.matter for rule in IN_SHORT]
    assert (rules.matters[0].settle, rules.matters[0].follow_ups) == (timedelta(hours=12), ())


def test_bodies_mediators_groups_and_kinds_of_ones_own():
    text = HEAD + TRADE + BODY + 'trades = ["law"]\nphone = "0000-1"\n' + MEDIATOR
    text += 'body = "court"\ntrades = ["law"]\nlanguages = ["ko", "zh"]\nbeat = "J1"\nmost = 3\n'
    text += '[[kind]]\ncode = "theft"\nname_zh = "盗窃"\nname_en = "Theft"\ndispute = false\n[[kind]]\ncode = "noise"\n'
    text += '[[group]]\ncode = "shops"\nname_zh = "店"\nname_en = "Shops"\nkinds = ["theft"]\nmarks = ["threats"]\n'
    found = read_loop(text)
    assert (found.bodies[0].phone, found.bodies[0].trades) == ("0000-1", ("law",))
    assert (found.mediators[0].languages, found.mediators[0].beat, found.mediators[0].most) == (("ko", "zh"), "J1", 3)
    assert [(one.code, one.dispute) for one in found.categories] == [("theft", False)]
    assert found.kinds == ("theft", "noise")
    assert found.loop.rules.group_kinds == {"shops": ("theft", "threats")}


SLIPS = {
    "not TOML": ("[loop\n", "is no TOML file"),
    "no head": (TIER, r"\[loop\]: the file begins with it"),
    "a table unheard of": (HEAD + "[[teir]]\n", r"there is no table \[teir\]"),
    "a key unheard of": (HEAD + "hand_over_hour = 3\n", "no key 'hand_over_hour'; did you mean 'hand_over_hours'"),
    "one table for many": (HEAD + TIER.replace("[[tier]]", "[tier]"), r"write \[\[tier\]\]"),
    "a text for a number": (HEAD + TIER.replace("number = 1", 'number = "1"'), r"\[\[tier\]\] 1: number is a whole number"),
    "true for a number": (HEAD + TIER.replace("number = 1", "number = true"), "number is a whole number"),
    "a number for a text": (HEAD + TIER.replace('"desk"', "7"), "holder is a text"),
    "no clock": (HEAD + TIER.replace("accept_hours = 4\n", ""), "accept_hours or accept_days is missing"),
    "two clocks": (HEAD + TIER + "accept_days = 1\n", "one of accept_hours, accept_days, not both"),
    "a clock of nothing": (HEAD + TIER.replace("= 4", "= 0"), "more than 0"),
    "late, and then": (HEAD + TIER.replace('"remind"', '"escalat"'), "one of escalate, remind; did you mean 'escalate'"),
    "a code with capitals": (HEAD.replace('"xi"', '"Xi"'), "2 to 40 of a-z"),
    "an empty name": (HEAD.replace('"西"', '" "'), "name_zh is empty"),
    "the same tier twice": (HEAD + TIER + TIER, r"\[\[tier\]\] number: 1 stands twice"),
    "a holder unheard of": (HEAD + TIER.replace('"desk"', '"court"'), "holder = 'court' is none of cell, beat, desk"),
    "a step unheard of": (HEAD + step(step="setled"), "did you mean 'settled'"),
    "a state unheard of": (HEAD + step(step="begun", of=["opened"]), "from: there is no 'opened'"),
    "a role unheard of": (HEAD + step(step="begun", roles=["mayor"]), "roles: there is no 'mayor'"),
    "a new step without its way": (HEAD + step(step="reviewed", of=["settled"]), "is new: say to which state"),
    "a new step from nowhere": (HEAD + step(step="reviewed", to="reviewed"), "say from which states"),
    "a move twice": (HEAD + 2 * step(step="begun", of=["accepted"]), "begun from accepted stands here twice"),
    "half a name": (HEAD + step(step="begun", name_zh="办"), "both name_zh and name_en"),
    "a name twice": (HEAD + 2 * step(step="begun", told_zh="办", told_en="x"), "told_zh and told_en twice"),
    "a kind twice": (HEAD + 2 * '[[kind]]\ncode = "debt"\n', "debt stands twice"),
    "a known kind renamed": (HEAD + '[[kind]]\ncode = "debt"\nname_zh = "债"\nname_en = "Debt"\n', "leave its names out"),
    "a trade unheard of": (HEAD + BODY + 'trades = ["law"]\n', "there is no 'law' in this file"),
    "a body for another, nowhere": (HEAD + BODY + 'of = "town"\n', "of and beats or cells belong together"),
    "a body for none, somewhere": (HEAD + BODY + 'beats = ["A"]\n', "of and beats or cells belong together"),
    "a body for one unheard of": (HEAD + BODY + 'of = "town"\nbeats = ["A"]\n', "of: there is no 'town' in this file"),
    "two bodies for one in a place": (
        HEAD + BODY + "".join(BODY.replace('"court"', f'"{one}"') + 'of = "court"\ncells = ["A1"]\n' for one in ("b1", "b2")),
        "two stand for court in A1",
    ),
    "a mediator's body": (HEAD + MEDIATOR + 'body = "court"\n', "body: there is no 'court'"),
    "a mediator's type": (HEAD + MEDIATOR + 'type = "elder"\n', "type: there is no 'elder'"),
    "two places": (HEAD + MEDIATOR + 'beat = "J1"\ncell = "W1"\n', "beat or cell, not both"),
    "a language in words": (HEAD + MEDIATOR + 'languages = ["Korean"]\n', "two or three small letters"),
    "no hands": (HEAD + MEDIATOR + "most = 0\n", "most is at least 1"),
    "a phone in words": (HEAD + BODY + 'phone = "call me"\n', "digits, spaces and -"),
    "a list of one text": (HEAD + BODY + 'trades = "law"\n', "trades is a list of texts"),
    "twice in a list": (HEAD + TRADE + BODY + 'trades = ["law", "law"]\n', "names something twice"),
    "a mark unheard of": (HEAD + '[[mark]]\ncode = "loud"\ntier = 2\n', "one of returning, worse, threats"),
    "a group's mark": (HEAD + '[[group]]\ncode = "xx"\nname_zh = "群"\nname_en = "G"\nmarks = ["loud"]\n', "there is no 'loud'"),
    "a matter unheard of": (HEAD + '[[matter]]\ncode = "wish"\n', "one of dispute, tip, hazard, case"),
    "visits as a number": (HEAD + "follow_ups_days = 30\n", "list of whole numbers"),
    "a flag as a text": (HEAD + 'synthetic = "yes"\n', "true or false, without quotes"),
    "a paper unheard of": (HEAD + '[template.poem]\nzh = "诗"\n', "papers are accounts, agreement, record"),
    "a language unheard of": (HEAD + '[template.record]\nchinese = "录"\n', "'chinese' is no language"),
    "a blank nobody fills": (HEAD + '[template.record]\nzh = "{who}"\n', "nothing is called {who}"),
    "a rule that does not hold": (HEAD + "close_after = 9\n", "close_after is 0 to 3"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_its_file_its_table_and_what_to_do(slip):
    text, said = SLIPS[slip]
    with pytest.raises(LoopNotValid, match=said) as raised:
        read_loop(text, "west.toml")
    assert "west.toml" in raised.value.detail
    assert raised.value.facts["faults"]


def test_all_slips_are_told_at_once():
    text = HEAD + "hand_over_hour = 3\n" + TIER.replace('"remind"', '"wait"') + BODY + 'phone = "x"\n'
    with pytest.raises(LoopNotValid) as raised:
        read_loop(text)
    assert len(raised.value.facts["faults"]) == 3


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=True), st.text(max_size=4), st.just([]),
                   st.just(["x", 1]), st.just({"zh": 1}))  # fmt: skip


@given(st.dictionaries(st.sampled_from(("code", "name_zh", "follow_ups_days", "hand_over_hours", "without", "base", "synthetic")), VALUES),
       st.sampled_from(("tier", "kind", "step", "body", "mediator", "series", "template", "group", "grade", "mark", "matter")), VALUES)  # fmt: skip
def test_whatever_a_file_holds_it_is_read_or_refused(head, table, value):
    """No file ends in a defect: this is what TOML can hold, put where it does not belong."""
    from gridmap.domain.loop_file import _read

    faults: list[str] = []
    _read({"loop": head, table: value}, faults)
    _read({"loop": head, table: [value, {"code": value, "number": value, "from": value, "step": value}]}, faults)
    assert faults


def test_the_manual_knows_every_key_and_its_example_holds():
    manual = (Path(__file__).parent.parent.parent / "docs" / "loops.md").read_text(encoding="utf-8")
    found = re.search(r"```toml\n(.*?)```", manual, re.DOTALL)
    assert found is not None
    made = read_loop(found[1]).loop
    assert (made.top, made.tiers[2].holder) == (2, "room")
    assert made.rules.told["settled"][0] == "已办结，请打分。"
    told = set(re.findall(r"`([a-z_…0-9]+)`", manual)) | set(re.findall(r"\{([a-z]+)\}", manual))
    assert {*STEPS, *NEEDS, *ROLES, *MATTERS, *MARKS, *PLACEHOLDERS, *STATE_SETS} <= told
    used = {
        key
        if not re.search("_(hours|days|minutes)$", key) or key in {"follow_ups_days", "within_days"}
        else key.rsplit("_", 1)[0] + "_…"
        for path in FILES.glob("*.toml")
        for key in re.findall(r"^([a-z_]+) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert used - {"zh", "en"} <= told, "a key of the five files is not in the manual"
