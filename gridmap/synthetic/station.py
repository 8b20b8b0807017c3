"""A whole made-up station: ground, zones, doors, people, calls, duty and visits, as frames in EPSG:4326."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synthetic import calls, facilities, faults, histories, people, shifts, visits, words
from gridmap.synthetic.doors import build_doors, residents
from gridmap.synthetic.layout import Layout, lay_out
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.plane import Floats, lonlat_shapes, metric_epsg, to_lonlat
from gridmap.synthetic.seeds import stream
from gridmap.synthetic.zones import Areas, divide

CRS = "EPSG:4326"
TOWN = ("城关镇", "Chengguan Town")


@dataclass(frozen=True, eq=False)
class Station:
    """Everything about one made-up station. Every frame says `synthetic`; geometries are in EPSG:4326, 7 decimals.

    `faults` tells what was made wrong on purpose: a list of {id, kind, what}.
    """

    code: str
    station: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    zones_draft: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    addresses: pd.DataFrame
    people: pd.DataFrame
    leave: pd.DataFrame
    incidents: pd.DataFrame
    disputes: pd.DataFrame
    shifts: pd.DataFrame
    visits: pd.DataFrame
    facilities: pd.DataFrame
    faults: list[dict[str, object]] = field(default_factory=list)


def make_station(seed: int, number: int = 0, position: tuple[int, int] = (0, 0), plan: Plan | None = None) -> Station:
    """Return a made-up station; the same arguments give the same station on every machine.

    Parameters
    ----------
    seed
        Seed of the whole data set, 0 or more.
    number
        Which station of the data set it is, 0 first; makes its code and name.
    position
        Column and row in the honeycomb of jurisdictions.
    plan
        How large it is; Nancheng's figures when None.
    """
    plan = plan or Plan()
    code = f"99{number + 1:04d}000000"
    layout = lay_out(seed, position, plan)
    doors = build_doors(layout, seed, position, plan)
    doors["code"] = [f"{code[:6]}-{i + 1:06d}" for i in range(len(doors))]
    doors["face"] = _face_of(layout, doors)
    areas = divide(layout, _households(layout, doors), plan, stream(seed, "zones", *position))
    titles = _titles(layout, areas)
    zones, cells = _zones(layout, areas, titles, doors)
    doors["cell"] = np.array(areas.cell)[doors["face"]]
    beats = zones.set_index("code")["beat"].iloc[-len(cells) :].iloc[areas.cell]
    places = _places(code, titles, areas, cells)
    addresses = _addresses(number, layout, doors, places)
    wrong: list[dict[str, object]] = []
    outside = faults.doors_outside(layout.outline, addresses, seed, position, layout.origin, wrong)
    addresses = faults.doors_on_one_point(pd.concat([addresses, outside], ignore_index=True), wrong)
    addresses.insert(len(addresses.columns) - 1, "residents", residents(addresses["households"], seed, position))
    staff, leave = people.post(seed, position, zones, wrong) if plan.people else (people.nobody(), people.no_leave())
    incidents = calls.incidents(doors, beats, layout, seed, position, plan)
    ground = _ground(doors, zones)
    disputes = histories.told_lives(
        calls.disputes(incidents, seed, position, plan), incidents, ground, staff, leave, (seed, position)
    )
    draft = faults.faulty_draft(zones, wrong)
    return Station(
        code=code,
        station=_station(code, number, zones),
        places=places,
        zones=zones,
        zones_draft=draft,
        roads=_roads(layout),
        addresses=addresses,
        people=staff,
        leave=leave,
        incidents=incidents,
        disputes=disputes,
        shifts=_shifts(staff, leave, zones, wrong),
        visits=_visits(doors, zones, staff, disputes, wrong, (seed, position)),
        facilities=facilities.facilities(doors, layout, names(number)[1], seed, position, plan),
        faults=wrong,
    )


def _shifts(
    staff: pd.DataFrame, leave: pd.DataFrame, zones: gpd.GeoDataFrame, wrong: list[dict[str, object]]
) -> pd.DataFrame:
    """Return the roster, empty where there is nobody."""
    if staff.empty:
        return shifts.no_shifts()
    return shifts.roster(staff, leave, list(zones.loc[zones["kind"] == "beat", "code"]), wrong)


def _ground(doors: pd.DataFrame, zones: gpd.GeoDataFrame) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return the grid cell of each address by its code, and the beat of each cell."""
    cells = zones[zones["kind"] == "grid_cell"].set_index("code")["beat"]
    return pd.Series(cells.index.to_numpy()[doors["cell"]], index=doors["code"]), cells


