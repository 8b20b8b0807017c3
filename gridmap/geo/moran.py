"""Local Moran's I: which zones or cells lie among others like them, and which among others unlike them.

I is positive where a place and its neighbours lie on the same side of the mean (HH high among high, LL low among low)
and negative where they do not (HL high among low, LH low among high). What is tested is the neighbours: given the
place's own value, would the values of all other places, dealt out at random, make its neighbours so high or so low? p
is drawn as `draws` tells, stated two-sided as twice the tail on the neighbours' own side of the mean (on skewed values
the smaller tail may be the other one, which would call low what is high), and read against the false discovery rate
over the map. *Too few data* means as in `gistar`: the neighbours hold less than the mean, but so few events are expected
there that even none would prove nothing.

References
----------
Anselin (1995), "Local Indicators of Spatial Association - LISA", Geographical Analysis 27(2), 93-115.
Besag & Clifford (1991), "Sequential Monte Carlo p-values", Biometrika 78(2), 301-304.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import sparse

from gridmap.errors import Invalid
from gridmap.geo.draws import SEED, drawn_p, finite, plan
from gridmap.geo.gistar import LEVEL, Control, NotCounts, false_discovery_rate, p_of_least, whole_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

QUADRANTS: Final = ("HH", "HL", "LH", "LL")
CLUSTERS: Final = (*QUADRANTS, "none", "too_few", "no_neighbours")


class WeightsWrong(Invalid):
    """The weights are no square matrix of finite numbers of 0 or more, one row for each place."""

    slug, title = "weights", "The weights do not fit the places"


@dataclass(frozen=True, slots=True, eq=False)
class LocalMoran:
    """Local Moran's I by drawing. `places` is as from `local_moran`; `draws` (at most, for one place) and `seed` repeat it.

    `global_i` is Moran's I of the whole map (0 where all values are equal): the mean of the local ones over the places
    that have neighbours.
    """

    places: pd.DataFrame
    global_i: float
    draws: int
    seed: int


def local_moran(
    value: ArrayLike,
    weights: sparse.sparray,
    *,
    count: ArrayLike | None = None,
    control: Control = "bh",
    least_events: int = 30,
    least_expected: float = 1.0,
    draws: int | None = None,
    seed: int = SEED,
) -> LocalMoran:
    """Return local Moran's I, its drawn p and its class for every zone or cell.

    Parameters
    ----------
    value
        (n,) counts, rates or other values. Rates of places that hardly anybody lives in are best shrunken first.
    weights
        (n, n) of 0 or more, as from `neighbours.contiguity` or `neighbours.lattice_contiguity`: how much each column is
        a neighbour of the row. Rows are made to sum to 1; the diagonal is passed over.
    count
        (n,) events behind the values; without it each value that is not 0 is one event.
    control
        As in `gistar.gi_star_of_sums`.
    least_events
        Below this number on the whole map no cluster is told.
    least_expected
        Below this number of events expected in its neighbours, a place whose neighbours are low is too few data.
    draws, seed
        As in `draws.plan`.

    Returns
    -------
    result
        `places`, on the index of `value` if it has one: `value`; `lag` (mean of the neighbours); `i`; `quadrant` (one of
        `QUADRANTS`, empty where the value or the lag is the mean itself); `p` (two-sided), `q`; `cluster` (one of
        `CLUSTERS`: the quadrant if q is at most 5 %).

    Raises
    ------
    ValuesWrong, WeightsWrong, NotCounts, DrawsTooLarge
    """
    values = finite(value)
    n = len(values)
    near = _row_standardised(weights, n)
    events = (values != 0).astype(np.int64) if count is None else whole_counts(count)
    if len(events) != n:
        raise NotCounts(f"{n} values need as many counts, not {len(events)}.", cells=n)
    drawing = plan(n, draws=draws, seed=seed)
    varies = n > 0 and values.min() < values.max()
    z = (values - values.mean()) / values.std() if varies else np.zeros(n)
    lag = near @ z
    high, low = drawn_p(z, near.indptr.astype(np.int64), near.data, lag, drawing, apart=True)
    p = np.minimum(2 * np.where(lag > 0, high, low), 1.0)
    p[(z == 0) | (lag == 0)] = 1.0  # I is then 0, whatever the rest is
    number = np.diff(near.indptr)
    q = np.ones(n)
    q[number > 0] = false_discovery_rate(p[number > 0], control)
    i = (n - 1) / n * z * lag if n else z
    quadrant = np.where((z == 0) | (lag == 0), "", np.char.add(np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L")))
    tells = np.zeros(n, dtype=bool)
    some = number > 0
    tells[some] = (number[some] * (events.sum() / max(n, 1)) >= least_expected) & (
        p_of_least(values, number[some]) <= LEVEL / 2
    )
    cluster = np.where(q <= LEVEL, quadrant, "none").astype(object)
    cluster[((lag < 0) & ~tells) | (events.sum() < least_events)] = "too_few"
    cluster[~some] = "no_neighbours"
    mean = values.mean() if n else 0.0
    columns = {"value": values, "lag": np.where(some, near @ values if varies else mean, np.nan), "i": i}
    columns |= {"quadrant": quadrant.astype(object), "p": p, "q": q, "cluster": cluster}
    index = value.index if isinstance(value, pd.Series) else None
    global_i = float(n / (n - 1) * i[some].mean()) if varies and some.any() else 0.0
    return LocalMoran(pd.DataFrame(columns, index=index), global_i, drawing.draws, drawing.seed)


def _row_standardised(weights: sparse.sparray, places: int) -> sparse.csr_array:
    """Return `weights` without their diagonal and their zeros, each row made to sum to 1."""
    near = sparse.csr_array(weights, dtype=float)
    if near.shape != (places, places) or not np.isfinite(near.data).all() or (near.data < 0).any():
        raise WeightsWrong(f"Weights of shape {near.shape} for {places} places; give (n, n) finite ones of 0 or more.")
    near = sparse.csr_array(near - sparse.diags_array(near.diagonal(), format="csr"))
    near.eliminate_zeros()
    total = near.sum(axis=1)
    near.data /= np.repeat(total, np.diff(near.indptr))
    return near
