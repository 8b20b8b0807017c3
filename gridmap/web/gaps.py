"""The page of coverage gaps: where nobody is responsible, and when; list, map, hours of the week, downloads."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import geopandas as gpd
from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.geo.reach import Mode
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import coverage
from gridmap.services.coverage import GROUPS, KINDS, Coverage, GapKindNotKnown, Limits
from gridmap.store import audit, editions, frames
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.entry import choose_station
from gridmap.web.gaps_rows import note_words, pins, summary
from gridmap.web.gaps_week import week_chart, week_table
from gridmap.web.maps import base, features, ground
from gridmap.web.words import TAGS, kind_name, say

router = APIRouter(include_in_schema=False)
AnalystDep = Annotated[Actor, Depends(allowed(Action.READ_ANALYSES))]
#: Gaps on one page of the list.
A_PAGE: Final = 50
#: Column a reader may sort by -> column of the frame, and whether the largest come first.
SORTS: Final = {
    "where": ("code", False), "since": ("since", False), "doors": ("doors", True), "households": ("households", True),
    "residents": ("residents", True), "hours": ("hours", True),
}  # fmt: skip
DISPUTES: Final = frozenset({"dispute_no_follow_up", "dispute_idle"})
TOLD: Final = (
    "not_loaded", "zoom_in", "zoom_out", "map_label", "loading", "code", "gaps_clear", "gaps_zone_only", "gaps", "doors",
    "households",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for; empty means all. `zone` is a beat; `sort` is in `SORTS`, "" the order of kinds."""

    station: str
    group: str = ""
    kind: str = ""
    zone: str = ""
    minutes: float | None = None
    by: Mode | None = None
    sort: str = ""
    up: bool = False
    page: int = 1

    def url(self, path: str = "/gaps", **changes: Any) -> str:
        """Return the address of this filter with some of it changed; a changed filter begins at its first page."""
        told = dataclasses.asdict(self) | {"page": 1} | changes
        told["up"] = int(told["up"]) or None
        told["page"] = None if told["page"] == 1 else told["page"]
        return f"{path}?{urlencode({name: value for name, value in told.items() if value not in (None, '')})}"

    def of(self, gaps: gpd.GeoDataFrame, *, kinds: bool = True) -> gpd.GeoDataFrame:
        """Return the gaps that pass, sorted; without `kinds` those of all kinds."""
        if kinds and self.kind:
            gaps = gaps[gaps["kind"] == self.kind]
        elif kinds and self.group:
            gaps = gaps[gaps["group"] == self.group]
        if self.zone:
            gaps = gaps[gaps["detail"].map(lambda detail: self.zone in detail.get("beats", ())).astype(bool)]
        if self.sort:
            column, largest = SORTS[self.sort]
            gaps = gaps.sort_values(column, ascending=largest == self.up, kind="stable", na_position="last")
        return gaps

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.group or self.kind or self.zone)


