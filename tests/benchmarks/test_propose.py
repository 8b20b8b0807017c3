"""Balanced zones on six maps at three tolerances, beside METIS, KaHIP, GerryChain and spopt in the same run."""

from __future__ import annotations

import contextlib
import io
import itertools
import random
import signal
import time
import warnings
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.geo.propose import Wishes, propose, score
from gridmap.geo.units import make_units, units_of

pytestmark = [pytest.mark.benchmark, pytest.mark.agency]

SETS = {"made_400": 22, "made_2000": 72, "made_10000": 200, "ri_precincts": 38, "ia_counties": 4, "fl250": 3}
TOLERANCES = (0.05, 0.025, 0.01)
GOALS = {"made_400": 0.64, "made_2000": 0.62, "made_10000": 0.62, "ri_precincts": 0.345, "ia_counties": 0.522,
         "fl250": 0.313}  # fmt: skip
"""Mean compactness at 5 %."""
CPU_S = {"made_10000": 4.0}
PREVIEW_CPU_S = 0.1
METIS_CPU_S = 0.02
"""One run of METIS on made_2000 where the goals in CPU-s were set; a machine that is slower, or busy, gets more."""
METIS_SEEDS = {"made_10000": 60}


def read(folder, name):
    """Return the units of one map; the real ones with the neighbours that belong to them."""
    zones = gpd.read_file(folder / "districting" / f"{name}.gpkg")
    if name.startswith("made"):
        named = gpd.GeoDataFrame({"code": zones["unit_id"].astype(str)}, geometry=zones.geometry.array, crs=zones.crs)
        return units_of(named, zones["load"].to_numpy(float))
    pairs = pd.read_csv(folder / "districting" / f"{name}_rook.csv")
    shapes = zones.geometry.to_numpy()
    inside = shapely.point_on_surface(shapes)
    return make_units(
        zones["unit_id"].astype(str).to_numpy(object),
        zones["pop"].to_numpy(float),
        shapely.area(shapes),
        shapely.length(shapes),
        shapely.get_coordinates(inside),
        (pairs["u"].to_numpy(), pairs["v"].to_numpy(), pairs["shared_m"].to_numpy(float), np.zeros(len(pairs), bool)),
    )


@contextlib.contextmanager
def limit(seconds):
    """Stop what runs inside after a time [s of CPU]."""

    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def lengths(units):
    """Return common borders as whole numbers for partitioners."""
    return np.maximum(np.rint(units.border_m * (1000 / units.border_m.max())), 1).astype(int)


def metis(units, zones, tolerance, seed, *, weighted):
    import pymetis

    options = pymetis.Options(seed=seed, contig=True, ufactor=max(1, int(tolerance * 1000)))
    links = pymetis.CSRAdjacency(units.start, units.other)
    weights = lengths(units) if weighted else None
    _, zone = pymetis.part_graph(zones, adjacency=links, vweights=units.load.astype(int), eweights=weights,
                                 options=options, recursive=False)  # fmt: skip
    return np.asarray(zone)


def kahip_strong(units, zones, tolerance):
    import kahip

    _, zone = kahip.kaffpa(units.load.astype(int).tolist(), units.start.tolist(), lengths(units).tolist(),
                           units.other.tolist(), zones, tolerance, True, 1, 2)  # fmt: skip
    return np.asarray(zone)


def gerrychain_tree(units, zones, tolerance):
    import networkx as nx
    from gerrychain import Graph
    from gerrychain.partition import recursive_tree_part

    random.seed(1)
    graph = nx.Graph()
    for unit, load in enumerate(units.load.tolist()):
        graph.add_node(unit, load=load)
    graph.add_edges_from(zip(units.rows().tolist(), units.other.tolist(), strict=True))
    target = units.load.sum() / zones
    parts = recursive_tree_part(Graph.from_networkx(graph), range(zones), target, "load", tolerance)
    return np.array([parts[unit] for unit in range(len(units))])


def spopt_regions(units, zones, tolerance):
    from scipy import sparse
    from spopt.region import RegionKMeansHeuristic

    link = sparse.csr_array((np.ones(len(units.other)), units.other, units.start), shape=(len(units), len(units)))
    np.random.seed(1)  # noqa: NPY002  the peer's own
    from libpysal.graph import Graph

    model = RegionKMeansHeuristic(np.column_stack([units.x, units.y]), zones, Graph.from_sparse(link).to_W())
    model.solve()
    return np.unique(np.asarray(model.labels_), return_inverse=True)[1]


def told(units, zones, run, seconds=20):
    """Return (compactness, deviation, stray, CPU seconds, remark) of one run of a peer, or why there is none."""
    start = time.process_time()
    try:
        with limit(seconds), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            zone = run()
    except Exception as error:  # noqa: BLE001  a peer may fail as it likes, and that is told
        spent = time.process_time() - start
        return None, None, None, spent, "out of time" if isinstance(error, TimeoutError) else type(error).__name__
    spent = time.process_time() - start
    if len(np.unique(zone)) != zones:
        return None, None, None, spent, f"{len(np.unique(zone))} zones"
    worth = score(units, Wishes(zones), zone)
    return worth.compactness, worth.deviation, worth.stray, spent, ""


