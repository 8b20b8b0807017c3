"""What is exported and loaded again is the same edition, in every format: codes, names, beats, and every double."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from shapely import MultiPolygon, Polygon

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services import editions as service
from gridmap.services import exports
from gridmap.services.imports.zones import PLAIN, ZoneOptions, load_zones
from gridmap.settings import Settings
from gridmap.store import audit, editions, frames
from gridmap.store.writing import FileNotWritable, FormatUnclear, aside, format_of
from tests import makers

SHP = ZoneOptions(beat_layer="beats", cell_layer="grid_cells")
AWKWARD = '东"街<&>,\n一格\x01'


@pytest.fixture
def edition(session):
    """Return an edition in force with a hole, an island and names that break careless writers."""
    makers.make_station(session)
    beats, cells = makers.two_squares()
    hole = makers.square(0.2, 0.1, 0.3, 0.2).geoms[0]
    whole = cells.geometry.iloc[0].geoms[0]
    cells.loc[0, "geometry"] = MultiPolygon([Polygon(whole.exterior, [hole.exterior])])
    island = MultiPolygon([*cells.geometry.iloc[3].geoms, hole])
    cells.loc[3, "geometry"] = island
    beats.geometry = shapely.transform(beats.geometry.to_numpy(), lambda xy: xy + 1e-9 / 3)
    cells.geometry = shapely.transform(cells.geometry.to_numpy(), lambda xy: xy + 1e-9 / 3)
    cells.loc[1, ["name_zh", "name_en"]] = [AWKWARD.replace("\x01", ""), "=cmd()"]
    draft = makers.make_draft(session, beats=beats, cells=cells)
    editions.set_published(session, draft, by="test", at=editions.moment(session))
    return draft


def written(session, folder: Path, kind: str, number: int = 1) -> Path:
    path = folder / exports.file_name("S001", number, kind)
    assert exports.export(session, "S001", number, path, kind, by="test") == ()
    return path


def same_shapes(found: gpd.GeoDataFrame, wanted: gpd.GeoDataFrame) -> None:
    """Demand every ring of one in the other, double for double; a ring may run the other way round."""
    pairs = (shapely.normalize(frame.geometry.to_numpy()) for frame in (found, wanted))
    assert shapely.equals_exact(*pairs, 0).all()


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "shp", "kml", "parquet"])
def test_what_is_exported_and_loaded_again_is_the_same_edition(session, edition, tmp_path, kind):
    path = written(session, tmp_path, kind)
    report = load_zones(session, path, station="S001", by="test", options=SHP if kind == "shp" else PLAIN)
    again = editions.find(session, "S001", report.facts["edition"])
    assert report.refused == 0

    for layer in ("beat", "grid_cell"):
        wanted, found = (frames.zones(session, one.id, layer) for one in (edition, again))
        columns = [name for name in wanted.columns if name != "geometry"]
        if kind == "kml" and "LIBKML" not in pyogrio.list_drivers():
            columns = ["code"]  # GDAL's plain KML driver reads no other fact of a placemark
        pd.testing.assert_frame_equal(pd.DataFrame(found[columns]), pd.DataFrame(wanted[columns]))
        same_shapes(found, wanted)
        if kind in {"gpkg", "parquet"}:  # no rule turns their rings, so they are the same byte for byte
            assert (shapely.to_wkb(found.geometry.to_numpy()) == shapely.to_wkb(wanted.geometry.to_numpy())).all()


def test_the_doubles_of_the_example_need_all_their_digits(session, edition):
    numbers = shapely.get_coordinates(frames.zones(session, edition.id, "grid_cell").geometry.to_numpy()).ravel()
    assert max(len(repr(number).replace(".", "")) for number in numbers.tolist()) >= 16
    assert not (numbers == numbers.round(9)).any()


def test_a_geopackage_has_two_layers_and_says_what_it_is(session, edition, tmp_path):
    path = written(session, tmp_path, "gpkg")
    assert {name for name, _ in pyogrio.list_layers(path)} == {"beats", "grid_cells"}
    with sqlite3.connect(path) as opened:
        told = dict(opened.execute("SELECT table_name, description FROM gpkg_contents"))
    opened.close()
    assert all("SYNTHETIC DATA" in text and "合成数据" in text for text in told.values())
    facts = pyogrio.read_info(path, layer="beats")["layer_metadata"]
    assert facts["edition"] == "1"
    assert facts["area_crs"] == "EPSG:4547"
    cells = gpd.read_file(path, layer="grid_cells").set_index("code")
    metric = frames.zones(session, edition.id, "grid_cell").set_index("code").to_crs(4547).area
    assert cells["area_m2"].to_numpy() == pytest.approx(metric.to_numpy(), abs=0.01)
    since = editions.in_force_since(session, "S001")[edition.id]
    assert abs(pd.Timestamp(cells["in_force_since"].iloc[0]) - since) < pd.Timedelta("1s")
    assert cells["in_force_since"].iloc[0].endswith("+08:00")
    assert cells["synthetic"].all()


def test_geojson_keeps_to_its_rule_and_names_no_system_of_its_own(session, edition, tmp_path):
    told = json.loads(written(session, tmp_path, "geojson").read_text(encoding="utf-8"))
    assert "crs" not in told
    assert told["synthetic"] is True
    assert told["station_name_zh"] == "S001派出所"
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in told["features"]])
    outer = [shapely.get_exterior_ring(part) for part in shapely.get_parts(shapes)]
    assert shapely.is_ccw(outer).all()
    assert [feature["properties"]["kind"] for feature in told["features"]] == ["beat"] * 2 + ["grid_cell"] * 4


def test_a_shapefile_is_packed_whole_with_its_encoding_and_system(session, edition, tmp_path):
    path = written(session, tmp_path, "shp")
    with zipfile.ZipFile(path) as pack:
        names = {
            f"{layer}{part}" for layer in ("beats", "grid_cells") for part in (".shp", ".shx", ".dbf", ".prj", ".cpg")
        }
        assert set(pack.namelist()) == {*names, "README.txt"}
        assert pack.read("beats.cpg").strip() == b"UTF-8"
        assert b"WGS_1984" in pack.read("beats.prj")
        assert "SYNTHETIC DATA" in pack.read("README.txt").decode()
    fields = pyogrio.read_info(f"/vsizip/{path}/grid_cells.shp")["fields"]
    assert all(len(name) <= 10 for name in fields)
    assert "in_force" in fields


def test_a_name_too_long_for_a_shapefile_is_cut_at_a_character_and_told(session, edition, tmp_path):
    beats, cells = makers.two_squares()
    beats.loc[0, "name_zh"] = "长" * 100
    draft = makers.make_draft(session, beats=beats, cells=cells)
    path = tmp_path / "long.shp.zip"
    notes = exports.export(session, "S001", draft.number, path, "shp", by="test")
    assert notes == ("beats A: name_zh is cut to 254 bytes",)
    assert gpd.read_file(f"/vsizip/{path}/beats.shp")["name_zh"].iloc[0] == "长" * 84


def test_kml_is_sound_xml_whatever_the_names_hold(session, edition, tmp_path):
    beats, cells = makers.two_squares()
    beats.loc[0, "name_zh"] = AWKWARD
    draft = makers.make_draft(session, beats=beats, cells=cells)
    path = tmp_path / "odd.kml"
    exports.export(session, "S001", draft.number, path, "kml", by="test")
    names = gpd.read_file(path, layer="beats")["name_zh" if "LIBKML" in pyogrio.list_drivers() else "Name"]
    assert AWKWARD.replace("\x01", "\ufffd") in set(names) or names.iloc[0] == "A"


def test_parquet_is_read_by_geopandas_with_its_system_and_facts(session, edition, tmp_path):
    path = written(session, tmp_path, "parquet")
    frame = gpd.read_parquet(path)
    assert frame.crs.to_epsg() == 4326 or frame.crs.to_authority() == ("OGC", "CRS84")
    assert frame.groupby("kind").size().to_dict() == {"beat": 2, "grid_cell": 4}
    facts = json.loads(pyarrow.parquet.read_schema(path).metadata[b"gridmap"])
    assert facts["edition"] == 1
    assert "合成数据" in facts["description"]


def test_the_csv_says_which_cell_belongs_to_which_beat_and_runs_no_formula(session, edition, tmp_path):
    path = written(session, tmp_path, "csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(path, encoding="utf-8-sig")
    assert dict(zip(table["grid_cell"], table["beat"], strict=True)) == {"A1": "A", "A2": "A", "B1": "B", "B2": "B"}
    assert table["grid_cell_name_en"].tolist()[1] == "'=cmd()"
    assert table["beat_name_zh"].tolist() == ["A格", "A格", "B格", "B格"]
    assert table["synthetic"].all()


def test_an_edition_without_cells_is_exported_too(session, edition, tmp_path):
    beats, cells = makers.two_squares()
    draft = makers.make_draft(session, beats=beats, cells=cells.iloc[:0])
    for kind in exports.FORMATS:
        path = written(session, tmp_path, kind, draft.number)
        if kind == "csv":
            assert len(pd.read_csv(path)) == 0
        else:
            options = ZoneOptions(beat_layer="beats") if kind == "shp" else PLAIN
            assert load_zones(session, path, station="S001", by="test", options=options).facts["beats"] == 2


def test_an_export_is_on_record(session, edition, tmp_path):
    written(session, tmp_path, "csv")
    newest = audit.list_page(session, "S001", before_id=None, limit=1)[0]
    assert (newest.action, newest.thing, newest.after) == ("export", "edition 1", {"format": "csv"})


def test_a_file_that_cannot_be_finished_leaves_the_old_one_and_no_trace(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), aside(path) as made:
        made.write_text(f"half {1 // 0}")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotWritable), aside(tmp_path / "nowhere" / "file.gpkg"):
        pass


def test_the_ending_tells_the_format_or_is_refused():
    assert [format_of(Path(f"x{ending}")) for ending in (".json", ".zip", ".KML", ".geoparquet")] == [
        "geojson", "shp", "kml", "parquet",
    ]  # fmt: skip
    for ending in (".shp", ".dwg", ""):
        with pytest.raises(FormatUnclear):
            format_of(Path(f"x{ending}"))


def test_the_command_writes_a_file_and_says_so(session, edition, tmp_path, database_url):
    session.commit()
    console = Console(Settings(database_url=database_url))
    path = tmp_path / "one.gpkg"
    done = CliRunner().invoke(group, ["edition", "export", "S001", "1", "--out", str(path)], obj=console)
    console.forget_database()
    assert done.exit_code == 0, done.output
    assert "GeoPackage" in done.output
    assert len(gpd.read_file(path, layer="grid_cells")) == 4


def test_publishing_what_came_back_changes_nothing(session, edition, tmp_path):
    path = written(session, tmp_path, "gpkg")
    report = load_zones(session, path, station="S001", by="test")
    table = service.compare(session, "S001", 1, report.facts["edition"])
    assert set(table["kind"]) == {"kept"}
