"""The page that compares two editions: on the map, in tables, and on paper."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import comparisons, lists
from gridmap.services.comparisons import Comparison, ZonesNotComparable
from gridmap.store import editions, frames
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition, Station
from gridmap.web import shell
from gridmap.web.entry import choose_station
from gridmap.web.maps import base, features, ground
from gridmap.web.words import TAGS, Language, compare, say

router = APIRouter(include_in_schema=False)
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
#: A list of pieces longer than this helps nobody; the rest is counted.
MOST_PIECES: Final = 300
#: Kinds of change in the order of the legend.
KINDS: Final = ("split", "merged", "added", "removed", "moved", "reshaped", "kept")
#: Kind of change -> the word for it.
WORD_OF: Final = {kind: "compare_kept" if kind == "kept" else f"change_{kind}" for kind in KINDS}
#: Words of every page that the modules of this one say too.
TOLD: Final = (
    "not_loaded",
    "zoom_in",
    "zoom_out",
    "map_label",
    "loading",
    "area",
    "doors",
    "households",
    "officer",
    "load",
)


@router.get("/plan/compare")
def compare_page(
    request: Request,
    session: SessionDep,
    actor: DraftReaderDep,
    *,
    station: str | None = None,
    before: int | None = None,
    after: int | None = None,
    kind: ZoneKind = "beat",
) -> Response:
    """Show two editions against each other: the ones asked for, else the one in force and the newest beside it."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    listed = editions.list_page(session, here.code)
    if not listed:
        return shell.page(request, "plan_empty.html", actor=actor, station=here, may_draw=actor.may(Action.DRAW_DRAFT))
    old, new = chosen(session, actor, here, listed, before, after)
    language = shell.language_of(request)
    told, why = None, ""
    try:
        told = comparisons.compare(session, here.code, old.number, new.number, kind=kind)
    except ZonesNotComparable as error:  # a draft may be too broken to be compared; its check tells where
        why = error.detail
    pieces = [] if told is None else _pieces(told, language)
    return shell.page(
        request,
        "compare.html",
        actor=actor,
        station=here,
        editions=listed,
        before=old,
        after=new,
        kind_shown=kind,
        told=told,
        why=why,
        kinds=[name for name in KINDS if told is not None and name in told.totals.changes],
        zones=[] if told is None else _zones(told),
        officers=[] if told is None else told.officers.to_dict("records"),
        most=0.0 if told is None else _most(told),
        pieces=pieces,
        pieces_left=0 if told is None else len(told.pieces) - len(pieces),
        figures_at=shell.local_time(told.at if told is not None else datetime.now().astimezone(), here),
        share=share,
        sheet=sheet_url(here, old, new),
        map=base.build("compare", base.base_map_of(request)),
        urls=[ground.zones_url(old), ground.zones_url(new), ground.ground_url(here.code)],
        facts=shell.in_script(
            _facts(session, here, (old, new), told=told, kind=kind, pieces=pieces, language=language)
        ),
    )


def chosen(
    session: Session, actor: Actor, here: Station, listed: list[Edition], before: int | None, after: int | None
) -> tuple[Edition, Edition]:
    """Return the two editions asked for; else the one in force, and the newest other one (itself where there is none).

    Raises
    ------
    EditionNotFound
        If one asked for does not exist.
    """
    in_force = next((one for one in listed if one.status == "published"), listed[-1])
    others = [one for one in listed if one.id != in_force.id]
    old = in_force if before is None else lists.edition(session, actor, here.code, before)
    if after is not None:
        return old, lists.edition(session, actor, here.code, after)
    if old.id != in_force.id:
        return old, in_force
    return old, others[0] if others else in_force


def sheet_url(here: Station, old: Edition, new: Edition) -> str:
    """Return where the comparison is had as a sheet of paper."""
    return f"/api/v1/stations/{here.code}/editions/{new.number}/changes-since/{old.number}/sheet.pdf"


def share(part: float, whole: float) -> str:
    """Return a share as a page shows it.

    >>> share(1, 8), share(0, 0), share(1, 100000)
    ('12.5%', '0%', '< 0.1%')
    """
    if not part or not whole:
        return "0%"
    percent = 100 * part / whole
    return "< 0.1%" if percent < 0.1 else f"{percent:.1f}%"


def _zones(told: Comparison) -> list[dict[str, Any]]:
    """Return the zones, what changed most first."""
    order = {name: place for place, name in enumerate(KINDS)}
    rows: list[dict[str, Any]] = told.zones.to_dict("records")  # type: ignore[assignment]  # the columns are names
    return sorted(rows, key=lambda row: (order[row["change"]], row["code"]))


def _most(told: Comparison) -> float:
    """Return the households of the person who has the most, before or after: the length of a whole bar."""
    figures = told.officers[["households_before", "households_after"]].to_numpy(dtype=np.float64)
    return float(figures.max()) if figures.size else 0.0


def _names(told: Comparison, language: Language) -> dict[str, str]:
    rows: Any = told.zones[["code", "name_zh", "name_en"]].to_dict("records")
    return {row["code"]: shell.name_of(row, language) for row in rows}


def _pieces(told: Comparison, language: Language) -> list[dict[str, Any]]:
    """Return the pieces of ground as numbered places for map and table."""
    names = _names(told, language)
    nowhere = say("compare_nowhere", language)
    shown = told.pieces.head(MOST_PIECES)
    spots = shown.geometry.representative_point()
    rows: Any = zip(shown.itertuples(), spots, features.geometries(shown.geometry.to_numpy()), strict=True)
    return [
        {
            "n": int(row.n),
            "title": say("compare_piece", language, n=row.n),
            "from": names.get(row.from_code, nowhere),
            "to": names.get(row.to_code, nowhere),
            "area": row.area_m2 / 1e4,
            "doors": int(row.doors),
            "households": int(row.households),
            "pairs": [
                [say("compare_from", language), names.get(row.from_code, nowhere)],
                [say("compare_to", language), names.get(row.to_code, nowhere)],
                [say("area", language), f"{row.area_m2 / 1e4:,.2f} {say('compare_hectares', language)}"],
                [say("doors", language), f"{row.doors:,}"],
                [say("households", language), f"{row.households:,}"],
            ],
            "lon": round(spot.x, features.DECIMALS),
            "lat": round(spot.y, features.DECIMALS),
            "geometry": shape,
        }
        for row, spot, shape in rows
    ]


def _facts(
    session: Session,
    here: Station,
    two: tuple[Edition, Edition],
    *,
    told: Comparison | None,
    kind: ZoneKind,
    pieces: list[dict[str, Any]],
    language: Language,
) -> dict[str, Any]:
    """Return what the page's modules need to know."""
    return {
        "lang": language,
        "tag": TAGS[language],
        "bbox": features.box(frames.jurisdiction(session, here.code)),
        "kind": kind,
        "before": ground.zones_url(two[0]),
        "after": ground.zones_url(two[1]),
        "ground": ground.ground_url(here.code),
        "changes": {} if told is None else dict(zip(told.zones["code"], told.zones["change"], strict=True)),
        "pins": pieces,
        "words": {key: say(key, language) for key in (*TOLD, *compare.WORDS)},
    }


def url(station: str, before: int, after: int) -> str:
    """Return the address of the page for two editions."""
    return "/plan/compare?" + urlencode({"station": station, "before": before, "after": after})
