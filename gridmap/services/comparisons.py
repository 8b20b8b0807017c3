"""Two editions compared: what became of each zone, which ground and doors change hands, and what each officer carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.errors import Conflict
from gridmap.geo import change, crs
from gridmap.services import figures
from gridmap.store import comparing, editions, frames
from gridmap.store import figures as counting
from gridmap.store.frames import STORAGE_CRS, ZoneKind
from gridmap.store.tables import Edition, Station

#: Figures of a zone that are told for both editions.
BOTH = ("area_km2", "doors", "households", "incidents", "disputes", "load", "compactness")
PEOPLE = ("officer", "officer_en", "grid_member", "grid_member_en")


class ZonesNotComparable(Conflict):
    """A zone of a draft is no valid polygon: nothing can be said of its ground."""

    slug, title = "zones-not-comparable", "The two cannot be compared"


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a comparison.

    `changes`: how many zones are kept, reshaped, moved, split, merged, added, removed (kinds that occur). `area_m2`,
    `doors`, `households`: what changes hands. `doors_all`, `households_all`: what there is in the later edition.
    `heaviest_before`, `heaviest_after`: the load of the heaviest zone, where 100 is the mean; NaN if nothing is loaded.
    """

    zones_before: int
    zones_after: int
    changes: dict[str, int]
    area_m2: float
    doors: int
    households: int
    doors_all: int
    households_all: int
    heaviest_before: float
    heaviest_after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two editions of a station side by side.

    `zones`: one row a code of either edition, by code: `code`, `name_zh`, `name_en` (of the later edition that has it),
    `change` (kept, reshaped, moved, split, merged, added, removed), `others` (codes from or to which ground went),
    `gained_m2`, `lost_m2`, and for each of `BOTH` a column `…_before` and `…_after` (NaN where the edition has no such
    zone), `…_before` and `…_after` of `officer`, `officer_en`, `grid_member`, `grid_member_en` ("" for nobody).

    `pieces`: the ground that changes hands, largest first: `n` (1, 2, …), `from_code`, `to_code` (None: no zone),
    `area_m2`, `doors`, `households`, MultiPolygon or Polygon in EPSG:4326.

    `officers`: one row a person posted to a zone of either edition, by households afterwards: `name`, `name_en`,
    `zones_before`, `zones_after` (codes), `doors_before`, `doors_after`, `households_before`, `households_after`; a zone
    of two people counts half for each. What nobody is posted to is the last row, its name "".

    `since`, `until`: the year in which incidents are counted. `at`: the moment for which officers are told.
    """

    station: Station
    before: Edition
    after: Edition
    kind: ZoneKind
    zones: pd.DataFrame
    pieces: gpd.GeoDataFrame
    officers: pd.DataFrame
    totals: Totals
    since: datetime
    until: datetime
    at: datetime


def compare(
    session: Session,
    station: str,
    before: int,
    after: int,
    *,
    kind: ZoneKind = "beat",
    at: datetime | None = None,
) -> Comparison:
    """Return edition `after` of a station compared with edition `before`, officers as of a moment (now when None).

    Raises
    ------
    StationNotFound, EditionNotFound
    ZonesNotComparable
        If a zone of a draft is no valid polygon; the check of the draft tells where.
    """
    place = editions.find_station(session, station)
    old, new = editions.find(session, station, before), editions.find(session, station, after)
    moment = at or datetime.now(UTC)
    told_old = figures.zone_figures(session, place, old, kind, at=moment)
    told_new = told_old if old.id == new.id else figures.zone_figures(session, place, new, kind, at=moment)
    frame_old, frame_new = (frames.zones(session, edition.id, kind) for edition in (old, new))
    zones = _zones(changes(frame_old, frame_new, place.metric_epsg), told_old.zones, told_new.zones)
    ground = changed_ground(frame_old, frame_new, place.metric_epsg)
    pieces, moved = _pieces(session, place, old, new, kind, ground)
    role = "officer" if kind == "beat" else "grid_member"
    posted = [counting.posted(session, station, edition.id, kind, moment) for edition in (old, new)]
    officers = _officers(told_old.zones, told_new.zones, *(one[one["role"] == role] for one in posted))
    return Comparison(
        station=place,
        before=old,
        after=new,
        kind=kind,
        zones=zones,
        pieces=pieces,
        officers=officers,
        totals=_totals(zones, pieces, moved),
        since=told_new.since,
        until=told_new.until,
        at=moment,
    )


def changes(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, metric_epsg: int) -> pd.DataFrame:
    """Return what became of each code between two zones frames in EPSG:4326, areas in the station's square metres.

    See `geo.change.compare`. Borders are compared where they run straight, in degrees: else a vertex that a neighbour
    gained on an old border would leave it by centimetres, and what nobody touched would be told as changed.
    """
    told = change.compare(*_flat(old, new))
    for frame, area, part in ((old, "area_before_m2", "lost_m2"), (new, "area_after_m2", "gained_m2")):
        own = pd.Series(frame.to_crs(metric_epsg).area.to_numpy(), index=frame["code"].to_numpy(dtype=object))
        true = own.reindex(told.index).fillna(0.0)
        told[part] *= (true / told[area].where(told[area] > 0)).fillna(1.0)
        told[area] = true
    return told


def changed_ground(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, metric_epsg: int) -> gpd.GeoDataFrame:
    """Return the ground that changes hands between two zones frames in EPSG:4326; see `geo.change.changed_hands`.

    It comes in EPSG:4326, largest first, `area_m2` in the station's square metres.
    """
    ground = change.changed_hands(*_flat(old, new))
    ground["area_m2"] = ground.to_crs(metric_epsg).area
    return ground.sort_values("area_m2", ascending=False, ignore_index=True).to_crs(STORAGE_CRS)


def _flat(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return two frames in one plane in which what is straight in degrees stays straight.

    Raises
    ------
    ZonesNotComparable
        If a zone is no valid polygon.
    """
    broken = sorted({code for frame in (old, new) for code in frame["code"][~frame.geometry.is_valid]})
    if broken:
        raise ZonesNotComparable(
            f"{', '.join(broken[:10])}: no valid polygon; check the draft and mend it", zones=broken
        )
    either = new if len(new) else old
    west, south, east, north = (float(edge) for edge in either.total_bounds) if len(either) else (0.0,) * 4
    plane = crs.straight_plane((west + east) / 2, (south + north) / 2)
    return old.to_crs(plane), new.to_crs(plane)


