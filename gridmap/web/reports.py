"""The pages of residents' reports for staff: the list that grows by itself, and one report with its steps."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.reports import KINDS, OPEN, STATES
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import report_feed
from gridmap.services.reports import desk
from gridmap.services.reports.desk import Opened, Seen
from gridmap.store import editions, frames
from gridmap.store import reviews as accounts
from gridmap.store.report_lists import Line
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.entry import choose_station
from gridmap.web.words import Language, say

router = APIRouter(prefix="/reports", include_in_schema=False)
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_REPORTS))]
A_PAGE: Final = 30
ANY: Final = "any"
#: The station of an address, and the number of a report.
Place = Annotated[str, Query(max_length=16)]
LARGEST: Final = 2**31 - 1
#: Words the script of the list needs.
TOLD: Final = (
    "reports_live", "reports_not_live", "reports_ended", "reports_new", "reports_new_urgent", "reports_moved",
    "reports_reload", *(f"report_kind_{kind}" for kind in KINDS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for. `state`: one, "" for all that are open, `ANY`; `zone`: a beat or grid cell."""

    station: str
    state: str = ""
    kind: str = ""
    zone: str = ""
    held: bool = False
    before: int | None = None

    def url(self, **changes: Any) -> str:
        """Return the address of this filter with some of it changed; a changed filter begins at the newest."""
        told = dataclasses.asdict(self) | {"before": None} | changes
        told["held"] = 1 if told["held"] else None
        return f"/reports?{urlencode({name: value for name, value in told.items() if value not in (None, '')})}"

    @property
    def states(self) -> tuple[str, ...]:
        """The states meant."""
        return STATES if self.state == ANY else (self.state,) if self.state else tuple(sorted(OPEN))

    @property
    def narrowed(self) -> bool:
        """Whether anything open is left out."""
        return bool(self.state or self.kind or self.zone or self.held)


