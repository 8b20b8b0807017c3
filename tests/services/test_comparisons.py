"""Two editions compared: zones, ground, doors, officers."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
from shapely import MultiPolygon, Polygon
from shapely.ops import unary_union

from gridmap.services import comparisons, editions
from gridmap.store import comparing
from gridmap.store.editions import EditionNotFound
from gridmap.store.tables import Address
from tests import makers

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
#: A's share of the two squares after its border with B has moved west by a tenth.
NARROW = 0.9


def door(session, x, y, households=1):
    made = makers.make_door(session, x, y)
    made.households = households
    session.flush()
    return made


@pytest.fixture
def two_editions(session):
    """Edition 1: A and B side by side; draft 2: B takes a tenth of A, and C is cut off the north of B."""
    makers.make_station(session)
    first = makers.make_draft(session)
    door(session, 0.5, 0.5, 10)
    door(session, 0.95, 0.2, 4)
    door(session, 0.95, 0.7, 3)
    door(session, 1.5, 0.2, 6)
    door(session, 1.5, 0.9, 8)
    door(session, 1.0, 0.4, 5)  # on the border: A's, whose code is the lowest
    makers.make_person(session, "王", beat="A")
    makers.make_person(session, "李", beat="B")
    makers.make_person(session, "张", beat="B")
    editions.publish(session, "S001", first.number, by="test")
    draft = editions.open_draft(session, "S001", by="test")
    beats = makers.zones({
        "A": makers.square(0, 0, NARROW), "B": makers.square(NARROW, 0, 2 - NARROW, 0.5),
        "C": makers.square(NARROW, 0.5, 2 - NARROW, 0.5),
    })  # fmt: skip
    editions.put_zones(session, draft, beats, makers.two_squares()[1].iloc[:0])
    session.flush()
    return first.number, draft.number


@pytest.fixture
def told(session, two_editions):
    return comparisons.compare(session, "S001", *two_editions, at=NOW)


def test_each_zone_is_told_with_its_figures_in_both_editions(told):
    rows = told.zones.set_index("code")
    assert rows["change"].to_dict() == {"A": "reshaped", "B": "split", "C": "split"}
    assert rows["others"].to_dict() == {"A": ["B", "C"], "B": ["A", "C"], "C": ["A", "B"]}
    assert rows.loc["A", ["households_before", "households_after"]].tolist() == [22, 10]
    assert rows.loc["B", ["doors_before", "doors_after"]].tolist() == [2, 3]
    assert rows["doors_before"].isna().to_dict() == {"A": False, "B": False, "C": True}
    assert rows.loc["C", "name_zh"] == "C格"
    assert rows.loc["A", "officer_after"] == "王"
    assert rows.loc["C", "officer_after"] == ""


def test_the_ground_that_changes_hands_is_numbered_with_its_doors(told):
    pieces = told.pieces
    rows = {tuple(row) for row in pieces[["from_code", "to_code", "doors", "households"]].to_numpy().tolist()}
    assert rows == {("B", "C", 1, 8), ("A", "B", 2, 9), ("A", "C", 1, 3)}
    assert pieces["n"].tolist() == [1, 2, 3]
    assert pieces.crs == "EPSG:4326"
    assert pieces["area_m2"].is_monotonic_decreasing
    moved = unary_union(list(pieces.geometry))
    assert moved.symmetric_difference(
        makers.square(NARROW, 0, 1 - NARROW).union(makers.square(1, 0.5, 1, 0.5))
    ).area < 1e-9  # fmt: skip


def test_what_zones_gain_and_lose_in_doors_is_what_the_pieces_carry(told):
    rows = told.zones.set_index("code").fillna(0)
    for figure in ("doors", "households"):
        came = told.pieces.groupby("to_code")[figure].sum().reindex(rows.index).fillna(0)
        went = told.pieces.groupby("from_code")[figure].sum().reindex(rows.index).fillna(0)
        assert (rows[f"{figure}_after"] - rows[f"{figure}_before"]).tolist() == (came - went).tolist()


def test_doors_on_every_border_are_told_as_the_zones_count_them(session, two_editions):
    """Doors stand on a raster whose lines are the borders of both editions."""
    session.add_all(
        Address(station="S001", code=f"R{x}-{y}", full="路", households=1 + (x * y) % 3, geom=makers.wkb(makers.spot(x / 20, y / 20)))
        for x in range(41) for y in range(21)
    )  # fmt: skip
    session.flush()
    told = comparisons.compare(session, "S001", *two_editions, at=NOW)
    rows = told.zones.set_index("code").fillna(0)
    for figure in ("doors", "households"):
        came = told.pieces.groupby("to_code")[figure].sum().reindex(rows.index).fillna(0)
        went = told.pieces.groupby("from_code")[figure].sum().reindex(rows.index).fillna(0)
        assert (rows[f"{figure}_after"] - rows[f"{figure}_before"]).tolist() == (came - went).tolist()
    assert told.totals.doors == told.pieces["doors"].sum() > 200
    assert told.totals.doors_all == 41 * 21 + 6


def test_every_household_is_some_officers_or_nobodys_before_and_after(told):
    rows = told.officers.set_index("name")
    assert rows["households_before"].to_dict() == {"王": 22, "李": 7, "张": 7, "": 0}
    assert rows["households_after"].to_dict() == {"王": 10, "李": 7.5, "张": 7.5, "": 11}
    assert rows.loc["", "zones_after"] == ["C"]
    assert told.officers["name"].iloc[-1] == ""
    assert rows["households_before"].sum() == rows["households_after"].sum() == told.totals.households_all


def test_the_sums_say_how_much_changes_hands(told):
    sums = told.totals
    assert (sums.zones_before, sums.zones_after) == (2, 3)
    assert sums.changes == {"split": 2, "reshaped": 1}
    assert (sums.doors, sums.households, sums.doors_all) == (4, 20, 6)
    assert sums.area_m2 == pytest.approx(told.pieces["area_m2"].sum())


def test_backwards_every_piece_goes_the_other_way(session, two_editions, told):
    back = comparisons.compare(session, "S001", *reversed(two_editions), at=NOW)
    forth = {(row.from_code, row.to_code): (row.doors, row.households) for row in told.pieces.itertuples()}
    assert {(row.to_code, row.from_code): (row.doors, row.households) for row in back.pieces.itertuples()} == forth
    assert back.zones["doors_after"].tolist()[:2] == told.zones["doors_before"].tolist()[:2]


def test_an_edition_differs_from_itself_in_nothing(session, two_editions):
    same = comparisons.compare(session, "S001", 1, 1, at=NOW)
    assert set(same.zones["change"]) == {"kept"}
    assert same.pieces.empty
    assert (same.totals.area_m2, same.totals.doors) == (0, 0)
    assert (same.officers["households_before"] == same.officers["households_after"]).all()


def test_cells_are_compared_with_their_members(session, two_editions):
    makers.make_person(session, "网", "grid_member", cell="A1")
    told = comparisons.compare(session, "S001", 1, two_editions[1], kind="grid_cell", at=NOW)
    rows = told.zones.set_index("code")
    assert set(rows["change"]) == {"removed"}
    assert rows.loc["A1", "grid_member_before"] == "网"
    assert told.pieces["to_code"].tolist() == [None] * 4
    assert told.officers.set_index("name").loc["网", "zones_before"] == ["A1"]


def test_a_zone_whose_neighbour_was_cut_is_kept(session, two_editions):
    """A long straight border gains the vertex of a neighbour's new corner; nothing of the zone itself has changed."""
    makers.make_station(session, "S002", width=40)
    for east in (makers.zones({"B": makers.square(20, 0, 20)}),
                 makers.zones({"B": makers.square(20, 0, 20, 0.3), "C": makers.square(20, 0.3, 20, 0.7)})):  # fmt: skip
        draft = makers.make_draft(
            session, "S002", beats=gpd.GeoDataFrame(pd.concat([makers.zones({"A": makers.square(0, 0, 20)}), east])),
            cells=makers.two_squares()[1].iloc[:0],
        )  # fmt: skip
    told = comparisons.compare(session, "S002", draft.number - 1, draft.number, at=NOW)
    assert told.zones.set_index("code")["change"].to_dict() == {"A": "kept", "B": "split", "C": "split"}
    assert told.pieces[["from_code", "to_code"]].to_numpy().tolist() == [["B", "C"]]
    ground = told.pieces.to_crs(4547).area.sum()
    assert told.zones.set_index("code").loc["C", "gained_m2"] == pytest.approx(ground, rel=1e-6)


