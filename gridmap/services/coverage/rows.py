"""One gap as a row, and all rows as a frame of columns that stay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, Literal

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.services.coverage.kinds import GROUPS, KINDS
from gridmap.services.coverage.scene import Size
from gridmap.store.frames import STORAGE_CRS

COLUMNS: Final = (
    "kind", "group", "code", "name_zh", "name_en", "who", "since", "until", "doors", "households", "residents", "area_m2",
    "hours", "detail", "todo", "geometry",
)  # fmt: skip
#: How sure the day is: it began then; then or before; then or later.
SinceIs = Literal["exact", "at_latest", "at_earliest"]


def gap(
    kind: str,
    geometry: shapely.Geometry,
    size: Size,
    *,
    since: datetime | None = None,
    since_is: SinceIs = "exact",
    detail: dict[str, Any] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Return one gap: `facts` are the columns `code`, names, `who`, `until`, `area_m2`, `hours` that it has."""
    told = dict(detail or {})
    if since is not None and since_is != "exact":
        told["since_is"] = since_is
    return {
        "kind": kind,
        "group": KINDS[kind],
        "code": "",
        "name_zh": "",
        "name_en": "",
        "who": "",
        "since": since,
        "until": None,
        "doors": size.doors,
        "households": size.households,
        "residents": size.residents,
        "area_m2": None,
        "hours": None,
        "detail": told,
        "todo": f"todo_{kind}",
        "geometry": geometry,
        **facts,
    }


def as_frame(found: Iterable[dict[str, Any]], kinds: frozenset[str]) -> gpd.GeoDataFrame:
    """Return gaps of some kinds as a frame in EPSG:4326: by group and kind as `KINDS` has them, the largest first."""
    rows = [one for one in found if one["kind"] in kinds]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(COLUMNS)), geometry="geometry", crs=STORAGE_CRS)
    frame["since"] = pd.to_datetime(frame["since"], utc=True)
    for name in ("area_m2", "hours"):
        frame[name] = frame[name].astype("float64")
    for name in ("doors", "households"):
        frame[name] = frame[name].astype("int64")
    frame["residents"] = frame["residents"].astype("Int64")
    frame["until"] = frame["until"].astype(object).where(frame["until"].notna(), None)
    order = {kind: (GROUPS.index(group), place) for place, (kind, group) in enumerate(KINDS.items())}
    rank = frame["kind"].map(order)
    return (
        frame.assign(rank=rank)
        .sort_values(["rank", "households", "doors", "code"], ascending=[True, False, False, True], kind="stable")
        .drop(columns="rank")
        .reset_index(drop=True)
    )


def midnight(day: date | None, zone: Any) -> datetime | None:
    """Return the first moment of a day on the station's clock."""
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=zone)
