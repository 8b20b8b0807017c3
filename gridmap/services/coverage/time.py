"""Gaps in time: beats with nobody on duty now, and the hours of the coming fortnight without a shift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.geo import duty
from gridmap.services.coverage.rows import gap
from gridmap.services.coverage.scene import Scene
from gridmap.store import duty as roster

#: How far the roster is looked at, ahead for gaps and back for when one began.
FORTNIGHT: Final = timedelta(days=14)
#: Uncovered spans told one by one in `detail`; the hours count all.
MOST_SPANS: Final = 50


@dataclass(frozen=True)
class Week:
    """The hours of the coming fortnight by hour of the week (Monday 0:00 first, on the station's clock).

    `beats`: `code`, names, `uncovered` [h]; `share` (beats, 168): covered share of each hour, 0 to 1; `until`: when the
    roster ends; `now`: the hour of the week it is.
    """

    beats: pd.DataFrame
    share: NDArray[np.float64]
    until: datetime
    now: int


class Roster:
    """Who is on duty for the beats of a scene, a fortnight back and a fortnight ahead; nothing without a roster."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.since, self.until = scene.now - FORTNIGHT, scene.now + FORTNIGHT
        self.ends = None if scene.edition is None else roster.roster_until(scene.session, scene.place.code)
        if scene.edition is None or self.ends is None:
            return
        spans = roster.spans(scene.session, scene.place.code, scene.edition.id, self.since, self.until)
        row = pd.Index(scene.beats["code"]).get_indexer(pd.Index(spans["beat"]))
        self.spans = (row, _seconds(spans["start"]), _seconds(spans["end"]), len(scene.beats))

    def week(self) -> Week | None:
        """Return the hours of the week, or None without a roster."""
        if self.ends is None:
            return None
        scene = self.scene
        hours = duty.duty_hours(*self.spans, since=scene.now, until=self.until, clock=scene.place.timezone)
        beats = pd.DataFrame(scene.beats[["code", "name_zh", "name_en"]]).assign(uncovered=hours.uncovered_hours)
        local = scene.now.astimezone(ZoneInfo(scene.place.timezone))
        return Week(beats, hours.share, self.ends, local.weekday() * 24 + local.hour)

    def find(self) -> Iterator[dict[str, Any]]:
        """Give the beats with nobody on duty now, and those with hours of nobody in the coming fortnight."""
        if self.ends is None:
            return
        scene, beats = self.scene, self.scene.beats
        now = scene.now.timestamp()
        row, opens, closes = duty.uncovered_spans(*self.spans, since=self.since, until=self.until)
        doors = scene.by_zone("beat")
        ahead = closes > now
        row, opens, closes = row[ahead], opens[ahead], closes[ahead]
        edges = self.since.timestamp(), self.until.timestamp()
        for place in np.unique(row):
            zone = beats.iloc[int(place)]
            start, end = opens[row == place], closes[row == place]
            size = scene.size(doors.get(zone["code"], np.empty(0, np.int64)))
            facts = {name: zone[name] for name in ("code", "name_zh", "name_en")}
            detail = {"beats": [zone["code"]]}
            # What reaches back to where the roster was first looked at began then or before.
            began, certain = _moment(start[0]), "at_latest" if start[0] <= edges[0] else "exact"
            if start[0] <= now:
                yield gap(
                    "off_duty_now",
                    zone["geometry"],
                    size,
                    since=began,
                    since_is=certain,  # type: ignore[arg-type]  # one of two literals
                    until=None if end[0] >= edges[1] else _moment(end[0]),
                    hours=float(end[0] - now) / 3600,
                    detail=detail,
                    **facts,
                )
            spans = [
                [_moment(a).isoformat(), _moment(b).isoformat()]
                for a, b in zip(np.maximum(start, now), end, strict=True)
            ]
            yield gap(
                "off_duty_hours",
                zone["geometry"],
                size,
                since=began,
                since_is=certain,  # type: ignore[arg-type]
                until=None if end[-1] >= edges[1] else _moment(end[-1]),
                hours=float((end - np.maximum(start, now)).sum()) / 3600,
                detail=detail
                | {"spans": spans[:MOST_SPANS], "spans_in_all": len(spans), "of_hours": FORTNIGHT / timedelta(hours=1)},
                **facts,
            )


def _seconds(times: pd.Series[pd.Timestamp]) -> NDArray[np.float64]:
    """Return moments as seconds since 1970 UTC."""
    return np.asarray((times - pd.Timestamp(0, tz="UTC")).dt.total_seconds(), dtype=np.float64)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
