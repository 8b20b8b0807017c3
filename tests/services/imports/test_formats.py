"""Every format people have goes in and comes out the same: written by GDAL, loaded, compared with what was written."""

from __future__ import annotations

import gzip
import shutil
import zipfile

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from sqlalchemy import func, select

from gridmap.services import imports
from gridmap.services.imports import ZoneOptions
from gridmap.services.imports.zones import load_zones
from gridmap.store import editions, frames
from gridmap.store.reading import LayerUnclear, NoSystem, NotWhatItClaims, open_source
from gridmap.store.tables import Address
from tests.makers import make_station, spot, square, zones

#: GDAL's newer KML driver is not in every build; the older one keeps names and places, and no other column.
KML = "LIBKML" if "LIBKML" in pyogrio.list_drivers() else "KML"
DRIVERS = {
    ".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON", ".kml": KML, ".fgb": "FlatGeobuf",
    ".parquet": None, ".csv": None, ".csv.gz": None, ".zip": None, ".kmz": None,
}  # fmt: skip


def doors() -> gpd.GeoDataFrame:
    """Return three doors of the small test station, one with a comma and a line feed in its text."""
    texts = ["幸福路1号", "幸福路2号,后院", "幸福路3号\n东门"]
    places = [spot(0.25, 0.5), spot(1.5, 0.25), spot(1.75, 0.75)]
    return gpd.GeoDataFrame({"code": ["A1", "A2", "A3"], "full": texts}, geometry=places, crs="EPSG:4326")


def write(frame: gpd.GeoDataFrame, folder, ending: str):
    """Write a frame in the format of an ending and return the path."""
    if ending in {".kml", ".kmz"} and KML != "LIBKML":
        pytest.skip("this build of GDAL keeps no columns in KML: no LIBKML driver")
    path = folder / f"file{ending}"
    if ending == ".parquet":
        frame.to_parquet(path)
    elif ending.startswith(".csv"):
        table = pd.DataFrame(frame.drop(columns="geometry")).assign(WKT=frame.geometry.to_wkt())
        table.to_csv(path, index=False)
    elif ending == ".zip":
        frame.to_file(folder / "inside.shp", encoding="utf-8")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in folder.glob("inside.*"):
                archive.write(part, f"deep/folder/{part.name}")
    elif ending == ".kmz":
        write(frame, folder, ".kml")
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(folder / "file.kml", "doc.kml")
    else:
        frame.to_file(path, driver=DRIVERS[ending], encoding="utf-8" if ending == ".shp" else None)
    return path


@pytest.mark.parametrize("ending", DRIVERS)
def test_doors_come_through_every_format(session, tmp_path, ending):
    make_station(session)
    written = doors()

    report = imports.load_file(session, "addresses", write(written, tmp_path, ending), station="S001")

    assert (report.added, report.refused) == (3, 0)
    rows = session.execute(
        select(Address.code, Address.full, func.ST_AsBinary(Address.geom)).order_by(Address.code)
    ).all()
    assert [row[0] for row in rows] == ["A1", "A2", "A3"]
    assert [row[1] for row in rows] == ["幸福路1号", "幸福路2号,后院", "幸福路3号东门"]
    found = shapely.from_wkb([bytes(row[2]) for row in rows])
    assert shapely.distance(found, written.geometry.to_numpy()).max() < 1e-9


@pytest.mark.parametrize("ending", DRIVERS)
def test_zones_come_through_every_format_as_multipolygons(session, tmp_path, ending):
    make_station(session)
    written = zones({"A": square(0, 0).geoms[0], "B": square(1, 0).geoms[0]})

    report = load_zones(session, write(written, tmp_path, ending), station="S001", by="test")

    assert report.facts == {"edition": 1, "beats": 2, "cells": 0}
    edition = editions.find(session, "S001", 1)
    assert edition.status == "draft"
    there = frames.zones(session, edition.id, "beat")
    assert list(there["code"]) == ["A", "B"]
    assert list(there["name_zh"]) == ["A格", "B格"]
    assert set(there.geom_type) == {"MultiPolygon"}
    assert shapely.equals_exact(there.geometry.to_numpy(), [square(0, 0), square(1, 0)], 1e-9, normalize=True).all()


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".geojson", ".fgb", ".parquet", ".zip"])
def test_the_crs_of_the_file_is_read_and_left_behind(session, tmp_path, ending):
    make_station(session)
    frame = doors().to_crs(4547)
    path = tmp_path / "x"
    path.mkdir()
    if ending == ".geojson":  # as before RFC 7946: a crs member and metres
        frame.to_file(path / "file.geojson", driver="GeoJSON", RFC7946="NO")
        file = path / "file.geojson"
    else:
        file = write(frame, path, ending)
    with open_source(file) as source:
        assert source.crs is not None
        assert source.crs.to_epsg() == 4547
    imports.load_file(session, "addresses", file, station="S001")
    raw = session.scalars(select(func.ST_AsBinary(Address.geom)).order_by(Address.code)).all()
    assert shapely.distance(shapely.from_wkb([bytes(one) for one in raw]), doors().geometry.to_numpy()).max() < 1e-7


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".fgb", ".parquet"])
def test_a_file_without_a_crs_is_refused_with_what_to_pass(session, tmp_path, ending):
    make_station(session)
    file = write(
        gpd.GeoDataFrame(doors().drop(columns="geometry"), geometry=doors().geometry.to_numpy()), tmp_path, ending
    )
    with pytest.raises(NoSystem, match="--crs EPSG:4547"):
        imports.load_file(session, "addresses", file, station="S001")
    assert imports.load_file(session, "addresses", file, station="S001", crs="EPSG:4326").added == 3


