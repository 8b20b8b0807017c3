"""Series: runs of like incidents close in place and time, for the command room to link."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.geo.series import find_series
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found

SEED: Final = 20_261_101
REACH_M: Final = 300.0
REACH_DAYS: Final = 7.0
#: A series is drawn this far around its incidents [m].
MARGIN_M: Final = 40.0


def compute(case: Case) -> Found:
    """Return the unusual groups of like incidents of a case.

    `facts`: `reach_m`, `reach_days`, `least`, `level`, `permutations`, `seed`. `tables.series`: `n` (number on the map), `category`,
    names, `events`, `places`, `first`, `last`, `days`, `extent_m`, `observed`, `expected`, `p`, `lon`, `lat`, `members` (ids of incidents,
    in order of time). `cells`: the ground of each series, `n`.
    """
    events = case.events
    reach_m, reach_days = case.options.distance_m or REACH_M, case.options.days or REACH_DAYS
    incidents = pd.DataFrame(
        {"x": events.x, "y": events.y, "at": events.times(), "category": events.category, "place": events.address},
        index=pd.Index(events.id, name="id"),
    )
    incidents["place"] = incidents["place"].where(incidents["place"] > 0)
    found = find_series(incidents, reach_m=reach_m, reach_days=reach_days, seed=SEED).reset_index(drop=True)
    facts = {
        "method": "series", "reach_m": reach_m, "reach_days": reach_days, "least": 3, "level": 0.05, "permutations": 999,
        "seed": SEED, "counted": len(events), "series": len(found),
    }  # fmt: skip
    number = np.arange(1, len(found) + 1)
    spots = gpd.GeoSeries(gpd.points_from_xy(found["x"], found["y"]), crs=case.metric_epsg).to_crs(4326)
    kinds = pd.DataFrame(case.categories).iloc[found["category"].astype(int)].reset_index(drop=True)
    table = pd.DataFrame({
        "n": number, "category": kinds["code"], "name_zh": kinds["name_zh"], "name_en": kinds["name_en"], "events": found["n"],
        "places": found["places"], "first": found["first"], "last": found["last"], "days": found["days"],
        "extent_m": found["extent_m"], "observed": found["observed"], "expected": found["expected"], "p": found["p"],
        "lon": spots.x.round(6), "lat": spots.y.round(6), "members": [[int(one) for one in ids] for ids in found["members"]],
    })  # fmt: skip
    drawn = [
        shapely.buffer(shapely.convex_hull(shapely.multipoints(incidents.loc[ids, ["x", "y"]].to_numpy())), MARGIN_M)
        for ids in found["members"]
    ]
    ground = gpd.GeoDataFrame({"n": number}, geometry=gpd.GeoSeries(drawn, crs=case.metric_epsg), crs=case.metric_epsg)
    return Found(facts, ground, {"series": table})
