"""Write made-up stations to files, one after the other, so that memory stays flat however many there are."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridmap.synthetic import calls
from gridmap.synthetic.plan import find_size
from gridmap.synthetic.station import Station, make_station

GROUNDS = ("station", "places", "zones", "zones_draft", "roads")
TABLES = ("addresses", "people", "leave", "incidents", "disputes", "shifts", "visits")


def write(
    seed: int, size: str, folder: Path, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> int:
    """Write a made-up data set of a size to `folder` and return how many stations it has.

    One station goes into `folder` itself; several into a folder each, named by their code, where addresses are
    GeoParquet's plain sister: Parquet with `lon` and `lat`. The same arguments write the same bytes.

    Raises
    ------
    UnknownSize
    """
    wanted = find_size(size)
    for number in range(wanted.stations):
        row, column = divmod(number, wanted.columns)
        made = make_station(seed, number, (column, row), wanted.plan)
        target = folder if wanted.stations == 1 else folder / made.code
        target.mkdir(parents=True, exist_ok=True)
        _write(made, target, parquet=wanted.stations > 1)
        progress(number + 1, wanted.stations)
    return wanted.stations


def _write(made: Station, folder: Path, *, parquet: bool) -> None:
    for name in GROUNDS:
        (folder / f"{name}.geojson").write_text(_geojson(getattr(made, name), name), encoding="utf-8")
    for name in TABLES:
        table: pd.DataFrame = getattr(made, name)
        if parquet and name == "addresses":
            table.to_parquet(folder / "addresses.parquet", index=False, compression="zstd")
        elif not table.empty:
            _gzip(table, folder / f"{name}.csv.gz")
    calls.categories().assign(synthetic=True).to_csv(folder / "categories.csv", index=False, lineterminator="\n")
    made.facilities.to_csv(folder / "facilities.csv", index=False, lineterminator="\n")
    said = json.dumps(made.faults, ensure_ascii=False, indent=1)
    (folder / "faults.json").write_text(said + "\n", encoding="utf-8")


def _gzip(table: pd.DataFrame, path: Path) -> None:
    """Write a table as .csv.gz whose bytes depend on its content alone: no name, no time."""
    text = table.to_csv(index=False, lineterminator="\n").encode()
    raw = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as file:
        file.write(text)
    path.write_bytes(raw.getvalue())


def _geojson(frame: gpd.GeoDataFrame, name: str) -> str:
    """Return a frame as GeoJSON, a feature a line, that says it is synthetic."""
    features = json.loads(frame.to_json(drop_id=True))["features"]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
    return f'{{"type":"FeatureCollection","name":"{name}","synthetic":true,"features":[\n{lines}\n]}}\n'
