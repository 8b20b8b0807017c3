"""The made-up station in the repository is what the generator writes, and larger ones are written one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from gridmap.services import fixture

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


def test_the_committed_station_is_what_the_generator_writes(tmp_path):
    assert fixture.write(1, "station", tmp_path) == 1
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(written) == 15
    for name, content in written.items():
        assert (FIXTURES / name).read_bytes() == content, name


def test_several_stations_get_a_folder_each_and_progress_is_told(tmp_path):
    told = []
    assert fixture.write(2, "150", tmp_path, progress=lambda done, total: told.append((done, total))) == 3
    assert told == [(1, 3), (2, 3), (3, 3)]
    folders = sorted(path.name for path in tmp_path.iterdir())
    assert folders == ["990001000000", "990002000000", "990003000000"]
    doors = pd.read_parquet(tmp_path / folders[2] / "addresses.parquet")
    assert doors["code"].is_unique
    assert doors["synthetic"].all()
    codes = {
        json.loads((tmp_path / one / "station.geojson").read_text())["features"][0]["properties"]["code"]
        for one in folders
    }
    assert codes == set(folders)
