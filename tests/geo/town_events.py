"""A made-up town whose events cluster, for forecasts: nothing in it is real."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

METRIC = 4547
TOWN = shapely.box(50, 0, 4_000, 3_000).difference(shapely.Point(2_000, 1_500).buffer(300))


def made_events(seed=0, number=2_000, days=400, *, moving_every=None):
    """Return points and times of events at a few busy places; the places move every so many days."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.uniform(0, days, number))
    era = np.zeros(number, dtype=int) if moving_every is None else (day // moving_every).astype(int)
    places = rng.uniform((200, 200), (3_800, 2_800), (era.max() + 1, 12, 2))
    chance = rng.dirichlet(np.full(12, 0.7))
    xy = places[era, rng.choice(12, number, p=chance)] + rng.normal(0, 120, (number, 2))
    inside = shapely.contains_xy(TOWN, *xy.T)
    points = gpd.GeoSeries.from_xy(*xy[inside].T, crs=METRIC)
    return points, pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(day[inside], unit="D"))