def _zones(changes: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the changes of each code with its names, and its figures in both editions."""
    sides = {"before": old.set_index("code"), "after": new.set_index("code")}
    table = pd.DataFrame(index=changes.index)
    for name in ("name_zh", "name_en"):
        first, second = (sides[side][name].astype(object).reindex(table.index) for side in ("after", "before"))
        table[name] = first.fillna(second)
    table["change"] = changes["kind"]
    table["others"] = changes["others"]
    table["gained_m2"], table["lost_m2"] = changes["gained_m2"], changes["lost_m2"]
    for side, figures_of in sides.items():
        for name in BOTH:
            table[f"{name}_{side}"] = figures_of[name].reindex(table.index).astype(float)
        for name in PEOPLE:
            table[f"{name}_{side}"] = figures_of[name].astype(object).reindex(table.index).fillna("")
    return table.rename_axis("code").reset_index()


def _pieces(
    session: Session, place: Station, old: Edition, new: Edition, kind: ZoneKind, pieces: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the numbered pieces in degrees with their doors, and all doors that change hands."""
    moved = comparing.doors_moved(session, place.code, old, new, kind, pieces)
    ends = [_codes(pieces[name]) for name in ("from_code", "to_code")]
    counted = moved.groupby([_codes(moved[name]) for name in ("from_code", "to_code")])[["doors", "households"]].sum()
    figures_of = counted.reindex(pd.MultiIndex.from_arrays(ends)).fillna(0).astype("int64").reset_index(drop=True)
    from_codes, to_codes = ([code or None for code in codes] for codes in ends)
    shown = gpd.GeoDataFrame(
        {
            "n": np.arange(1, len(pieces) + 1),
            "from_code": pd.Series(from_codes, dtype=object),
            "to_code": pd.Series(to_codes, dtype=object),
            "area_m2": pieces["area_m2"].to_numpy(),
            "doors": figures_of["doors"].to_numpy(),
            "households": figures_of["households"].to_numpy(),
        },
        geometry=pieces.geometry.to_numpy(),
        crs=STORAGE_CRS,
    )
    return shown, moved


def _codes(column: pd.Series[str]) -> list[str]:
    """Return codes, "" where there is none: a missing key would never be found again."""
    return ["" if pd.isna(code) else code for code in column]


def _officers(old: pd.DataFrame, new: pd.DataFrame, was: pd.DataFrame, is_: pd.DataFrame) -> pd.DataFrame:
    """Return what each person carries before and after; see `Comparison.officers`."""
    sides = {"before": _carried(old, was), "after": _carried(new, is_)}
    names = pd.MultiIndex.from_frame(
        pd.concat([side[["name", "name_en"]] for side in sides.values()]).drop_duplicates()
    )
    table = pd.DataFrame(index=names)
    for side, carried in sides.items():
        people = carried.set_index(["name", "name_en"])
        zones = people["zones"].reindex(names)
        table[f"zones_{side}"] = [codes if isinstance(codes, list) else [] for codes in zones]
        for figure in ("doors", "households"):
            table[f"{figure}_{side}"] = people[figure].reindex(names).fillna(0.0)
    told = table.reset_index()
    order = told.assign(nobody=told["name"] == "").sort_values(
        ["nobody", "households_after", "name"], ascending=[True, False, True]
    )
    return told.loc[order.index].reset_index(drop=True)


def _carried(zones: pd.DataFrame, posted: pd.DataFrame) -> pd.DataFrame:
    """Return zones (codes), doors and households of each person; a zone of n people counts an nth for each."""
    people = posted[["code", "name", "name_en"]].drop_duplicates()
    rows = zones[["code", "doors", "households"]].merge(people, on="code", how="left")
    rows[["name", "name_en"]] = rows[["name", "name_en"]].astype(object).fillna("")
    share = 1 / rows.groupby("code")["name"].transform("size")
    rows["doors"], rows["households"] = rows["doors"] * share, rows["households"] * share
    return rows.groupby(["name", "name_en"], as_index=False).agg(
        zones=("code", list), doors=("doors", "sum"), households=("households", "sum")
    )


def _totals(zones: pd.DataFrame, pieces: gpd.GeoDataFrame, moved: pd.DataFrame) -> Totals:
    heaviest = {side: zones[f"load_{side}"].max() for side in ("before", "after")}
    return Totals(
        zones_before=int(zones["area_km2_before"].notna().sum()),
        zones_after=int(zones["area_km2_after"].notna().sum()),
        changes={str(kind): int(count) for kind, count in zones["change"].value_counts().items()},
        area_m2=float(pieces["area_m2"].sum()),
        doors=int(moved["doors"].sum()),
        households=int(moved["households"].sum()),
        doors_all=int(zones["doors_after"].sum()),
        households_all=int(zones["households_after"].sum()),
        heaviest_before=float(heaviest["before"]),
        heaviest_after=float(heaviest["after"]),
    )
