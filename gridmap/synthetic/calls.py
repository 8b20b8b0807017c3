"""Three years of calls and disputes with real structure: hot places, hours, weekdays, festivals, near repeats.

What is built in, so that an analysis can be held against it: four hot places (a night market on Friday and Saturday
nights, a building site before the Spring Festival, an estate, a school at its hours), sixty doors to which neighbours'
quarrels return, thefts that are followed by another close by within two weeks, and growth of 20 % a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.synthetic.layout import Layout
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.plane import Floats, to_lonlat
from gridmap.synthetic.seeds import stream

FIRST_DAY = np.datetime64("2023-11-01T00:00:00")  # in the station's time, UTC+8
LAST_DAY = np.datetime64("2026-11-01T00:00:00")
LAST_NIGHT = np.datetime64("2026-10-31")
GROWTH = 1.2  # a year
FESTIVALS = np.array(["2024-02-10", "2025-01-29", "2026-02-17"], dtype="datetime64[D]")  # Spring Festival
NIGHT, DAY, EVENING, SCHOOL = 0, 1, 2, 3

#: code, Chinese, English, dispute?, share of all calls, time of day
CATEGORIES = (
    ("neighbours", "邻里纠纷", "Neighbours", True, 0.105, EVENING),
    ("family", "家庭纠纷", "Family", True, 0.080, EVENING),
    ("labour", "劳资纠纷", "Labour", True, 0.040, DAY),
    ("debt", "债务纠纷", "Debt", True, 0.045, DAY),
    ("land", "土地纠纷", "Land", True, 0.020, DAY),
    ("housing", "房屋物业纠纷", "Housing and property", True, 0.030, DAY),
    ("traffic_dispute", "交通事故纠纷", "Traffic dispute", True, 0.030, DAY),
    ("consumer", "消费纠纷", "Consumer", True, 0.030, EVENING),
    ("school", "校园纠纷", "School", True, 0.010, SCHOOL),
    ("other_dispute", "其他纠纷", "Other dispute", True, 0.010, DAY),
    ("theft", "盗窃", "Theft", False, 0.080, NIGHT),
    ("fraud", "电信网络诈骗", "Fraud", False, 0.070, DAY),
    ("noise", "噪声扰民", "Noise", False, 0.090, NIGHT),
    ("traffic_accident", "交通事故", "Traffic accident", False, 0.130, DAY),
    ("help", "群众求助", "Help", False, 0.140, DAY),
    ("lost_found", "遗失招领", "Lost and found", False, 0.050, DAY),
    ("other_call", "其他警情", "Other call", False, 0.040, DAY),
)
CODES = np.array([row[0] for row in CATEGORIES])
INCIDENT = (
    "number", "at", "at_until", "category", "source", "address", "lon", "lat", "recorded_zone", "synthetic",
)  # fmt: skip
ENTERED_LAST_YEAR, STILL_OPEN = 1_989, 5  # of Nancheng's year; 99.73 % closed falls between 5 and 6 open
HOURS = {
    NIGHT: [9, 8, 6, 5, 3, 2, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 6, 8, 10, 11, 10],
    DAY: [1, 1, 0, 0, 0, 1, 2, 5, 9, 11, 11, 9, 6, 6, 9, 10, 9, 9, 7, 5, 4, 3, 2, 1],
    EVENING: [3, 2, 1, 1, 0, 1, 2, 3, 5, 6, 6, 6, 6, 5, 5, 5, 6, 8, 10, 12, 12, 10, 7, 5],
    SCHOOL: [0, 0, 0, 0, 0, 0, 1, 12, 8, 2, 2, 8, 8, 3, 2, 2, 10, 12, 3, 1, 0, 0, 0, 0],
}


@dataclass(frozen=True)
class HotPlace:
    """A place to which calls of one category gather, more than its doors explain."""

    category: str
    share: float  # of the category's calls
    reach: float  # [m] standard deviation


HOT = (
    HotPlace("noise", 0.30, 60.0),
    HotPlace("labour", 0.45, 45.0),
    HotPlace("housing", 0.40, 70.0),
    HotPlace("school", 0.70, 50.0),
)


def categories() -> pd.DataFrame:
    """Return the categories of incidents and kinds of dispute."""
    rows = [row[:4] for row in CATEGORIES]
    return pd.DataFrame(rows, columns=["code", "name_zh", "name_en", "is_dispute"])


def incidents(
    doors: pd.DataFrame, beats: pd.Series[str], layout: Layout, seed: int, position: tuple[int, int], plan: Plan
) -> pd.DataFrame:
    """Return calls with the columns `INCIDENT`; times at UTC+8, places in EPSG:4326.

    A call at a door names its address; of these one in eight has no coordinates of its own. What the officer wrote down
    as the beat (`recorded_zone`) is the beat the place lies in, but in 2 % of the calls the one of another call.

    Parameters
    ----------
    doors
        (n,) the station's doors: `x`, `y` [m about the origin], `kind`, `estate`, `households`, `code`.
    beats
        (faces,) the code of the beat of each face of the layout.
    """
    rng = stream(seed, "calls", *position)
    total = round(plan.calls_last_year * sum(GROWTH**-y for y in range(3)))
    if total == 0:
        return pd.DataFrame(columns=list(INCIDENT))
    shares = np.array([row[4] for row in CATEGORIES])
    kind = rng.choice(len(CATEGORIES), size=total, p=shares / shares.sum())
    moment = _moments(kind, rng)
    at_door, place = _places(kind, doors, layout, rng)
    _gather(kind, moment, at_door, place, hot_spots(doors, layout), rng)
    _return_to_doors(kind, at_door, doors, rng)
    _near_repeats(kind, moment, at_door, place, doors, rng)
    _keep_inside(at_door, place, doors, layout)
    xy = np.where((at_door >= 0)[:, None], doors[["x", "y"]].to_numpy()[at_door], place)
    order = np.argsort(moment, kind="stable")
    kind, moment, at_door, xy = kind[order], moment[order], at_door[order], xy[order]
    spans = (CODES[kind] == "theft") & (rng.uniform(size=total) < 0.45)  # found in the morning: known only as a span
    ends = moment + (rng.integers(2, 11, total) * 3600).astype("timedelta64[s]")
    source = rng.choice(["call", "visit", "patrol", "resident"], size=total, p=[0.82, 0.07, 0.06, 0.05])
    lonlat = to_lonlat(xy + layout.origin)
    lonlat[(at_door >= 0) & (rng.uniform(size=total) < 0.125)] = np.nan
    face = shapely.STRtree(layout.faces.faces).nearest(np.asarray(shapely.points(xy), dtype=object))
    beat = beats.to_numpy()[np.asarray(face)]
    slip = np.where(rng.uniform(size=total) < 0.02, rng.integers(0, total, total), np.arange(total))
    return pd.DataFrame({
        "number": [f"C{i + 1:06d}" for i in range(total)],
        "at": _text(moment), "at_until": np.where(spans, _text(ends), ""),
        "category": CODES[kind], "source": source,
        "address": np.where(at_door >= 0, doors["code"].to_numpy()[at_door], ""),
        "lon": lonlat[:, 0], "lat": lonlat[:, 1], "recorded_zone": beat[slip], "synthetic": True,
    }, columns=list(INCIDENT))  # fmt: skip


def _text(moment: NDArray[np.datetime64]) -> NDArray[np.object_]:
    return np.array([f"{one}+08:00" for one in moment.astype("datetime64[s]").astype(str)], dtype=object)


def _moments(kind: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Draw the time of each call: growth over the years, the season, the weekday and the hour of its category."""
    days = np.arange(FIRST_DAY.astype("datetime64[D]"), LAST_DAY.astype("datetime64[D]"))
    since = (days - days[0]).astype(float) / 365.25
    weekday = (days.astype("datetime64[D]").view("int64") + 3) % 7  # Monday is 0
    to_festival = np.min(np.abs(days[:, None] - FESTIVALS[None, :]).astype(float), axis=1)
    before = np.min(
        np.where(
            (FESTIVALS[None, :] - days[:, None]).astype(float) >= 0,
            (FESTIVALS[None, :] - days[:, None]).astype(float),
            999,
        ),
        axis=1,
    )
    base = GROWTH ** np.floor(since)
    moment = np.empty(len(kind), dtype="datetime64[s]")
    for number, (code, *_, clock) in enumerate(CATEGORIES):
        mine = np.flatnonzero(kind == number)
        weight = base.copy()
        if code in {"noise", "consumer"}:
            weight *= np.where(weekday >= 4, 1.7, 1.0)
        if code == "school":
            weight *= np.where(weekday < 5, 1.0, 0.05)
        if code == "family":
            weight *= np.where(to_festival <= 7, 2.2, 1.0)
        if code in {"labour", "debt"}:
            weight *= np.where(before <= 35, 3.0, 1.0)
        if code == "theft":
            weight *= np.where(to_festival <= 3, 0.4, 1.0)
        day = rng.choice(len(days), size=len(mine), p=weight / weight.sum())
        hours = np.array(HOURS[clock], dtype=float)
        hour = rng.choice(24, size=len(mine), p=hours / hours.sum())
        seconds = hour * 3600 + rng.integers(0, 3600, len(mine))
        moment[mine] = days[day].astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return moment


