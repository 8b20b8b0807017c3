"""The pages on which like matters become a series: proposals with reasons and a small map, members, solving, dissolving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import shapely
from fastapi import APIRouter, Depends, Form, Path, Request
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.errors import GridmapError
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import series
from gridmap.services.disputes.rules import loop_of
from gridmap.services.disputes.series import MOST_MEMBERS, SeriesEnded, SeriesNotSolvable, SeriesNotValid
from gridmap.services.disputes.series_groups import LEVEL
from gridmap.store import dispute_series, editions
from gridmap.store import figures as counts
from gridmap.store.dispute_series import Matter
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.desk_case import LARGEST, LineField, StationField, back, clean
from gridmap.web.entry import choose_station
from gridmap.web.maps.small import Mark, small_map
from gridmap.web.words import Language, say

router = APIRouter(prefix="/desk/series", include_in_schema=False)
#: Series read incidents too, of the whole station.
SeriesDep = Annotated[Actor, Depends(allowed(Action.READ_DISPUTES))]
SeriesPath = Annotated[int, Path(ge=1, le=LARGEST)]
MembersField = Annotated[list[str], Form(max_length=MOST_MEMBERS)]
SentenceField = Annotated[str, Form(max_length=4_000)]
#: Ground shown around the members [m], and matters offered to be added.
AROUND_M: Final = 150.0
MOST_TO_ADD: Final = 40
WRONG: Final[dict[type[GridmapError], tuple[str, int]]] = {
    SeriesNotValid: ("series_wrong_valid", 422),
    SeriesEnded: ("series_wrong_ended", 409),
    SeriesNotSolvable: ("series_wrong_solvable", 409),
    DisputeStepNotPossible: ("series_wrong_solvable", 409),
    DisputeStepNotYours: ("series_wrong_solvable", 409),
    DisputeStepNeeds: ("series_wrong_solvable", 409),
}
FAULTS: Final = tuple(WRONG)


@router.get("")
def series_page(request: Request, session: SessionDep, actor: SeriesDep, station: str | None = None) -> Response:
    """Show what may belong together, and the series there are."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    return _all(request, session, actor, here)


@router.post("/make")
def make(
    request: Request,
    session: SessionDep,
    actor: SeriesDep,
    *,
    station: StationField,
    kind: Annotated[str, Form(max_length=64)],
    name: LineField = "",
    member: MembersField = [],  # noqa: B006  -- a form's field; FastAPI copies it
) -> Response:
    """Make a series of what was ticked."""
    here = editions.find_station(session, require_station(actor, station))
    try:
        made = series.make(session, actor, here.code, kind=kind, name=clean(name), members=member)
    except SeriesNotValid:
        return _all(request, session, actor, here, wrong="series_wrong_valid", status=422)
    return back(f"/desk/series/{made}", here.code, done="made")


@router.get("/{number}")
def one_page(
    request: Request, session: SessionDep, actor: SeriesDep, number: SeriesPath, station: str | None = None
) -> Response:
    """Show a series with its members on a small map, and what can be done."""
    here = editions.find_station(session, require_station(actor, station or ""))
    return _one(request, session, actor, here, number)


@router.post("/{number}/members")
def members(
    request: Request,
    session: SessionDep,
    actor: SeriesDep,
    number: SeriesPath,
    *,
    station: StationField,
    add: MembersField = [],  # noqa: B006
    remove: MembersField = [],  # noqa: B006
) -> Response:
    """Put in what was ticked, or take it out."""
    here = editions.find_station(session, require_station(actor, station))
    try:
        series.change(session, actor, here.code, number, add=add, remove=remove)
    except FAULTS as error:
        return _wrong(request, session, actor, here, number, error)
    return back(f"/desk/series/{number}", here.code, done="changed")


@router.post("/{number}/solve")
def solve(
    request: Request,
    session: SessionDep,
    actor: SeriesDep,
    number: SeriesPath,
    *,
    station: StationField,
    sentence: SentenceField = "",
) -> Response:
    """Settle all members with one sentence."""
    here = editions.find_station(session, require_station(actor, station))
    try:
        done = series.solve(session, actor, here.code, number, clean(sentence))
    except FAULTS as error:
        return _wrong(request, session, actor, here, number, error)
    return back(f"/desk/series/{number}", here.code, done="solved", settled=done.settled, over=done.over)