def test_an_edition_that_is_not_there_is_named(session, two_editions):
    with pytest.raises(EditionNotFound, match="no edition 77"):
        comparisons.compare(session, "S001", 1, 77)


def test_a_crossed_polygon_is_named_and_not_compared(session, two_editions):
    draft = editions.open_draft(session, "S001", by="test")
    bow = MultiPolygon([Polygon([makers.spot(*at) for at in ((0, 0), (1, 1), (1, 0), (0, 1))])])
    beats = makers.zones({"A": bow, "B": makers.square(1, 0)})
    editions.put_zones(session, draft, beats, makers.two_squares()[1].iloc[:0])
    session.flush()
    for act in (comparisons.compare, editions.compare):
        with pytest.raises(comparisons.ZonesNotComparable, match=r"^A: no valid polygon"):
            act(session, "S001", 1, draft.number)


def test_doors_are_asked_for_in_one_query_that_uses_their_index(session, two_editions, told):
    pieces = comparisons.compare(session, "S001", *two_editions, at=NOW).pieces
    moved = comparing.doors_moved(session, "S001", told.before, told.after, "beat", pieces)
    assert moved[["doors", "households"]].sum().tolist() == [4, 20]
    assert comparing.doors_moved(session, "S001", told.before, told.after, "beat", pieces.iloc[:0]).empty
