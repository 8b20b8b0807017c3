"""Layers that are worked out on request, gaps and hotspots: kept for a minute, then sifted in memory.

An id is made of what the feature is (its station, kind, code and shape), so that it stays the same from one request to
the next while the thing itself does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.services import coverage
from gridmap.services.analyses import hotspots
from gridmap.services.drafts.kept import kept
from gridmap.services.ogc.asked import Asked
from gridmap.services.ogc.collections import Collection
from gridmap.services.ogc.systems import System, transformed
from gridmap.store import ogc

#: How often a layer is worked out anew though nothing changed: what nobody answers for changes with the day.
FRESH_S: Final = 60


def rows(
    session: Session, actor: Actor, collection: Collection, since: datetime | None = None, until: datetime | None = None
) -> gpd.GeoDataFrame:
    """Return the whole layer of every station in scope, by `id`: columns as the collection says, EPSG:4326.

    At most once a minute for a station and a version of its data.
    """
    minute = int(datetime.now(UTC).timestamp()) // FRESH_S
    make = _MAKERS[collection.name]
    frames = []
    for station in actor.stations:
        data = ogc.version(session, (station,), collection.data)
        key = ("ogc", collection.name, station, data, minute, since, until)

        def made(at: str = station) -> gpd.GeoDataFrame:
            return _told(make(session, at, since, until), at, collection)

        frames.append(kept(session, key, made))
    if not frames:
        return gpd.GeoDataFrame({name: [] for name in ("id", *collection.names)}, geometry=[], crs="EPSG:4326")
    whole = pd.concat(frames, ignore_index=True)
    return gpd.GeoDataFrame(whole.sort_values("id", ignore_index=True), geometry="geometry", crs="EPSG:4326")


def page(rows: gpd.GeoDataFrame, asked: Asked) -> tuple[list[dict[str, Any]], int]:
    """Return the features asked for, one more than `asked.limit` where there are more, and how many match."""
    meant = np.ones(len(rows), dtype=bool)
    for name, value in asked.equal.items():
        meant &= np.array([one == value for one in rows[name]], dtype=bool)
    if asked.region:
        shapes = rows.geometry.to_numpy()
        meant &= np.logical_or.reduce([shapely.intersects(shapes, box) for box in asked.region])
    found = rows[meant]
    shown = found if asked.after is None else found[found["id"] > asked.after]
    return _features(shown.iloc[: asked.limit + 1], asked.system), len(found)


def one(rows: gpd.GeoDataFrame, told: str, system: System) -> dict[str, Any] | None:
    """Return the feature with an id, or None."""
    found = _features(rows[rows["id"] == told].iloc[:1], system)
    return found[0] if found else None


def _gaps(session: Session, station: str, _since: datetime | None, _until: datetime | None) -> gpd.GeoDataFrame:
    return coverage.gaps(session, station)


def _hotspots(session: Session, station: str, since: datetime | None, until: datetime | None) -> gpd.GeoDataFrame:
    found, first, last = hotspots(session, station, since=since, until=until)
    return found.cells.assign(since=first, until=last)


_MAKERS: Final[dict[str, Callable[..., gpd.GeoDataFrame]]] = {"gaps": _gaps, "hotspots": _hotspots}


def _told(frame: gpd.GeoDataFrame, station: str, collection: Collection) -> gpd.GeoDataFrame:
    """Return the collection's columns of a frame as plain values, with an id."""
    frame = frame.assign(station=station)
    columns = {name: [_plain(value) for value in frame[name]] for name in collection.names}
    shapes = frame.geometry.to_numpy()
    marks = (frame["kind"] + " " + frame["code"]) if "kind" in frame.columns else pd.Series("", index=frame.index)
    ids = [
        f"{station}.{hashlib.blake2b(mark.encode() + wkb, digest_size=8).hexdigest()}"
        for mark, wkb in zip(marks, shapely.to_wkb(shapes), strict=True)
    ]
    data = pd.DataFrame({"id": ids, **columns}, dtype=object)
    return gpd.GeoDataFrame(data, geometry=shapes, crs=frame.crs).drop_duplicates("id", ignore_index=True)


def _features(rows: gpd.GeoDataFrame, system: System) -> list[dict[str, Any]]:
    if rows.empty:
        return []
    picture = system.picture
    shapes = transformed(rows.geometry.to_numpy(), ogc.STORAGE_SRID, picture.srid)

    def written(xy: Any) -> Any:
        return np.round(xy[:, ::-1] if picture.north_first else xy, picture.decimals)

    texts = shapely.to_geojson(shapely.transform(shapes, written))
    values = rows.drop(columns=["geometry"]).to_dict("records")
    return [
        {"type": "Feature", "id": row.pop("id"), "geometry": orjson.Fragment(text), "properties": row}
        for row, text in zip(values, texts, strict=True)
    ]


def _plain(value: Any) -> Any:
    """Return a value out of a frame as JSON has it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
