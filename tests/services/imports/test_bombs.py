"""What is no honest file is refused in under a second, with what, where and what to do; nothing of it stays."""

from __future__ import annotations

import gzip
import json
import random
import struct
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import func, select

from gridmap.errors import GridmapError
from gridmap.services import editions, imports
from gridmap.services.imports.zones import load_zones
from gridmap.store.reading import Bomb, Encrypted, FileGone, NotWhatItClaims, Truncated, archive, open_source
from gridmap.store.tables import Address, Beat
from tests.costs import cost
from tests.makers import SOUTH, WEST, make_station, square, zones
from tests.services.imports.test_formats import KML

SECOND = 1.0
assert editions  # compiled code is loaded before a clock runs
GOOD = '{"type": "Feature", "properties": {"code": "GOOD"}, "geometry": %s}'
SQUARE = json.dumps(shapely.geometry.mapping(square(0, 0)))


def collection(*features: str) -> str:
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}"


def seconds(work) -> tuple[float, object]:
    """Return the CPU seconds of `work` in this thread (other services run beside it), and what it returned or raised."""

    def told():
        try:
            return work()
        except GridmapError as error:
            return error

    return cost(told)


def ring(count: int) -> list[list[float]]:
    """Return a ring of random vertices: it crosses itself some count² / 6 times."""
    numbers = random.Random(1)
    points = [[WEST + numbers.random() / 100, SOUTH + numbers.random() / 100] for _ in range(count)]
    return [*points, points[0]]


def loads_nothing(session, path, kind="zones"):
    """Load a file that must be refused as a whole; return the error, having checked time and that nothing stays."""
    make_station(session)
    session.flush()
    spent, error = seconds(
        lambda: (
            load_zones(session, path, station="S001", by="test")
            if kind == "zones"
            else imports.load_file(session, kind, path, station="S001")
        )
    )
    assert isinstance(error, GridmapError), error
    assert spent < SECOND
    assert session.scalar(select(func.count()).select_from(Beat)) == 0
    assert session.scalar(select(func.count()).select_from(Address)) == 0
    return error


@pytest.mark.parametrize(
    "text",
    ["[" * 5_000 + "]" * 5_000, '{"a":' * 100_000, collection(GOOD % ('{"type":"Polygon","coordinates":' + "[" * 60 + "]" * 60 + "}"))],
    ids=["closed", "endless", "inside a feature"],
)  # fmt: skip
def test_deep_json_is_refused_with_the_byte_where_it_goes_too_deep(session, tmp_path, text):
    path = tmp_path / "deep.geojson"
    path.write_text(text)
    error = loads_nothing(session, path)
    assert isinstance(error, Bomb)
    assert "nested deeper than 20" in error.detail


def test_a_ring_of_300_random_vertices_is_refused_alone_with_the_place_of_the_fault(session, tmp_path):
    make_station(session)
    path = tmp_path / "ring.geojson"
    bad = json.dumps({"type": "Polygon", "coordinates": [ring(300)]})
    path.write_text(collection(GOOD % SQUARE, (GOOD % bad).replace("GOOD", "BAD")))
    spent, report = seconds(lambda: load_zones(session, path, station="S001", by="test"))
    assert spent < SECOND
    assert (report.added, report.refused) == (1, 1)
    assert report.rejected[0].line == 2
    assert report.rejected[0].reason.startswith(f"the outline crosses itself at {WEST:.1f}")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_none_costs_its_feature_only(session, tmp_path, number):
    make_station(session)
    path = tmp_path / "nan.geojson"
    bad = SQUARE.replace("112.9,", f"{number},", 1)
    path.write_text(collection((GOOD % bad).replace("GOOD", "BAD"), GOOD % SQUARE))
    spent, report = seconds(lambda: load_zones(session, path, station="S001", by="test"))
    assert spent < SECOND
    assert (report.added, [one.line for one in report.rejected]) == (1, [1])
    assert "not JSON" in report.rejected[0].reason


