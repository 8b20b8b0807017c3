"""The officer's page: where disputes gather, when, whether that is more than chance, and what nobody answers for.

The page itself is light: frame, filters, legend and the number of incidents. Its modules ask for the analyses a person
chooses. Everything that is chosen stands in the address, so that a link is a view.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import shapely
from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.http.views import AskedDep
from gridmap.services import analyses, map_page, views
from gridmap.services.own_ground import own_ground
from gridmap.services.views import DISPUTES, Asked, View
from gridmap.store import editions, frames
from gridmap.store import figures as counts
from gridmap.store.tables import Station
from gridmap.web import desk_open, map_gaps, shell
from gridmap.web.entry import choose_station
from gridmap.web.map_layers import ASKED, NONE, PANELS, PICTURES, TABLES, Panel, catalogue, options_of, picture_of
from gridmap.web.maps import base, features, ground
from gridmap.web.words import TAGS, WEEKDAYS, map_methods, say
from gridmap.web.words import map_page as page_words

router = APIRouter(include_in_schema=False)
AnalystDep = Annotated[Actor, Depends(allowed(Action.READ_OWN_ANALYSES))]
#: Words of every page that the modules of this one say too.
TOLD: Final = (
    "not_loaded", "zoom_in", "zoom_out", "map_label", "loading", "events", "cell", "time", "number", "aggregated", "officer",
    "nobody", "code", "zone", "beat", "grid_cell", "doors", "households", "incidents", "incident", "dispute", "unit_doors",
    "unit_households", "all_disputes", "all_incidents", "category", "no_gaps", "days_n", "one_year", "three_years", "no_data_period", "area",
    "desk_open_now",
)  # fmt: skip
#: Modules every view of the page runs, so that the browser asks for them at once.
MODULES: Final = (
    "map_state.js", "map_ask.js", "map_looks.js", "map_cells.js", "map_legend.js", "map_filters.js", "map_period.js", "map_clicked.js",
    "map_where.js", "map_zones.js", "map_top.js",
)  # fmt: skip
TIERS: Final = (1, 2, 3, 4)
LayerName = Annotated[str | None, Query(max_length=20)]


@router.get("/map")
def officer_map(
    request: Request,
    session: SessionDep,
    actor: AnalystDep,
    asked: AskedDep,
    *,
    station: str | None = None,
    layer: LayerName = None,
    panel: str = "where",
) -> Response:
    """Show the view an address means."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    language = shell.language_of(request)
    known = counts.categories(session)
    view = views.settle(session, here, wanted(request, asked), known)
    only = ground_of(session, actor, here)
    everything = actor.may(Action.READ_ANALYSES)
    offered = [one for one in PANELS if everything or one != "gaps"]
    shown: Panel = next((one for one in offered if one == panel), "where")
    picture = picture_of(layer, shown)
    incidents, disputes = map_page.held(session, here, view, only)
    in_force = editions.in_force(session, here.code)
    may_read = actor.may(Action.READ_INCIDENTS)
    said = {name: request.query_params[name] for name in OPTIONS if name in request.query_params}
    pins = map_gaps.pins(request, session, here) if shown == "gaps" else None
    first = dict.fromkeys((*((picture,) if picture != NONE else ()), *ASKED.get(shown, ())))
    urls = [ground.ground_url(here.code)]
    if in_force is not None:
        urls.insert(0, ground.zones_url(in_force))
    urls += [ask_url(here, view, name, said) for name in first if name in analyses.ANALYSES]
    state = [*_pairs(view, said), ("layer", picture), ("panel", shown)]
    return shell.page(
        request,
        "map.html",
        actor=actor,
        station=here,
        view=view,
        categories=known,
        latest=_latest(session, here) if everything and not incidents else None,
        weekdays=[names[0 if language == "zh" else 1] for names in WEEKDAYS],
        tiers=TIERS,
        incidents=incidents,
        disputes=disputes,
        open=desk_open.open_tiers(session, actor, here),
        panels=[(one, address(here, state, panel=one, layer=None)) for one in offered],
        shown=shown,
        picture=picture,
        pictures=[(name, address(here, state, layer=name)) for name, one in PICTURES.items() if one.panel == "where"],
        chosen=PICTURES.get(picture),
        may_read=may_read,
        everything=everything,
        pins=pins,
        modules=MODULES,
        map=base.build("map", base.base_map_of(request)),
        urls=urls,
        facts=shell.in_script(
            {
                "lang": language,
                "tag": TAGS[language],
                "station": here.code,
                "timezone": here.timezone,
                "bbox": features.box(frames.jurisdiction(session, here.code) if only is None else only),
                "zones": urls[0] if in_force is not None else None,
                "ground": ground.ground_url(here.code),
                "query": urlencode(state),
                "pictures": catalogue(),
                "tables": TABLES,
                "asked": ASKED,
                "there": list(analyses.ANALYSES),
                "held": [incidents, disputes],
                "may_read": may_read,
                "pins": pins,
                "kinds": {
                    one.code: {"name_zh": one.name_zh, "name_en": one.name_en, "is_dispute": one.is_dispute}
                    for one in known
                },
                "weekdays": [names[0 if language == "zh" else 1] for names in WEEKDAYS],
                "words": {key: say(key, language) for key in (*TOLD, *page_words.WORDS, *map_methods.WORDS)},
            }
        ),
    )


#: Parameters of an address that say how something is counted.
OPTIONS: Final = ("shape", "size", "bandwidth", "per", "against", "ahead", "distance", "days", "weight", "control")


def wanted(request: Request, asked: Asked) -> Asked:
    """Return what an address asks for; one that says nothing of categories, not even "all of them", means disputes."""
    return asked if "category" in request.query_params else replace(asked, category=(DISPUTES,))


def ask_url(here: Station, view: View, name: str, said: dict[str, str]) -> str:
    """Return where the page's modules ask an analysis about a view: the very address they make themselves."""
    chosen = [pair for pair in _pairs(view, {}) if name != "when" or pair[0] not in {"hours", "weekday"}]
    pairs = [*chosen, *options_of(name, said).items()]
    told = urlencode([(key, value) for key, value in pairs if value])
    return f"/api/v1/stations/{here.code}/analyses/{name}?{told}"


def address(here: Station, state: list[tuple[str, str]], **changed: str | None) -> str:
    """Return the address of the same view with something changed; None leaves it out."""
    kept = [(name, value) for name, value in state if name not in changed]
    new = [(name, value) for name, value in changed.items() if value is not None]
    return f"/map?{urlencode([('station', here.code), *kept, *new])}"


def ground_of(session: Session, actor: Actor, here: Station) -> shapely.Geometry | None:
    """Return the ground (EPSG:4326) beyond which a person may see nothing of incidents; None for the whole station.

    Raises
    ------
    NoCells
    """
    return own_ground(session, actor, here.code)


def _pairs(view: View, said: dict[str, str]) -> list[tuple[str, str]]:
    """Return a view and the options an address says as pairs; "every category" is said, since silence means disputes."""
    told = [(name, value) for name, values in view.query().items() for value in values]
    if not view.asked.category:
        told.insert(2, ("category", ""))
    return [*told, *said.items()]


def _latest(session: Session, here: Station) -> Any:
    span = counts.span_of_incidents(session, here.code)
    return None if span is None else shell.local_time(span[1], here).date()