def _places(
    kind: NDArray[np.int64], doors: pd.DataFrame, layout: Layout, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Floats]:
    """Draw the place of each call: the row of a door, by households; or -1 and a place on a street or a field [m]."""
    weight = doors["households"].to_numpy(dtype=float) + 0.35
    weight *= np.where(doors["kind"] == "village", 0.6, 1.0)
    at_door = rng.choice(len(doors), size=len(kind), p=weight / weight.sum())
    place = np.zeros((len(kind), 2))
    carried = [run for street in layout.streets if street.kind in {"main", "ring", "street"} for run in street.runs()]
    roads = np.vstack(carried)
    roads = roads[shapely.contains_xy(layout.outline, roads[:, 0], roads[:, 1])]
    moving = np.flatnonzero(np.isin(CODES[kind], ["traffic_accident", "traffic_dispute", "lost_found"]))
    place[moving] = roads[rng.integers(0, len(roads), len(moving))] + rng.normal(0, 4, (len(moving), 2))
    at_door[moving] = -1
    land = np.flatnonzero(CODES[kind] == "land")
    farms = doors[["x", "y"]].to_numpy()[rng.choice(np.flatnonzero(doors["kind"] == "village"), len(land))]
    place[land] = farms + rng.normal(0, 60, (len(land), 2))
    at_door[land] = -1
    return at_door, place


