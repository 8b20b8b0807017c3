"""Where next: how many events to expect in each cell in the coming week or month, and how far that has been right.

The default is decayed counts shrunk toward the density. It must have caught more than last year's counts in the past
periods; if it has not, last year's counts are given instead, and that is said. A near-repeat and a learned model stand
by and are used only where they beat the default beyond chance. A forecast is of places, never of people, and of
reported events only: where officers look, more is found (Ensign et al. 2018), so feed it what residents report.

References
----------
Ensign et al. (2018), "Runaway Feedback Loops in Predictive Policing", PMLR 81, 160-171.
Lee, O & Eck (2020), "A Theory-Driven Algorithm for Real-Time Crime Hot Spot Forecasting", Police Quarterly 23, 174-201.
`forecast_models`, `forecast_choice` and `forecast_score` name the sources of what they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from gridmap.errors import Invalid
from gridmap.geo.crs import require_metric
from gridmap.geo.forecast_choice import LEAST_EVENTS, Choice, Model, choose
from gridmap.geo.forecast_history import History, make_history
from gridmap.geo.forecast_score import Gain, score_forecasts

Moment = str | datetime | np.datetime64
Verdict = Literal["better", "within_chance", "not_better", "too_few"]

_DAY = np.timedelta64(86_400_000_000, "us")


class HorizonWrong(Invalid):
    """The period to forecast is not longer than zero, or nothing was observed before it."""

    slug, title = "forecast-horizon", "There is nothing to forecast from"


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Events to expect in the `days` after `until`, and what the past says of such forecasts.

    `cells`: by row, then column, `column`, `row`, `inside_share`, `expected` (events in the period), `rank` (1 is the
    most; ties share the lowest number), `geometry` (whole squares). `tests`: `model` and the columns of
    `score_forecasts`, for each model over the past `periods`. `gain`: the mean hit rate over 1, 5, 10 and 20 % of the
    area less that of last year's counts, with its 95 % interval, of the default or of the candidate that took its
    place.

    `verdict`: ``"better"`` beyond chance, ``"within_chance"`` (caught more, may be chance), ``"not_better"`` and
    ``"too_few"`` (fewer than 30 events in the past periods); the last two step back to last year's counts, and
    `beats_last_year` is false.

    `half_life_days` (infinite: no event ages), `strength` and `bandwidth_m` are the default's; `events` were read,
    `outside` lay in no cell.
    """

    cells: gpd.GeoDataFrame
    model: Model
    verdict: Verdict
    beats_last_year: bool
    gain: Gain
    half_life_days: float
    strength: float
    bandwidth_m: float
    until: pd.Timestamp
    days: int
    periods: int
    events: int
    outside: int
    tests: pd.DataFrame


def forecast(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    when: ArrayLike,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon,
    *,
    size_m: int,
    until: Moment,
    days: int = 30,
    since: Moment | None = None,
    candidates: bool = True,
    seed: int = 0,
) -> Forecast:
    """Return the events to expect in each square in the `days` after `until`.

    Parameters
    ----------
    points
        (n,) events in a metric CRS.
    when
        (n,) times; aware ones are read as UTC, naive ones must be.
    jurisdiction
        Valid (Multi)Polygon in the same CRS.
    size_m
        Side of a square [m], a multiple of 100.
    until
        Beginning of the period; nothing from then on is read.
    days
        Length of the period: 7 for a week, 30 for a month.
    since
        From when on events were recorded; the first event without it.
    candidates
        Whether the near-repeat and the learned model are tried beside the default.
    seed
        The same seed, events and period give the same forecast.

    Raises
    ------
    NotMetric, BadShape, LatticeSizeWrong, LatticeTooLarge
    HorizonWrong
        If `days` is not above 0, a time is missing, or `until` is not after the first event and `since`.
    """
    require_metric(points)
    history, at = known_until(points, when, jurisdiction, size_m=size_m, until=until, since=since)
    if days <= 0:
        raise HorizonWrong(f"{days} days; give 7 for a week, 30 for a month.", days=days)
    choice = choose(history, at, float(days), seed=seed, candidates=candidates)
    expected = choice.rates[choice.model] * days
    x, y = history.column * size_m, history.row * size_m
    columns = {
        "column": history.column,
        "row": history.row,
        "inside_share": history.share,
        "expected": expected,
        "rank": rankdata(-expected, method="min").astype(np.int64),
    }
    verdict = _verdict(choice)
    return Forecast(
        cells=gpd.GeoDataFrame(columns, geometry=shapely.box(x, y, x + size_m, y + size_m), crs=points.crs),
        model=choice.model,
        verdict=verdict,
        beats_last_year=verdict in {"better", "within_chance"},
        gain=choice.gain,
        half_life_days=choice.half_life,
        strength=choice.strength,
        bandwidth_m=choice.bandwidth_m,
        until=pd.Timestamp(as_days([until])[0], unit="D", tz="UTC"),
        days=days,
        periods=len(choice.past["shrunk"]),
        events=int((history.day < at).sum()),
        outside=history.outside,
        tests=_tests(choice, history, seed),
    )


def known_until(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    when: ArrayLike,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon,
    *,
    size_m: int,
    until: Moment,
    since: Moment | None = None,
) -> tuple[History, float]:
    """Return the history of `points` and `until` as a day of it; parameters and errors as `forecast`."""
    coords = shapely.get_coordinates(np.asarray(points.geometry.array))
    day = as_days(when)
    at = float(as_days([until])[0])
    start = None if since is None else float(as_days([since])[0])
    if not np.isfinite(day).all() or len(day) != len(coords):
        raise HorizonWrong(f"{len(coords)} events and {int(np.isfinite(day).sum())} times; each needs one.")
    history = make_history(coords[:, 0], coords[:, 1], day, jurisdiction, size_m=size_m, start=start)
    if not at > history.start or not len(day):
        raise HorizonWrong("Nothing was observed before the period begins; give an earlier `since` or a later `until`.")
    return history, at


def as_days(when: Any) -> NDArray[np.float64]:
    """Return times as days since 1970 in UTC, (n,); not-a-number where there is none."""
    stamps = pd.DatetimeIndex(pd.to_datetime(pd.Series(when), utc=True)).tz_localize(None)
    return np.asarray((stamps.to_numpy() - np.datetime64(0, "us")) / _DAY, dtype=float)


def _verdict(choice: Choice) -> Verdict:
    gain = choice.gain
    if gain.events < LEAST_EVENTS:
        return "too_few"
    if choice.model == "last_year":
        return "not_better"
    return "better" if gain.low > 0 else "within_chance"


def _tests(choice: Choice, history: History, seed: int) -> pd.DataFrame:
    tables = []
    for name, pairs in choice.past.items():
        scores = score_forecasts(pairs, history.share, seed=seed)
        scores.insert(0, "model", name)
        tables.append(scores)
    return pd.concat(tables, ignore_index=True)
