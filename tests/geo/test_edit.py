"""Edits on maps small enough to draw in one's head."""

from __future__ import annotations

import pytest
import shapely
from shapely import LineString, MultiPolygon, box

from gridmap.domain import codes
from gridmap.geo import edit_names
from gridmap.geo.edit import (
    Cut,
    Draw,
    Give,
    Insert,
    Layers,
    Merge,
    Move,
    Remove,
    Rename,
    Split,
    Straighten,
    apply,
)
from tests.geo.edits import done, draft, faults, in_degrees, shape
from tests.geo.six_cells import WHOLE, after, refused, six


def test_a_vertex_moves_in_all_zones_of_both_layers():
    edited = apply(six(), Move((((20.2, 10.1), (22, 11)),)))
    assert set(edited.cells["code"]) == {"b", "c", "e", "f"}
    assert set(edited.beats["code"]) == {"A", "B"}
    for shapes in (edited.cells.geometry, edited.beats.geometry):
        assert all((22.0, 11.0) in its.exterior.coords and (20.0, 10.0) not in its.exterior.coords for its in shapes)
    assert faults(done(six(), edited), WHOLE) == []


def test_an_edge_moves_as_two_vertices_at_once():
    bent = after(after(six(), Insert(((20, 0), (20, 10)), (20, 4))), Insert(((20, 4), (20, 10)), (20, 6)))
    new = after(bent, Move((((20, 4), (23, 4)), ((20, 6), (23, 6)))))
    assert shape(new, "b").area == pytest.approx(118)
    assert shape(new, "A").area == pytest.approx(418)


def test_a_vertex_inside_a_beat_leaves_the_beats_alone():
    edited = apply(six(), Move((((10, 10), (11, 12)),)))
    assert edited.beats.empty
    assert set(edited.cells["code"]) == {"a", "b", "d", "e"}


def test_points_that_are_no_vertex_are_refused_with_their_place():
    told, at = refused(six(), Move((((14, 14), (15, 15)),)))
    assert "no vertex" in told
    assert at == [14.0, 14.0]


def test_the_outline_only_takes_vertices_on_its_line():
    layers = six()
    inserted = after(layers, Insert(((0, 0), (10, 0)), (4, 0.1)))
    assert set(inserted.cells["code"][:1]) == {"a"}
    assert (4.0, 0.0) in shape(inserted, "A").exterior.coords
    along = after(inserted, Move((((4, 0), (6, 0)),)))
    assert shape(after(along, Remove((6, 0))), "a").equals(box(0, 0, 10, 10))
    assert "past the outline" in refused(inserted, Move((((4, 0), (4, -3)),)))[0]
    assert "gap" in refused(inserted, Move((((4, 0), (4, 3)),)))[0]
    told, at = refused(layers, Insert(((0, 0), (10, 0)), (4, -3)))
    assert "past the outline" in told
    assert at[1] < 0


def test_a_border_that_would_cross_itself_or_run_out_and_back_is_refused():
    assert "cross" in refused(six(), Move((((20, 10), (40, 10)),)))[0]
    layers = after(after(six(), Insert(((10, 10), (10, 20)), (10, 15))), Insert(((10, 15), (10, 20)), (10, 15.05)))
    assert "spike" in refused(layers, Insert(((10, 15), (10, 15.05)), (19, 15.02)))[0]


def test_moved_points_snap_to_a_vertex_then_to_an_edge_then_to_roads():
    layers = after(six(), Insert(((10, 10), (10, 20)), (10, 15)))
    road = LineString([(16, 12), (16, 40)])
    joined = after(layers, Move((((10, 15), (10.3, 19.8)),)), snap_m=0.5)
    assert len(shape(joined, "d").exterior.coords) == 5, "snapped to the corner and one with it"
    onto = after(layers, Move((((10, 15), (15.8, 15)),)), snap_m=0.5, targets=road)
    assert (16.0, 15.0) in shape(onto, "d").exterior.coords
    start = after(layers, Move((((10, 15), (15.8, 12.3)),)), snap_m=0.5, targets=road)
    assert (16.0, 12.0) in shape(start, "e").exterior.coords
    free = after(layers, Move((((10, 15), (15.8, 15)),)), targets=road)
    assert (15.8, 15.0) in shape(free, "d").exterior.coords


