"""Repeat places: doors that incidents return to, and those where it grows worse."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.geo.repeat_places import repeat_places
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found

SEED: Final = 20_261_101
MOST: Final = 200
LEVEL: Final = 0.05


def compute(case: Case) -> Found:
    """Return the doors with most incidents of a case, at least two.

    `facts`: `places` (doors with two or more), `shown`, `events_at_doors`, `worse` (doors where it grows worse). `tables.places`:
    `address` (id), `full` (its text, empty for who may not read it), `events`, `first`, `last`, `gap_days`, `expected`, `p`, `q`,
    `earlier`, `later`, `worse` ("", "rising", "tier"), `p_worse`, `lon`, `lat`. `cells`: the doors as points.
    """
    events = case.events
    doors = case.doors
    at_door = np.isin(events.address, doors.id)
    weight = pd.Series(np.maximum(doors.households, 1.0), index=doors.id)  # a shop keeps no household and is a door
    found = repeat_places(
        np.where(at_door, events.address.astype(float), np.nan), events.times(), case.since, case.observed_until,
        tier=np.where(events.tier > 0, events.tier.astype(float), np.nan), exposure=weight, against="map", seed=SEED,
    )  # fmt: skip
    facts = {
        "method": "repeat_places", "places": len(found), "shown": min(len(found), MOST), "events_at_doors": int(at_door.sum()),
        "counted": len(events), "level": LEVEL,
    }  # fmt: skip
    rising, worse = found["q_rising"] <= LEVEL, found["q_worse"] <= LEVEL
    facts["worse"] = int((rising | worse).sum())
    # who grows worse stands on the list however far down
    kept = pd.concat([found[rising | worse], found[~(rising | worse)]]).head(MOST)
    kept = kept.sort_values(["n", "p"], ascending=[False, True], kind="stable")
    kept.index = kept.index.astype(np.int64)
    rising, worse = (pd.Series(one.to_numpy(), index=found.index.astype(np.int64)) for one in (rising, worse))
    at = pd.Series(np.arange(len(doors.id)), index=doors.id).reindex(kept.index)
    place = at.to_numpy().astype(int)
    points = gpd.GeoSeries(gpd.points_from_xy(doors.x[place], doors.y[place]), index=kept.index, crs=case.metric_epsg)
    lonlat = points.to_crs(4326)
    said = np.where(worse.loc[kept.index], "tier", np.where(rising.loc[kept.index], "rising", ""))
    table = pd.DataFrame({
        "address": kept.index, "full": [case.names.get(int(one), "") for one in kept.index], "events": kept["n"],
        "first": kept["first"], "last": kept["last"], "gap_days": kept["mean_gap_days"].round(1), "expected": kept["expected"],
        "p": kept["p"], "q": kept["q"], "earlier": kept["earlier"], "later": kept["later"], "worse": said,
        "p_worse": np.fmin(kept["p_rising"].astype(float), kept["p_worse"].astype(float)), "lon": lonlat.x.round(6),
        "lat": lonlat.y.round(6),
    }).reset_index(drop=True)  # fmt: skip
    columns = table[["address", "full", "events", "worse", "q"]]
    return Found(facts, gpd.GeoDataFrame(columns, geometry=points.to_numpy(), crs=case.metric_epsg), {"places": table})