def _visits(
    doors: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    staff: pd.DataFrame,
    disputes: pd.DataFrame,
    wrong: list[dict[str, object]],
    stream_of: tuple[int, tuple[int, int]],
) -> pd.DataFrame:
    """Return the visits, none where there is nobody to visit."""
    if staff.empty:
        return visits.no_visits()
    cells = zones.loc[zones["kind"] == "grid_cell", "code"].to_numpy()
    return visits.visits(doors.assign(cell=cells[doors["cell"]]), staff, disputes, stream_of, wrong)


def names(number: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the county and the station of a number, each in Chinese and English; beyond the list they are numbered."""
    county = words.COUNTIES[number % len(words.COUNTIES)]
    turn = "" if number < len(words.COUNTIES) else str(number // len(words.COUNTIES) + 1)
    return (f"{county}县{turn}", f"Made-up County {number + 1}"), (
        f"{county}城关派出所{turn}", f"Made-up Station {number + 1} (Chengguan)",
    )  # fmt: skip


def _station(code: str, number: int, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the station; its jurisdiction is what its beats tile, vertex by vertex."""
    beats = zones[zones["kind"] == "beat"].geometry.to_numpy()
    shape = np.array([shapely.normalize(shapely.coverage_union_all(beats))], dtype=object)
    lon = float(shapely.get_x(shapely.centroid(shape[0])))
    _, (zh, en) = names(number)
    row = {
        "code": [code], "name_zh": [zh], "name_en": [en], "metric_epsg": [metric_epsg(lon)],
        "timezone": ["Asia/Shanghai"], "desk_phone": ["0000-5550110"], "synthetic": [True],
        "published": ["names,managers,volunteers"], "languages": ["ko,ru"],
    }  # fmt: skip
    return gpd.GeoDataFrame(row, geometry=shape, crs=CRS)


def _households(layout: Layout, doors: pd.DataFrame) -> Floats:
    """Return the households on each face."""
    counts = np.bincount(doors["face"], doors["households"], len(layout.faces.faces))
    return counts.astype(np.float64)


def _face_of(layout: Layout, doors: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the face each door stands in."""
    points = np.asarray(shapely.points(doors[["x", "y"]].to_numpy()), dtype=object)
    found = np.full(len(points), -1)
    face, door = shapely.STRtree(points).query(layout.faces.faces, predicate="contains")
    found[door] = face
    lost = np.flatnonzero(found < 0)  # on a border to the last digit
    found[lost] = shapely.STRtree(layout.faces.faces).nearest(points[lost])
    return found


def _merged(
    faces: np.ndarray[tuple[int], np.dtype[np.object_]], labels: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> list[shapely.Geometry]:
    """Return the union of the faces of each label, shared borders kept vertex by vertex."""
    return [shapely.normalize(shapely.coverage_union_all(faces[labels == label])) for label in range(labels.max() + 1)]


def _titles(layout: Layout, areas: Areas) -> list[tuple[str, str]]:
    """Return the names of the places, Chinese and English: villages, then the town's communities."""
    streets = words.split(words.STREETS)
    communities = max(areas.place) + 1 - len(layout.villages)
    return [
        *((f"{zh}村", f"{en} Village") for zh, en in layout.villages),
        *((f"{streets[i][0]}社区", f"{streets[i][1]} Community") for i in range(communities)),
    ]


def _zones(
    layout: Layout, areas: Areas, titles: list[tuple[str, str]], doors: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Return beats and grid cells as one frame, and the cells' shapes; merged in degrees, so borders stay shared."""
    faces = lonlat_shapes(layout.faces.faces, layout.origin)
    cell, beat = np.array(areas.cell), np.array(areas.beat)
    cells, beats = _merged(faces, cell), _merged(faces, beat[cell])
    homes = np.bincount(cell[doors["face"]], doors["households"], len(cells)).astype(int)
    chief = [_chief(np.flatnonzero(beat == i), areas.place, homes) for i in range(len(beats))]
    names_ = [*_beat_names(chief, titles), *_cell_names(areas.place, titles)]
    rows = pd.DataFrame({
        "kind": ["beat"] * len(beats) + ["grid_cell"] * len(cells),
        "code": [f"J{i + 1:02d}" for i in range(len(beats))] + [f"W{i + 1:03d}" for i in range(len(cells))],
        "beat": [""] * len(beats) + [f"J{b + 1:02d}" for b in beat],
        "name_zh": [zh for zh, _ in names_], "name_en": [en for _, en in names_],
        "households": [*np.bincount(beat, homes, len(beats)).astype(int), *homes],
        "synthetic": True,
    })  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=[*beats, *cells], crs=CRS), np.array(cells, dtype=object)


def _chief(cells: np.ndarray[tuple[int], np.dtype[np.int64]], place: list[int], homes: Floats) -> int:
    """Return the place in which most homes of a beat's cells stand: the beat is called by it."""
    own = np.array(place)[cells]
    return int(np.bincount(own, homes[cells] + 1).argmax())


def _beat_names(chief: list[int], titles: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the beats' names: that of their chief place, numbered where it has several."""
    seen: dict[int, int] = {}
    found = []
    for place in chief:
        seen[place] = seen.get(place, 0) + 1
        several = chief.count(place) > 1
        zh, en = titles[place][0].removesuffix("村").removesuffix("社区"), titles[place][1].rsplit(" ", 1)[0]
        turn = (f"第{words.numeral(seen[place])}", f" {seen[place]}") if several else ("", "")
        found.append((f"{zh}{turn[0]}警格", f"{en} Beat{turn[1]}"))
    return found


def _cell_names(place: list[int], titles: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the cells' names: that of their place, and their number in it."""
    seen: dict[int, int] = {}
    found = []
    for owner in place:
        seen[owner] = seen.get(owner, 0) + 1
        zh, en = titles[owner]
        found.append((f"{zh}第{words.numeral(seen[owner])}网格", f"{en} Grid {seen[owner]}"))
    return found


def _places(
    code: str, titles: list[tuple[str, str]], areas: Areas, cells: np.ndarray[tuple[int], np.dtype[np.object_]]
) -> gpd.GeoDataFrame:
    """Return the town, its villages and communities, and the groups: three levels, each tiling the one above."""
    place = np.array(areas.place)
    shapes = _merged(cells, place)
    town = f"{code[:6]}100"
    rows: list[tuple[str, str, str, str, str, shapely.Geometry]] = [
        (town, "town", "", *TOWN, shapely.coverage_union_all(np.array(shapes, dtype=object)))
    ]
    rows += [(f"{town}{201 + i}", "village", town, *titles[i], shape) for i, shape in enumerate(shapes)]
    count = dict.fromkeys(range(len(shapes)), 0)
    for cell, owner in enumerate(place):
        count[owner] += 1
        zh, en = titles[owner]
        rows.append((
            f"{town}{201 + owner}{count[owner]:02d}", "group", f"{town}{201 + owner}", f"{zh}{words.numeral(count[owner])}组",
            f"{en} Group {count[owner]}", cells[cell],
        ))  # fmt: skip
    frame = pd.DataFrame([row[:5] for row in rows], columns=["code", "kind", "parent", "name_zh", "name_en"])
    return gpd.GeoDataFrame(frame.assign(synthetic=True), geometry=[row[5] for row in rows], crs=CRS)


def _addresses(number: int, layout: Layout, doors: pd.DataFrame, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the standard address of each door, in its levels, with its place in degrees."""
    groups = places[places["kind"] == "group"].reset_index(drop=True)
    villages = places[places["kind"] == "village"].set_index("code")["name_zh"]
    (county, _), _ = names(number)
    lonlat = to_lonlat(doors[["x", "y"]].to_numpy() + layout.origin)
    own = doors["cell"].to_numpy()
    village = groups["parent"].map(villages).to_numpy(dtype=object)[own]
    group = groups["name_zh"].to_numpy(dtype=object)[own]
    table = pd.DataFrame({
        "code": doors["code"],
        "province": words.PROVINCE[0], "city": words.CITY[0], "county": county, "town": TOWN[0],
        "village": village, "group": [g.removeprefix(v) for g, v in zip(group, village, strict=True)],
        "street": doors["street"], "number": doors["number"], "estate": doors["estate"],
        "building": doors["building"], "unit": doors["unit"], "room": "",
        "lon": lonlat[:, 0], "lat": lonlat[:, 1], "households": doors["households"],
    })  # fmt: skip
    tail = np.where(
        doors["kind"] == "estate",
        table["estate"] + table["building"] + "号楼" + table["unit"] + "单元",
        table["street"] + table["number"] + "号",
    )
    full = table["province"] + table["city"] + table["county"] + table["town"] + table["village"] + tail
    table.insert(1, "full", full)
    table["synthetic"] = True
    return table


def _roads(layout: Layout) -> gpd.GeoDataFrame:
    """Return the centre lines, a row for each unbroken piece."""
    rows, shapes = [], []
    for street in layout.streets:
        pieces = [shapely.intersection(shapely.LineString(run), layout.outline) for run in street.runs()]
        joined = shapely.union_all([piece for piece in pieces if not piece.is_empty])
        if joined.is_empty:
            continue
        rows.append({"name": street.name[0], "name_en": street.name[1], "kind": street.kind, "synthetic": True})
        shapes.append(joined)
    return gpd.GeoDataFrame(
        pd.DataFrame(rows), geometry=list(lonlat_shapes(np.array(shapes, dtype=object), layout.origin)), crs=CRS
    )
