"""The page that says where to put police posts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor
from gridmap.errors import Invalid
from gridmap.http.spells import SpellsDep
from gridmap.services.proposals import posts as service
from gridmap.services.proposals.posts import PostsFound, PostsGround, PostsWishes
from gridmap.services.proposals.wishes import not_possible
from gridmap.store import editions, frames
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.entry import choose_station
from gridmap.web.maps import base, features, ground
from gridmap.web.words import TAGS, Language, say

router = APIRouter(include_in_schema=False)
#: Words the browser's modules say.
TOLD = ("not_loaded", "zoom_in", "zoom_out", "map_label", "loading", "pp_circle")


@router.get("/plan/posts")
def posts(
    request: Request,
    spells: SpellsDep,
    *,
    station: str | None = None,
    posts: str = "",
    reach: str = "800",
    backup: str = "",
    sites: str = "doors",
    at: Annotated[str, Query(max_length=8_000)] = "",
) -> Response:
    """Show the form; with a number of posts also where they go. Nothing is kept: the address says it all."""
    values = {"posts": posts or "6", "reach": reach, "backup": bool(backup), "sites": sites, "at": at}
    found: PostsFound | None = None
    problem: dict[str, str] | None = None
    with spells.open(Action.DRAW_DRAFT) as (session, actor):
        here = choose_station(session, actor, station)
        if here is None:
            return shell.page(request, "station.html", actor=actor, stations=[])
        given: tuple[PostsGround, PostsWishes] | None = None
        if posts:
            try:
                wishes = _wishes(values)
                given = service.read(session, here.code, wishes), wishes
            except Invalid as error:
                problem = _problem(error)
        if given is None:
            return _page(request, session, actor, here, values=values, found=None, named=[], problem=problem)
    try:
        found = service.place(*given)
    except Invalid as error:
        problem = _problem(error)
    with spells.open(Action.DRAW_DRAFT) as (session, actor):
        named = [] if found is None else service.named(session, here.code, found)
        return _page(request, session, actor, here, values=values, found=found, named=named, problem=problem)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    here: Station,
    *,
    values: dict[str, Any],
    found: PostsFound | None,
    named: list[dict[str, Any]],
    problem: dict[str, str] | None,
) -> Response:
    language = shell.language_of(request)
    in_force = editions.in_force(session, here.code)
    urls = [ground.ground_url(here.code), *([] if in_force is None else [ground.zones_url(in_force)])]
    pins = [_pin(one, language) for one in named]
    facts = {
        "lang": language,
        "tag": TAGS[language],
        "bbox": features.box(frames.jurisdiction(session, here.code)),
        "ground": urls[0],
        "zones": urls[1] if len(urls) > 1 else None,
        "pins": pins,
        "reach_m": 0 if found is None else found.wishes.reach_m,
        "words": {key: say(key, language) for key in TOLD},
    }
    return shell.page(
        request,
        "proposals_posts.html",
        actor=actor,
        station=here,
        status=200 if problem is None else 422,
        may_draw=True,
        values=values,
        found=found,
        pins=pins,
        problem=problem,
        village=lambda one: (
            (one["village_en"] if language == "en" else "") or one["village_zh"] or say("pp_no_village", language)
        ),
        map=base.build("posts", base.base_map_of(request)),
        urls=urls,
        facts=shell.in_script(facts),
    )


def _wishes(values: dict[str, Any]) -> PostsWishes:
    """Return the wishes of the form.

    Raises
    ------
    WishNotPossible
        If a number is none.
    """
    numbers = {}
    for name in ("posts", "reach"):
        try:
            numbers[name] = float(str(values[name])[:20])
        except ValueError:
            raise not_possible(name, f"{name}: {str(values[name])[:20]!r} is no number") from None
    if not numbers["posts"].is_integer():
        raise not_possible("posts", f"posts: {numbers['posts']:g} is no whole number")
    lines = tuple(
        dict.fromkeys(line.strip() for line in str(values["at"]).replace("\0", "").splitlines() if line.strip())
    )
    return PostsWishes(int(numbers["posts"]), numbers["reach"], values["backup"], values["sites"], lines)


def _problem(error: Invalid) -> dict[str, str]:
    field = str(error.facts.get("field", ""))
    return {"field": {"reach_m": "reach"}.get(field, field), "detail": error.detail}


def _pin(one: dict[str, Any], language: Language) -> dict[str, Any]:
    village = (one["village_en"] if language == "en" else "") or one["village_zh"]
    where = one["short"] or village
    return {
        "n": one["n"],
        "title": say("pp_post", language, n=one["n"]),
        "where": where,
        "village": village,
        "households": one["households"],
        "kept": one["kept"],
        "zoom": 15,
        "pairs": [
            [say("pp_village", language), village],
            [say("pp_address", language), one["address"]],
            [say("households", language), f"{one['households']:,}"],
        ],
        "lon": one["lon"],
        "lat": one["lat"],
        "geometry": None,
    }
