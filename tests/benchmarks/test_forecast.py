"""Back-tests of the forecast on real records, beside the baselines, hindsight and a random forest.

Every figure is of whole forecasts made anew for past periods. Printed with 95 % intervals over events and with the range
over positions of the squares; where a baseline wins, the table says so. The made town is synthetic.
"""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.geo.forecast import forecast, known_until
from gridmap.geo.forecast_back_test import back_test
from gridmap.geo.forecast_learned import features
from gridmap.geo.forecast_score import compare_forecasts, score_forecasts
from tests.geo.town_events import TOWN, made_events

pytestmark = pytest.mark.benchmark

SIMPLE = ("last_year", "all_history", "density")
ORDER = ("chosen", *SIMPLE, "shrunk", "near_repeat", "learned")


def memphis(agency_data):
    folder = agency_data / "hotspot_memphis"
    robberies = gpd.read_parquet(folder / "robberies_2019.parquet").to_crs(32615)
    precincts = gpd.read_file(folder / "precincts.geojson").to_crs(32615)
    city = shapely.union_all(shapely.make_valid(np.asarray(precincts.geometry.array)))
    return robberies.geometry, robberies["time"], city


def berkeley(agency_data):
    """Return calls for service; no boundary comes with them, so it is drawn around the calls themselves."""
    calls = pd.read_csv(agency_data / "calls" / "berkeley_calls_2019.csv.gz").dropna(subset=["lat", "lon"])
    points = gpd.GeoSeries.from_xy(calls["lon"], calls["lat"], crs=4326).to_crs(32610)
    return points, calls["time"], shapely.concave_hull(shapely.MultiPoint(points.to_list()), 0.2).buffer(150)


def seattle(agency_data):
    folder = agency_data / "beats_seattle"
    reports = gpd.read_parquet(folder / "incidents_2015_12.parquet").to_crs(32610)
    beats = gpd.read_file(folder / "police_beats.geojson").to_crs(32610)
    city = shapely.union_all(shapely.make_valid(np.asarray(beats.geometry.array)))
    return reports.geometry, reports["date_reported"], city


def show(title, found, seconds):
    events = int(found.scores["events"].max())
    print(f"\n{title}: {events:,} events in {len(found.steps)} periods; {seconds:.0f} CPU-s")
    print("  PAI (95 % interval; range over positions of the squares) and mean hit rate over the four levels")
    for model in ORDER:
        rows = found.scores[found.scores["model"] == model]
        told = [
            f"{one.pai:5.2f} ({one.pai_low:.2f}-{one.pai_high:.2f}; {one.pai_shift_low:.2f}-{one.pai_shift_high:.2f})"
            for one in rows.itertuples()
        ]
        print(f"  {model:<12}" + "".join(f"{each:>34}" for each in told) + f"{rows.hit_rate.mean():>8.3f}")
    print("  hit rate in the worst and best order of ties, PEI*")
    for model in ORDER:
        rows = found.scores[found.scores["model"] == model]
        told = [
            f"{one.hit_rate:.1%} ({one.hit_worst:.1%}-{one.hit_best:.1%}), {one.pei:.2f}" for one in rows.itertuples()
        ]
        print(f"  {model:<12}" + "".join(f"{each:>34}" for each in told))
    print("  gain in mean hit rate over last year's counts")
    for model, gain in found.gains.items():
        print(f"  {model:<12}{gain.mean:>+10.4f} ({gain.low:+.4f} to {gain.high:+.4f})")
    print(found.steps.to_string(index=False))


def check(found):
    """Hold the forecast to its promise: not surely below last year's counts, nor below the best simple baseline."""
    scores = found.scores.groupby("model")
    assert (found.scores["hit_rate"] <= found.scores["oracle_hit_rate"] + 1e-9).all()
    means = scores["hit_rate"].mean()
    slack = (found.gains["chosen"].high - found.gains["chosen"].low) / 2
    assert found.gains["chosen"].high >= 0
    assert means["chosen"] >= max(means[name] for name in SIMPLE) - max(slack, 0.005)


@pytest.mark.agency
@pytest.mark.parametrize(
    ("place", "size_m", "days", "until", "periods", "shifts"),
    [
        (memphis, 200, 30, "2020-01-01", 6, 8),
        (memphis, 500, 30, "2020-01-01", 6, 8),
        (memphis, 500, 7, "2020-01-01", 12, 4),
        (berkeley, 200, 30, "2019-12-16", 3, 8),
        (berkeley, 500, 7, "2019-12-16", 12, 4),
        (seattle, 500, 1, "2016-01-02", 5, 8),
    ],
)
def test_the_forecast_on_real_records(agency_data, place, size_m, days, until, periods, shifts):
    points, when, jurisdiction = place(agency_data)
    start = time.process_time()
    found = back_test(points, when, jurisdiction, size_m=size_m, until=until, days=days, periods=periods, shifts=shifts)
    title = f"{place.__name__}, squares of {size_m} m, {days} days ahead"
    show(title, found, time.process_time() - start)
    check(found)


@pytest.mark.parametrize("moving_every", [None, 200])
def test_the_forecast_on_three_made_years(moving_every):
    """Only here is there more than a year, so that last year's counts and all counts differ."""
    points, when = made_events(7, 2_400, 1_095, moving_every=moving_every)
    start = time.process_time()
    found = back_test(points, when, TOWN, size_m=100, until="2026-12-30", days=30, periods=12, shifts=4)
    kind = "steady places" if moving_every is None else f"places that move every {moving_every} days"
    show(f"Made town (synthetic), {kind}, squares of 100 m, 30 days ahead", found, time.process_time() - start)
    check(found)


@pytest.mark.agency
def test_a_random_forest_on_the_same_records(agency_data):
    forest = pytest.importorskip("sklearn.ensemble")
    points, when, city = memphis(agency_data)
    days, periods, size_m = 30, 6, 500
    history, end = known_until(points, when, city, size_m=size_m, until="2020-01-01")
    ours, theirs, spent = [], [], 0.0
    for back in range(periods, 0, -1):
        at = end - days * back
        day = pd.Timestamp(at, unit="D", tz="UTC")
        came = history.count(at, at + days)
        told = forecast(points, when, city, size_m=size_m, until=day, days=days)
        ours.append((told.cells["expected"], came))
        start = time.process_time()
        past = [at - days * step for step in range(1, 7) if at - days * step > history.start + days]
        known, happened = zip(*((seen(history, one), history.count(one, one + days)) for one in past), strict=True)
        model = forest.RandomForestRegressor(200, min_samples_leaf=5, max_features=0.5, random_state=0)
        model.fit(np.vstack(known), np.concatenate(happened))
        theirs.append((model.predict(seen(history, at)), came))
        spent += time.process_time() - start
    gain = compare_forecasts(ours, theirs, history.share)
    print(f"\nMemphis, squares of {size_m} m, {days} days ahead: PAI at 1, 5, 10, 20 %")
    for name, pairs in (("gridmap", ours), ("random forest, 200 trees", theirs)):
        print(f"  {name:<28}" + "".join(f"{pai:>8.2f}" for pai in score_forecasts(pairs, history.share)["pai"]))
    print(f"  gain in mean hit rate {gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}); forest {spent:.0f} CPU-s")
    assert gain.high >= 0


def seen(history, at):
    """Return what a forest reads: our features, lagged counts and where the cell lies."""
    lags = [history.count(at - lag, at) for lag in (30, 90, 365)]
    return np.column_stack([features(history, at, 250.0, seasons=False), *lags, history.column, history.row])