@router.post("/{number}/dissolve")
def dissolve(
    request: Request,
    session: SessionDep,
    actor: SeriesDep,
    number: SeriesPath,
    *,
    station: StationField,
    sentence: SentenceField = "",
) -> Response:
    """Give the members back."""
    here = editions.find_station(session, require_station(actor, station))
    try:
        series.dissolve(session, actor, here.code, number, note=clean(sentence))
    except FAULTS as error:
        return _wrong(request, session, actor, here, number, error)
    return back(f"/desk/series/{number}", here.code, done="dissolved")


def _all(
    request: Request, session: Session, actor: Actor, here: Station, *, wrong: str = "", status: int = 200
) -> Response:
    language = shell.language_of(request)
    rule = loop_of(session, here.code).rules.series
    found = series.proposals(session, actor, here.code)
    ground = dispute_series.ground(session, here.code) if found else None
    names = {one.code: shell.name_of(one, language) for one in counts.categories(session)} if rule.kinds else {}
    return shell.page(
        request, "desk_series.html", actor=actor, station=here, status=status, wrong=wrong,
        rule={"m": round(rule.within_m), "days": rule.within_days, "least": rule.least},
        kinds=[names.get(code, code) for code in rule.kinds],
        proposals=[
            {"of": one, "rows": [_member(matter, here) for matter in one.matters], "rare": one.p <= LEVEL,
             "percent": f"{100 * one.p:.1f}" if one.p < 0.1 else f"{100 * one.p:.0f}",
             "map": _map(one.matters, ground, language), "kind": (one.kind_zh, one.kind_en)[language == "en"]}
            for one in found
        ],
        listed=[(one, shell.local_time(one.at, here)) for one in series.listing(session, actor, here.code)],
    )  # fmt: skip


def _one(
    request: Request,
    session: Session,
    actor: Actor,
    here: Station,
    number: int,
    *,
    wrong: str = "",
    detail: str = "",
    status: int = 200,
) -> Response:
    found, matters = series.look(session, actor, here.code, number)
    language, asked = shell.language_of(request), request.query_params
    to_add: Sequence[Matter] = (
        series.near(session, actor, here.code, found.kind)[:MOST_TO_ADD] if found.state == "open" else ()
    )
    counted = {name: asked.get(name, "") for name in ("settled", "over")}
    return shell.page(
        request, "desk_series_one.html", actor=actor, station=here, status=status, wrong=wrong, detail=detail, found=found,
        at=shell.local_time(found.at, here), solved_at=None if found.solved_at is None else shell.local_time(found.solved_at, here),
        rows=[_member(one, here) for one in matters], to_add=[_member(one, here) for one in to_add],
        map=_map(matters, dispute_series.ground(session, here.code), language) if matters else "",
        done=asked.get("done", "") if asked.get("done") in {"made", "changed", "solved", "dissolved"} else "",
        counted={name: value if value.isdigit() else "0" for name, value in counted.items()},
    )  # fmt: skip


def _wrong(
    request: Request, session: Session, actor: Actor, here: Station, number: int, error: GridmapError
) -> Response:
    word, status = WRONG[type(error)]
    return _one(request, session, actor, here, number, wrong=word, detail=str(error), status=status)


def _member(one: Matter, here: Station) -> dict[str, Any]:
    """Return a member as the pages show it."""
    return {
        "key": one.key, "id": one.id, "number": one.number, "is_dispute": one.is_dispute, "state": one.state,
        "matter": one.matter, "at": shell.local_time(one.at, here), "place": one.place, "zone": one.grid_cell or one.beat or "",
        "words": one.words, "kind_zh": one.kind_zh, "kind_en": one.kind_en,
    }  # fmt: skip


def _map(matters: Sequence[Matter], ground: Any, language: Language) -> Markup:
    """Return a small map around matters: each with its number in the list, over the borders of beats."""
    spots = [(n, one.x, one.y) for n, one in enumerate(matters, start=1) if one.x is not None and one.y is not None]
    if ground is None or not spots:
        return Markup()
    shown = shapely.box(*shapely.MultiPoint([(x, y) for _, x, y in spots]).buffer(AROUND_M).bounds)
    outline = shapely.intersection(ground[0], shown)
    clipped = [piece for piece in shapely.intersection(ground[1], shown) if piece.area > 0]
    at: dict[tuple[int, int], list[int]] = {}
    for n, x, y in spots:
        at.setdefault((round(x), round(y)), []).append(n)
    marks = [Mark(x, y, str(of[0]) if len(of) == 1 else f"{of[0]}+") for (x, y), of in at.items()]
    label = say("series_map", language, n=len(spots))
    return small_map(shown if outline.is_empty else outline, clipped, marks=marks, label=label)
