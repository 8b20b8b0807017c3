"""The page on which a draft is reviewed, approved and published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import geopandas as gpd
from fastapi import APIRouter, Depends, Request
from sqlalchemy import Row
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor
from gridmap.domain.editions import UNPUBLISHED
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import comments, comparisons, lists, reviews
from gridmap.services import editions as service
from gridmap.services.comparisons import Comparison, ZonesNotComparable
from gridmap.store import editions, frames
from gridmap.store import reviews as store
from gridmap.store.tables import Audit, Edition, Station
from gridmap.web import compare, review_steps, shell
from gridmap.web.entry import choose_station
from gridmap.web.maps import base, features, ground
from gridmap.web.words import TAGS, Language, kind_name, review, say

router = APIRouter(include_in_schema=False)
router.include_router(review_steps.router)
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
#: A list of faults longer than this helps nobody; the rest is counted.
MOST_FAULTS: Final = 200
#: An edition is overdue this long after its set time: the service looks three times a minute.
OVERDUE: Final = timedelta(minutes=1)
#: Words of every page that the modules of this one say too.
TOLD: Final = ("not_loaded", "zoom_in", "zoom_out", "map_label", "loading", "change")


@router.get("/plan/review")
def review_page(
    request: Request,
    session: SessionDep,
    actor: DraftReaderDep,
    *,
    station: str | None = None,
    edition: int | None = None,
    done: str = "",
) -> Response:
    """Show where an edition stands on its way to being published, what it changes, and what is said of it."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    listed = editions.list_page(session, here.code)
    if not listed:
        return shell.page(request, "plan_empty.html", actor=actor, station=here, may_draw=actor.may(Action.DRAW_DRAFT))
    shown = lists.edition(session, actor, here.code, edition) if edition is not None else _newest(listed)
    in_force = next((one for one in listed if one.status == "published"), None)
    language = shell.language_of(request)
    is_open = shown.status in UNPUBLISHED
    faults = _faults(session, request, here, shown, language) if is_open else []
    told = _told(session, here, in_force, shown) if is_open else None
    said = comments.list_page(session, shown)
    steps = store.history(session, here.code, shown.number)
    names = _names(session, shown, said, steps, language)
    threads = _threads(said, names, here)
    return shell.page(
        request,
        "review.html",
        actor=actor,
        station=here,
        editions=listed,
        shown=shown,
        in_force=in_force,
        is_open=is_open,
        steps=_steps(shown, names, here),
        may=_may(session, actor, here, shown, faults),
        stale_base=is_open and in_force is not None and shown.base != in_force.number,
        overdue=_overdue(session, shown),
        publish_at=None if shown.publish_at is None else shell.local_time(shown.publish_at, here),
        suggested=_tomorrow(session, here),
        faults=faults[:MOST_FAULTS],
        faults_left=max(0, len(faults) - MOST_FAULTS),
        acceptable=sorted({one["kind"] for one in faults if one["weight"] == "accept"}),
        told=told,
        threads=[one for one in threads if one["resolved_at"] is None],
        resolved=[one for one in threads if one["resolved_at"] is not None],
        history=_history(steps, names, here),
        done=_done(done, steps, shown, language),
        changed=[name for name in compare.KINDS if told is not None and name in told.totals.changes],
        share=compare.share,
        map=base.build("review", base.base_map_of(request)),
        urls=[ground.zones_url(shown), ground.ground_url(here.code)],
        facts=shell.in_script(
            _facts(session, here, (in_force, shown), told=told, faults=faults, threads=threads, language=language)
        ),
    )


def _newest(listed: Sequence[Edition]) -> Edition:
    """Return the edition that waits for somebody: in review, approved, a draft; else the newest."""
    for state in ("in_review", "approved", "draft"):
        for one in listed:
            if one.status == state:
                return one
    return listed[0]


def _told(session: Session, here: Station, in_force: Edition | None, shown: Edition) -> Comparison | None:
    """Return what the edition changes, or None where there is nothing to compare, or it is too broken."""
    if in_force is None:
        return None
    try:
        return comparisons.compare(session, here.code, in_force.number, shown.number)
    except ZonesNotComparable:
        return None