@pytest.mark.parametrize(
    "bad", [("nan", "35.8"), ("112.9", "inf"), ("1e400", "35.8"), ("112.9", "-Infinity"), ("NULL", "35.8")]
)
def test_a_coordinate_that_is_no_number_costs_its_line_of_csv_only(session, tmp_path, bad):
    make_station(session)
    path = tmp_path / "nan.csv"
    path.write_text(f"code,full,lon,lat\nA,路1号,112.905,35.805\nB,路2号,{bad[0]},{bad[1]}\nC,路3号,112.906,35.805\n")
    report = imports.load_file(session, "addresses", path, station="S001")
    assert report.added == 2
    assert [(one.line, one.reason) for one in report.rejected] == [(3, "coordinates that are no finite numbers")]


@pytest.mark.filterwarnings("ignore:invalid value encountered in linearrings")
@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".parquet"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_coordinate_that_is_no_number_costs_its_feature_in_binary_formats(session, tmp_path, ending, value):
    make_station(session)
    coords = shapely.get_coordinates(square(0, 0))
    coords[1, 0] = value
    broken = shapely.Polygon(coords)
    frame = zones({"BAD": broken, "GOOD": square(1, 0).geoms[0]})
    path = tmp_path / f"nan{ending}"
    with np.errstate(invalid="ignore"):
        frame.to_parquet(path) if ending == ".parquet" else frame.to_file(path)
    report = load_zones(session, path, station="S001", by="test")
    assert (report.added, report.refused) == (1, 1)  # in which order, FlatGeobuf decides
    assert session.scalars(select(Beat.code)).all() == ["GOOD"]
    assert report.rejected[0].reason == "coordinates that are no finite numbers"


def test_a_feature_of_a_million_vertices_is_refused_before_it_is_parsed(session, tmp_path):
    path = tmp_path / "million.geojson"
    point = f"[{WEST:.10f}, {SOUTH:.10f}]"
    path.write_text(collection(GOOD % f'{{"type": "Polygon", "coordinates": [[{", ".join([point] * 1_000_000)}]]}}'))
    error = loads_nothing(session, path)
    assert isinstance(error, Bomb)
    assert "feature 1: more than 8 MB" in error.detail


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".fgb", ".parquet", ".shp", ".csv", ".kml"])
def test_a_zone_of_more_than_10000_vertices_is_refused_alone(session, tmp_path, ending):
    if ending == ".kml" and KML != "LIBKML":
        pytest.skip("this build of GDAL keeps no columns in KML: no LIBKML driver")
    make_station(session)
    circle = shapely.Point(WEST + 0.005, SOUTH + 0.005).buffer(0.004, quad_segs=5_000)
    frame = zones({"BIG": circle, "SMALL": square(1, 0)})
    path = tmp_path / f"big{ending}"
    if ending == ".parquet":
        frame.to_parquet(path)
    elif ending == ".csv":
        frame.assign(wkt=frame.geometry.to_wkt()).drop(columns="geometry").to_csv(path, index=False)
    else:
        frame.to_file(path, driver=KML if ending == ".kml" else None)
    spent, report = seconds(lambda: load_zones(session, path, station="S001", by="test"))
    assert spent < SECOND
    assert report.added == 1
    assert report.rejected[0].reason == "more than 10,000 vertices; simplify it"


