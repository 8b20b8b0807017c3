"""How many minutes each door is from the nearest of some posts: along the streets, or straight where there are none.

The streets are noded (cut wherever two meet or cross), their largest connected part is kept, and one search from all
posts at once answers for every door. A door or post stands on the nearest street; the way to it is walked. One-way
streets, lights and traffic are not known here: these are minutes to plan by, not an arrival time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from gridmap.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

Mode = Literal["vehicle", "foot"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
#: A comfortable pace, 1.33 m/s [km/h].
WALK_KMH: Final = 4.8
#: A vehicle on a street of no kind named below, and on the straight line [km/h].
USUAL_KMH: Final = 25.0
#: Streets are this much longer than the straight line between two places in a town.
DETOUR: Final = 1.4
#: Kind of street -> a patrol car without its lights [km/h]: below the usual limits, as junctions cost time.
VEHICLE_KMH: Final[dict[str, float]] = {
    "motorway": 80, "motorway_link": 50, "trunk": 60, "trunk_link": 40, "primary": 45, "primary_link": 35, "secondary": 40,
    "secondary_link": 30, "tertiary": 35, "tertiary_link": 25, "unclassified": 30, "residential": 20, "living_street": 10,
    "service": 15, "track": 12, "main": 40, "ring": 45, "street": 25, "road": 30, "lane": 15, "village_road": 30,
    "village_lane": 12,
}  # fmt: skip
_NO_CAR: Final = frozenset({"footway", "path", "pedestrian", "steps", "cycleway", "bridleway", "corridor"})
_NO_WALK: Final = frozenset({"motorway", "motorway_link"})
_NO_STREET: Final = frozenset({"river", "railway", "canal", "stream", "water", "construction", "proposed", "platform"})
_HOUR_KM: Final = 0.06  # minutes for a metre at 1 km/h
_LEAST: Final = 1e-9  # a way of no length is still a way: a sparse matrix does not hold 0


class BadStreets(Invalid):
    """Lines and kinds of streets that do not fit together, or a way of moving that is not known."""

    slug, title = "bad-streets", "The streets cannot be used"


@dataclass(frozen=True, eq=False)
class Streets:
    """The largest connected part of a street network, cut at every junction.

    `shapes` (e,): LineStrings in metres; `ends` (e, 2): the junction at each end, 0 to `junctions` - 1; `metres`, `kmh`
    (e,); `left_out_m`: length of the streets that do not hang together with these.
    """

    shapes: Shapes
    ends: Ints
    metres: Floats
    kmh: Floats
    junctions: int
    left_out_m: float


def build_streets(lines: ArrayLike, kinds: Sequence[str], *, by: Mode = "vehicle", snap_m: float = 0.1) -> Streets:
    """Return the street network of some centre lines.

    Parameters
    ----------
    lines
        (n,) LineStrings or MultiLineStrings in a metric CRS. Lines that cross are taken to be connected there.
    kinds
        (n,) kind of each line, such as "main" or "residential"; rivers and railways are left out.
    by
        "vehicle" (footpaths are left out; speed by kind of street) or "foot" (motorways are left out; one speed).
    snap_m
        Ends and crossings nearer than this are one junction [m].

    Returns
    -------
    streets
        Without an edge if no line can be used.

    Raises
    ------
    BadStreets
        If there are not as many kinds as lines, or `by` is neither.

    References
    ----------
    Noding by snap rounding: Hobby (1999), "Practical segment intersection with finite precision output", Computational
    Geometry 13(4), 199-214. Pace: Bohannon & Andrews (2011), "Normal walking speed", Physiotherapy 97(3), 182-189.
    """
    shapes, names = np.atleast_1d(np.asarray(lines, dtype=object)), list(kinds)
    if len(shapes) != len(names):
        raise BadStreets(f"{len(shapes)} lines and {len(names)} kinds; give one kind for each line")
    if by not in MODES:
        raise BadStreets(f"{by!r} is no way of moving; give one of {', '.join(MODES)}")
    speed = np.array([_speed(name, by) for name in names])
    usable = (speed > 0) & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    parts, origin = shapely.get_parts(shapes[usable], return_index=True)
    if not len(parts):
        empty = np.empty(0)
        return Streets(np.empty(0, dtype=object), np.empty((0, 2), np.int64), empty, empty, 0, 0.0)
    noded = shapely.get_parts(shapely.union_all(parts, grid_size=snap_m))
    noded = noded[shapely.length(noded) > 0]
    # A piece lies on the line it is cut from; where several lie on one another, the fastest counts.
    tree = shapely.STRtree(parts)
    piece, line = tree.query(shapely.line_interpolate_point(noded, 0.5, normalized=True), "dwithin", 2 * snap_m)
    kmh = np.zeros(len(noded))
    np.maximum.at(kmh, piece, speed[usable][origin][line])
    kmh[kmh == 0] = speed[usable].min()
    tips = np.concatenate([shapely.get_coordinates(shapely.get_point(noded, end)) for end in (0, -1)])
    _, node = np.unique(np.round(tips / snap_m).astype(np.int64), axis=0, return_inverse=True)
    return _largest(noded, node.ravel().reshape(2, -1).T.astype(np.int64), kmh)


def minutes_along(streets: Streets, places: ArrayLike, posts: ArrayLike) -> Floats:
    """Return the minutes from each place to the nearest post along the streets, walking to and from them.

    Parameters
    ----------
    streets
        From `build_streets`, with at least one edge.
    places, posts
        (n, 2) and (p, 2) coordinates in the CRS of the streets [m].

    Returns
    -------
    minutes
        (n,) infinite without a post. Symmetric; a further post never makes any place farther.

    Raises
    ------
    BadStreets
        If the network has no edge.

    References
    ----------
    Dijkstra (1959), "A note on two problems in connexion with graphs", Numerische Mathematik 1, 269-271; all posts are
    joined to one source, as in Erwig (2000), "The graph Voronoi diagram with applications", Networks 36(3), 156-163.
    """
    if not len(streets.metres):
        raise BadStreets("the network has no street; measure straight lines instead (`minutes_straight`)")
    doors, stations = (np.asarray(one, dtype=np.float64).reshape(-1, 2) for one in (places, posts))
    if not len(stations):
        return np.full(len(doors), np.inf)
    edge, along, walk = _stand(streets, stations)
    # Every edge is cut where a post stands on it: `stops` are its ends and its posts, in order along all edges.
    edges, start = np.arange(len(streets.metres)), _offsets(streets)
    owner = np.concatenate([edges, edge, edges])
    place = np.concatenate([np.zeros(len(edges)), along, streets.metres])
    node = np.concatenate([streets.ends[:, 0], streets.junctions + np.arange(len(stations)), streets.ends[:, 1]])
    rank = np.repeat([0, 1, 2], [len(edges), len(stations), len(edges)])
    order = np.lexsort((rank, place, owner))
    owner, place, node = owner[order], place[order], node[order]
    link = np.flatnonzero(owner[:-1] == owner[1:])
    cost = (place[link + 1] - place[link]) * _HOUR_KM / streets.kmh[owner[link]]
    source = streets.junctions + len(stations)
    first = np.concatenate([node[link], np.full(len(stations), source)])
    second = np.concatenate([node[link + 1], streets.junctions + np.arange(len(stations))])
    graph = _graph(first, second, np.concatenate([cost, walk * _HOUR_KM / WALK_KMH]), source + 1)
    reached = csgraph.dijkstra(graph, directed=False, indices=source)
    edge, along, walk = _stand(streets, doors)
    before = np.searchsorted(start[owner] + place, start[edge] + along, side="right") - 1
    last = np.searchsorted(owner, edge, side="right") - 1
    before = np.clip(before, np.searchsorted(owner, edge), last - 1)
    pace = _HOUR_KM / streets.kmh[edge]
    back = reached[node[before]] + np.maximum(along - place[before], 0) * pace
    forth = reached[node[before + 1]] + np.maximum(place[before + 1] - along, 0) * pace
    return np.asarray(np.minimum(back, forth) + walk * _HOUR_KM / WALK_KMH, dtype=np.float64)


def minutes_straight(places: ArrayLike, posts: ArrayLike, *, by: Mode = "vehicle", detour: float = DETOUR) -> Floats:
    """Return the minutes from each place to the nearest post on the straight line, made longer by `detour`.

    Parameters
    ----------
    places, posts
        (n, 2) and (p, 2) coordinates in a metric CRS [m].
    by
        "vehicle" (`USUAL_KMH`) or "foot" (`WALK_KMH`).
    detour
        How much longer streets are than the straight line, 1 or more.

    Returns
    -------
    minutes
        (n,) infinite without a post.

    Raises
    ------
    BadStreets
        If `by` is neither, or `detour` is below 1.

    References
    ----------
    Boscoe, Henry & Zdeb (2012), "A nationwide comparison of driving distance versus straight-line distance to
    hospitals", The Professional Geographer 64(2), 188-196: detour 1.417 over a whole country.
    """
    if by not in MODES or detour < 1:
        raise BadStreets(f"moving by {by!r} with detour {detour}: give one of {', '.join(MODES)} and 1 or more")
    doors, stations = (np.asarray(one, dtype=np.float64).reshape(-1, 2) for one in (places, posts))
    if not len(stations) or not len(doors):
        return np.full(len(doors), np.inf)
    metres = cKDTree(stations).query(doors)[0]
    return np.asarray(metres * detour * _HOUR_KM / (WALK_KMH if by == "foot" else USUAL_KMH), dtype=np.float64)


def _speed(kind: str, by: Mode) -> float:
    """Return the speed on a kind of street [km/h], 0 where there is no way."""
    if kind in _NO_STREET or kind in (_NO_CAR if by == "vehicle" else _NO_WALK):
        return 0.0
    return WALK_KMH if by == "foot" else VEHICLE_KMH.get(kind, USUAL_KMH)


def _largest(shapes: Shapes, ends: Ints, kmh: Floats) -> Streets:
    """Return the connected part with the most street, its junctions numbered anew."""
    metres = shapely.length(shapes)
    count = int(ends.max()) + 1
    links = sparse.coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(count, count))
    part = csgraph.connected_components(links, directed=False)[1][ends[:, 0]]
    kept = part == np.bincount(part, metres).argmax()
    junctions, renamed = np.unique(ends[kept], return_inverse=True)
    left_out = float(metres[~kept].sum())
    return Streets(shapes[kept], renamed.reshape(-1, 2), metres[kept], kmh[kept], len(junctions), left_out)


def _stand(streets: Streets, places: Floats) -> tuple[Ints, Floats, Floats]:
    """Return the street each place stands at, how far along it [m], and how far off it [m]."""
    points = np.atleast_1d(np.asarray(shapely.points(places), dtype=object))
    found = shapely.STRtree(streets.shapes).query_nearest(points, all_matches=False)[1]
    shapes = streets.shapes[found]
    along = np.clip(shapely.line_locate_point(shapes, points), 0, streets.metres[found])
    return found.astype(np.int64), np.asarray(along), np.asarray(shapely.distance(shapes, points))


def _offsets(streets: Streets) -> Floats:
    """Return where each edge begins on one long line of all edges, a metre between them."""
    return np.asarray(np.concatenate([[0.0], np.cumsum(streets.metres + 1)[:-1]]), dtype=np.float64)


def _graph(first: Ints, second: Ints, cost: Floats, size: int) -> sparse.csr_array:
    """Return the symmetric costs of links; of several between the same two the cheapest."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((cost, high, low))
    low, high, cost = low[order], high[order], np.maximum(cost[order], _LEAST)
    fresh = np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    return sparse.csr_array((cost[fresh], (low[fresh], high[fresh])), shape=(size, size))
