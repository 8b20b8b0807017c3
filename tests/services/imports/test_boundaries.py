"""Zones into a draft: kinds, beats of cells, new stations, stations, places, roads; and files that lie."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import select, text

from gridmap.domain.codes import ZONE_CODE_RULE
from gridmap.geo.datum import Datum, from_wgs84
from gridmap.services import editions, imports
from gridmap.services.imports import NewStation, ZoneOptions
from gridmap.services.imports.datums import LiesLikeAnotherDatum
from gridmap.services.imports.zones import load_zones
from gridmap.store import editions as store
from gridmap.store import frames
from gridmap.store.grounds import StationExists
from gridmap.store.tables import Place, Road, Station
from tests.makers import SOUTH, WEST, make_station, spot, square, two_squares, zones


def save(frame: gpd.GeoDataFrame, path):
    frame.to_file(path)
    return path


def there(session, number: int, kind: str, station: str = "S001") -> gpd.GeoDataFrame:
    return frames.zones(session, store.find(session, station, number).id, kind)


def shifted(frame: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Return the frame as a map in another datum delivers it, still said to be WGS 84."""
    move = lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum))  # noqa: E731
    return frame.set_geometry(gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), move), crs=4326))


def test_one_file_of_both_kinds_makes_a_draft_that_can_be_published(session, tmp_path):
    make_station(session)
    beats, cells = two_squares()
    both = pd.concat([beats.assign(kind="警格"), cells.assign(kind="网格")], ignore_index=True)
    report = load_zones(session, save(both, tmp_path / "zones.gpkg"), station="S001", by="test")
    assert report.facts == {"edition": 1, "beats": 2, "cells": 4}
    assert list(there(session, 1, "grid_cell")["beat"]) == ["A", "A", "B", "B"]
    assert editions.publish(session, "S001", 1, by="test").number == 1


def test_cells_without_a_beat_get_the_one_they_overlap_most_and_the_report_says_so(session, tmp_path):
    make_station(session)
    beats, _ = two_squares()
    load_zones(session, save(beats, tmp_path / "b.geojson"), station="S001", by="test")
    cells = zones({"C1": square(0, 0, 0.8), "C2": square(0.8, 0, 1.2), "C3": square(5, 5)})
    options = ZoneOptions(kind="grid_cell", draft=1)
    report = load_zones(session, save(cells, tmp_path / "c.geojson"), station="S001", by="test", options=options)
    assert report.facts == {"edition": 1, "beats": 2, "cells": 3}
    assert there(session, 1, "grid_cell")["beat"].fillna("none").tolist() == ["A", "B", "none"]
    assert report.warnings == [
        "2 grid cells were given the beat they overlap most",
        "of these, 1 lie in several beats: C2 in B (83%)",
        "1 grid cells overlap no beat: C3",
    ]


def test_cells_that_name_a_beat_that_is_not_there_fall_back_on_area(session, tmp_path):
    make_station(session)
    beats, cells = two_squares()
    both = pd.concat([beats.assign(kind="beat"), cells.assign(kind="grid_cell", beat="X")], ignore_index=True)
    report = load_zones(session, save(both, tmp_path / "z.gpkg"), station="S001", by="test")
    assert there(session, 1, "grid_cell")["beat"].tolist() == ["A", "A", "B", "B"]
    assert report.warnings[0] == "cells name beats that are not there: X"


def test_zones_that_name_beats_of_the_draft_are_cells_though_the_file_does_not_say_so(session, tmp_path):
    make_station(session)
    beats, cells = two_squares()
    load_zones(session, save(beats, tmp_path / "b.geojson"), station="S001", by="test")
    path = save(cells, tmp_path / "c.geojson")
    report = load_zones(session, path, station="S001", by="test", options=ZoneOptions(draft=1))
    assert report.facts == {"edition": 1, "beats": 2, "cells": 4}
    assert report.warnings == ["the zones were taken for grid cells, because each names a beat of the draft"]
    said = load_zones(session, path, station="S001", by="test", options=ZoneOptions(draft=1, kind="beat"))
    assert said.facts["beats"] == 4


def test_zones_that_lie_wholly_elsewhere_are_refused(session, tmp_path):
    make_station(session)
    beats, _ = two_squares()
    path = save(beats, tmp_path / "b.geojson")
    with pytest.raises(imports.ImportUnclear, match=r"no zone of b\.geojson lies in the jurisdiction"):
        load_zones(session, path, station="S001", by="test", crs="EPSG:4547")