def _may(session: Session, actor: Actor, here: Station, shown: Edition, faults: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the steps this person may take now, and what stands in the way of one they might."""
    state, stops = shown.status, any(one["weight"] == "stop" for one in faults)
    own = state == "in_review" and here.two_person and reviews.own_work(session, shown, actor.login)
    draws, reviews_, publishes = (actor.may(one) for one in (Action.DRAW_DRAFT, Action.REVIEW, Action.PUBLISH))
    steps = {
        "hand_in": draws and state == "draft",
        "draw": draws and state == "draft",
        "approve": reviews_ and state == "in_review",
        "give_back": reviews_ and state in {"in_review", "approved"},
        "publish": publishes and (state == "approved" or (state == "draft" and not here.two_person)),
        "schedule": publishes and state == "approved" and shown.publish_at is None,
        "unschedule": publishes and state == "approved" and shown.publish_at is not None,
        "withdraw": actor.may(Action.WITHDRAW) and state == "published",
    }
    return {**steps, "any": any(steps.values()), "stops": stops, "own": own, "comment": _comments(actor, state)}


def _comments(actor: Actor, state: str) -> bool:
    return actor.may(Action.COMMENT) and state in UNPUBLISHED


def _steps(shown: Edition, names: dict[str, str], here: Station) -> list[dict[str, Any]]:
    """Return the four steps with who took each when; `state` is done, now or later."""
    order = ("draft", "in_review", "approved", "published")
    at = order.index(shown.status) if shown.status in order else len(order) - 1
    facts = (
        (shown.created_by, shown.created_at),
        (shown.submitted_by, shown.submitted_at),
        (shown.approved_by, shown.approved_at),
        (shown.published_by, shown.published_at),
    )
    return [
        {
            "name": name,
            "state": "done"
            if place < at or (when is not None and place == at == 3)
            else "now"
            if place == at
            else "later",
            "who": names.get(who or "", who or ""),
            "at": None if when is None else shell.local_time(when, here),
        }
        for place, (name, (who, when)) in enumerate(zip(order, facts, strict=True))
    ]


def _overdue(session: Session, shown: Edition) -> bool:
    waits = shown.status == "approved" and shown.publish_at is not None
    return waits and shown.publish_at is not None and shown.publish_at < editions.moment(session) - OVERDUE


def _tomorrow(session: Session, here: Station) -> datetime:
    """Return eight o'clock tomorrow by the station's clocks: when a new edition usually begins."""
    now = shell.local_time(editions.moment(session), here)
    return (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)


def _faults(
    session: Session, request: Request, here: Station, shown: Edition, language: Language
) -> list[dict[str, Any]]:
    """Return the faults as numbered places, what must be mended first; `weight` is stop, accept or harmless."""
    found = service.check(session, here.code, shown.number, sliver_m=request.app.state.settings.sliver_m)
    found["weight"] = [
        "harmless" if kind in service.HARMLESS else "accept" if kind in service.ACCEPTABLE else "stop"
        for kind in found["kind"]
    ]
    placed = found[found.geometry.notna() & ~found.geometry.is_empty]
    order = placed["weight"].map({"stop": 0, "accept": 1, "harmless": 2}).sort_values(kind="stable").index
    return _numbered(placed.loc[order], language)


def _numbered(found: gpd.GeoDataFrame, language: Language) -> list[dict[str, Any]]:
    spots = found.geometry.representative_point()
    rows: Any = zip(found.itertuples(), spots, features.geometries(found.geometry.to_numpy()), strict=True)
    return [
        {
            "n": n,
            "kind": row.kind,
            "weight": row.weight,
            "title": kind_name(row.kind, language),
            "zones": ", ".join(row.zones),
            "size": f"{row.area_m2:,.0f} m²" if row.area_m2 >= 1 else "",
            "pairs": [[say("zones", language), ", ".join(row.zones)]],
            "lon": round(spot.x, features.DECIMALS),
            "lat": round(spot.y, features.DECIMALS),
            "geometry": shape,
        }
        for n, (row, spot, shape) in enumerate(rows, start=1)
    ]


def _names(
    session: Session, shown: Edition, said: Sequence[Row[*tuple[Any, ...]]], steps: list[Audit], language: Language
) -> dict[str, str]:
    """Return the names shown for everybody on the page."""
    logins = {shown.created_by, shown.submitted_by, shown.approved_by, shown.published_by}
    logins |= {row.by for row in said} | {row.resolved_by for row in said} | {row.by for row in steps}
    found = store.names(session, [login for login in logins if login])
    return {**found, reviews.CLOCK: say("review_clock", language)}


def _threads(said: Sequence[Row[*tuple[Any, ...]]], names: dict[str, str], here: Station) -> list[dict[str, Any]]:
    """Return the comments with their answers, numbered in the order they came."""
    told = [
        {
            "id": row.id,
            "who": names.get(row.by, row.by),
            "at": shell.local_time(row.at, here),
            "text": row.text,
            "lon": row.lon,
            "lat": row.lat,
            "reply_to": row.reply_to,
            "resolved_at": None if row.resolved_at is None else shell.local_time(row.resolved_at, here),
            "resolved_by": names.get(row.resolved_by or "", row.resolved_by),
        }
        for row in said
    ]
    roots = [one for one in told if one["reply_to"] is None]
    return [
        {**root, "n": n, "answers": [one for one in told if one["reply_to"] == root["id"]]}
        for n, root in enumerate(roots, start=1)
    ]


def _history(steps: list[Audit], names: dict[str, str], here: Station) -> list[dict[str, Any]]:
    """Return the steps on record, newest first, each with its reason or its time."""
    rows = []
    for row in reversed(steps):
        facts = row.after or {}
        when = facts.get("at")
        rows.append(
            {
                "did": f"review_did_{row.action.replace(' ', '_')}",
                "who": names.get(row.by, row.by),
                "at": shell.local_time(row.at, here),
                "why": facts.get("reason", ""),
                "when": None if when is None else shell.local_time(datetime.fromisoformat(when), here),
                "accepted": facts.get("accepted", []),
            }
        )
    return rows


#: What the address says was just done -> the step that must be the last on record.
DONE: Final = {
    "in_review": "hand in", "approved": "approve", "draft": "give back", "scheduled": "schedule", "published": "publish",
}  # fmt: skip


def _done(done: str, steps: list[Audit], shown: Edition, language: Language) -> str:
    """Return what was just done, if it is the last step on record: an address alone must not claim it."""
    if not steps or DONE.get(done) != steps[-1].action:
        return ""
    if done == "published":
        return say("did_publish", language, n=shown.number)
    return say(f"review_done_{done}", language)


def _facts(
    session: Session,
    here: Station,
    two: tuple[Edition | None, Edition],
    *,
    told: Comparison | None,
    faults: list[dict[str, Any]],
    threads: list[dict[str, Any]],
    language: Language,
) -> dict[str, Any]:
    """Return what the page's modules need to know."""
    in_force, shown = two
    compared = in_force is not None and in_force.id != shown.id
    changes = {} if told is None else dict(zip(told.zones["code"], told.zones["change"], strict=True))
    pins = [
        {key: one[key] for key in ("id", "n", "who", "text", "lon", "lat")} | {"open": one["resolved_at"] is None}
        for one in threads
        if one["lon"] is not None
    ]
    return {
        "lang": language,
        "tag": TAGS[language],
        "bbox": features.box(frames.jurisdiction(session, here.code)),
        "zones": ground.zones_url(shown),
        "before": ground.zones_url(in_force) if in_force is not None and compared else None,
        "ground": ground.ground_url(here.code),
        "changes": {code: [kind, say(compare.WORD_OF[kind], language)] for code, kind in changes.items()},
        "pins": faults[:MOST_FAULTS],
        "comments": pins,
        "words": {key: say(key, language) for key in (*TOLD, *review.WORDS)},
    }
