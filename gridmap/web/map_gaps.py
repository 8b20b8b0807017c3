"""Coverage gaps as the officer's map lists them: numbered places, the largest of each kind, and how many more there are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import shapely
from fastapi import Request
from sqlalchemy.orm import Session

from gridmap.services import coverage
from gridmap.store import frames
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.maps import features
from gridmap.web.words import Language, kind_name, say

#: Gaps listed of each kind; all of them are on the page of gaps.
MOST_OF_A_KIND: Final = 8
#: A gap over more than this share of the station is a pin without an outline: hatching everything shows nothing.
WHOLE: Final = 0.9


def pins(request: Request, session: Session, here: Station) -> dict[str, Any]:
    """Return `pins`, numbered places for map and list by kind; `all`, how many gaps there are; and each kind's `count`.

    Disputes are counted, not told one by one: all of a kind are one place.
    """
    language = shell.language_of(request)
    shelf: coverage.Shelf = request.app.state.gap_shelf
    gaps = shelf.look(session, here.code, request.app.state.gap_limits, disputes=False).gaps
    shown = gaps.groupby("kind", sort=False).head(MOST_OF_A_KIND)
    spots = shown.geometry.representative_point()
    shapes = features.geometries(shown.geometry.to_numpy())
    land = shapely.area(frames.jurisdiction(session, here.code))
    whole = shapely.area(shown.geometry.to_numpy()) > WHOLE * land
    rows: Any = zip(
        shown.itertuples(),
        spots,
        [None if all_ else shape for shape, all_ in zip(shapes, whole, strict=True)],
        strict=True,
    )
    counts = gaps["detail"].map(lambda detail: detail.get("count", 1))
    tally = counts.groupby(gaps["kind"]).sum()
    return {
        "all": int(counts.sum()),
        "kinds": [
            {"kind": kind, "title": kind_name(str(kind), language), "count": int(tally[kind])}
            for kind in dict.fromkeys(shown["kind"])
        ],
        "pins": [_pin(n, row, spot, shape, language) for n, (row, spot, shape) in enumerate(rows, start=1)],
    }


def _pin(n: int, row: Any, spot: Any, shape: Any, language: Language) -> dict[str, Any]:
    where = shell.name_of({"name_zh": row.name_zh, "name_en": row.name_en, "code": row.code}, language)
    # `until` is the first day after: whoever is away is back then; a posting held to the day before.
    away = row.kind == "leave_no_substitute"
    told, day = ("on_leave_until", row.until) if away else ("posted_until", _day_before(row.until))
    area = "" if row.area_m2 is None or np.isnan(row.area_m2) else f"{row.area_m2:,.0f} m²"
    return {
        "n": n,
        "kind": row.kind,
        "title": kind_name(row.kind, language),
        "where": where,
        "why": say(told, language, who=row.who, until=day) if row.who and row.until is not None else "",
        "doors": int(row.doors),
        "households": int(row.households),
        "area": area,
        "pairs": [
            [say("zone", language), where],
            [say("doors", language), int(row.doors)],
            [say("households", language), int(row.households)],
            *([[say("map_area", language), area]] if area else []),
        ],
        "lon": round(spot.x, features.DECIMALS),
        "lat": round(spot.y, features.DECIMALS),
        "geometry": shape,
    }


def _day_before(day: date | None) -> date | None:
    return None if day is None else day - timedelta(days=1)
