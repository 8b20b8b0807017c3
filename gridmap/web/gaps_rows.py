"""Gaps as the page lists them: words for where, since when, how large and what to do, and the sums by kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.services.coverage import GROUPS, Note
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.maps import features
from gridmap.web.words import Language, kind_name, say

#: Doors drawn one by one, at once; more are drawn when asked for, one spot for each square of `SPOT` degrees (100 m).
MOST_SPOTS: Final = 60
SPOT: Final = 1e-3


def summary(gaps: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return groups in order: `group`, `count`, `kinds`: `kind`, `count`, `doors`, `households`, `residents`, `hours`.

    A door is in several kinds at once, so kinds are not added up. `residents` is None where one gap does not know.
    """
    made: list[dict[str, Any]] = []
    for group in GROUPS:
        mine = gaps[gaps["group"] == group]
        kinds = [
            {
                "kind": str(kind),
                "count": int(rows["detail"].map(lambda detail: detail.get("count", 1)).sum()),
                "doors": int(rows["doors"].sum()),
                "households": int(rows["households"].sum()),
                "residents": _people(rows),
                "hours": None if rows["hours"].isna().all() else float(rows["hours"].sum()),
            }
            for kind, rows in mine.groupby("kind", sort=False)
        ]
        made.append({"group": group, "count": sum(one["count"] for one in kinds), "kinds": kinds})
    return made


def _people(rows: pd.DataFrame) -> int | None:
    told = rows.loc[rows["doors"] > 0, "residents"]
    return None if told.empty or told.isna().any() else int(told.sum())


def pins(
    gaps: gpd.GeoDataFrame, here: Station, language: Language, *, first: int, now: datetime
) -> list[dict[str, Any]]:
    """Return gaps as numbered places for map and list; `first` is the number of the first.

    What has a `geometry` is drawn at once; the doors of a large gap (`doors_at`) when it is chosen.
    """
    if gaps.empty:
        return []
    teller = Teller(here, language, now)
    spots = shapely.point_on_surface(gaps.geometry.to_numpy())
    shapes = features.geometries(np.array([_thin(shape) for shape in gaps.geometry], dtype=object), features.COARSE)
    drawn = gaps.geometry.to_numpy()
    crowd = (shapely.get_type_id(drawn) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(drawn) > MOST_SPOTS
    )
    rows: Any = zip(gaps.itertuples(), spots, shapes, crowd, strict=True)
    return [
        {
            **teller.pin(row),
            "n": n,
            "lon": round(spot.x, features.DECIMALS),
            "lat": round(spot.y, features.DECIMALS),
            "geometry": None if many else shape,
            "doors_at": shape if many else None,
            "zoom": 15,
        }
        for n, (row, spot, shape, many) in enumerate(rows, start=first)
    ]


