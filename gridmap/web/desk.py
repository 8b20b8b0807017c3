"""The desk of disputes: what is to be done today, beside the map; the full list with its filters; what is new."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.dispute_words import MARKS, MATTERS, SOURCES, STATES
from gridmap.domain.loops import Loop
from gridmap.http.figures import FigureShelfDep
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import lists
from gridmap.services.disputes.lists import ANY, OVER_STATES, Filter, filter_of
from gridmap.services.disputes.look import Named
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.store import dispute_lists, dispute_look, dispute_lost
from gridmap.store.dispute_rows import Sight
from gridmap.store.tables import Station
from gridmap.web import desk_rows, shell
from gridmap.web.desk_chips import chips
from gridmap.web.desk_map import map_facts
from gridmap.web.entry import choose_station
from gridmap.web.maps import base
from gridmap.web.words import Language, say

router = APIRouter(prefix="/desk", include_in_schema=False)
DeskDep = Annotated[Actor, Depends(allowed(Action.USE_DESK))]
#: Lines on the desk, and on a page of the list.
AT_DESK: Final = 20
A_PAGE: Final = 30
#: Disputes with nobody that the desk names.
LOST: Final = 5
#: A list counts no further than this.
COUNTED: Final = lists.MOST_COUNTED - 1
#: The desk's tabs, in their order; "" is all that is open.
TABS: Final = ("waiting", "overdue", "today", "new", "follow", "")
#: Files a list is given out as.
FILES: Final = ("csv", "xlsx", "gpkg")
#: Words the desk's script needs.
TOLD: Final = (
    "desk_news", "desk_show", "desk_live", "desk_not_live", "desk_ended", "desk_map", "desk_hide_map", "not_loaded", "zoom_in", "zoom_out",
    "map_label", "loading", "desk_sending", "desk_kept", "desk_kept_log_in", "desk_try_now", "desk_discard", "desk_sent",
    "desk_waiting_line", "desk_waiting_reply", "desk_no_line",
)  # fmt: skip
Place = Annotated[str | None, Query(max_length=16)]


@dataclass(frozen=True, slots=True)
class View:
    """What the address of the desk asks for. `everything`: all that somebody sees, not only what is theirs."""

    station: str
    wanted: Filter
    everything: bool

    def url(self, path: str = "/desk", **changes: Any) -> str:
        """Return the address of this view with some of it changed."""
        everything = changes.pop("everything", self.everything)
        wanted = dataclasses.replace(self.wanted, **changes)
        if wanted.due == "waiting" or (wanted.holder == "mine" and path == "/desk"):
            wanted = dataclasses.replace(wanted, holder="")
        return f"{path}?{wanted.query(station=self.station, all=1 if everything else None)}"


@router.get("")
def desk_page(
    request: Request, session: SessionDep, actor: DeskDep, shelf: FigureShelfDep, station: Place = None
) -> Response:
    """Show what is to be done today, what is due first, beside the map; what is lost is looked up once a minute."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    view = _view(request, actor, here.code)
    sight = sight_of(session, actor, here.code)
    news = lists.news(session, actor, view.wanted, after=None, sight=sight, station=here.code, zone=here.timezone)
    asked = view.wanted
    if asked.due == "waiting":  # what is offered to somebody is still held by whoever offers it
        asked = dataclasses.replace(asked, holder="")
    found = lists.page(session, actor, here.code, asked, limit=AT_DESK, sight=sight, zone=here.timezone)
    choices = dispute_lists.choices(session, here.code)
    language = shell.language_of(request)
    rows = _rows(found, here, choices, loop_of(session, here.code), language)
    map_ = base.build("desk", base.base_map_of(request))
    lost: list[dispute_lost.Lost] = []
    losses = 0
    if sight.whole:
        lost, losses = shelf.get(("lost", here.code), lambda: dispute_lost.told(session, here.code, LOST))
    return shell.page(
        request,
        "desk.html",
        actor=actor,
        station=here,
        view=view,
        rows=rows,
        dues=news.dues,
        more=news.dues[view.wanted.due or "open"] if len(rows) == AT_DESK else 0,
        most=dispute_lists.MOST_TOLD,
        tabs=TABS,
        whole=sight.whole,
        lost=lost,
        losses=losses,
        chips=_desk_chips(view, choices, language),
        map=map_,
        may=_may(actor),
        elsewhere=_elsewhere(session, actor, here, view, sight) if not rows else 0,
        facts=shell.in_script({
            **map_facts(session, here, map_, rows, language), "who": actor.login, **live_facts(here.code, language, view, news.newest),
        }),
    )  # fmt: skip


