"""A list of a million disputes as a file, and read again, beside openpyxl's streaming writer and reader alone.

Goals: memory that does not grow with the rows, and no slower than a library that writes. Reading is openpyxl's too: what
it takes longer than the library alone is what an import needs (columns, texts, faults by row) and the guard before it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.store.tables import IncidentCategory
from tests.makers import make_station

ROWS = int(os.environ.get("GRIDMAP_BENCH_DISPUTES", "1000000"))
SCRIPT = Path(__file__).parent / "dispute_files_once.py"
ROOT = Path(__file__).parents[2]


def fill(sessions) -> None:
    """Put disputes with a text each into a station."""
    with sessions.begin() as session:
        make_station(session)
        make_station(session, "S002")
        session.add(IncidentCategory(code="noise", name_zh="噪音扰民", name_en="Noise", is_dispute=True))
        session.flush()
        session.execute(
            text("""INSERT INTO dispute (station, number, kind, opened_at, state, settled_at, closed_at, words, beat, grid_cell, geom)
                    SELECT 'S001', 'D' || n, 'noise', timestamptz '2024-01-01' + n * interval '90 seconds', 'closed',
                           timestamptz '2030-01-01', timestamptz '2030-01-02', '楼上夜间噪音，第' || n || '次反映，已上门劝导。', 'A', 'A1',
                           ST_SetSRID(ST_MakePoint(112.9 + (n % 1000) * 2e-5, 35.8 + (n / 1000 % 500) * 2e-5), 4326)
                    FROM generate_series(1, :rows) n"""),
            {"rows": ROWS},
        )


@pytest.mark.benchmark
def test_a_list_of_disputes_as_a_file(sessions, database_url, tmp_path):
    fill(sessions)
    print(f"\n{'':44} {'rows':>9} {'wall s':>7} {'CPU s':>7} {'rows/CPU-s':>11} {'peak MB':>8} {'MB':>6}")
    peaks = {}
    for told, who, name in (
        ("write .csv", "ours", "d.csv"), ("write .gpkg", "ours", "d.gpkg"), ("write .xlsx", "ours", "d.xlsx"),
        ("write .xlsx, openpyxl write_only", "peer", "peer.xlsx"), ("read .xlsx", "read", "d.xlsx"),
        ("read .xlsx, openpyxl read_only", "read_peer", "d.xlsx"), ("load .xlsx (checked, upserted, look-alikes)", "load", "d.xlsx"),
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, SCRIPT, who, database_url, tmp_path / name], capture_output=True, text=True, check=False, cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
        assert found["rows"] == ROWS
        peaks[told] = found["peak_mb"]
        print(
            f"{told:44} {ROWS:>9,} {found['wall_s']:>7.1f} {found['cpu_s']:>7.1f} {ROWS / found['cpu_s']:>11,.0f} "
            f"{found['peak_mb']:>8,.0f} {(tmp_path / name).stat().st_size / 1e6:>6,.0f}"
        )
    assert max(peaks["write .csv"], peaks["write .xlsx"]) < 400
