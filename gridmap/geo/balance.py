"""Balance: how large, how round and how loaded each zone is, and how evenly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridmap.errors import Invalid
from gridmap.geo.columns import check_zones
from gridmap.geo.crs import require_metric

if TYPE_CHECKING:
    import geopandas as gpd


class BadWeights(Invalid):
    """Weights that are missing, negative or not finite, or that do not belong to the points."""

    slug, title = "bad-weights", "The weights cannot be used"


@dataclass(frozen=True, slots=True)
class Imbalance:
    """How uneven the loads of n zones are.

    `mean` load; `cv`: standard deviation over mean; `largest`: largest deviation from the mean over the mean, with the
    sign it has, and `largest_code` the zone; all 0 if nothing is loaded.
    """

    zones: int
    total: float
    mean: float
    cv: float
    largest: float
    largest_code: str | None


def compactness(zones: gpd.GeoDataFrame) -> pd.Series[float]:
    """Return how round each zone is (Polsby-Popper): 1 is a circle, near 0 a ribbon.

    Parameters
    ----------
    zones
        (n,) valid polygons in a metric CRS.

    Returns
    -------
    score
        (n,) floats in (0, 1] on `zones.index`: 4 pi x area [m2] / perimeter [m] squared; NaN for an empty zone.

    Raises
    ------
    NotMetric
        If the CRS is missing or in degrees; nothing is reprojected in silence.

    References
    ----------
    Polsby & Popper (1991), "The Third Criterion", Yale Law & Policy Review 9(2), 301-353.
    """
    require_metric(zones)
    return (4 * math.pi * zones.area / zones.length**2).rename("compactness")


def load(zones: gpd.GeoDataFrame, assigned: pd.Series[str], weights: pd.Series[float] | None = None) -> pd.DataFrame:
    """Return what each zone carries.

    Parameters
    ----------
    zones
        (n,) zones frame in a metric CRS.
    assigned
        (p,) the code of the zone each point was resolved to, missing where it stands in none.
    weights
        (p,) the work of each point on `assigned.index`, at least 0; 1 each by default.

    Returns
    -------
    loads
        (n,) on the codes, in the order of `zones`: `area_km2`, `count` (points), `load` (sum of weights),
        `deviation` (load over the mean load, less 1: 0.1 is ten per cent too much; NaN if nothing is loaded).

    Raises
    ------
    NotAFrame, BadFrame, NotMetric
        As `check_zones` and `require_metric`.
    BadWeights
        If a weight is missing, negative or not finite.
    """
    check_zones(zones)
    require_metric(zones)
    work = pd.Series(1.0, index=assigned.index) if weights is None else weights
    if not work.index.equals(assigned.index):
        raise BadWeights("The weights are not on the index of the points; give one weight a point, in their order.")
    wrong = ~(np.isfinite(work.to_numpy(dtype=float)) & (work.to_numpy(dtype=float) >= 0))
    if wrong.any():
        first = assigned.index[int(np.argmax(wrong))]
        raise BadWeights(f"{wrong.sum()} weights are missing, negative or infinite, the first at {first}.", first=first)
    codes = pd.Index(zones["code"], name="code")
    by_zone = work.to_numpy(dtype=float), codes.get_indexer(pd.Index(assigned))
    inside = by_zone[1] >= 0
    counts = np.bincount(by_zone[1][inside], minlength=len(codes))
    loads = np.bincount(by_zone[1][inside], weights=by_zone[0][inside], minlength=len(codes))
    mean = loads.mean() if len(loads) else 0.0
    deviation = loads / mean - 1 if mean > 0 else np.full(len(loads), np.nan)
    area = zones.area.to_numpy() / 1e6
    return pd.DataFrame({"area_km2": area, "count": counts, "load": loads, "deviation": deviation}, index=codes)


def imbalance(loads: pd.DataFrame) -> Imbalance:
    """Return how uneven the column `load` of (n,) zones is, as `load` returns it."""
    values = loads["load"].to_numpy(dtype=float)
    total = float(values.sum())
    if total <= 0:
        return Imbalance(len(values), total, 0.0, 0.0, 0.0, None)
    mean = total / len(values)
    deviation = values / mean - 1
    worst = int(np.argmax(np.abs(deviation)))
    return Imbalance(
        len(values), total, mean, float(values.std() / mean), float(deviation[worst]), str(loads.index[worst])
    )
