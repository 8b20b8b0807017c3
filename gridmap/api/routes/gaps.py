"""Coverage gaps as GeoJSON: where nobody is responsible, and when."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from gridmap.api import geojson
from gridmap.api.moments import Moment
from gridmap.api.routes.stations import IN_STATION, SQUARE
from gridmap.domain.access import Action, Actor
from gridmap.geo.reach import Mode
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import coverage
from gridmap.store import audit

router = APIRouter(prefix="/stations/{station}", tags=["analyses"])
AnalystDep = Annotated[Actor, Depends(allowed(Action.READ_ANALYSES))]
GAP = {
    "id": 0,
    "geometry": SQUARE,
    "properties": {
        "kind": "beat_no_officer",
        "group": "people",
        "code": "J07",
        "name_zh": "新华警格",
        "name_en": "Xinhua Beat",
        "who": "",
        "since": "2025-10-31T16:00:00+00:00",
        "until": None,
        "doors": 1204,
        "households": 1190,
        "residents": 3307,
        "area_m2": None,
        "hours": None,
        "detail": {"layer": "beat", "beats": ["J07"], "since_is": "at_latest"},
        "todo": "todo_beat_no_officer",
    },
}
DISPUTES = frozenset({"dispute_no_follow_up", "dispute_idle"})


@router.get(
    "/coverage-gaps",
    summary="Where nobody is responsible, and when",
    response_class=Response,
    responses={
        200: geojson.describe("Gaps by group and kind, the largest of each kind first.", GAP),
        **problems(*IN_STATION, coverage.GapKindNotKnown),
    },
)
def list_gaps(
    request: Request,
    session: SessionDep,
    actor: AnalystDep,
    station: StationDep,
    *,
    at: Annotated[Moment | None, Query(description="As it was at this moment; now where none is given.")] = None,
    kind: Annotated[
        list[str] | None,
        Query(max_length=50, description=f"Only these kinds; may be repeated. One of {', '.join(coverage.KINDS)}."),
    ] = None,
    group: Annotated[
        list[str] | None,
        Query(max_length=10, description=f"Only these groups; may be repeated. One of {', '.join(coverage.GROUPS)}."),
    ] = None,
    minutes: Annotated[
        float | None, Query(gt=0, le=1_440, description="How far from a police post is out of reach [min].")
    ] = None,
    by: Annotated[Mode | None, Query(description="How those minutes are made.")] = None,
) -> Response:
    """Return the coverage gaps of a station as GeoJSON: ground, people, hours, attention, reach.

    Each gap says its size in doors, households and residents (null where a door does not know), since when (`since`, UTC;
    null where nothing on record says; `detail.since_is` where it is a bound) and what to do (`todo`). `notes` tell what
    could not be looked at: nobody is accused of what is not loaded. Disputes come with number and place to whom incidents
    are told, else as a count.
    """
    told = actor.may(Action.READ_INCIDENTS)
    limits: coverage.Limits = request.app.state.gap_limits
    wishes: dict[str, Any] = {"reach_minutes": minutes, "reach_by": by}
    limits = dataclasses.replace(limits, **{name: value for name, value in wishes.items() if value is not None})
    found = coverage.look(session, station, at, limits=limits, kinds=kind, groups=group, disputes=told)
    if told and found.gaps["kind"].isin(DISPUTES).any():
        audit.write(session, [station], by=actor.login, action="look", thing="disputes", after={"gaps": True})
    members = {
        "at": found.at.isoformat(),
        "limits": dataclasses.asdict(found.limits),
        "notes": [
            {"key": note.key, **{name: _plain(value) for name, value in note.facts.items()}} for note in found.notes
        ],
    }
    return geojson.reply(request, coverage.as_geojson(found.gaps, members))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