def filter_of(
    *,
    group: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    zone: Annotated[str, Query(max_length=64)] = "",
    minutes: Annotated[float | None, Query(gt=0, le=1_440)] = None,
    by: Mode | None = None,
    sort: Annotated[str, Query(max_length=20)] = "",
    up: bool = False,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Filter:  # fmt: skip
    """Return the filter of an address.

    Raises
    ------
    GapKindNotKnown
        If it names a group or kind there is not.
    """
    if (group and group not in GROUPS) or (kind and kind not in KINDS):
        raise GapKindNotKnown(f"no group {group!r} or kind {kind!r} of gap; open the page without a filter")
    return Filter("", group, kind, zone, minutes, by, sort if sort in SORTS else "", up, page)


FilterDep = Annotated[Filter, Depends(filter_of)]


@router.get("/gaps")
def gaps_page(
    request: Request, session: SessionDep, actor: AnalystDep, asked: FilterDep, station: str | None = None
) -> Response:
    """Show the gaps of a station: by group and kind, as a list, on the map, and by hour of the week."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    wanted = dataclasses.replace(asked, station=here.code)
    language = shell.language_of(request)
    found = _found(request, session, actor, here, wanted)
    shown = wanted.of(found.gaps)
    pages = max(1, math.ceil(len(shown) / A_PAGE))
    wanted = dataclasses.replace(wanted, page=min(wanted.page, pages))
    first = (wanted.page - 1) * A_PAGE
    listed = pins(shown.iloc[first : first + A_PAGE], here, language, first=first + 1, now=found.at)
    _record(session, actor, here, shown.iloc[first : first + A_PAGE])
    in_force = editions.in_force(session, here.code)
    beats = (
        []
        if in_force is None
        else frames.zones(session, in_force.id, "beat").drop(columns="geometry").to_dict("records")
    )
    urls = [ground.ground_url(here.code)]
    if in_force is not None:
        urls.insert(0, ground.zones_url(in_force))
    return shell.page(
        request,
        "gaps.html",
        actor=actor,
        station=here,
        wanted=wanted,
        found=found,
        at=shell.local_time(found.at, here),
        in_all=len(found.gaps),
        count=len(shown),
        page_count=pages,
        groups=summary(wanted.of(found.gaps, kinds=False)),
        pins=listed,
        beats=beats,
        kinds=[(kind, kind_name(kind, language)) for kind in KINDS if not wanted.group or KINDS[kind] == wanted.group],
        group_names=GROUPS,
        notes=[note_words(note, here, language) for note in found.notes],
        week=None if found.week is None else week_chart(found.week, language, zone=wanted.zone),
        table=None if found.week is None or not wanted.zone else week_table(found.week, language, wanted.zone),
        map=base.build("gaps", base.base_map_of(request)),
        urls=urls,
        facts=shell.in_script(
            {
                "lang": language,
                "tag": TAGS[language],
                "bbox": features.box(frames.jurisdiction(session, here.code)),
                "zones": urls[0] if in_force is not None else None,
                "ground": ground.ground_url(here.code),
                "zone": wanted.zone,
                "of_zone": wanted.url(zone="") + "&zone=",
                "pins": listed,
                "words": {key: say(key, language) for key in TOLD},
            }
        ),
    )


@router.get("/gaps/gaps.csv")
def gaps_csv(
    request: Request, session: SessionDep, actor: AnalystDep, asked: FilterDep, station: str
) -> Response:  # fmt: skip
    """Return the gaps of a filter as a table for a spreadsheet."""
    here = editions.find_station(session, require_station(actor, station))
    gaps = asked.of(_found(request, session, actor, here, asked).gaps)
    _record(session, actor, here, gaps)
    return _file(coverage.as_csv(gaps), "text/csv; charset=utf-8", f"gaps-{here.code}.csv")


@router.get("/gaps/gaps.geojson")
def gaps_geojson(
    request: Request, session: SessionDep, actor: AnalystDep, asked: FilterDep, station: str
) -> Response:  # fmt: skip
    """Return the gaps of a filter as GeoJSON."""
    here = editions.find_station(session, require_station(actor, station))
    found = _found(request, session, actor, here, asked)
    gaps = asked.of(found.gaps)
    _record(session, actor, here, gaps)
    members = {"station": here.code, "at": found.at.isoformat(), "synthetic": here.synthetic}
    return _file(coverage.as_geojson(gaps, members), "application/geo+json", f"gaps-{here.code}.geojson")


def _found(request: Request, session: Session, actor: Actor, here: Station, wanted: Filter) -> Coverage:
    """Return every gap of a station by the limits of this service and of the address."""
    limits: Limits = request.app.state.gap_limits
    wishes: dict[str, Any] = {"reach_minutes": wanted.minutes, "reach_by": wanted.by}
    limits = dataclasses.replace(limits, **{name: value for name, value in wishes.items() if value is not None})
    shelf: coverage.Shelf = request.app.state.gap_shelf
    return shelf.look(session, here.code, limits, disputes=actor.may(Action.READ_INCIDENTS))


def _record(session: Session, actor: Actor, here: Station, gaps: gpd.GeoDataFrame) -> None:
    """Put on record that somebody was shown disputes one by one."""
    if actor.may(Action.READ_INCIDENTS) and gaps["kind"].isin(DISPUTES).any():
        audit.write(session, [here.code], by=actor.login, action="look", thing="disputes", after={"gaps": True})


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=media_type, headers=headers)
