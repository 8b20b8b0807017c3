"""Where to put the station's police posts so that the most households lie within reach: read, compute, name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import geopandas as gpd
import numpy as np
import pyproj
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.geo import posts as engine
from gridmap.geo.assign import build_locator
from gridmap.services.proposals.wishes import not_possible
from gridmap.store import editions, frames
from gridmap.store import proposals as store

Sites = Literal["doors", "villages"]
#: In each square of this side [m] one door, the one nearest to the middle of all, is a site.
SITE_M: Final = 200.0
#: Above so many doors those in one square of `GATHER_M` are one place; reach is told to that exactness then.
MANY_DOORS: Final = 50_000
GATHER_M: Final = 50.0
MOST_POSTS: Final = 200
_BACKUP: Final = 0.5
_LIMIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class PostsWishes:
    """How many posts, how far each reaches [m], and whether a second post within reach is worth half of the first.

    `sites`: doors all over the station, or the middles of villages; `at`: doors (by code or address) that have a post
    already and keep it, counted among `posts`.
    """

    posts: int
    reach_m: float = 800.0
    backup: bool = False
    sites: Sites = "doors"
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PostsGround:
    """What posts are placed on: doors, villages, and where the doors of `at` are; EPSG:4326."""

    station: str
    metric_epsg: int
    doors: store.Doors
    villages: gpd.GeoDataFrame
    at: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PostsFound:
    """Where the posts go and what they reach.

    `posts`: `lon`, `lat`, `households` and `doors` within reach, `village_zh`, `village_en`, `door` (number of the
    address, or None), `kept`. `left`: villages by households out of reach, most first. Shares are of households; `gap`
    0 says that no plan reaches more.
    """

    wishes: PostsWishes
    posts: list[dict[str, Any]]
    left: list[dict[str, Any]]
    share: float
    share_backed_up: float
    households: int
    gap: float
    proved: bool = field(default=False)


def read(session: Session, station: str, wishes: PostsWishes) -> PostsGround:
    """Return what posts are placed on; four queries.

    Raises
    ------
    StationNotFound
    WishNotPossible
        If a wish is out of range, or a door that has a post is not found.
    """
    _check(wishes)
    place = editions.find_station(session, station)
    found = store.named_doors(session, station, list(wishes.at))
    missing = [name for name in wishes.at if name not in found]
    if missing:
        raise not_possible("at", f"no door {missing[0]}; name doors by address code, plate code or full address")
    places = frames.places(session, station)
    villages = places[places["kind"] == "village"].reset_index(drop=True)
    at = np.array([found[name] for name in wishes.at], dtype=np.float64).reshape(-1, 2)
    return PostsGround(station, place.metric_epsg, store.doors(session, station), villages, at)


def _check(wishes: PostsWishes) -> None:
    if not 1 <= wishes.posts <= MOST_POSTS:
        raise not_possible("posts", f"posts is {wishes.posts}; give 1 to {MOST_POSTS}")
    if not 50 <= wishes.reach_m <= 50_000:
        raise not_possible("reach_m", f"reach is {wishes.reach_m:g} m; give 50 to 50000")
    if wishes.sites not in get_args(Sites):
        raise not_possible("sites", f"sites is one of {', '.join(get_args(Sites))}")
    if len(wishes.at) > wishes.posts:
        raise not_possible("at", f"{len(wishes.at)} posts are there already and {wishes.posts} are asked for in all")


def place(ground: PostsGround, wishes: PostsWishes) -> PostsFound:
    """Return where the posts go; no database is asked.

    Raises
    ------
    WishNotPossible
        If the station has no doors or villages to place posts at, or fewer sites than posts are asked for.
    """
    to_metres = pyproj.Transformer.from_crs(4326, ground.metric_epsg, always_xy=True)
    doors = np.column_stack(to_metres.transform(ground.doors.lon, ground.doors.lat)).reshape(-1, 2)
    if not len(doors) or not ground.doors.households.sum() > 0:
        raise not_possible("sites", "the station has no households; load its addresses first")
    kept = np.column_stack(to_metres.transform(ground.at[:, 0], ground.at[:, 1])).reshape(-1, 2)
    sites, door = _sites(ground, wishes, doors, to_metres)
    sites = np.vstack([kept, sites])
    door = np.concatenate([_nearest(doors, kept), door])
    if wishes.posts > len(sites):
        raise not_possible("posts", f"there are {len(sites)} sites; ask for at most as many posts")
    places, demand = _gathered(doors, ground.doors.households)
    reach = engine.within(sites, places, wishes.reach_m)
    backup = _BACKUP if wishes.backup else 1e-6  # among plans that reach the most, the one that reaches most twice
    fixed = np.arange(len(kept))
    found = engine.place_posts(reach, wishes.posts, demand=demand, fixed=fixed, backup=backup, time_limit_s=_LIMIT_S)
    near = engine.within(sites[found.sites], doors, wishes.reach_m)
    households, counts = near.T @ ground.doors.households, near.sum(axis=0)
    village = _village(ground)
    lon, lat = to_metres.transform(sites[found.sites, 0], sites[found.sites, 1], direction="INVERSE")
    told = [
        {
            "lon": round(float(lon[i]), 6),
            "lat": round(float(lat[i]), 6),
            "households": round(float(households[i])),
            "doors": round(float(counts[i])),
            "door": None if door[site] < 0 else int(ground.doors.id[door[site]]),
            "kept": bool(site < len(kept)),
            **_names(ground, _at_site(ground, wishes, int(site) - len(kept), village, int(door[site]))),
        }
        for i, site in enumerate(found.sites)
    ]
    covered = np.asarray(near.sum(axis=1) > 0)
    left = _left(ground, village, np.where(covered, 0.0, ground.doors.households))
    total = round(float(ground.doors.households.sum()))
    gap = 0.0 if found.gap < 1e-5 else found.gap
    return PostsFound(wishes, told, left, found.share, found.share_backed_up, total, gap, proved=gap == 0)


def named(session: Session, station: str, found: PostsFound) -> list[dict[str, Any]]:
    """Return the posts with number `n`, and `code`, `address` and the address after its town (`short`); one query."""
    ids = [one["door"] for one in found.posts if one["door"] is not None]
    words = store.addresses(session, station, ids)
    return [
        {**one, "n": n, **dict(zip(("code", "address", "short"), words.get(one["door"], ("", "", "")), strict=True))}
        for n, one in enumerate(found.posts, start=1)
    ]


def _sites(
    ground: PostsGround, wishes: PostsWishes, doors: NDArray[np.float64], to_metres: pyproj.Transformer
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (s, 2) where a post may be [m], and the row of its door, -1 where it is none."""
    if wishes.sites == "villages":
        if not len(ground.villages):
            raise not_possible("sites", "the station has no villages with a boundary; place posts at doors")
        spots = ground.villages.geometry.representative_point()
        at = np.column_stack(to_metres.transform(spots.x.to_numpy(), spots.y.to_numpy()))
        return at, np.full(len(at), -1, dtype=np.int64)
    square, middle = _squares(doors, SITE_M)
    away = np.hypot(*(doors - middle[square]).T)
    order = np.lexsort((away, square))
    first = order[np.r_[True, np.diff(square[order]) != 0]]
    return doors[first], first.astype(np.int64)


