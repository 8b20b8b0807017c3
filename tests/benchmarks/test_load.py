"""A million standard addresses from CSV, beside the script one would write: rows a second, and memory at two sizes.

Goals: 20,000 rows a second or better, and a peak of memory that does not grow with the file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.makers import SIDE, SOUTH, WEST, make_station

ROWS = int(os.environ.get("GRIDMAP_BENCH_DOORS", "1000000"))
SCRIPT = Path(__file__).parent / "load_once.py"
ROOT = Path(__file__).parents[2]


def doors(path: Path, rows: int) -> Path:
    """Write a file of addresses in the station's jurisdiction."""
    numbers = np.random.default_rng(1)
    lon, lat = WEST + 2 * SIDE * numbers.random(rows), SOUTH + SIDE * numbers.random(rows)
    with path.open("w", encoding="utf-8") as out:
        out.write("编码,地址,街道,村,街路巷,门牌号,户数,经度,纬度\n")
        out.writelines(
            f"A{n:08d},南城街道上庄村幸福路{n}号,南城街道,上庄村,幸福路,{n}号,{n % 5},{x:.7f},{y:.7f}\n"
            for n, (x, y) in enumerate(zip(lon, lat, strict=True))
        )
    return path


@pytest.mark.benchmark
def test_a_million_addresses(sessions, database_url, tmp_path):
    with sessions.begin() as session:
        make_station(session)
    print(
        f"\n{'':34} {'rows':>9} {'wall s':>7} {'rows/s':>8} {'Python CPU s':>13} {'server CPU s':>13} {'rows/CPU-s':>11} {'peak MB':>8}"
    )
    peaks = {}
    for who, rows in (("ours", ROWS // 4), ("ours", ROWS), ("peer", ROWS // 4), ("peer", ROWS)):
        file = doors(tmp_path / f"{rows}.csv", rows)
        done = subprocess.run(
            [sys.executable, SCRIPT, who, database_url, file], capture_output=True, text=True, check=False, cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
        assert found["rows"] == rows
        peaks[who, rows] = found["peak_mb"]
        told = {"ours": "load addresses (checked, upserted)", "peer": "pandas + geopandas.to_postgis"}[who]
        spent = found["python_cpu_s"] + found["server_cpu_s"]
        print(
            f"{told:34} {rows:>9,} {found['wall_s']:>7.1f} {rows / found['wall_s']:>8,.0f} {found['python_cpu_s']:>13.1f} "
            f"{found['server_cpu_s']:>13.1f} {rows / spent:>11,.0f} {found['peak_mb']:>8,.0f}"
        )
    assert peaks["ours", ROWS] < 1.15 * peaks["ours", ROWS // 4]
