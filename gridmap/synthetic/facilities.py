"""What a made-up station guards and guards with: police posts, schools with alarms, shops, markets, hotels, cameras."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from gridmap.synthetic import words
from gridmap.synthetic.calls import hot_spots
from gridmap.synthetic.layout import Layout
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.plane import Floats, to_lonlat
from gridmap.synthetic.seeds import stream

COLUMNS = ["code", "kind", "name_zh", "name_en", "lon", "lat", "synthetic"]
POSTS, SCHOOLS, TOWN_SCHOOLS = 4, 11, 7
TRADES = (
    ("shop", 48, (("便利店", "Corner Shop"), ("超市", "Grocery"), ("药房", "Pharmacy"), ("五金店", "Hardware Shop"))),
    ("market", 5, (("农贸市场", "Market"),)),
    ("hotel", 8, (("旅馆", "Inn"), ("宾馆", "Hotel"))),
)
TOWN_CAMERAS, VILLAGE_CAMERAS = 80, 40
SCHOOL_NAMES = (
    ("小学", "Primary School"), ("幼儿园", "Kindergarten"), ("中学", "Middle School"), ("小学", "Primary School"),
    ("幼儿园", "Kindergarten"), ("中学", "Middle School"), ("幼儿园", "Kindergarten"),
)  # fmt: skip
VILLAGE_SCHOOL_NAMES = (("小学", "Primary School"), ("幼儿园", "Kindergarten"))
Row = tuple[str, str, str, float, float]


def facilities(
    doors: pd.DataFrame, layout: Layout, name: tuple[str, str], seed: int, position: tuple[int, int], plan: Plan
) -> pd.DataFrame:
    """Return the facilities of a station with the columns `COLUMNS`, places in EPSG:4326, all in the jurisdiction.

    The station house stands in the middle of the town, two posts in the town and two in its largest villages; a third of
    the cameras stand in villages, most of them far from any post. Each school has an alarm at its gate.

    Parameters
    ----------
    doors
        The station's doors: `x`, `y` [m about the origin], `kind`, `estate`, `street`, `street_en`, `number`, `households`.
    name
        Chinese and English name of the station: what its house is called.
    """
    rng = stream(seed, "facilities", *position)
    share = plan.doors / 26_000
    rows = [
        *_posts(layout, name), *_schools(doors, layout, share, rng), *_trades(doors, share, rng),
        *_cameras(layout, share, rng),
    ]  # fmt: skip
    xy = np.array([row[3:] for row in rows])
    lonlat = to_lonlat(_inside(xy, doors, layout) + layout.origin)
    table = pd.DataFrame([row[:3] for row in rows], columns=["kind", "name_zh", "name_en"])
    table.insert(0, "code", [f"F{i + 1:03d}" for i in range(len(table))])
    return table.assign(lon=lonlat[:, 0], lat=lonlat[:, 1], synthetic=True)[COLUMNS]


def _posts(layout: Layout, name: tuple[str, str]) -> list[Row]:
    """Return the station house and four posts."""
    town = layout.town
    way = np.array([np.cos(town.angle), np.sin(town.angle)])
    places = [town.middle, town.middle + 0.6 * town.radius * way, town.middle - 0.6 * town.radius * way]
    titles = [name, ("城关东警务室", "Chengguan East Police Post"), ("城关西警务室", "Chengguan West Police Post")]
    large = sorted((one for one in layout.settlements if one.hamlet == 0), key=lambda one: -one.houses)
    for one in large[: POSTS - 2]:
        zh, en = layout.villages[one.village]
        places.append(one.middle)
        titles.append((f"{zh}村警务室", f"{en} Police Post"))
    return [("police_post", *title, *place) for title, place in zip(titles, places, strict=True)]


def _schools(doors: pd.DataFrame, layout: Layout, share: float, rng: np.random.Generator) -> list[Row]:
    """Return schools and kindergartens, each with its alarm; the first is the school to which quarrels return."""
    shops = doors[(doors["kind"] == "street") & (doors["households"] == 0)]
    streets = words.shuffled(words.STREETS, rng)
    count = max(1, round(TOWN_SCHOOLS * share))
    spots = [hot_spots(doors, layout)["school"], *shops[["x", "y"]].to_numpy()[rng.choice(len(shops), count - 1)]]
    told: list[tuple[str, str, Floats]] = []
    for i, spot in enumerate(spots):
        (zh, en), (kind, kind_en) = streets[i % len(streets)], SCHOOL_NAMES[i % len(SCHOOL_NAMES)]
        told.append((f"{zh}{kind}", f"{en} {kind_en}", spot))
    villages = [one for one in layout.settlements if one.hamlet == 0]
    chosen = rng.permutation(len(villages))[: round((SCHOOLS - TOWN_SCHOOLS) * share)]
    for i, place in enumerate(chosen):
        (zh, en), (kind, kind_en) = layout.villages[villages[place].village], VILLAGE_SCHOOL_NAMES[i % 2]
        told.append((f"{zh}村{kind}", f"{en} {kind_en}", villages[place].middle + rng.uniform(-40, 40, 2)))
    rows: list[Row] = []
    for zh, en, (x, y) in told:
        rows += [("school", zh, en, x, y), ("alarm", f"{zh}报警点", f"Alarm of {en}", x + 4.0, y + 3.0)]
    return rows


def _trades(doors: pd.DataFrame, share: float, rng: np.random.Generator) -> list[Row]:
    """Return shops, markets and hotels, each at a door of a street that keeps no household."""
    free = doors[(doors["kind"] == "street") & (doors["households"] == 0)].reset_index(drop=True)
    wanted = [(kind, titles) for kind, count, titles in TRADES for _ in range(max(1, round(count * share)))]
    rows: list[Row] = []
    for (kind, titles), place in zip(wanted, rng.choice(len(free), len(wanted), replace=False), strict=True):
        zh, en = titles[int(rng.integers(len(titles)))]
        door = free.iloc[place]
        where, where_en = (f"{door.street}{door.number}号", f"{door.number} {door.street_en}")
        rows.append((kind, f"{where}{zh}", f"{en}, {where_en}", float(door.x), float(door.y)))
    return rows


def _cameras(layout: Layout, share: float, rng: np.random.Generator) -> list[Row]:
    """Return cameras over streets of the town and lanes of the villages."""
    rows: list[Row] = []
    for kinds, count in (({"main", "street", "ring"}, TOWN_CAMERAS), ({"village_lane"}, VILLAGE_CAMERAS)):
        points = [
            (street.name, x, y)
            for street in layout.streets
            if street.kind in kinds
            for run in street.runs()
            for x, y in run
            if shapely.contains_xy(layout.outline, x, y)
        ]
        for place in rng.choice(len(points), max(1, round(count * share)), replace=False):
            (zh, en), x, y = points[place]
            number = len(rows) + 1
            rows.append(("camera", f"{zh}{number}号摄像机", f"Camera {number}, {en}", x, y))
    return rows


def _inside(xy: Floats, doors: pd.DataFrame, layout: Layout) -> Floats:
    """Return the places, those not well inside the jurisdiction moved to the nearest door."""
    homes = doors[["x", "y"]].to_numpy()
    out = np.flatnonzero(~shapely.contains_xy(layout.outline.buffer(-6), xy[:, 0], xy[:, 1]))
    tree = shapely.STRtree(np.asarray(shapely.points(homes), dtype=object))
    moved = xy.copy()
    moved[out] = homes[tree.nearest(np.asarray(shapely.points(xy[out]), dtype=object))]
    return moved
