"""Gaps of reach: doors and facilities too far from every police post, along streets where they are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from gridmap.geo import reach
from gridmap.services.coverage.rows import gap
from gridmap.services.coverage.scene import Scene, Size
from gridmap.store import attention, frames

POST: Final = "police_post"
Method = Literal["streets", "straight_line", "no_posts"]


class Reach:
    """Minutes from the posts of a scene; `method` says how they were measured, or that there is no post."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.facilities: gpd.GeoDataFrame = attention.facilities(scene.session, scene.place.code)
        self.method: Method = "no_posts"
        self._streets: reach.Streets | None = None
        posts = self.facilities[self.facilities["kind"] == POST]
        self._posts = scene.metric(posts.geometry.x, posts.geometry.y)
        if len(posts):
            self._streets = self._network()
            self.method = "straight_line" if self._streets is None else "streets"

    def find(self) -> Iterator[dict[str, Any]]:
        """Give the doors out of reach as places, then the facilities one by one."""
        if self.method == "no_posts":
            return
        scene, limit = self.scene, self.scene.limits.reach_minutes
        doors = scene.doors
        minutes = self._minutes(doors["lon"], doors["lat"])
        for rows, street in scene.together(np.flatnonzero(minutes > limit)):
            yield gap(
                "door_out_of_reach",
                scene.spots(rows),
                scene.size(rows),
                name_zh=street,
                detail=self._detail(float(minutes[rows].max())) | {"beats": scene.beats_of(rows)},
            )
        others = self.facilities[self.facilities["kind"] != POST]
        minutes = self._minutes(others.geometry.x, others.geometry.y)
        for place in np.flatnonzero(minutes > limit).tolist():
            one = others.iloc[place]
            yield gap(
                "facility_out_of_reach",
                one["geometry"],
                Size(),
                code=one["code"],
                name_zh=one["name_zh"],
                name_en=one["name_en"],
                detail=self._detail(float(minutes[place])) | {"facility": one["kind"], "beats": self._beats(one)},
            )

    def _network(self) -> reach.Streets | None:
        """Return the streets of the station, or None where no road is loaded that one could move on."""
        roads = frames.roads(self.scene.session, self.scene.place.code)
        if roads.empty:
            return None
        metric = roads.to_crs(self.scene.place.metric_epsg)
        streets = reach.build_streets(metric.geometry.to_numpy(), roads["kind"].tolist(), by=self.scene.limits.reach_by)
        return streets if len(streets.metres) else None

    def _minutes(self, lon: Any, lat: Any) -> NDArray[np.float64]:
        places = self.scene.metric(lon, lat)
        if self._streets is None:
            return reach.minutes_straight(places, self._posts, by=self.scene.limits.reach_by)
        return reach.minutes_along(self._streets, places, self._posts)

    def _detail(self, minutes: float) -> dict[str, Any]:
        return {
            "minutes": round(minutes, 1),
            "limit": self.scene.limits.reach_minutes,
            "by": self.scene.limits.reach_by,
            "method": self.method,
        }

    def _beats(self, one: Any) -> list[str]:
        """Return the beats a facility stands in."""
        beats = self.scene.beats
        return beats["code"][beats.geometry.intersects(one["geometry"])].tolist()