def best_metis(units, zones, tolerance, seeds):
    """Return the roundest feasible plan of many seeds, as `told`."""
    start = time.process_time()
    best, feasible = (None, None, None), 0
    ways = [True, False] if tolerance < 0.02 else [True]  # borders left out win only where loads are hard to meet
    for seed, weighted in itertools.product(range(seeds), ways):
        worth = told(units, zones, partial(metis, units, zones, tolerance, seed, weighted=weighted))
        if worth[0] is None or worth[1] > tolerance or worth[2]:
            continue
        feasible += 1
        if best[0] is None or worth[0] > best[0]:
            best = worth[:3]
    return *best, time.process_time() - start, f"{feasible} of {seeds * len(ways)} feasible"


def line(name, tolerance, method, worth):
    compact, deviation, stray, spent, remark = worth
    figures = "   -      -    -" if compact is None else f"{compact:.4f} {deviation * 100:6.2f} {stray:4d}"
    print(f"{name:13}{tolerance * 100:5.1f}  {method:26}{figures} {spent:8.2f}  {remark}", flush=True)


@pytest.fixture(scope="module")
def compiled():
    one = np.ones(12)
    row = np.arange(11)
    pairs = (row, row + 1, np.ones(11), np.zeros(11, bool))
    propose(make_units(np.arange(12).astype(object), one, one, 4 * one, np.zeros((12, 2)), pairs), Wishes(3, 0.4))


@pytest.fixture(scope="module")
def slowness(agency_data):
    """Return how much slower this machine is now than the one the goals were set on."""
    units = read(agency_data, "made_2000")
    spent = []
    for seed in range(15):
        start = time.process_time()
        metis(units, SETS["made_2000"], 0.05, seed, weighted=True)
        spent.append(time.process_time() - start)
    slow = max(1.0, float(np.median(spent)) / METIS_CPU_S)
    print(f"\nthis machine, now: {slow:.2f} times as slow as the one the goals were set on")
    return slow


def test_every_map_at_every_tolerance_is_rounder_than_what_the_peers_draw(agency_data, compiled, slowness):
    print(f"\n{'set':13}{'tol %':>5}  {'method':26}{'PP':>6} {'max %':>6} stray {'CPU-s':>7}")
    short = []
    for name, zones in SETS.items():
        units = read(agency_data, name)
        for tolerance in TOLERANCES:
            start = time.process_time()
            plan = propose(units, Wishes(zones, tolerance))
            spent = time.process_time() - start
            ours = plan.score
            line(name, tolerance, "gridmap", (ours.compactness, ours.deviation, ours.stray, spent, ""))
            peer = best_metis(units, zones, tolerance, METIS_SEEDS.get(name, 200))
            line(name, tolerance, "METIS, best of seeds", peer)
            others = {}
            if tolerance == 0.05 or len(units) <= 500:
                others["KaHIP strong"] = partial(kahip_strong, units, zones, tolerance)
                others["GerryChain recursive tree"] = partial(gerrychain_tree, units, zones, tolerance)
            if name == "made_400" and tolerance == 0.05:
                others["spopt RegionKMeans"] = partial(spopt_regions, units, zones, tolerance)
            reached = [peer[1]]
            for method, run in others.items():
                worth = told(units, zones, run, seconds=5)
                line(name, tolerance, method, worth)
                reached.append(worth[1] if worth[2] == 0 else None)
            least = max(peer[0] or 0, GOALS[name] if tolerance == 0.05 else 0)
            if ours.stray or ours.compactness < least:
                short.append(f"{name} at {tolerance}: {ours.compactness:.4f} where {least:.4f} is asked")
            if ours.deviation > tolerance and any(d is not None and d <= tolerance for d in reached):
                short.append(f"{name} at {tolerance}: deviation {ours.deviation:.4f}, a peer reaches it")
            if spent > CPU_S.get(name, 2.0) * slowness:
                short.append(f"{name} at {tolerance}: {spent:.2f} CPU-s")
    assert not short


def test_a_preview_answers_at_once(agency_data, compiled, slowness):
    units = read(agency_data, "made_2000")
    spent = []
    for seed in range(5):
        start = time.process_time()
        plan = propose(units, Wishes(SETS["made_2000"]), seed=seed, effort="preview")
        spent.append(time.process_time() - start)
        assert plan.score.deviation <= 0.05
        assert plan.score.stray == 0
    print(f"\npreview of 2,000 units: {np.median(spent):.3f} CPU-s, PP {plan.score.compactness:.3f}")
    assert np.median(spent) <= PREVIEW_CPU_S * slowness