def _thin(shape: Any) -> shapely.Geometry:
    """Return many points as fewer: what the map shows is where they are, not how many."""
    if shape.geom_type != "MultiPoint" or len(shape.geoms) <= MOST_SPOTS:
        return shape  # type: ignore[no-any-return]
    return shapely.MultiPoint(np.unique(np.round(shapely.get_coordinates(shape) / SPOT), axis=0) * SPOT)


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells gaps of a station in a language, as of a moment."""

    here: Station
    language: Language
    now: datetime

    def pin(self, row: Any) -> dict[str, Any]:
        """Return one gap in words, as the list and the map's popup have it."""
        residents = None if pd.isna(row.residents) else int(row.residents)
        told = {
            "kind": row.kind,
            "title": kind_name(row.kind, self.language),
            "where": self._where(row),
            "why": self._because(row) or self._besides(row),
            "since": self._since(row),
            "doors": int(row.doors),
            "households": int(row.households),
            "residents": residents,
            "size": self._size(row),
            "do": self._say(row.todo),
        }
        pairs = [
            ("gaps_where", told["where"]),
            ("gaps_since", told["since"]),
            ("doors", f"{row.doors:,}" if row.doors else ""),
            ("households", f"{row.households:,}" if row.households else ""),
            ("gaps_residents", "" if residents is None else f"{residents:,}"),
            ("gaps_size", told["size"]),
            ("gaps_why_it_is", told["why"]),
            ("gaps_do", told["do"]),
        ]
        return told | {"pairs": [[self._say(key), value] for key, value in pairs]}

    def _say(self, key: str, **facts: object) -> str:
        return say(key, self.language, **facts)

    def _where(self, row: Any) -> str:
        if row.kind.startswith("dispute_") and not row.code:
            return self._say("gaps_whole_station")
        name = shell.name_of({"name_zh": row.name_zh, "name_en": row.name_en, "code": row.code}, self.language)
        return name or " ".join(row.detail.get("beats", [])) or "–"

    def _because(self, row: Any) -> str:
        """Return who is away or has too much."""
        detail: dict[str, Any] = row.detail
        if row.kind in {"officer_overloaded", "member_overloaded"}:
            who = shell.name_of({"name": row.who, "name_en": detail["name_en"]}, self.language)
            return self._say("gaps_over_limit", who=who, n=f"{row.doors:,}", limit=f"{detail['limit']:,}")
        if row.who and row.until is not None:
            # `until` is the first day after: whoever is away is back then; a posting held to the day before.
            away = row.kind == "leave_no_substitute"
            day: date = row.until if away else row.until - timedelta(days=1)
            return self._say("on_leave_until" if away else "posted_until", who=row.who, until=day)
        return ""

    def _besides(self, row: Any) -> str:
        """Return what else is known: what the plate says, how many of how many, until when."""
        detail: dict[str, Any] = row.detail
        if row.kind == "plate_elsewhere":
            was, now = (
                " ".join(code for code in detail[side].values() if code) or "–" for side in ("says", "stands_in")
            )
            return self._say("gaps_says", was=was, now=now)
        if "of_doors" in detail:
            told = [self._say("gaps_of_doors", n=f"{detail['of_doors']:,}")] if detail["of_doors"] != row.doors else []
            told += [self._say("gaps_never_n", n=f"{detail['never']:,}")] if detail["never"] else []
            return (", " if self.language == "en" else "，").join(told)
        if row.group == "time":
            end = detail["spans"][0][1] if "spans" in detail else row.until
            return self._say("gaps_until", at=self._moment(end)) if end else ""
        lost = row.kind.startswith("dispute_") and row.code and not detail.get("placed", True)
        return self._say("gaps_no_place") if lost else ""

    def _size(self, row: Any) -> str:
        """Return the size that is not doors: ground, hours, minutes, disputes."""
        if pd.notna(row.area_m2):
            return f"{row.area_m2:,.0f} m²"
        if pd.notna(row.hours):
            return self._say("gaps_hours", n=f"{row.hours:,.1f}")
        if "minutes" in row.detail:
            return self._say("gaps_minutes", n=f"{row.detail['minutes']:,.0f}")
        if row.kind.startswith("dispute_") and not row.code:
            return self._say("gaps_n_disputes", n=f"{row.detail['count']:,}")
        return ""

    def _since(self, row: Any) -> str:
        if pd.isna(row.since):
            return self._say("gaps_since_unknown")
        local = shell.local_time(row.since, self.here)
        told = f"{local:%Y-%m-%d %H:%M}" if row.group == "time" else f"{local:%Y-%m-%d}"
        if row.since > self.now:
            return self._say("gaps_from", at=told)
        bound = row.detail.get("since_is")
        return self._say(f"gaps_{bound}", at=told) if bound else told

    def _moment(self, at: Any) -> str:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return f"{shell.local_time(moment, self.here):%m-%d %H:%M}"


def note_words(note: Note, here: Station, language: Language) -> str:
    """Return what a reader has to know about the list, in words."""
    facts: dict[str, Any] = {}
    for name, value in note.facts.items():
        if isinstance(value, datetime):
            facts[name] = f"{shell.local_time(value, here):%Y-%m-%d %H:%M}"
        else:
            facts[name] = say(f"gaps_by_{value}", language) if name == "by" else f"{value:g}"
    return say(f"gaps_note_{note.key}", language, **facts)