def test_a_draft_is_changed_only_where_the_file_says_and_a_published_edition_not_at_all(session, tmp_path):
    make_station(session)
    beats, cells = two_squares()
    both = pd.concat([beats.assign(kind="beat"), cells.assign(kind="grid_cell")], ignore_index=True)
    path = save(both, tmp_path / "z.gpkg")
    load_zones(session, path, station="S001", by="test")
    report = load_zones(session, path, station="S001", by="test", options=ZoneOptions(draft=1))
    assert (report.facts["edition"], report.added, report.updated) == (1, 0, 6)
    editions.publish(session, "S001", 1, by="test")
    with pytest.raises(editions.EditionStepNotAllowed, match="open a draft"):
        load_zones(session, path, station="S001", by="test", options=ZoneOptions(draft=1))
    only = save(beats.assign(name_zh=["甲", "乙"]), tmp_path / "b.gpkg")
    report = load_zones(session, only, station="S001", by="test", options=ZoneOptions(kind="beat"))
    assert report.facts == {"edition": 2, "beats": 2, "cells": 4}
    assert there(session, 2, "beat")["name_zh"].tolist() == ["甲", "乙"]


def test_bad_zones_are_refused_alone(session, tmp_path):
    make_station(session)
    bow = shapely.Polygon([(WEST, SOUTH), (WEST + 0.01, SOUTH + 0.01), (WEST + 0.01, SOUTH), (WEST, SOUTH + 0.01)])
    frame = gpd.GeoDataFrame(
        {"code": ["A", "A|B", "A", "", "B", "C", "D"]},
        geometry=[square(0, 0), square(0, 0), square(1, 0), square(1, 0), bow, spot(0, 0), None], crs=4326,
    )  # fmt: skip
    report = load_zones(session, save(frame, tmp_path / "z.geojson"), station="S001", by="test")
    assert report.added == 1
    assert {one.line: one.reason for one in report.rejected} == {
        2: f"{ZONE_CODE_RULE} (--map code=… names another column, --make-codes makes codes)",
        3: "the code stands already on feature 1", 4: "code is empty",
        5: "the outline crosses itself at 112.905, 35.805", 6: "the shape is no polygon", 7: "no polygon",
    }  # fmt: skip


def test_names_in_chinese_make_codes_that_stay_the_same(session, tmp_path):
    make_station(session)
    path = save(zones({"上庄村": square(0, 0), "下庄村": square(1, 0)}), tmp_path / "z.geojson")
    for number in (1, 2):
        load_zones(session, path, station="S001", by="test", options=ZoneOptions(make_codes=True))
        codes = there(session, number, "beat")["code"].tolist()
        assert codes == there(session, 1, "beat")["code"].tolist()
    assert all(len(code) == 9 for code in codes)


def test_a_new_station_is_made_of_its_zones(session, tmp_path):
    beats, _ = two_squares()
    path = save(beats, tmp_path / "z.geojson")
    new = NewStation("南城派出所", "0356-110", "Nancheng")
    report = load_zones(session, path, station="NC01", by="test", options=ZoneOptions(new_station=new))
    station = session.get(Station, "NC01")
    assert (station.name_zh, station.name_en, station.metric_epsg, station.desk_phone) == (
        "南城派出所",
        "Nancheng",
        4547,
        "0356-110",
    )
    ground = frames.jurisdiction(session, "NC01")
    assert shapely.equals_exact(
        ground, shapely.MultiPolygon([shapely.union_all(beats.geometry.to_numpy())]), 1e-9, normalize=True
    )
    assert "one part without holes; metric CRS EPSG:4547" in report.warnings[0]
    with pytest.raises(StationExists):
        load_zones(session, path, station="NC01", by="test", options=ZoneOptions(new_station=new))
    with pytest.raises(imports.ImportUnclear, match="4 to 16"):
        load_zones(session, path, station="南城", by="test", options=ZoneOptions(new_station=new))


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_zones_that_lie_like_a_web_map_are_refused_unless_the_system_is_named(session, tmp_path, datum):
    make_station(session)
    beats, _ = two_squares()
    path = save(shifted(beats, datum), tmp_path / "liar.geojson")
    with pytest.raises(LiesLikeAnotherDatum, match=f"load it with --crs {datum.value}"):
        load_zones(session, path, station="S001", by="test")
    load_zones(session, path, station="S001", by="test", crs=datum.value)
    moved = there(session, 1, "beat").to_crs(4547).geometry.to_numpy()
    assert shapely.hausdorff_distance(moved, beats.to_crs(4547).geometry.to_numpy()).max() < 0.5
    report = load_zones(session, path, station="S001", by="test", crs="EPSG:4326")
    assert "taken all the same" in report.warnings[0]