def test_a_point_dropped_on_a_border_becomes_a_vertex_of_that_border():
    drawn = after(six(), Draw(((12, 4), (18, 4), (18, 9.7), (12, 9.7)), "n"), snap_m=0.5)
    assert (12.0, 10.0) in shape(drawn, "n").exterior.coords
    assert (12.0, 10.0) in shape(drawn, "e").exterior.coords


def test_a_target_can_be_a_point_or_an_area():
    layers = after(six(), Insert(((10, 10), (10, 20)), (10, 15)))
    for target in (shapely.Point(12, 15.2), MultiPolygon([box(12, 15.2, 13, 16)]), shapely.MultiPoint([(12, 15.2)])):
        moved = after(layers, Move((((10, 15), (12.1, 15.1)),)), snap_m=0.5, targets=target)
        assert (12.0, 15.2) in shape(moved, "d").exterior.coords


def test_new_coordinates_are_rounded_so_that_neighbours_have_the_same_doubles():
    layers = in_degrees(draft(2, 2, seed=1))
    edge = shapely.get_coordinates(shape(layers, "C00000"))[9:11]
    edited = apply(layers, Insert(tuple(map(tuple, edge)), tuple(edge.mean(axis=0))))
    old = {tuple(at) for at in shapely.get_coordinates(layers.cells.geometry)}
    new = [at for its in edited.cells.geometry for at in its.exterior.coords if at not in old]
    assert len(new) == 2
    assert len(set(new)) == 1
    assert new[0] == tuple(round(value, 9) for value in new[0])


def test_a_vertex_where_borders_meet_is_not_removed():
    told, at = refused(six(), Remove((20, 10)))
    assert told.startswith("4 borders meet")
    assert at == [20.0, 10.0]


def test_a_cell_is_split_by_a_line_and_its_larger_part_keeps_the_code():
    new = after(six(), Split("grid_cell", "b", ((9, 4), (21, 4)), "x", "小", "Small"))
    assert shape(new, "b").equals(box(10, 4, 20, 10))
    assert new.cells.set_index("code").loc["x", ["name_zh", "name_en", "beat"]].tolist() == ["小", "Small", "A"]
    assert (20.0, 4.0) in shape(new, "c").exterior.coords
    assert (20.0, 4.0) in shape(new, "B").exterior.coords


def test_a_split_without_a_code_gets_the_next_free_one_and_its_parents_names():
    once = after(six(), Split("grid_cell", "b", ((9, 4), (21, 4))))
    twice = after(once, Split("grid_cell", "b-2", ((15, -1), (15, 5))))
    assert {"b", "b-2", "b-3"} <= set(twice.cells["code"])
    assert twice.cells.set_index("code").loc["b-3", "name_en"] == "Zone b-2-3"


def test_a_line_that_stops_just_short_is_drawn_on_by_a_metre_and_no_more():
    assert len(after(six(), Split("grid_cell", "b", ((10.5, 4), (19.2, 4)))).cells) == 7
    told, at = refused(six(), Split("grid_cell", "b", ((9, 4), (15, 4))))
    assert "ends inside" in told
    assert at == [15.0, 4.0]
    assert "does not cross" in refused(six(), Split("grid_cell", "b", ((1, 1), (9, 1))))[0]


def test_a_split_must_give_two_parts():
    zigzag = ((9, 2), (21, 2), (21, 5), (9, 5))
    assert "into 3 pieces" in refused(six(), Split("grid_cell", "b", zigzag))[0]


def test_a_beat_is_split_between_its_cells():
    new = after(six(), Split("beat", "A", ((-1, 11), (21, 12)), "C"))
    assert new.cells.set_index("code")["beat"].to_dict() == dict(zip("abcdef", "AABCCB", strict=True))
    assert shape(new, "C").equals(box(0, 10, 20, 20))
    assert "on one side" in refused(six(), Split("beat", "A", ((-1, 18), (21, 18)), "C"))[0]
    assert "in two" in refused(six(), Split("beat", "A", ((-1, 30), (21, 30)), "C"))[0]