def _squares(doors: NDArray[np.float64], side: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the square each door is in, and the mean place of the doors of each square."""
    _, square = np.unique(np.floor(doors / side).astype(np.int64), axis=0, return_inverse=True)
    count = np.bincount(square)
    middle = np.column_stack([np.bincount(square, weights=doors[:, axis]) / count for axis in (0, 1)])
    return square.astype(np.int64), middle


def _gathered(doors: NDArray[np.float64], households: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return the places to be reached and their demand: doors, or squares of doors where there are very many."""
    if len(doors) <= MANY_DOORS:
        return doors, households
    square, middle = _squares(doors, GATHER_M)
    return middle, np.bincount(square, weights=households)


def _nearest(doors: NDArray[np.float64], spots: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.array([np.hypot(*(doors - spot).T).argmin() for spot in spots], dtype=np.int64)


def _village(ground: PostsGround) -> NDArray[np.int64]:
    """Return the row of the village each door is in, -1 for none."""
    lon, lat = ground.doors.lon, ground.doors.lat
    if not len(ground.villages):
        return np.full(len(lon), -1, dtype=np.int64)
    return np.asarray(build_locator(ground.villages, len(lon)).locate(lon, lat), dtype=np.int64)


def _at_site(ground: PostsGround, wishes: PostsWishes, site: int, village: NDArray[np.int64], door: int) -> int:
    """Return the row of the village a site is in, -1 for none."""
    if door >= 0:
        return int(village[door])
    return site if wishes.sites == "villages" and 0 <= site < len(ground.villages) else -1


def _names(ground: PostsGround, row: int) -> dict[str, str]:
    if row < 0:
        return {"village_zh": "", "village_en": ""}
    one = ground.villages.iloc[row]
    return {"village_zh": str(one["name_zh"] or ""), "village_en": str(one["name_en"] or "")}


def _left(ground: PostsGround, village: NDArray[np.int64], uncovered: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return the households out of reach by village, most first; those in no village under no name."""
    m = len(ground.villages)
    left = np.bincount(np.where(village < 0, m, village), weights=uncovered, minlength=m + 1)
    whole = np.bincount(np.where(village < 0, m, village), weights=ground.doors.households, minlength=m + 1)
    order = [row for row in np.argsort(-left, kind="stable") if left[row] > 0]
    return [
        {
            **_names(ground, row if row < m else -1),
            "households": round(float(left[row])),
            "of": round(float(whole[row])),
        }
        for row in order
    ]
