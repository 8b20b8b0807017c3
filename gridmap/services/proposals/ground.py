"""Everything a proposal is made from, read at once, so that nothing is asked of the database while it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.services.figures import year_of_incidents
from gridmap.services.proposals.wishes import PlanWishes, not_possible
from gridmap.store import editions, frames
from gridmap.store import proposals as store
from gridmap.store.tables import Edition

#: Kinds of road that part a beat in two for whoever has to walk it.
BARRIERS: Final = frozenset({"river", "railway"})


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A station as a proposal sees it; geometries in EPSG:4326.

    `base`: the edition the wishes start from (None: the station has none), `beats` and `cells` its zones; `villages`:
    places of that kind with a boundary; `barriers`: rivers and railways; `doors`, `calls`, `disputes`: points, the
    calls and disputes of the year `since` to `until`; `special`: the doors the wishes name, where they are;
    `officers`: `person`, `name`, `name_en`, `beat`; `codes`: every code a beat of the station ever had.
    """

    station: str
    metric_epsg: int
    synthetic: bool
    base: Edition | None
    jurisdiction: shapely.MultiPolygon
    beats: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    barriers: gpd.GeoSeries
    doors: store.Doors
    calls: pd.DataFrame
    disputes: pd.DataFrame
    special: Mapping[str, tuple[float, float]]
    officers: pd.DataFrame
    codes: list[str]
    since: datetime
    until: datetime


def read(session: Session, station: str, wishes: PlanWishes, *, at: datetime | None = None) -> Ground:
    """Return what a proposal for `station` is made from; a dozen queries, whatever the station's size.

    Raises
    ------
    StationNotFound, EditionNotFound
        If there is no such station, or no such edition to start from.
    WishNotPossible
        If a special door is not found.
    """
    place = editions.find_station(session, station)
    number = wishes.base
    base = editions.in_force(session, station) if number is None else editions.find(session, station, number)
    now = at or datetime.now(UTC)
    since, until = year_of_incidents(session, station, now)
    special = store.named_doors(session, station, list(wishes.special))
    missing = [name for name in wishes.special if name not in special]
    if missing:
        told = f"no door {missing[0]}; name doors by address code, plate code or full address"
        raise not_possible("special", told, missing=missing)
    places = frames.places(session, station)
    roads = frames.roads(session, station)
    return Ground(
        station=station,
        metric_epsg=place.metric_epsg,
        synthetic=place.synthetic,
        base=base,
        jurisdiction=frames.jurisdiction(session, station),
        beats=frames.zones(session, -1 if base is None else base.id, "beat"),
        cells=frames.zones(session, -1 if base is None else base.id, "grid_cell"),
        villages=places[places["kind"] == "village"].reset_index(drop=True),
        barriers=gpd.GeoSeries(roads.geometry.to_numpy()[roads["kind"].isin(BARRIERS)], crs=roads.crs),
        doors=store.doors(session, station),
        calls=store.calls(session, station, since, until),
        disputes=store.disputes(session, station, since, until),
        special=special,
        officers=store.officers(session, station, now.date()),
        codes=store.beat_codes(session, station),
        since=since,
        until=until,
    )