def test_merged_cells_are_one_and_the_beats_follow():
    new = after(six(), Merge("grid_cell", ("b", "c"), "c"))
    assert shape(new, "c").equals(box(10, 0, 30, 10))
    assert shape(new, "B").area == 300
    assert apply(six(), Merge("grid_cell", ("b", "c"), "c")).gone_cells == ("b",)
    assert "touch" in refused(six(), Merge("grid_cell", ("a", "c"), "c"))[0]
    assert "touch" in refused(six(), Merge("grid_cell", ("a", "e"), "a"))[0], "a corner is no border"
    assert "whose code stays" in refused(six(), Merge("grid_cell", ("a", "b"), "c"))[0]


def test_merged_beats_take_their_cells_with_them():
    edited = apply(six(), Merge("beat", ("A", "B"), "B"))
    assert edited.gone_beats == ("A",)
    assert set(edited.cells["beat"]) == {"B"}
    assert edited.beats.geometry.iloc[0].equals(WHOLE)


def test_a_piece_goes_to_the_neighbour_and_across_beats_the_beats_follow():
    new = after(six(), Cut("grid_cell", "b", ((17, -2), (25, -2), (25, 5), (17, 5)), "c"))
    assert shape(new, "c").area == pytest.approx(115)
    assert shape(new, "B").area == pytest.approx(215)
    assert shape(new, "e").equals(box(10, 10, 20, 20))


def test_a_sliver_that_the_piece_just_missed_goes_with_it():
    new = after(six(), Cut("grid_cell", "b", ((16, 0.2), (25, 0.2), (25, 9.8), (16, 9.8)), "c"))
    assert shape(new, "b").area == pytest.approx(60 + 4 * 0.4), "what still hangs together stays"
    inner = Cut("grid_cell", "b", ((16, -1), (19.9, -1), (19.9, 11), (16, 11)), "c")
    assert shape(after(six(), inner), "b").equals(box(10, 0, 16, 10))


def test_a_piece_must_leave_something_and_touch_the_one_who_gets_it():
    assert "all of" in refused(six(), Cut("grid_cell", "b", ((9, -1), (21, -1), (21, 11), (9, 11)), "c"))[0]
    assert "2 parts" in refused(six(), Cut("grid_cell", "b", ((12, 2), (14, 2), (14, 4), (12, 4)), "c"))[0]
    assert "Nothing" in refused(six(), Cut("grid_cell", "b", ((0, 0), (1, 0), (1, 1)), "c"))[0]
    assert "union of its cells" in refused(six(), Cut("beat", "A", ((17, -2), (25, -2), (25, 5)), "B"))[0]
    assert "crosses itself" in refused(six(), Cut("grid_cell", "b", ((12, 2), (14, 4), (14, 2), (12, 4)), "c"))[0]


def test_a_new_cell_takes_its_ground_from_all_that_lay_there():
    new = after(six(), Draw(((17, 5), (25, 5), (25, 15), (17, 15)), "n", None, "新", "New"))
    assert shape(new, "n").equals(box(17, 5, 25, 15))
    assert new.cells.set_index("code").loc["n", "beat"] == "B"
    assert shape(new, "B").area == 230
    inside = after(six(), Draw(((12, 2), (18, 2), (18, 8), (12, 8)), "n"))
    assert len(shape(inside, "b").interiors) == 1
    given = after(six(), Draw(((17, 5), (25, 5), (25, 15), (17, 15)), "n", "A"))
    assert shape(given, "A").area == 450


def test_a_new_cell_swallows_another_only_when_told():
    over = ((9, -1), (21, -1), (21, 11), (9, 11))
    assert "all of cell b" in refused(six(), Draw(over, "n"))[0]
    new = after(six(), Draw(over, "n", swallow=True))
    assert "b" not in set(new.cells["code"])
    assert shape(new, "n").area == pytest.approx(132)
    assert "exists" not in refused(six(), Draw(over, "a", swallow=True))[0]


