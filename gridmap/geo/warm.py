"""Compile everything that is compiled, once, so that nobody waits for it later.

The machine code is kept beside the sources; set-up calls this after it has installed them.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.geo import assign, gistar_drawn, kde, queueing, rebalance, topology
from gridmap.geo.near_repeat import near_repeat
from gridmap.geo.propose import propose
from gridmap.geo.propose_wishes import Wishes
from gridmap.geo.repeat_places import repeat_places
from gridmap.geo.scan_statistic import scan_permutation
from gridmap.geo.series import find_series
from gridmap.geo.units import make_units

METRIC = "EPSG:4547"


def compile_kernels() -> None:
    """Run every compiled function of this floor on a map of two squares."""
    squares = [shapely.box(0.0, 0.0, 10.0, 10.0), shapely.box(10.0, 0.0, 20.0, 10.0)]
    zones = gpd.GeoDataFrame({"code": ["A", "B"], "beat": ["A", "B"]}, geometry=squares, crs=METRIC)
    x = np.array([5.0, 15.0, 10.0, 99.0])
    y = np.array([5.0, 5.0, 5.0, 99.0])
    index = assign.build_zone_index(zones)
    index.locate(x, y)
    index.near_border(x, y, 1.0)
    index.covering(x, y)
    moved = zones.set_geometry(gpd.GeoSeries([squares[0], shapely.box(9.0, 0.0, 20.0, 10.5)], crs=METRIC))
    topology.find_issues(moved, shapely.box(0.0, 0.0, 20.0, 10.0), beats=zones)
    points = gpd.GeoDataFrame(geometry=shapely.points(x[:2], y[:2]), crs=METRIC)
    kde.kernel_density(points, shapely.box(0.0, 0.0, 2_000.0, 1_000.0), size_m=100, bandwidth_m=250.0)
    gistar_drawn.gi_star_drawn_of_sums(x, x, np.ones(4, dtype=np.int64))
    near_repeat(x, y, x, space_m=(0, 20), days=(0, 20), permutations=2)
    scan_permutation(x, y, range(4), range(4), radius_m=20.0, longest_days=2, replicas=2)
    find_series(pd.DataFrame({"x": x, "y": y, "at": x, "category": "a"}), permutations=2)
    day = pd.date_range("2024-01-01", periods=5, tz="UTC")
    repeat_places([1] * 5, day, day[0], day[-1], tier=[1, 2, 1, 2, 1])
    queueing.expected_response([0.1], 10.0, [[1.0]])
    row, one = np.arange(11), np.ones(12)
    pairs = (row, row + 1, np.ones(11), np.zeros(11, dtype=bool))
    units = make_units(np.arange(12).astype(object), one, one, 4 * one, np.zeros((12, 2)), pairs)
    propose(units, Wishes(3, 0.4), effort="preview")
    rebalance.rebalance(units, Wishes(3, 0.4, former=np.repeat([0, 1, -1], [8, 3, 1])))
