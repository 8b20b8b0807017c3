"""Clusters nobody asked about: circles and runs of days in which more happened than elsewhere and at other times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.geo.scan_statistic import REPLICAS, Scan, scan_permutation, scan_poisson
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found
from gridmap.services.analyses.ground import make_units, sums, unit_of

SEED: Final = 20_261_101
#: Squares and circles no smaller, so that a year of a busy station is scanned in seconds [m].
LEAST_M: Final = 500
RADIUS_M: Final = 500.0
LONGEST_DAYS: Final = 28
#: Clusters told of each kind; the first decides.
MOST: Final = 5
SIGNIFICANT: Final = 0.05


def compute(case: Case) -> Found:
    """Return the most unusual circles: in space and time, in space and time up to now, and in space against households.

    `facts`: `said` (none or cluster: of space and time), `p`, `p_now`, `p_space`, `permutations`, `seed`, `radius_m`, `longest_days`, `size_m`.
    `tables.clusters`: `n`, `kind` (space_time, now, space), `observed`, `expected`, `relative_risk`, `llr`, `p`, `first`, `last`,
    `radius_m`, `recurrence_days` (of now), `lon`, `lat`. `cells`: circles `n`, `kind`, `p`.
    """
    at = case.of(shape="square", size_m=max(case.options.size_m, LEAST_M))
    units = make_units(at, "square")
    unit = unit_of(at, units, "square", case.events.x, case.events.y)
    held = unit >= 0
    centre = units.geometry.centroid
    x, y = centre.x.to_numpy(), centre.y.to_numpy()
    local = case.events.times().tz_convert(case.since.tzinfo)
    day = (local.normalize() - pd.Timestamp(case.since).normalize()).days.to_numpy()
    radius = case.options.distance_m or RADIUS_M
    days = max(round(case.days_recorded), int(day.max(initial=0)) + 1)
    longest = int(min(case.options.days or LONGEST_DAYS, max(days // 2, 1)))
    facts: dict[str, Any] = {
        "method": "scan", "said": "none", "seed": SEED, "permutations": REPLICAS, "radius_m": radius, "longest_days": longest,
        "size_m": at.options.size_m, "counted": int(held.sum()), "p": None, "p_now": None, "p_space": None,
    }  # fmt: skip
    if held.sum() < 2:
        return Found(
            facts,
            gpd.GeoDataFrame({"n": [], "kind": []}, geometry=[], crs=case.metric_epsg),
            {"clusters": pd.DataFrame()},
        )
    in_time = scan_permutation(x, y, unit[held], day[held], radius_m=radius, longest_days=longest, days=days, seed=SEED)
    lately = scan_permutation(
        x,
        y,
        unit[held],
        day[held],
        radius_m=radius,
        longest_days=longest,
        days=days,
        prospective=True,
        seed=SEED,
    )
    told = [_told(case, in_time, "space_time"), _told(case, lately, "now")]
    doors = case.doors
    people = sums(unit_of(at, units, "square", doors.x, doors.y), len(units), doors.households)
    home = people[unit[held]] > 0
    if people.sum() > 0 and home.any():
        in_space = scan_poisson(x, y, unit[held][home], people, radius_m=radius, seed=SEED)
        told.append(_told(case, in_space, "space"))
    clusters = pd.concat(told, ignore_index=True)
    clusters.insert(0, "n", np.arange(1, len(clusters) + 1))
    for name, kind in (("p", "space_time"), ("p_now", "now"), ("p_space", "space")):
        of_kind = clusters.loc[clusters["kind"] == kind, "p"]
        facts[name] = None if of_kind.empty else float(of_kind.min())
    alarms = [facts[name] for name in ("p", "p_now") if facts[name] is not None]
    facts["said"] = "cluster" if min(alarms, default=1.0) <= SIGNIFICANT else "none"
    facts["without_denominator"] = int((~home).sum())
    spots = _circles(clusters, case.metric_epsg)
    return Found(facts, spots, {"clusters": clusters.drop(columns=["x", "y"])})


def _told(case: Case, scan: Scan, kind: str) -> pd.DataFrame:
    numbers = ["observed", "expected", "relative_risk", "llr", "p", "radius_m", "x", "y"]
    found = scan.clusters.head(MOST)
    found = found.astype(dict.fromkeys((*numbers, "recurrence_days"), float))  # nothing found has no types
    found["observed"] = found["observed"].astype(int)
    points = gpd.GeoSeries(gpd.points_from_xy(found["x"], found["y"]), crs=case.metric_epsg).to_crs(4326)
    first = case.view.since
    told: dict[str, NDArray[np.object_] | list[Any]] = {
        name: [None if kind == "space" else first + timedelta(days=int(one)) for one in found[f"{name}_day"]]
        for name in ("first", "last")
    }
    if kind == "now":
        told["recurrence_days"] = found["recurrence_days"].tolist()
    return found[numbers].assign(kind=kind, lon=points.x.round(6), lat=points.y.round(6), **told).reset_index(drop=True)


def _circles(clusters: pd.DataFrame, epsg: int) -> gpd.GeoDataFrame:
    drawn = shapely.buffer(shapely.points(clusters["x"], clusters["y"]), np.maximum(clusters["radius_m"], 60.0))
    return gpd.GeoDataFrame(clusters[["n", "kind", "observed", "expected", "p"]], geometry=drawn, crs=epsg)
