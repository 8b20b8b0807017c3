"""The page on which a planner changes a draft's boundaries, and the form that opens a draft."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.http.csrf import csrf_token
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import editions as service
from gridmap.store import editions, frames
from gridmap.store.tables import Edition, Station
from gridmap.web import shell
from gridmap.web.entry import choose_station
from gridmap.web.maps import base, features, ground
from gridmap.web.words import KINDS, TAGS, Language, draw, kind_name, repair, say
from gridmap.web.words.draw_reasons import REASONS
from gridmap.web.words.import_reasons import sentences

router = APIRouter(include_in_schema=False)
DrawerDep = Annotated[Actor, Depends(allowed(Action.DRAW_DRAFT))]
#: Words of every page that the modules of this one say too.
TOLD: Final = (
    "not_loaded", "zoom_in", "zoom_out", "map_label", "loading", "beat", "beats", "grid_cell", "grid_cells", "zone",
    "area", "doors", "households", "load", "officer", "grid_member", "compactness", "nobody", "total", "no_faults",
    "code",
)  # fmt: skip


@router.get("/plan/draw")
def draw_page(
    request: Request, session: SessionDep, actor: DrawerDep, *, station: str | None = None, edition: int | None = None
) -> Response:
    """Show a draft to be changed: the one asked for, else the newest; what is no draft is shown on the planner's page."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    listed = editions.list_page(session, here.code)
    newest = next((one for one in listed if one.status == "draft"), None)
    shown = editions.find(session, here.code, edition) if edition else newest
    if shown is None or shown.status != "draft":
        number = {} if shown is None else {"edition": shown.number}
        return RedirectResponse("/plan?" + urlencode({"station": here.code, **number}), 303)
    in_force = next((one for one in listed if one.status == "published"), None)
    facts = _facts(session, here, shown, in_force, shell.language_of(request))
    facts |= {"me": actor.login, "csrf": csrf_token(request)}
    return shell.page(
        request,
        "draw.html",
        actor=actor,
        station=here,
        shown=shown,
        in_force=in_force,
        map=base.build("draw", base.base_map_of(request)),
        facts=shell.in_script(facts),
    )


@router.post("/plan/draft")
def open_draft(
    session: SessionDep,
    actor: DrawerDep,
    station: Annotated[str, Form()],
    edition: Annotated[int | None, Form(alias="base", ge=1)] = None,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Open a draft that holds the zones of edition `base` (the one in force where none is named), and go and draw."""
    code = require_station(actor, station)
    draft = service.open_draft(session, code, by=actor.login, base=edition, note=note)
    return RedirectResponse("/plan/draw?" + urlencode({"station": code, "edition": draft.number}), 303)


def _villages(session: Session, station: str) -> list[dict[str, Any]]:
    places: Any = frames.places(session, station)
    chosen: list[dict[str, Any]] = places[places["kind"] == "village"][["code", "name_zh", "name_en"]].to_dict(
        "records"
    )
    return chosen


def _facts(
    session: Session, here: Station, shown: Edition, in_force: Edition | None, language: Language
) -> dict[str, Any]:
    """Return what the page's modules need to know; the draft itself they ask from the API."""
    of_station = f"/api/v1/stations/{here.code}"
    return {
        "lang": language,
        "tag": TAGS[language],
        "bbox": features.box(frames.jurisdiction(session, here.code)),
        "ground": ground.ground_url(here.code),
        "before": None if in_force is None else ground.zones_url(in_force),
        "api": f"{of_station}/editions/{shown.number}",
        "gaps": f"{of_station}/allowed-gaps",
        "kinds": {kind: kind_name(kind, language) for kind in KINDS},
        "reasons": {**(REASONS if language == "zh" else {}), **sentences(zh=language == "zh")},
        "villages": _villages(session, here.code),
        "words": {key: say(key, language) for key in (*TOLD, *draw.WORDS, *repair.WORDS)},
    }