def test_a_million_vertices_in_a_binary_file_are_refused_in_time(session, tmp_path):
    make_station(session)
    circle = shapely.Point(WEST, SOUTH).buffer(0.004, quad_segs=250_000)
    for ending in (".fgb", ".gpkg"):
        zones({"BIG": circle, "SMALL": square(1, 0)}).to_file(tmp_path / f"million{ending}")
        spent, report = seconds(lambda: load_zones(session, tmp_path / f"million{ending}", station="S001", by="test"))  # noqa: B023
        assert spent < SECOND
        assert (report.added, report.refused) == (1, 1)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(session, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.geojson", bytes(64 << 20))
    error = loads_nothing(session, path)
    assert isinstance(error, Bomb)
    assert "times its size" in error.detail


def test_a_zip_bomb_that_lies_about_its_size_is_stopped_while_it_grows(session, tmp_path, monkeypatch):
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.csv", bytes(64 << 20))
    raw = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # the size unpacked, in both headers
        place = raw.index(magic)
        struct.pack_into("<I", raw, place + at, 1000)
    path.write_bytes(raw)
    error = loads_nothing(session, path, "addresses")
    assert isinstance(error, (Bomb, Truncated, NotWhatItClaims))
    assert not list(tmp_path.glob("data*"))


def test_a_gzip_bomb_is_stopped_while_it_grows(session, tmp_path):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as packed:
        packed.write(b"code,full,lon,lat\n")
        for _ in range(64):
            packed.write(b"A,B,1,1\n" * (1 << 17))
    error = loads_nothing(session, path, "addresses")
    assert isinstance(error, Bomb)


@pytest.mark.parametrize(
    "name", ["../../evil.geojson", "/etc/evil.geojson", "C:\\evil.geojson", "a/../../evil.geojson"]
)
def test_a_zip_that_leads_out_of_its_folder_is_refused(session, tmp_path, name):
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(name, collection(GOOD % SQUARE))
    assert "leads out" in loads_nothing(session, path).detail


def test_a_zip_of_too_many_members_is_refused(session, tmp_path):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(archive.MAX_MEMBERS + 1):
            packed.writestr(f"{number}.txt", "")
    assert isinstance(loads_nothing(session, path), Bomb)


def test_a_zip_with_a_password_says_so(session, tmp_path):
    path = tmp_path / "secret.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("zones.geojson", collection(GOOD % SQUARE))
    raw = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        raw[raw.index(magic) + at] |= 1
    path.write_bytes(raw)
    error = loads_nothing(session, path)
    assert isinstance(error, Encrypted)


def test_kml_with_entities_is_refused_before_any_is_expanded(session, tmp_path):
    path = tmp_path / "laughs.kml"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "ha">{laughs}]>'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>&l9;</name></Placemark></kml>'
    )
    assert "entities" in loads_nothing(session, path).detail


def test_deep_kml_is_refused(session, tmp_path):
    path = tmp_path / "deep.kml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2">' + "<Folder>" * 10_000 + "</Folder>" * 10_000 + "</kml>"
    )
    assert "nested deeper" in loads_nothing(session, path).detail


def test_wkt_of_collections_in_collections_costs_its_line_only(session, tmp_path):
    make_station(session)
    path = tmp_path / "nested.csv"
    deep = "GEOMETRYCOLLECTION(" * 50_000 + "POINT(1 1)" + ")" * 50_000
    path.write_text(f'code,wkt\nBAD,"{deep}"\nGOOD,"{square(0, 0).wkt}"\n')
    spent, report = seconds(lambda: load_zones(session, path, station="S001", by="test"))
    assert spent < SECOND
    assert (report.added, report.rejected[0].line) == (1, 2)