def test_a_crs_that_is_none_is_told(session, tmp_path):
    make_station(session)
    file = write(doors(), tmp_path, ".geojson")
    for wrong in ("EPSG:999999", "mars", "epsg:"):
        with pytest.raises(NoSystem, match="no such system"):
            imports.load_file(session, "addresses", file, station="S001", crs=wrong)


def test_metres_in_a_csv_are_placed_by_the_crs_that_is_named(session, tmp_path):
    make_station(session)
    metres = doors().to_crs(4547)
    pd.DataFrame(
        {"code": metres["code"], "full": metres["full"], "X": metres.geometry.x, "Y": metres.geometry.y}
    ).to_csv(tmp_path / "metres.csv", index=False)
    report = imports.load_file(session, "addresses", tmp_path / "metres.csv", station="S001")
    assert report.refused == 3
    assert "out of range" in report.rejected[0].reason
    report = imports.load_file(session, "addresses", tmp_path / "metres.csv", station="S001", crs="epsg:4547")
    assert report.added == 3


def test_a_file_of_several_layers_asks_which(session, tmp_path):
    make_station(session)
    path = tmp_path / "all.gpkg"
    doors().to_file(path, layer="doors")
    doors().iloc[:1].to_file(path, layer="other")
    with pytest.raises(LayerUnclear, match=r"2 layers \(doors, other\); name one with --layer"):
        imports.load_file(session, "addresses", path, station="S001")
    with pytest.raises(LayerUnclear, match="no layer 'dors'; it has: doors, other"):
        imports.load_file(session, "addresses", path, station="S001", options=imports.Options(layer="dors"))
    report = imports.load_file(session, "addresses", path, station="S001", options=imports.Options(layer="other"))
    assert report.added == 1


def test_beats_and_cells_are_found_by_the_names_of_their_layers(session, tmp_path):
    make_station(session)
    path = tmp_path / "zones.gpkg"
    zones({"A": square(0, 0), "B": square(1, 0)}).to_file(path, layer="beats")
    zones({"A1": square(0, 0), "B1": square(1, 0)}, beat=["A", "B"]).to_file(path, layer="grid_cells")
    report = load_zones(session, path, station="S001", by="test")
    assert report.facts == {"edition": 1, "beats": 2, "cells": 2}
    report = load_zones(
        session, path, station="S001", by="test", options=ZoneOptions(beat_layer="beats", cell_layer="grid_cells")
    )
    assert report.facts == {"edition": 2, "beats": 2, "cells": 2}


def test_a_zip_of_two_data_sets_asks_which_and_one_of_none_says_so(session, tmp_path):
    make_station(session)
    for name in ("one", "two"):
        doors().to_file(tmp_path / f"{name}.shp", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for part in tmp_path.glob("*.*"):
            if part.suffix in {".shp", ".shx", ".dbf", ".prj", ".cpg"}:
                archive.write(part, part.name)
    with pytest.raises(NotWhatItClaims, match=r"2 data sets \(one, two\); name one with --layer"):
        imports.load_file(session, "addresses", tmp_path / "both.zip", station="S001")
    options = imports.Options(layer="two")
    assert imports.load_file(session, "addresses", tmp_path / "both.zip", station="S001", options=options).added == 3


def test_a_shapefile_without_its_table_says_what_is_missing(session, tmp_path):
    make_station(session)
    file = write(doors(), tmp_path, ".shp")
    file.with_suffix(".dbf").unlink()
    with pytest.raises(NotWhatItClaims, match=r"lacks its \.dbf"):
        imports.load_file(session, "addresses", file, station="S001")


def test_geojson_is_read_alike_however_it_is_laid_out(session, tmp_path):
    make_station(session)
    text = write(doors(), tmp_path, ".geojson").read_text()
    lone = tmp_path / "lone.geojson"
    lone.write_text('\ufeff{"geometry": {"type": "Point", "coordinates": [112.905, 35.805, 871.5]}, '
                    '"properties": {"code": "Z", "full": "a \\"quoted\\" {place} \\\\"}, "type": "Feature"}')  # fmt: skip
    squeezed = tmp_path / "squeezed.geojson"
    squeezed.write_text("".join(line.strip() for line in text.splitlines()))
    late = tmp_path / "late.geojson"  # features first, type last, brackets in a string, another list of objects before
    features = text[text.index('"features"') : text.rindex("]") + 1]
    late.write_text('{"note": "]}{[\\\\\\"", "sources": [{"a": [1]}], ' + features + ', "type": "FeatureCollection"}')
    for file, count in ((lone, 1), (squeezed, 3), (late, 3)):
        with open_source(file) as source:
            blocks = list(source.blocks())
        assert sum(len(block.lines) for block in blocks) == count, file.name
        assert not any(block.unread for block in blocks)
    with open_source(lone) as source:
        assert next(source.blocks()).table["full"].iloc[0] == 'a "quoted" {place} \\'


def test_a_gz_copy_says_the_same_as_its_csv(session, tmp_path):
    make_station(session)
    plain = write(doors(), tmp_path, ".csv")
    with plain.open("rb") as source, gzip.open(tmp_path / "again.csv.gz", "wb") as target:
        shutil.copyfileobj(source, target)
    imports.load_file(session, "addresses", plain, station="S001")
    report = imports.load_file(session, "addresses", tmp_path / "again.csv.gz", station="S001")
    assert (report.added, report.updated, report.unchanged) == (0, 0, 3)
