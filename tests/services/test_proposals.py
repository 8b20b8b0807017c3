"""Proposals: what is wished comes true, what cannot be is named, and a draft opened from one can be undone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from gridmap.geo.propose import NotFeasible
from gridmap.services import drafts, editions, proposals
from gridmap.services.proposals import PlanWishes, TooManyUnits, WishNotPossible, officers, pieces, posts
from gridmap.store import editions as store
from gridmap.store import frames
from gridmap.store.proposals import ProposalNotFound
from tests import makers, towns

LOOSE = PlanWishes(4, tolerance=0.2)


def proposed(session, wishes=LOOSE):
    return proposals.make(proposals.read(session, "S001", wishes), wishes)


def connected(cells):
    """Return whether cells of the town hang together edge to edge."""
    left = {(int(code[1]), int(code[2])) for code in cells}
    waiting = [left.pop()]
    while waiting:
        x, y = waiting.pop()
        near = {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)} & left
        left -= near
        waiting += near
    return not left


@pytest.fixture
def town(session):
    return towns.make_town(session)


@pytest.mark.parametrize("beats", [1, 3, 4, 5])
def test_every_option_gives_each_cell_to_one_of_as_many_beats_in_one_piece(session, town, beats):
    made = proposed(session, replace(LOOSE, beats=beats, tolerance=0.5))
    assert made.options
    for option in made.options:
        cells = option.plan["beats"]
        assert len(cells) == beats == option.figures["beats_n"] == len(option.figures["beats"])
        assert sorted(code for codes in cells.values() for code in codes) == sorted(
            towns.cell_code(x, y) for x in range(towns.WIDE) for y in range(towns.HIGH)
        )
        assert all(connected(codes) for codes in cells.values())


def test_options_differ_and_none_is_better_in_everything(session, town):
    told = [one.figures for one in proposed(session, replace(LOOSE, tolerance=0.1)).options]
    values = np.array([(one["deviation"], -one["compactness"], one["changed_share"]) for one in told])
    for i, mine in enumerate(values):
        others = np.delete(values, i, axis=0)
        assert not ((others <= mine - 1e-3).all(axis=1)).any()
    assert {name for one in told for name in one["best"]} == {"balance", "compact", "change"}


def test_the_same_seed_proposes_the_same(session, town):
    one, other = (proposed(session) for _ in range(2))
    assert [each.plan["beats"] for each in one.options] == [each.plan["beats"] for each in other.options]


def test_figures_add_up_to_the_station_and_compare_with_the_edition_in_force(session, town):
    made = proposed(session)
    doors = sum(towns.doors_in(x) * towns.HIGH for x in range(towns.WIDE))
    for figures in (made.present, *(one.figures for one in made.options)):
        assert sum(beat["doors"] for beat in figures["beats"]) == doors
        assert sum(beat["households"] for beat in figures["beats"]) == 2 * doors
        assert sum(beat["load"] for beat in figures["beats"]) == pytest.approx(100 * figures["beats_n"], abs=0.5)
        assert figures["response_min"] > 0
    assert made.present["deviation"] > 0.3  # the west has most of the doors
    for option in made.options:
        assert option.figures["deviation"] <= made.present["deviation"]
        came = sum(beat["came"] for beat in option.figures["beats"])
        assert came == option.figures["changed_doors"]
        assert option.figures["within"] == (option.figures["deviation"] <= LOOSE.tolerance)


def test_what_stays_as_it_is_keeps_codes_names_and_officers(session, town):
    made = proposed(session, PlanWishes(4, tolerance=0.5, change=1.0))  # the present beats are even enough
    still = made.options[0]
    assert still.figures["changed_doors"] == still.figures["officer_doors"] == 0
    assert still.figures["beats"][0]["officer"] == "S001J01"
    assert still.figures["beats"][3]["officer"] is None  # nobody is posted to J04, as today
    assert still.plan["drawing"]["changed"] == ""


def test_a_new_beat_gets_a_code_that_was_never_used(session, town):
    beats, cells = makers.two_squares()
    gone = makers.make_draft(session, beats=beats.replace({"code": {"B": "J05"}}), cells=cells.iloc[:0])
    assert gone.number == 2  # a draft that once had J05
    for option in proposed(session, replace(LOOSE, beats=5, tolerance=0.5)).options:
        assert option.figures["new"] == sorted(set(option.plan["beats"]) - {"J01", "J02", "J03", "J04"})
        assert all(code >= "J06" for code in option.figures["new"])
        named = {beat["code"]: beat["name_zh"] for beat in option.figures["beats"]}
        assert len(set(named.values())) == 5


def test_a_locked_beat_keeps_its_cells_and_its_ground(session, town):
    wishes = replace(LOOSE, locked=("J04",), tolerance=0.5)
    for option in proposed(session, wishes).options:
        assert sorted(option.plan["beats"]["J04"]) == sorted(towns.cell_code(x, y) for x in (3, 4, 5) for y in (2, 3))
        assert next(beat for beat in option.figures["beats"] if beat["code"] == "J04")["locked"]


def test_a_half_beat_carries_about_half(session, town):
    wishes = PlanWishes(4, tolerance=0.3, capacity={"S001J01": 0.5})  # by the officer posted to J01
    within = [one for one in proposed(session, wishes).options if one.figures["within"]]
    assert within
    for option in within:
        load = {beat["code"]: beat["load"] for beat in option.figures["beats"]}
        assert load["J01"] == pytest.approx(100 * 0.5 / 3.5 * 4, rel=0.31)


def test_load_is_what_the_planner_weighs(session, town):
    def first(weights, special=()):
        wishes = replace(LOOSE, weights=weights, special=dict(special))
        ground = proposals.read(session, "S001", wishes)
        return 400 * pieces.count(ground, wishes, ground.beats).loc["J01", "load"]

    doors = sum(towns.doors_in(x) for x in range(3)) * 2
    whole = sum(towns.doors_in(x) for x in range(6)) * 4
    assert first({"doors": 1.0}) == pytest.approx(400 * doors / whole, abs=0.1)
    assert first({"area": 1.0}) == pytest.approx(100, abs=0.5)
    assert first({"call:quarrel": 1.0}) == first({"disputes": 1.0}) == pytest.approx(400 * (2 * 3 + 4) / 32, abs=0.1)
    more = first({"households": 1.0}, {"00-0": 2.0 * whole}.items())  # one door as much work as all households
    assert more == pytest.approx(400 * (doors + whole) / (2 * whole), abs=0.1)


def test_villages_stay_whole_where_they_must(session, town):
    made = proposed(session, PlanWishes(2, tolerance=0.5, units="villages", villages="whole"))
    for option in made.options:
        assert option.figures["villages_split"] == 0
        assert {len(cells) for cells in option.plan["beats"].values()} == {8, 16}


def test_no_beat_lies_on_both_banks_where_none_may(session):
    towns.make_town(session, river=True)
    for option in proposed(session, PlanWishes(3, tolerance=0.6, cross=False)).options:
        assert option.figures["crossings"] == 0
        for cells in option.plan["beats"].values():
            assert len({code[1] < "3" for code in cells}) == 1


def test_an_island_is_joined_to_the_shore_nearest_to_it(session):
    beats = makers.zones({"J01": makers.square(0, 0), "J02": makers.square(1.2, 0, 0.8)})
    cells = makers.zones(
        {"A1": makers.square(0, 0, 1, 0.5), "A2": makers.square(0, 0.5, 1, 0.5), "B1": makers.square(1.2, 0, 0.8)},
        beat=["J01", "J01", "J02"],
    )
    makers.make_station(session)
    first = makers.make_draft(session, beats=beats, cells=cells)
    for n in range(3):
        makers.make_door(session, 0.4 + 0.5 * n, 0.3)
    wishes = PlanWishes(1, base=first.number, weights={"area": 1.0})
    made = proposed(session, wishes)
    assert [sorted(codes) for codes in made.options[0].plan["beats"].values()] == [["A1", "A2", "B1"]]


def test_squares_divide_a_station_that_has_no_edition(session):
    makers.make_station(session, width=4)
    for n in range(40):
        makers.make_door(session, 0.05 + n / 10.2, 0.3 + n % 5 / 10)
    made = proposed(session, PlanWishes(3, units="lattice", tolerance=0.3, weights={"doors": 1.0}))
    assert made.present is None
    kept = proposals.keep(session, made, by="test")
    draft = proposals.open_option(session, "S001", kept.id, 1, by="test")
    assert sorted(frames.zones(session, draft.id, "beat")["code"]) == ["J01", "J02", "J03"]
    faults = editions.check(session, "S001", draft.number)
    assert set(faults["kind"]) <= editions.HARMLESS | {"orphan_door"}


def test_an_option_opens_as_a_draft_of_exact_unions_that_can_be_undone(session, town):
    kept = proposals.keep(session, proposed(session), by="somebody")
    before = frames.zones(session, town.id, "beat").set_index("code").geometry.to_wkb()
    option = proposals.find(session, "S001", kept.id).option(1)
    assert option.figures["changed_doors"] > 0

    draft = proposals.open_option(session, "S001", kept.id, 1, by="somebody")
    beats, cells = (frames.zones(session, draft.id, kind) for kind in ("beat", "grid_cell"))
    assert len(editions.check(session, "S001", draft.number)) == 0
    assert cells.groupby("beat")["code"].agg(sorted).to_dict() == {
        beat: sorted(codes) for beat, codes in option.plan["beats"].items()
    }
    for beat in beats.itertuples():
        mine = cells.geometry[cells["beat"] == beat.code].to_numpy()
        assert shapely.symmetric_difference(shapely.union_all(mine), beat.geometry).area < 1e-14
        if sorted(option.plan["beats"][beat.code]) == sorted(
            towns.cell_code(x, y) for x in range(6) for y in range(4) if towns.beat_of(x, y) == beat.code
        ):
            assert beat.geometry.wkb == before[beat.code]
    assert proposals.find(session, "S001", kept.id).option(1).opened_as == draft.number

    drafts.undo(session, draft, version=1, by="somebody")
    again = frames.zones(session, draft.id, "beat").set_index("code").geometry.to_wkb()
    assert again.to_dict() == before.to_dict()


def test_a_proposal_of_a_draft_that_changed_since_is_not_opened(session, town):
    draft = editions.open_draft(session, "S001", by="test")
    kept = proposals.keep(session, proposed(session, replace(LOOSE, base=draft.number)), by="test")
    beats, cells = (frames.zones(session, draft.id, kind) for kind in ("beat", "grid_cell"))
    drafts.replace(session, draft, beats, cells.iloc[1:], by="test")
    with pytest.raises(proposals.GroundMoved, match="propose again"):
        proposals.open_option(session, "S001", kept.id, 1, by="test")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"beats": 25}, "beats"),
        ({"beats": 0}, "beats"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"weights": {"hats": 1.0}}, "weights"),
        ({"weights": {"households": 0.0}}, "weights"),
        ({"weights": {"tier:7": 1.0}}, "weights"),
        ({"special": {"no such door": 5.0}}, "special"),
        ({"locked": ("J99",)}, "locked"),
        ({"locked": ("J01", "J02", "J03"), "beats": 2}, "locked"),
        ({"locked": ("J01",), "units": "lattice"}, "locked"),
        ({"locked": ("J01", "J02", "J03", "J04"), "beats": 5}, "locked"),
        ({"capacity": {"J99": 0.5}}, "capacity"),
        ({"units": "hats"}, "units"),
    ],
)
def test_a_wish_that_cannot_be_is_told_at_its_field(session, town, wrong, field):
    with pytest.raises(WishNotPossible) as told:
        proposed(session, replace(LOOSE, **wrong))
    assert told.value.facts["field"] == field
    assert len(told.value.detail) > 15


def test_wishes_that_cannot_be_together_are_told_with_one_to_relax(session, town):
    with pytest.raises(NotFeasible) as told:
        proposed(
            session,
            PlanWishes(
                2,
                tolerance=0.001,
                units="villages",
                villages="whole",
                weights={"special": 1.0} and {"doors": 1.0},
                locked=(),
            ),
        )
    assert told.value.facts["field"] in {"tolerance", "villages", "beats"}


def test_more_units_than_a_request_takes_are_refused(session, town):
    with pytest.raises(TooManyUnits, match="24 units"):
        proposals.make(proposals.read(session, "S001", LOOSE), LOOSE, most=10)


def test_a_proposal_or_option_that_is_not_there_is_named(session, town):
    kept = proposals.keep(session, proposed(session), by="test")
    with pytest.raises(ProposalNotFound):
        proposals.find(session, "S001", kept.id + 1)
    with pytest.raises(ProposalNotFound):
        proposals.open_option(session, "S001", kept.id, 99, by="test")


def test_officers_follow_their_doors(session, town):
    beats, cells = (frames.zones(session, town.id, kind) for kind in ("beat", "grid_cell"))
    names = {"J01": "J02", "J02": "J01"}
    draft = editions.open_draft(session, "S001", by="test")
    drafts.replace(session, draft, beats.replace({"code": names}), cells.replace({"beat": names}), by="test")
    _, codes, given = officers.of_edition(session, "S001", draft.number)
    who = dict(zip(codes, [given.people[row] if row >= 0 else None for row in given.officer], strict=True))
    assert who == {"J01": "S001J02", "J02": "S001J01", "J03": "S001J03", "J04": None}
    assert given.changed == 0


def test_posts_go_where_most_households_are(session, town):
    wishes = posts.PostsWishes(1, reach_m=600)
    found = posts.place(posts.read(session, "S001", wishes), wishes)
    assert found.proved
    assert found.posts[0]["lon"] < makers.WEST + 2 * makers.SIDE  # in the west
    assert found.households == 2 * sum(towns.doors_in(x) * towns.HIGH for x in range(6))
    left = sum(one["households"] for one in found.left)
    assert left + found.posts[0]["households"] == found.households
    named = posts.named(session, "S001", found)
    assert named[0]["address"].startswith("河村")


def test_a_post_that_is_there_stays(session, town):
    wishes = posts.PostsWishes(2, reach_m=600, at=("53-0",))
    found = posts.place(posts.read(session, "S001", wishes), wishes)
    assert [one["kept"] for one in found.posts].count(True) == 1
    with pytest.raises(WishNotPossible, match="no door"):
        posts.read(session, "S001", posts.PostsWishes(2, at=("nowhere",)))
    with pytest.raises(WishNotPossible):
        posts.read(session, "S001", posts.PostsWishes(0))


def test_in_force_is_untouched_by_a_proposal(session, town):
    proposals.keep(session, proposed(session), by="test")
    assert store.in_force(session, "S001").id == town.id
