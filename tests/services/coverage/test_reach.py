"""Gaps of reach: doors and facilities too far from a police post, and by which way that was measured."""

from __future__ import annotations

import pytest
from shapely import MultiLineString

from gridmap.services.coverage import Limits
from gridmap.store.tables import Road
from tests import makers

#: The station is 1.8 km wide; on foot across it takes about half an hour.
FOOT = Limits(reach_minutes=12, reach_by="foot")


@pytest.fixture
def post(session, station):
    """Put a police post and a school at the west end, a camera at the east end."""
    makers.make_facility(session, "police_post", 0.5, 0.2)
    makers.make_facility(session, "school", 0.6, 0.2)
    makers.make_facility(session, "camera", 1.9, 0.2, code="CAM")


def add_road(session, *places, kind="street"):
    line = MultiLineString([[makers.spot(*place).coords[0] for place in places]])
    session.add(Road(station="S001", name="路", kind=kind, geom=makers.wkb(line)))


def test_without_a_post_nothing_is_out_of_reach_and_it_is_said(told, kinds):
    assert kinds(groups=["reach"]) == []
    assert [note.key for note in told(groups=["reach"]).notes] == ["no_posts"]


def test_without_streets_the_straight_line_is_taken_and_said(told, post):
    found = told(groups=["reach"], limits=FOOT)
    assert [(note.key, note.facts["by"]) for note in found.notes] == [("reach_straight", "foot")]
    gaps = found.gaps
    assert gaps["kind"].tolist() == ["door_out_of_reach"] * 2 + ["facility_out_of_reach"]
    assert gaps["code"].tolist()[-1] == "CAM"
    assert {detail["method"] for detail in gaps["detail"]} == {"straight_line"}
    assert [detail["beats"] for detail in gaps["detail"]] == [["B"], ["B"], ["B"]]
    assert min(detail["minutes"] for detail in gaps["detail"]) > 12
    assert gaps["name_zh"].iloc[0] == "试验路"
    assert gaps["doors"].tolist() == [1, 1, 0]


def test_along_streets_the_far_side_of_a_wall_is_far(session, told, post):
    add_road(session, (0, 0.2), (2, 0.2))
    add_road(session, (0.2, 0.2), (0.2, 0.95), (1.9, 0.95))
    add_road(session, (0, 0.5), (2, 0.5), kind="river")
    found = told(groups=["reach"])
    assert [note.key for note in found.notes] == ["reach_streets"]
    assert found.gaps.empty  # by car everything is near
    gaps = told(groups=["reach"], limits=FOOT).gaps
    assert {detail["method"] for detail in gaps["detail"]} == {"streets"}
    doors = gaps[gaps["kind"] == "door_out_of_reach"]
    # A2's door is 660 m away as the crow flies, but half an hour's walk round by the west.
    assert [row.geometry.geoms[0].distance(makers.spot(0.5, 0.8)) < 1e-9 for row in doors.itertuples()].count(True) == 1
