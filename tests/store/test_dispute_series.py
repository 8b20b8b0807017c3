"""What is asked of the database for series: the ground of their maps, in metres, and matters on their keys."""

from __future__ import annotations

import geopandas as gpd
import shapely

from gridmap.store import dispute_series, editions, frames
from tests.disputes import make_town


def test_the_ground_is_the_jurisdiction_and_the_beats_in_metres(sessions):
    with sessions.begin() as session:
        town = make_town(session)
    with sessions() as session:
        here = editions.find_station(session, town.station)
        outline, beats = dispute_series.ground(session, town.station)
        edition = editions.in_force(session, town.station)
        wanted = gpd.GeoSeries([frames.jurisdiction(session, town.station)], crs=4326).to_crs(here.metric_epsg)
        assert outline.equals_exact(wanted.iloc[0], 1e-6)
        zones = frames.zones(session, edition.id, "beat").to_crs(here.metric_epsg).geometry
        assert len(beats) == len(zones) > 0
        assert shapely.equals_exact(beats, zones.to_numpy(), 1e-6).all()


def test_matters_are_found_by_their_keys_and_columns_alike(sessions):
    with sessions.begin() as session:
        town = make_town(session)
        made = town.open(session).dispute
    with sessions() as served:
        facts = {"kinds": [], "since": "2000-01-01T00:00Z", "most": 10}
        (one,) = dispute_series.like(served, town.station, **facts)
        assert dispute_series.by_keys(served, town.station, [made], [made]) == {f"d{made}": one}
        found = dispute_series.like_columns(served, town.station, **facts)
        assert (found.keys.tolist(), found.at.tolist()) == ([2 * made], [one.at.timestamp()])
        assert (found.names[found.kinds[0]], found.x[0], found.y[0]) == (one.kind, one.x, one.y)
        none = dispute_series.like_columns(served, town.station, **facts | {"since": "2100-01-01T00:00Z"})
        assert (len(none.keys), none.names) == (0, ())