def test_a_line_without_end_is_refused(session, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("code,full,lon,lat\n" + "x" * (5 << 20))
    assert "longer than 2 MB" in loads_nothing(session, path, "addresses").detail


NO_FILES = {
    "empty.geojson": (b"", "empty (0 bytes)"),
    "blank.csv": (b"\n \n\n", "no line with text"),
    "page.geojson": (b"<!DOCTYPE html><html><title>Log in</title></html>", "a web page (HTML); the download"),
    "page.csv": (b"\n<html><body>404</body></html>", "a web page (HTML)"),
    "table.geojson": (b"code,lon,lat\n1,2,3\n", "promises JSON but is a text table (CSV)"),
    "map.csv": (b'{"type": "FeatureCollection", "features": []}', "promises a text table (CSV) but is JSON"),
    "excel.csv": (b"\xd0\xcf\x11\xe0" + bytes(100), "an old Excel workbook (.xls); save it as .xlsx"),
    "picture.gpkg": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
    "noise.shp": (bytes(range(256)) * 4, "no format gridmap reads"),
    "part.dbf": (b"\x03" + bytes(100), "one part of a Shapefile; give the .shp"),
    "zones.xyz": (b"code,lon,lat\n", "the ending .xyz tells nothing"),
    "topo.json": (b'{"type": "Topology", "objects": {}, "arcs": []}', "of type 'Topology', not a GeoJSON"),
    "other.json": (b'{"name": "left-pad", "version": "1.0.0"}', "without a type, not a GeoJSON"),
    "list.geojson": (b"[1, 2, 3]", "without a type"),
    "half.geojson": (collection(GOOD % SQUARE).encode()[:150], "inside feature 1: it was cut off"),
    "extra.geojson": (collection(GOOD % SQUARE).encode() + b"}", "a bracket closes that never opened"),
    "words.geojson": (collection("null", GOOD % SQUARE).encode(), "'null,' stands where a feature should"),
    "empty.zip": (b"PK\x05\x06" + bytes(18), "holds no .shp"),
    "half.zip": (b"PK\x03\x04" + bytes(50), "damaged or cut-off ZIP"),
    "half.parquet": (b"PAR1" + bytes(500), "no Parquet footer"),
    "junk.parquet": (b"PAR1" + bytes(500) + b"PAR1", "damaged Parquet"),
    "half.gpkg": (b"SQLite format 3\x00" + bytes(200), ""),
    "half.kml": (b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>', "not whole XML"),
    "feed.kml": (b"<?xml version='1.0'?><rss></rss>", "XML that is not KML"),
    "half.csv.gz": (gzip.compress(b"code,full,lon,lat\n" * 1000)[:-20], "cut off"),
    "quote.csv": (b'code,full,lon,lat\n"A,1,2,3\n' + b"B,1,2,3\n" * 400_000, "a quotation mark there is probably never closed"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_FILES)
def test_what_a_file_is_not_is_told_and_changes_nothing(session, tmp_path, name):
    content, told = NO_FILES[name]
    (tmp_path / name).write_bytes(content)
    error = loads_nothing(session, tmp_path / name, "zones" if "csv" not in name else "addresses")
    assert name in error.detail
    assert told in error.detail


def test_a_file_that_is_not_there_and_a_folder_are_told(session, tmp_path):
    for path, told in ((tmp_path / "no.csv", "is not there"), (tmp_path, "is a folder")):
        with pytest.raises(FileGone, match=told):
            imports.load_file(session, "categories", path)


@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".shp", ".parquet", ".geojson", ".kml", ".zip"])
def test_a_file_cut_in_the_middle_is_refused_as_a_whole(session, tmp_path, ending):
    squares = {f"Z{n}": square(n % 20 / 10, n // 20 / 50, 0.1, 0.02) for n in range(1000)}
    frame = zones(squares)
    path = tmp_path / f"whole{ending}"
    if ending == ".zip":
        frame.to_file(tmp_path / "in.gpkg")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.write(tmp_path / "in.gpkg", "in.gpkg")
    elif ending == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver=KML if ending == ".kml" else None)
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * 6 // 10])
    error = loads_nothing(session, path)
    assert isinstance(error, Truncated), error
    assert "copy it again" in error.detail or "export" in error.detail


def test_a_shapefile_whose_table_is_cut_is_refused_as_a_whole(session, tmp_path):
    path = tmp_path / "cut.shp"
    zones({f"Z{n}": square(n / 10, 0, 0.1) for n in range(20)}).to_file(path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:-500])
    assert "its .dbf ends after" in loads_nothing(session, path).detail


def test_a_table_that_ends_in_the_middle_of_a_row_is_refused_as_a_whole(session, tmp_path):
    path = tmp_path / "cut.csv"
    path.write_text("code,full,lon,lat\nA,路1号,112.905,35.805\nB,路2号,112.9")
    error = loads_nothing(session, path, "addresses")
    assert isinstance(error, Truncated)
    assert "line 3: the file ends in the middle of a row" in error.detail


def test_a_table_without_a_row_says_so_and_a_last_line_needs_no_end(session, tmp_path):
    make_station(session)
    path = tmp_path / "bare.csv"
    path.write_text("code,full,lon,lat")
    assert imports.load_file(session, "addresses", path, station="S001").warnings == ["bare.csv has no rows"]
    path.write_text("code,full,lon,lat\nA,路1号,112.905,35.805")
    assert imports.load_file(session, "addresses", path, station="S001").added == 1


def test_well_known_binary_nested_without_end_does_not_reach_the_end_of_the_stack(tmp_path):
    deep = b"".join(struct.pack("<BII", 1, 7, 1) for _ in range(100_000)) + struct.pack("<BIdd", 1, 1, 1.0, 1.0)
    table = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.Point(1, 1)], crs=4326)
    path = tmp_path / "deep.parquet"
    table.to_parquet(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    meta = pq.read_table(path)
    pq.write_table(
        pa.table({"code": ["A"], "geometry": pa.array([deep], pa.binary())}).replace_schema_metadata(
            meta.schema.metadata
        ),
        path,
    )
    with open_source(path) as source:
        block = next(source.blocks())
    assert 0 in block.unread