def test_where_there_are_no_cells_beats_are_edited_like_cells():
    layers = Layers(six().beats, six().cells.iloc[:0])
    new = after(layers, Draw(((17, 5), (25, 5), (25, 15), (17, 15)), "N"))
    assert shape(new, "N").area == 80
    cut = after(layers, Cut("beat", "A", ((17, -2), (25, -2), (25, 5), (17, 5)), "B"))
    assert shape(cut, "B").area == pytest.approx(215)
    assert len(after(layers, Split("beat", "A", ((-1, 7), (21, 7)))).beats) == 3


def test_a_border_is_straightened_between_its_junctions_for_both_and_their_beats():
    bent = after(after(six(), Insert(((20, 0), (20, 10)), (21, 4))), Insert(((20, 10), (20, 20)), (18, 15)))
    new = after(bent, Straighten("grid_cell", "b", "c"))
    assert shape(new, "b").equals(box(10, 0, 20, 10))
    assert (18.0, 15.0) in shape(new, "B").exterior.coords
    whole = after(bent, Straighten("beat", "A", "B"))
    assert shape(whole, "B").equals(box(20, 0, 30, 20))
    kept = after(bent, Straighten("beat", "A", "B", 1.5))
    assert shape(kept, "b").equals(box(10, 0, 20, 10))
    assert (18.0, 15.0) in shape(kept, "e").exterior.coords
    assert "no vertex to spare" in refused(six(), Straighten("grid_cell", "b", "c"))[0]
    assert "share no border" in refused(six(), Straighten("grid_cell", "a", "c"))[0]
    assert "tolerance" in refused(bent, Straighten("beat", "A", "B", -1.0))[0]


def test_the_border_of_an_enclave_is_simplified_with_a_tolerance_alone():
    round_ = tuple(shapely.Point(15, 5).buffer(3, quad_segs=8).exterior.coords)[:-1]
    layers = after(six(), Draw(round_, "n"))
    assert "closed ring" in refused(layers, Straighten("grid_cell", "b", "n"))[0]
    new = after(layers, Straighten("grid_cell", "b", "n", 0.5))
    assert 4 <= len(shape(new, "n").exterior.coords) < 12
    assert after(new, Merge("grid_cell", ("b", "n"), "b")).cells.geometry.area.sum() == pytest.approx(600)


def test_painting_gives_cells_to_a_beat_whole():
    new = after(six(), Give(("b", "e", "c"), "B"))
    assert shape(new, "B").equals(box(10, 0, 30, 20))
    assert "2 parts" in refused(six(), Give(("a",), "B"))[0]
    assert "without a cell" in refused(six(), Give(("c", "f"), "A"))[0]
    assert "not in another beat" in refused(six(), Give(("c",), "B"))[0]
    assert "no beat X" in refused(six(), Give(("c",), "X"))[0]
    assert "no cell x" in refused(six(), Give(("x",), "A"))[0]


def test_a_renamed_beat_takes_its_cells_with_it():
    edited = apply(six(), Rename("beat", "A", "Z9", "新名", None))
    assert edited.gone_beats == ("A",)
    assert edited.beats[["code", "name_zh", "name_en"]].to_numpy().tolist() == [["Z9", "新名", "Zone A"]]
    assert set(edited.cells["code"]) == set("abde")
    assert set(edited.cells["beat"]) == {"Z9"}
    assert shapely.equals_identical(edited.beats.geometry[0], six().beats.geometry[0])
    cell = apply(six(), Rename("grid_cell", "a", None, None, "Market"))
    assert (cell.gone_cells, cell.cells["name_en"].tolist()) == ((), ["Market"])


@pytest.mark.parametrize("code", ["B", "a b", "", "x" * 65, "a|b", 'a"b', "a\\b"])
def test_codes_that_break_the_rule_or_are_taken_are_refused(code):
    assert refused(six(), Rename("beat", "A", code))
    layers = Layers(six().beats, six().cells.assign(code=[*"Bbcdef"]))
    assert refused(layers, Draw(((12, 2), (18, 2), (18, 8), (12, 8)), code))


def test_the_rule_for_codes_is_that_of_the_domain():
    assert edit_names.ZONE_CODE.pattern == codes.ZONE_CODE