def filter_of(
    *,
    state: Annotated[str, Query(max_length=20)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    zone: Annotated[str, Query(max_length=64)] = "",
    held: bool = False,
    before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
) -> Filter:
    """Return the filter of an address; words it does not know ask for nothing."""
    known = state if state in {*STATES, ANY} else ""
    return Filter("", known, kind if kind in KINDS else "", zone.replace("\0", ""), held, before)


FilterDep = Annotated[Filter, Depends(filter_of)]


@router.get("")
def reports_page(
    request: Request, session: SessionDep, actor: ReaderDep, asked: FilterDep, station: str | None = None
) -> Response:
    """Show the reports of a station that this person may see, newest first; new ones appear by themselves."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    wanted = dataclasses.replace(asked, station=here.code)
    # The number is read before the list: what comes in between is in the list and told once more, never left out.
    newest = report_feed.newest(session, here.code)
    lines = desk.open_reports(
        session, actor, here.code, states=wanted.states, kinds=(wanted.kind,) if wanted.kind else KINDS,
        held=wanted.held, zone=wanted.zone, before_id=wanted.before, limit=A_PAGE + 1,
    )  # fmt: skip
    language = shell.language_of(request)
    return shell.page(
        request,
        "reports.html",
        actor=actor,
        station=here,
        wanted=wanted,
        may_notices=actor.may(Action.MANAGE_NOTICES),
        rows=[_row(line, here) for line in lines[:A_PAGE]],
        older=lines[A_PAGE - 1].id if len(lines) > A_PAGE else None,
        waiting=desk.waiting(session, actor, here.code),
        zones=_zones(session, actor, here),
        kinds=KINDS,
        states=STATES,
        any=ANY,
        facts=shell.in_script(
            {
                "events": f"/api/v1/stations/{here.code}/events?only=report&after={newest}",
                "names": _names(session, here, language),
                "words": {key: say(key, language) for key in TOLD},
            }
        ),
    )


@router.get("/{report}")
def report_page(request: Request, session: SessionDep, actor: ReaderDep, report: int, station: Place) -> Response:
    """Show one report with its history, and what can be done; the look goes on record."""
    code = require_station(actor, station)
    done = request.query_params.get("done") == "1"
    return work_page(request, session, actor, code, desk.look(session, actor, code, _number(report)), done=done)


@router.get("/{report}/photo/{number}.jpg")
def photo(session: SessionDep, actor: ReaderDep, report: int, number: int, station: Place) -> Response:
    """Return a picture of a report; no browser keeps it."""
    jpeg = desk.photo(session, actor, require_station(actor, station), _number(report), _number(number))
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


def work_page(
    request: Request,
    session: Session,
    actor: Actor,
    station: str,
    seen: Seen,
    *,
    wrong: str = "",
    note: str = "",
    opened: Opened | None = None,
    done: bool = False,
    status: int = 200,
) -> Response:
    """Return the page of one report; `wrong`: the word for what went wrong, with the note that was typed."""
    here = editions.find_station(session, station)
    language = shell.language_of(request)
    return shell.page(
        request,
        "report_work.html",
        actor=actor,
        station=here,
        status=status,
        seen=seen,
        row=_row(seen.line, here),
        history=_history(session, seen, here, language),
        may_work=actor.may(Action.WORK_REPORTS),
        may_contact=actor.may(Action.READ_CONTACTS),
        opened=opened,
        wrong=wrong,
        note=note,
        done=done,
        facts=shell.in_script(
            {
                "events": f"/api/v1/stations/{here.code}/events?only=report&after={_last(seen)}",
                "report": seen.line.id,
                "seen": _last(seen),
                "words": {key: say(key, language) for key in TOLD},
            }
        ),
    )


def _last(seen: Seen) -> int:
    return max((event.id for event in seen.events), default=0)


def _number(value: int) -> int:
    return value if 0 <= value <= LARGEST else 0


def _row(line: Line, here: Station) -> dict[str, Any]:
    """Return a report as the pages show it, its times by the station's clocks."""
    return dataclasses.asdict(line) | {
        name: None if at is None else shell.local_time(at, here)
        for name, at in (("at", line.at), ("due_at", line.due_at), ("happened_at", line.happened_at))
    }


def _zones(session: Session, actor: Actor, here: Station) -> list[dict[str, Any]]:
    """Return the beats and grid cells a reader may filter by: their own where they see no more."""
    edition = editions.in_force(session, here.code)
    if edition is None:
        return []
    cells = report_feed.own_cells(session, actor, here.code)
    kinds: tuple[frames.ZoneKind, ...] = ("beat", "grid_cell")
    found: list[dict[str, Any]] = []
    for kind in kinds:
        rows = frames.zones(session, edition.id, kind).drop(columns="geometry").to_dict("records")
        shown = [row for row in rows if cells is None or (kind == "grid_cell" and row["code"] in cells)]
        found += [{"kind": kind, **{str(name): value for name, value in row.items()}} for row in shown]
    return found


def _names(session: Session, here: Station, language: Language) -> dict[str, str]:
    edition = editions.in_force(session, here.code)
    if edition is None:
        return {}
    rows = frames.zones(session, edition.id, "beat").drop(columns="geometry").to_dict("records")
    return {str(row["code"]): shell.name_of(row, language) for row in rows}


def _history(session: Session, seen: Seen, here: Station, language: Language) -> list[dict[str, Any]]:
    """Return the steps, newest first, each with who took it by name."""
    logins = {event.by.partition("/")[2] for event in seen.events if "/" in event.by}
    names = accounts.names(session, logins)
    return [
        {
            "at": shell.local_time(event.at, here),
            "what": event.what,
            "who": names.get(event.by.partition("/")[2], event.by.partition("/")[2])
            or say("report_program" if event.what == "joined" else "report_resident", language),
            "ours": bool(event.by),
            "note": event.note,
            "of": event.report_id if event.report_id != seen.line.id else None,
        }
        for event in reversed(seen.events)
    ]