def hot_spots(doors: pd.DataFrame, layout: Layout) -> dict[str, Floats]:
    """Return the middle [m about the origin] of each hot place, by its category."""
    estate = doors[doors["kind"] == "estate"]
    largest = estate.groupby("estate")["households"].sum().idxmax()
    homes = estate.loc[estate["estate"] == largest, ["x", "y"]].to_numpy().mean(axis=0)
    turn = np.array([np.cos(layout.town.angle), np.sin(layout.town.angle)])
    middle, reach = layout.town.middle, layout.town.radius
    return {
        "noise": middle + 0.18 * reach * turn, "labour": middle - 0.62 * reach * turn, "housing": homes,
        "school": middle + 0.45 * reach * np.array([-turn[1], turn[0]]),
    }  # fmt: skip


def _gather(
    kind: NDArray[np.int64],
    moment: NDArray[np.datetime64],
    at_door: NDArray[np.int64],
    place: Floats,
    spots: dict[str, Floats],
    rng: np.random.Generator,
) -> None:
    """Move a share of some categories to the hot places, with the hours of the place."""
    for hot in HOT:
        mine = np.flatnonzero(hot.category == CODES[kind])
        chosen = mine[rng.uniform(size=len(mine)) < hot.share]
        place[chosen] = spots[hot.category] + rng.normal(0, hot.reach, (len(chosen), 2))
        at_door[chosen] = -1
        if hot.category == "noise":  # the night market: Friday and Saturday from eight to midnight
            day = moment[chosen].astype("datetime64[D]")
            weekday = (day.view("int64") + 3) % 7
            day = day + (np.where(rng.uniform(size=len(chosen)) < 0.5, 4, 5) - weekday).astype("timedelta64[D]")
            day = np.clip(day, FIRST_DAY.astype("datetime64[D]"), LAST_NIGHT)
            seconds = rng.integers(20 * 3600, 24 * 3600, len(chosen)).astype("timedelta64[s]")
            moment[chosen] = day.astype("datetime64[s]") + seconds


