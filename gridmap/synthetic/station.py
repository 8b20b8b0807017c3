"""A whole made-up station: ground, zones, doors, people, incidents and disputes, as frames in EPSG:4326."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synthetic import calls, faults, people, words
from gridmap.synthetic.doors import build_doors
from gridmap.synthetic.layout import Layout, lay_out
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.plane import Floats, lonlat_shapes, metric_epsg, to_lonlat
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
    areas = divide(layout, _households(layout, doors), plan)
    zones, cells = _zones(layout, areas)
    doors["face"] = _face_of(layout, doors)
    doors["cell"] = np.array(areas.cell)[doors["face"]]
    places = _places(code, layout, areas, cells)
    addresses = _addresses(code, number, layout, doors, places)
    wrong: list[dict[str, object]] = []
    outside = faults.doors_outside(layout.outline, addresses, seed, position, layout.origin, wrong)
    addresses = faults.doors_on_one_point(pd.concat([addresses, outside], ignore_index=True), wrong)
    staff, leave = people.post(seed, position, zones, wrong) if plan.people else (people.nobody(), people.no_leave())
    incidents = calls.incidents(addresses, doors, layout, seed, position, plan)
    return Station(
        code=code,
        station=_station(code, number, zones),
        places=places,
        zones=zones,
        zones_draft=faults.faulty_draft(zones, wrong),
        roads=_roads(layout),
        addresses=addresses,
        people=staff,
        leave=leave,
        incidents=incidents,
        disputes=calls.disputes(incidents, seed, position, plan),
        faults=wrong,
    )


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
    }  # fmt: skip
    return gpd.GeoDataFrame(row, geometry=shape, crs=CRS)


def _households(layout: Layout, doors: pd.DataFrame) -> Floats:
    """Return the households on each face."""
    counts = np.bincount(_face_of(layout, doors), doors["households"], len(layout.faces.faces))
    return counts.astype(np.float64)


def _face_of(layout: Layout, doors: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    points = shapely.points(doors[["x", "y"]].to_numpy())
    return np.asarray(shapely.STRtree(layout.faces.faces).nearest(points), dtype=np.int64)


def _merged(
    faces: np.ndarray[tuple[int], np.dtype[np.object_]], labels: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> list[shapely.Geometry]:
    """Return the union of the faces of each label, shared borders kept vertex by vertex."""
    return [shapely.normalize(shapely.coverage_union_all(faces[labels == label])) for label in range(labels.max() + 1)]


def _zones(layout: Layout, areas: Areas) -> tuple[gpd.GeoDataFrame, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Return beats and grid cells as one frame, and the cells' shapes; merged in degrees, so borders stay shared."""
    faces = lonlat_shapes(layout.faces.faces, layout.origin)
    cell, beat = np.array(areas.cell), np.array(areas.beat)
    cells, beats = _merged(faces, cell), _merged(faces, beat[cell])
    rows = pd.DataFrame({
        "kind": ["beat"] * len(beats) + ["grid_cell"] * len(cells),
        "code": [f"J{i + 1:02d}" for i in range(len(beats))] + [f"W{i + 1:03d}" for i in range(len(cells))],
        "beat": [""] * len(beats) + [f"J{b + 1:02d}" for b in beat],
        "name_zh": [f"{i + 1}号警格" for i in range(len(beats))] + [f"{i + 1}号网格" for i in range(len(cells))],
        "name_en": [f"Beat {i + 1}" for i in range(len(beats))] + [f"Grid cell {i + 1}" for i in range(len(cells))],
        "synthetic": True,
    })  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=[*beats, *cells], crs=CRS), np.array(cells, dtype=object)


def _places(
    code: str, layout: Layout, areas: Areas, cells: np.ndarray[tuple[int], np.dtype[np.object_]]
) -> gpd.GeoDataFrame:
    """Return the town, its villages and communities, and the groups: three levels, each tiling the one above."""
    place = np.array(areas.place)
    shapes = _merged(cells, place)
    town = f"{code[:6]}100"
    communities = [
        (f"{words.split(words.STREETS)[i][0]}社区", f"{words.split(words.STREETS)[i][1]} Community")
        for i in range(int(place.max()) + 1 - len(layout.villages))
    ]
    titles = [*((f"{zh}村", f"{en} Village") for zh, en in layout.villages), *communities]
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


def _addresses(code: str, number: int, layout: Layout, doors: pd.DataFrame, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the standard address of each door, in its levels, with its place in degrees."""
    groups = places[places["kind"] == "group"].reset_index(drop=True)
    villages = places[places["kind"] == "village"].set_index("code")["name_zh"]
    (county, _), _ = names(number)
    lonlat = to_lonlat(doors[["x", "y"]].to_numpy() + layout.origin)
    own = doors["cell"].to_numpy()
    village = groups["parent"].map(villages).to_numpy(dtype=object)[own]
    group = groups["name_zh"].to_numpy(dtype=object)[own]
    table = pd.DataFrame({
        "code": [f"{code[:6]}-{i + 1:06d}" for i in range(len(doors))],
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
