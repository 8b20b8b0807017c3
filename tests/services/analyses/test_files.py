"""The answer of an analysis as a file that GIS programs and spreadsheets open."""

from __future__ import annotations

import csv
import io
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest

from gridmap.services.analyses import files, found
from gridmap.services.analyses.files import NoLayer
from tests.cases import EPSG, GROUND

HEAD = {"analysis": "rates", "station": "S001", "synthetic": True, "since": "2025-01-01", "until": "2025-12-31"}
CELLS = gpd.GeoDataFrame(
    {"code": ["A", "乙"], "count": [3, 0], "ratio": [1.5, float("nan")]}, geometry=[GROUND, GROUND.buffer(50)], crs=EPSG
)


def body(cells=CELLS, **tables):
    return found.to_body(found.Found({"day": date(2025, 1, 1)}, cells, tables), HEAD)


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("form", ["geojson", "gpkg"])
def test_a_gis_opens_it_with_its_place_and_columns(tmp_path, form):
    path = tmp_path / f"layer.{form}"
    path.write_bytes(files.to_file(body(), form))
    frame = gpd.read_file(path)
    assert frame.crs.to_epsg() == 4326
    assert frame["code"].tolist() == ["A", "乙"]
    assert frame["ratio"].isna().tolist() == [False, True]
    assert frame.to_crs(EPSG).area.iloc[0] == pytest.approx(9e6, rel=1e-4)


def test_a_spreadsheet_opens_it_with_chinese_and_a_place():
    content = files.to_file(body(), "csv")
    assert content.startswith(b"\xef\xbb\xbfcode,count,ratio,lon,lat\r\n")
    assert [row["code"] for row in rows(content)] == ["A", "乙"]
    assert 112 < float(rows(content)[0]["lon"]) < 113


def test_without_features_a_spreadsheet_gets_the_first_table_and_a_gis_is_told():
    table = pd.DataFrame({"hour": [1, 2], "weight": [0.5, 1.0]})
    content = body(None, hours=table, months=pd.DataFrame({"month": ["2025-01"]}))
    assert [row["hour"] for row in rows(files.to_file(content, "csv"))] == ["1", "2"]
    for form in ("geojson", "gpkg"):
        with pytest.raises(NoLayer, match="format=json or csv"):
            files.to_file(content, form)
    with pytest.raises(NoLayer, match="format=json"):
        files.to_file(body(None), "csv")
    assert files.to_file(content, "json") == content


@pytest.mark.parametrize("form", ["geojson", "gpkg", "csv"])
def test_a_layer_without_features_is_a_layer(tmp_path, form):
    path = tmp_path / f"layer.{form}"
    path.write_bytes(files.to_file(body(CELLS.iloc[:0]), form))
    if form == "csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    else:
        assert len(gpd.read_file(path)) == 0


def test_a_cell_that_begins_like_a_formula_stays_text():
    cells = CELLS.assign(code=["=1+1", "@x"])
    assert [row["code"] for row in rows(files.to_file(body(cells), "csv"))] == ["'=1+1", "'@x"]


def test_lists_in_a_column_reach_a_gis_too(tmp_path):
    path = tmp_path / "layer.gpkg"
    path.write_bytes(files.to_file(body(CELLS.assign(series=[[1, 2], [3]])), "gpkg"))
    assert gpd.read_file(path)["series"].tolist()[0].replace(" ", "") == "[1,2]"