def _return_to_doors(
    kind: NDArray[np.int64], at_door: NDArray[np.int64], doors: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Send a fifth of the neighbours' and families' quarrels to sixty doors that see them again and again."""
    again = rng.choice(len(doors), size=60, replace=False)
    mine = np.flatnonzero(np.isin(CODES[kind], ["neighbours", "family"]))
    chosen = mine[rng.uniform(size=len(mine)) < 0.2]
    weight = 1 / np.arange(1, 61)
    at_door[chosen] = rng.choice(again, len(chosen), p=weight / weight.sum())


def _near_repeats(
    kind: NDArray[np.int64],
    moment: NDArray[np.datetime64],
    at_door: NDArray[np.int64],
    place: Floats,
    doors: pd.DataFrame,
    rng: np.random.Generator,
) -> None:
    """Let a quarter of the thefts follow another one within 200 m and 14 days."""
    thefts = np.flatnonzero(CODES[kind] == "theft")
    thefts = thefts[np.argsort(moment[thefts], kind="stable")]
    xy = doors[["x", "y"]].to_numpy()
    for first, second in zip(thefts[:-1:4], thefts[1::4], strict=False):
        place[second] = (xy[at_door[first]] if at_door[first] >= 0 else place[first]) + rng.uniform(-140, 140, 2)
        at_door[second] = -1
        later = moment[first] + np.timedelta64(int(rng.integers(3600, 14 * 86400)), "s")
        moment[second] = min(later, LAST_DAY - np.timedelta64(60, "s"))


def _keep_inside(at_door: NDArray[np.int64], place: Floats, doors: pd.DataFrame, layout: Layout) -> None:
    """Put what fell outside the jurisdiction at the nearest door inside: another station answers out there."""
    out = np.flatnonzero((at_door < 0) & ~shapely.contains_xy(layout.outline.buffer(-2), place[:, 0], place[:, 1]))
    tree = shapely.STRtree(np.asarray(shapely.points(doors[["x", "y"]].to_numpy()), dtype=object))
    at_door[out] = tree.nearest(np.asarray(shapely.points(place[out]), dtype=object))


def disputes(calls: pd.DataFrame, seed: int, position: tuple[int, int], plan: Plan) -> pd.DataFrame:
    """Return the disputes entered, out of the calls that are disputes, with tier, state and when they were settled."""
    columns = [
        "number",
        "incident",
        "opened_at",
        "kind",
        "tier",
        "state",
        "settled_at",
        "address",
        "lon",
        "lat",
        "synthetic",
    ]
    quarrels = calls[calls["category"].isin([row[0] for row in CATEGORIES if row[3]])]
    if quarrels.empty:
        return pd.DataFrame(columns=columns)
    rng = stream(seed, "disputes", *position)
    opened = pd.to_datetime(quarrels["at"])
    last = (opened >= pd.Timestamp("2025-11-01T00:00:00+08:00")).to_numpy()
    entered = np.zeros(len(quarrels), dtype=bool)
    wanted = min(round(ENTERED_LAST_YEAR * plan.calls_last_year / 6_000), int(last.sum()))
    entered[rng.permutation(np.flatnonzero(last))[:wanted]] = True
    entered[~last] = rng.uniform(size=int((~last).sum())) < wanted / max(int(last.sum()), 1)
    chosen, opened = quarrels[entered], opened[entered]
    count = len(chosen)
    tier = rng.choice([1, 2, 3], size=count, p=[0.78, 0.17, 0.05])
    days = rng.gamma(1.4, np.array([2.0, 6.0, 16.0])[tier - 1])
    settled = opened + pd.to_timedelta((days * 86_400).round(), unit="s")
    end = pd.Timestamp("2026-10-31T23:00:00+08:00")
    settled = settled.where(settled < end, opened + (end - opened) / 2)
    still = np.zeros(count, dtype=bool)
    still[-max(1, round(STILL_OPEN * plan.calls_last_year / 6_000)) :] = True
    return pd.DataFrame({
        "number": [f"D{i + 1:06d}" for i in range(count)], "incident": chosen["number"].to_numpy(),
        "opened_at": chosen["at"].to_numpy(), "kind": chosen["category"].to_numpy(), "tier": tier,
        "state": np.where(still, "in_hand", "closed"),
        "settled_at": np.where(still, "", settled.dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")),
        "address": chosen["address"].to_numpy(), "lon": chosen["lon"].to_numpy(), "lat": chosen["lat"].to_numpy(), "synthetic": True,
    }, columns=columns)  # fmt: skip
