"""Edits on drafts that are not sound, and on frames as they come from a store."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gridmap.geo.columns import BadFrame
from gridmap.geo.edit import Cut, Draw, Give, Layers, Merge, Move, Remove, Split, apply
from tests.geo.edits import done, draft, faults, shape
from tests.geo.six_cells import WHOLE, frame, refused, six
from tests.geo.tilings import METRIC, outline


def test_stored_multipolygons_stay_multipolygons_and_other_columns_come_along():
    layers = six()
    many = [MultiPolygon([its]) for its in layers.cells.geometry]
    layers = Layers(
        layers.beats, layers.cells.assign(note=list("uvwxyz")).set_geometry(gpd.GeoSeries(many, crs=METRIC))
    )
    edited = apply(layers, Split("grid_cell", "b", ((9, 4), (21, 4))))
    assert set(edited.cells.geom_type) == {"MultiPolygon"}
    assert edited.cells.set_index("code").loc["b-2", "note"] == "v"
    assert list(edited.cells.columns) == list(layers.cells.columns)


def test_a_gap_in_a_draft_can_be_made_smaller_and_not_larger():
    notch = Polygon([(10, 0), (20, 0), (20, 10), (17, 10), (15, 7), (13, 10), (10, 10)])
    layers = six(b=notch)
    smaller = done(layers, apply(layers, Move((((15, 7), (15, 9)),))))
    assert shape(smaller, "b").area == pytest.approx(100 - 2)
    assert "gap" in refused(layers, Move((((15, 7), (15, 5)),)))[0]
    closed = done(layers, apply(layers, Draw(((13, 4), (17, 4), (17, 10), (13, 10)), "n")))
    assert closed.cells.area.sum() == pytest.approx(600)


def test_an_overlap_in_a_draft_can_be_cut_away():
    layers = six(b=box(10, 0, 21, 10))
    new = done(layers, apply(layers, Cut("grid_cell", "b", ((20, -1), (22, -1), (22, 11), (20, 11)), "c")))
    assert shape(new, "b").equals(box(10, 0, 20, 10))
    assert shape(new, "c").equals(box(20, 0, 30, 10))
    assert "lay one zone on another" in refused(layers, Move((((21, 0), (24, 0)),)))[0]


def test_with_the_jurisdiction_a_leak_can_be_drawn_back():
    layers = six(c=box(20, 0, 33, 10))
    op = Move((((33, 0), (30, 0)), ((33, 10), (30, 10))))
    assert "gap" in refused(layers, op)[0], "without it, the zones' own outline counts"
    assert shape(done(layers, apply(layers, op, jurisdiction=WHOLE)), "c").equals(box(20, 0, 30, 10))


def test_a_beat_that_lacks_a_vertex_of_its_cells_follows_them_all_the_same():
    plain = six()
    layers = Layers(frame({"A": box(0, 0, 20, 20), "B": box(20, 0, 30, 20)}), plain.cells)
    new = done(layers, apply(layers, Move((((20, 10), (22, 11)),))))
    assert set(faults(new, WHOLE)) <= {"unmatched_vertex"}
    assert shape(new, "A").area == pytest.approx(420)


def test_beats_with_and_without_cells_are_one_coverage():
    plain = six()
    layers = Layers(plain.beats, plain.cells[plain.cells["beat"] == "A"].reset_index(drop=True))
    new = done(layers, apply(layers, Move((((20, 10), (22, 11)),))))
    assert (22.0, 11.0) in shape(new, "B").exterior.coords
    assert shape(new, "A").union(shape(new, "B")).equals(WHOLE)
    assert "has ground but no cells" in refused(layers, Give(("b",), "B"))[0]


def test_noise_below_the_tolerance_does_not_keep_zones_apart():
    noisy = {code: shapely.transform(its, lambda at, k=k: at + k * 1e-9) for k, (code, its) in
             enumerate(zip(six().cells["code"], six().cells.geometry, strict=True))}  # fmt: skip
    layers = six(**noisy)
    edited = apply(layers, Move((((20, 10), (22, 11)),)))
    assert set(edited.cells["code"]) == {"b", "c", "e", "f"}
    merged = apply(layers, Merge("grid_cell", ("b", "c"), "b"))
    assert len(shapely.get_parts(merged.cells.geometry[0])) == 1


def test_frames_without_their_columns_and_points_that_are_no_numbers_are_named():
    with pytest.raises(BadFrame, match="beat"):
        apply(Layers(six().beats, six().cells.drop(columns="beat")), Remove((0, 0)))
    assert "finite" in refused(six(), Remove((float("nan"), 0)))[0]
    assert "two points" in refused(six(), Split("grid_cell", "b", ((9, 4),)))[0]
    assert refused(six(), Move(()))


def test_an_edit_of_an_empty_zone_is_refused_and_merging_it_away_is_not():
    layers = six(b=Polygon())
    assert "no ground" in refused(layers, Split("grid_cell", "b", ((9, 4), (21, 4))))[0]
    assert apply(layers, Merge("grid_cell", ("a", "b"), "a")).gone_cells == ("b",)


def test_a_random_draft_is_what_its_makers_say():
    layers = draft(4, 4, seed=3)
    assert faults(layers, outline(layers.cells)) == []


def test_a_wedge_that_was_there_before_is_no_spike_of_the_edit():
    thin = Polygon([(10, 0), (20, 0), (20, 10), (15.04, 10), (15, 1), (14.96, 10), (10, 10)])
    layers = six(b=thin)
    assert apply(layers, Merge("grid_cell", ("a", "b"), "a")).gone_cells == ("b",)