@router.get("/list")
def list_page(
    request: Request,
    session: SessionDep,
    actor: DeskDep,
    station: Place = None,
    after: Annotated[str, Query(max_length=40)] = "",
    all_choices: Annotated[bool, Query(alias="choices")] = False,
) -> Response:
    """Show every dispute the filter lets pass, page by page, and how many there are.

    Cells and people are many: with one bar of signal they would take longer than the list. They are told when the filters
    are opened (`choices`); before, only the one that is chosen.
    """
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    wanted = filter_of(request.query_params)
    sight = sight_of(session, actor, here.code)
    found, count = lists.counted_page(
        session, actor, here.code, wanted, after=after, limit=A_PAGE + 1, sight=sight, zone=here.timezone
    )
    choices = dispute_lists.choices(session, here.code)
    loop, language = loop_of(session, here.code), shell.language_of(request)
    holders = _holders(session, here, wanted, all_choices=all_choices)
    choices["holders"] = [
        {"code": f"{one.kind}:{one.code}", "name_zh": one.name_zh or "", "name_en": one.name_en or ""}
        for one in holders
    ]
    last = lists.cursor_of(wanted, found[A_PAGE - 1]) if len(found) > A_PAGE else ""
    rows = _rows(found[:A_PAGE], here, choices, loop, language)
    map_ = base.build("desk", base.base_map_of(request))
    words = {key: say(key, language) for key in TOLD}
    return shell.page(
        request,
        "desk_list.html",
        actor=actor,
        station=here,
        wanted=wanted,
        rows=rows,
        count=count,
        counted=COUNTED,
        after=after,
        following="" if not last else f"/desk/list?{wanted.query(station=here.code, after=last)}",
        first=f"/desk/list?{wanted.query(station=here.code)}",
        chips=chips(wanted, choices, language, lambda one: f"/desk/list?{one.query(station=here.code)}"),
        choices=choices,
        cells=[one for one in choices["cells"] if all_choices or one["code"] == wanted.cell],
        all_choices=all_choices,
        whole=f"/desk/list?{wanted.query(station=here.code, after=after, choices=1)}",
        loop=loop,
        states=STATES,
        matters=MATTERS,
        marks=MARKS,
        sources=SOURCES,
        dues=lists.DUES,
        any=ANY,
        over=OVER_STATES,
        files=FILES,
        may=_may(actor),
        map=map_,
        wider=f"/desk/list?{dataclasses.replace(wanted, state=ANY).query(station=here.code)}" if not rows else "",
        facts=shell.in_script({**map_facts(session, here, map_, rows, language), "words": words}),
    )


@router.get("/news")
def news(
    request: Request,
    session: SessionDep,
    actor: DeskDep,
    station: Annotated[str, Query(max_length=16)],
    since: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    """Return what waits, and how many disputes others have moved since event `since`, for the filter of the address."""
    code = require_station(actor, station)
    view = _view(request, actor, code)
    found = lists.news(
        session, actor, view.wanted, after=since, sight=sight_of(session, actor, code), station=code,
        zone=dispute_lists.timezone(session, code),
    )  # fmt: skip
    return shell.data(request, {"dues": found.dues, "fresh": found.fresh, "newest": found.newest})


def live_facts(station: str, language: Language, view: View | None, newest: int) -> dict[str, Any]:
    """Return what the desk's scripts need to hear what is new, and to tell it."""
    return {
        "events": f"/api/v1/stations/{station}/events",
        "news": "" if view is None else view.url("/desk/news"),
        "newest": newest,
        "words": {key: say(key, language) for key in TOLD},
    }


def _desk_chips(view: View, choices: dict[str, list[dict[str, str]]], language: Language) -> list[tuple[str, str]]:
    """Return the chips of the desk: its tabs and its scope are shown by themselves."""
    due, holder = view.wanted.due, "" if view.wanted.holder == "mine" else view.wanted.holder
    beside = dataclasses.replace(view.wanted, due="", holder=holder)
    return chips(beside, choices, language, lambda one: dataclasses.replace(view, wanted=one).url(due=due))


def _elsewhere(session: Session, actor: Actor, here: Station, view: View, sight: Sight) -> int:
    """Return how many open disputes somebody sees besides their own: where an empty desk leads on to."""
    if view.everything:
        return 0
    asked = Filter(due=view.wanted.due if view.wanted.due != "waiting" else "")
    return lists.count(session, actor, here.code, asked, most=dispute_lists.MOST_TOLD, sight=sight, zone=here.timezone)


def _view(request: Request, actor: Actor, station: str) -> View:
    """Return what the address asks for; who is somebody here begins with what is theirs."""
    wanted = filter_of(request.query_params)
    everything = request.query_params.get("all") == "1" or actor.person_id is None
    if not everything and not wanted.holder:
        wanted = dataclasses.replace(wanted, holder="mine")
    return View(station, wanted, everything)


def _rows(
    found: list[lists.Line], here: Station, choices: dict[str, list[dict[str, str]]], loop: Loop, language: Language
) -> list[dict[str, Any]]:
    kinds, now = {one["code"]: one for one in choices["kinds"]}, datetime.now(UTC)
    return [desk_rows.row(line, here, kinds, loop, now, language) for line in found]


def _holders(session: Session, here: Station, wanted: Filter, *, all_choices: bool) -> list[Named]:
    """Return whom the filter offers as holders: everybody, or only the one that is chosen."""
    if not all_choices and ":" not in wanted.holder:
        return []
    found = dispute_look.takers(session, here.code, here.timezone, beat=None, cell=None)
    return [one for one in found if all_choices or f"{one.kind}:{one.code}" == wanted.holder]


def _may(actor: Actor) -> dict[str, bool]:
    return {
        "open": actor.may(Action.OPEN_DISPUTES), "figures": actor.may(Action.READ_FIGURES),
        "series": actor.may(Action.READ_DISPUTES),
    }  # fmt: skip