def test_doors_that_lie_like_a_web_map_are_refused_beside_the_doors_that_are_known(session, tmp_path):
    make_station(session)
    numbers = np.random.default_rng(1)
    places = [spot(*pair) for pair in numbers.uniform([0, 0], [2, 1], (60, 2))]
    doors = gpd.GeoDataFrame({"code": [f"D{n}" for n in range(60)]}, geometry=places, crs=4326)
    doors["full"] = [f"幸福路{n}号" for n in range(60)]
    imports.load_file(session, "addresses", save(doors, tmp_path / "true.gpkg"), station="S001")
    liar = save(shifted(doors, Datum.GCJ02), tmp_path / "liar.gpkg")
    with pytest.raises(LiesLikeAnotherDatum, match="median distance to known places"):
        imports.load_file(session, "addresses", liar, station="S001")
    report = imports.load_file(session, "addresses", liar, station="S001", crs="gcj02")
    assert report.kept == 60
    drift = session.execute(text("SELECT max(abs(ST_X(geom) - 112.91)) FROM address")).scalar_one()
    assert drift < 0.0101


def test_doors_that_lie_beside_the_jurisdiction_alone_are_refused_too(session, tmp_path):
    make_station(session)
    numbers = np.random.default_rng(2)
    places = [spot(*pair) for pair in numbers.uniform([0, 0], [2, 1], (400, 2))]
    doors = gpd.GeoDataFrame({"code": [f"D{n}" for n in range(400)], "full": "路"}, geometry=places, crs=4326)
    liar = save(shifted(doors, Datum.GCJ02), tmp_path / "liar.gpkg")
    with pytest.raises(LiesLikeAnotherDatum, match="share of places inside the jurisdiction"):
        imports.load_file(session, "addresses", liar, station="S001")


def test_stations_places_and_roads_load_and_load_again(session, tmp_path):
    stations = gpd.GeoDataFrame(
        {"code": ["S001", "lower", "S002"], "name": ["甲派出所", "乙派出所", "丙派出所"], "desk_phone": ["110", "110", "110"],
         "timezone": ["Asia/Shanghai", "Asia/Shanghai", "Mars/Base"], "synthetic": [True, False, False]},
        geometry=[square(0, 0, 2)] * 3, crs=4326,
    )  # fmt: skip
    for _ in range(2):
        report = imports.load_file(session, "stations", save(stations, tmp_path / "s.geojson"))
    assert (report.unchanged, [one.line for one in report.rejected]) == (1, [2, 3])
    station = session.get(Station, "S001")
    assert (station.metric_epsg, station.synthetic, station.name_en) == (4547, True, "甲派出所")
    places = gpd.GeoDataFrame(
        {"code": ["T", "V", "G", "X", "Y"], "kind": ["镇", "village", "村民小组", "village", "village"],
         "parent": [None, "T", "V", "NONE", "X"], "name": list("镇村组某某")},
        geometry=[square(0, 0, 2), square(0, 0), None, None, None], crs=4326,
    )  # fmt: skip
    for _ in range(2):
        report = imports.load_file(session, "places", save(places, tmp_path / "p.geojson"), station="S001")
    assert (report.unchanged, [(one.line, one.value) for one in report.rejected]) == (3, [(4, "NONE"), (5, "X")])
    assert session.scalars(select(Place.kind).order_by(Place.code)).all() == ["group", "town", "village"]
    roads = gpd.GeoDataFrame(
        {"name": ["幸福路", None], "highway": ["residential", None]},
        geometry=[shapely.LineString([spot(0, 0), spot(2, 1)])] * 2, crs=4326,
    )  # fmt: skip
    for _ in range(2):
        report = imports.load_file(session, "roads", save(roads, tmp_path / "r.geojson"), station="S001")
    assert (report.added, report.unchanged) == (0, 2)
    assert session.scalars(select(Road.kind).order_by(Road.id)).all() == ["residential", "road"]


def test_points_are_read_with_all_their_columns_and_none_is_lost(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("name,经度,纬度\na,112.905,35.805\nb,,\nc,x,1\n")
    points = imports.read_points(path)
    assert points["name"].tolist() == ["a", "b", "c"]
    assert points.geometry.is_empty.tolist() == [False, True, True]
    path.write_text("name,e,n\na,112.905,35.805\n")
    with pytest.raises(imports.columns.ColumnUnclear, match="--map lon"):
        imports.read_points(path)
    assert imports.read_points(path, mapping={"lon": "e", "lat": "n"}).geometry.x.tolist() == [112.905]
