"""Read what an analysis is given: a handful of statements, whatever its size."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.domain.incidents import SOURCES
from gridmap.errors import Invalid
from gridmap.geo.aoristic import hours_between, in_hours
from gridmap.geo.columns import check_area
from gridmap.services.analyses.case import Case, Doors, Events, Options
from gridmap.services.views import View
from gridmap.store import editions, events, frames
from gridmap.store import figures as counts
from gridmap.store.tables import IncidentCategory, Station


class NoGround(Invalid):
    """The zones of a view leave no ground to look at."""

    slug, title = "no-ground", "No ground is left to look at"


NO_ZONES: Final = gpd.GeoDataFrame({"code": [], "name_zh": [], "name_en": []}, geometry=[], crs="EPSG:4326")


def read_case(
    session: Session,
    place: Station,
    view: View,
    options: Options,
    *,
    known: list[IncidentCategory] | None = None,
    only: shapely.Geometry | None = None,
) -> Case:
    """Return everything an analysis of a station may read; eight statements.

    Parameters
    ----------
    known
        Every category of incident; read where None.
    only
        Ground (EPSG:4326) beyond which the reader may see nothing; None for the whole station.
    """
    every = counts.categories(session) if known is None else known
    codes = [one.code for one in every]
    since, until = view.moments(place.timezone)
    wanted = [code for code in codes if not view.categories or code in view.categories]
    raw = events.read_events(
        session, place.code, until.astimezone(UTC), categories=codes, wanted=wanted, sources=SOURCES, of=view.sources
    )
    to_metric = pyproj.Transformer.from_crs(frames.STORAGE_CRS, place.metric_epsg, always_xy=True)
    ground = frames.jurisdiction(session, place.code)
    zones = _zones(session, place)
    narrowed = _narrowed(ground, view, zones, only)
    area = ground if narrowed is None else narrowed
    metric = check_area(gpd.GeoSeries([area], crs=frames.STORAGE_CRS).to_crs(place.metric_epsg).iloc[0])
    happened = _events(raw, to_metric)
    meant = _at_the_time(happened, view, place.timezone)
    if narrowed is not None:
        shapely.prepare(narrowed)
        meant &= shapely.intersects_xy(narrowed, raw["lon"], raw["lat"])
    happened = happened.where(meant)
    meant_now = happened.between(since, until)
    doors = events.read_doors(session, place.code)
    if narrowed is not None:  # what is outside is no part of a denominator either
        here = shapely.intersects_xy(narrowed, doors["lon"], doors["lat"])
        doors = {name: values[here] for name, values in doors.items()}
    door_x, door_y = to_metric.transform(doors["lon"], doors["lat"])
    return Case(
        station=place.code, metric_epsg=place.metric_epsg, timezone=place.timezone, synthetic=place.synthetic, ground=metric,
        view=view, options=options, since=since, until=until, recorded_until=_recorded(session, place, until), events=meant_now, history=happened,
        doors=Doors(doors["id"].astype(np.int64), door_x, door_y, doors["households"], doors["residents"]),
        zones={kind: frame.to_crs(place.metric_epsg) for kind, frame in zones.items()},
        categories=[
            {"code": one.code, "name_zh": one.name_zh, "name_en": one.name_en, "is_dispute": one.is_dispute} for one in every
        ],
        sources=SOURCES,
        names=events.read_names(session, place.code, _returned_to(meant_now)) if only is None else {},
    )  # fmt: skip


def _recorded(session: Session, place: Station, until: datetime) -> datetime:
    """Return `until`, or the midnight after the station's newest incident where that comes first."""
    span = counts.span_of_incidents(session, place.code)
    if span is None:
        return until
    newest = span[1].astimezone(ZoneInfo(place.timezone))
    return min(until, datetime.combine(newest.date() + timedelta(days=1), time(), newest.tzinfo))


def _zones(session: Session, place: Station) -> dict[str, gpd.GeoDataFrame]:
    """Return beats and grid cells of the edition in force and the villages, in EPSG:4326."""
    edition = editions.in_force(session, place.code)
    found = {"beat": NO_ZONES, "grid_cell": NO_ZONES}
    if edition is not None:
        found = {
            "beat": frames.zones(session, edition.id, "beat"),
            "grid_cell": frames.zones(session, edition.id, "grid_cell"),
        }
    places = frames.places(session, place.code)
    return {**found, "village": places[places["kind"] == "village"].reset_index(drop=True)}


def _returned_to(happened: Events) -> list[int]:
    """Return the addresses with two events or more."""
    ids, times = np.unique(happened.address[happened.address > 0], return_counts=True)
    return [int(one) for one in ids[times > 1]]


def _events(raw: dict[str, NDArray[np.float64]], to_metric: pyproj.Transformer) -> Events:
    x, y = to_metric.transform(raw["lon"], raw["lat"])
    return Events(
        raw["id"].astype(np.int64), raw["category"].astype(np.int64), raw["source"].astype(np.int64), _seconds(raw["at"]),
        _seconds(raw["until"]), raw["tier"].astype(np.int64), raw["address"].astype(np.int64), np.asarray(x), np.asarray(y),
    )  # fmt: skip


def _seconds(epoch: NDArray[np.float64]) -> NDArray[np.datetime64]:
    known = np.isfinite(epoch)
    told = np.where(known, np.floor(np.where(known, epoch, 0)), 0).astype("datetime64[s]")
    told[~known] = np.datetime64("NaT")
    return told


def _at_the_time(happened: Events, view: View, timezone: str) -> NDArray[np.bool_]:
    """Return which events the tiers, hours and weekdays of a view let pass."""
    mask = np.ones(len(happened), dtype=bool)
    if view.tiers:
        mask &= np.isin(happened.tier, view.tiers)
    if view.hours is None and not view.weekdays:
        return mask
    hours = range(24) if view.hours is None else hours_between(*view.hours)
    weekdays = [day - 1 for day in view.weekdays] or range(7)
    told = in_hours(happened.times(), happened.ends(), hours=hours, weekdays=weekdays, zone=timezone)
    # Of an incident known only as a span, what is likelier than not decides: counts stay whole.
    return mask & (told >= 0.5)


def _narrowed(
    ground: shapely.Geometry, view: View, zones: dict[str, gpd.GeoDataFrame], only: shapely.Geometry | None
) -> shapely.Geometry | None:
    """Return the ground that a view's zones and the reader's own leave of the jurisdiction; None where all of it is meant.

    Raises
    ------
    NoGround
        If nothing is left, for example because no zone has the code asked for.
    """
    grounds = [only] if only is not None else []
    if view.zones:
        chosen = [frame.geometry[frame["code"].isin(view.zones)] for frame in zones.values()]
        grounds.append(shapely.union_all(np.concatenate([np.asarray(shapes, dtype=object) for shapes in chosen])))
    if not grounds:
        return None
    left = shapely.intersection_all([ground, *grounds])
    if left.area == 0:
        raise NoGround(
            f"no ground is left: none of {', '.join(view.zones) or 'your zones'} lies in this station's jurisdiction"
        )
    parts = [part for part in shapely.get_parts(left) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)
