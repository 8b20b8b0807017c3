"""What set-up compiles is everything that is compiled: real work afterwards leaves no new machine code behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WARM = "from gridmap.geo import warm; warm.compile_kernels()"
WORK = """
import numpy as np
import pandas as pd
from gridmap.geo import assign, gistar_drawn, moran, neighbours, topology
from tests.geo.tilings import outline, tiling
zones = tiling(12, 12, seed=3)
topology.find_issues(zones.iloc[1:], outline(zones), former=zones)
index = assign.build_zone_index(zones)
x, y = np.random.default_rng(1).uniform(0, 3000, (2, 50_000))
index.locate(x, y, threads=2), index.covering(x, y), index.near_border(x, y, 5.0)
cells = pd.DataFrame({"column": np.arange(20), "row": 0, "value": np.arange(20.0)})
near = neighbours.lattice_contiguity(cells["column"], cells["row"])
gistar_drawn.gi_star_drawn(cells), gistar_drawn.gi_star_drawn(cells, own="held"), moran.local_moran(cells["value"], near)
"""


def test_everything_that_is_compiled_is_compiled_by_set_up(tmp_path):
    def run(code):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=300)
        return sorted(str(path) for path in tmp_path.rglob("*.nbc"))

    compiled = run(WARM)
    assert len(compiled) > 10
    assert run(WORK) == compiled
