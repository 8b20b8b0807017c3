"""Boundary files brought into a draft, and the repair of its faults."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response

from gridmap.api import draft_reply as reply
from gridmap.api import geojson
from gridmap.api.deps import DrawerDep, EditionDep
from gridmap.api.routes.stations import IN_STATION, SQUARE
from gridmap.api.schemas.repairs import AcceptBody, ImportBody, ImportForm, RejectedRow
from gridmap.domain.access import Action, Actor
from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.geo.repair import RepairNotKnown, RepairNotPossible
from gridmap.http.body import BodyTooLarge
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import boundary_files, drafts, editions, repairs
from gridmap.services.boundary_files import Loaded
from gridmap.services.drafts import DraftMoved, ZoneLocked
from gridmap.services.imports import ImportUnclear, ZoneOptions
from gridmap.services.repairs import RepairsMoved
from gridmap.store.editions import EditionNotFound
from gridmap.store.reading.faults import Bomb, Encrypted, LayerUnclear, NoSystem, NotWhatItClaims, Truncated

router = APIRouter(prefix="/stations/{station}", tags=["repairs"])
E = "/editions/{edition}"
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
THERE = (*IN_STATION, EditionNotFound)
CHANGING = (*THERE, EditionStepNotAllowed, DraftMoved, ZoneLocked, ForeignPage, NoCsrfToken, RequestNotValid)
#: Refused rows and faults told of one file; the others are counted.
TOLD = 200
REPAIR: dict[str, Any] = {
    "id": 0,
    "geometry": SQUARE,
    "properties": {
        "n": 1, "layer": "grid_cell", "kind": "overlap", "zones": ["W001", "W002"], "from": ["W001"], "to": "W002",
        "rule": "former", "why": "", "area_m2": 812.4, "doors": 3, "households": 3,
    },
}  # fmt: skip


@router.get(
    E + "/repairs",
    summary="What would mend the faults of an edition",
    response_class=Response,
    responses={
        200: geojson.describe("A proposal for every fault; `token` and `version` go with what is accepted.", REPAIR),
        **problems(*THERE),
    },
)
def list_repairs(
    request: Request, session: SessionDep, _actor: DraftReaderDep, station: StationDep, edition: EditionDep
) -> Response:
    """Return who would get which ground by which rule, and how many doors stand on it; nothing is changed.

    Ground goes to the zone that had it in the edition in force (`former`), else to the one with the `longest border`,
    ground past the jurisdiction to nobody (`outline`), a beat's to the beat of the cells there (`cells`); a `vertex` is
    added. Where the rule is `ask`, `why` says why the planner is asked.
    """
    shown = repairs.preview(session, edition, sliver_m=request.app.state.settings.sliver_m)
    members = {
        "station": station, "edition": edition.number, "version": shown.version, "token": shown.token,
        "sure": shown.sure,
    }  # fmt: skip
    return geojson.reply(request, geojson.of_frame(shown.rows, members=members))


@router.post(
    E + "/repairs",
    summary="Accept repairs",
    response_class=Response,
    responses={
        200: {"description": "What changed, as after an edit; `accepted` names the repairs.",
              "content": {"application/json": {}}},
        **problems(*CHANGING, RepairsMoved, RepairNotKnown, RepairNotPossible),
    },
)  # fmt: skip
def accept_repairs(
    request: Request, session: SessionDep, actor: DrawerDep, edition: EditionDep, body: AcceptBody
) -> Response:
    """Carry out repairs as one change of the draft, which can be undone; no zone is lost or split."""
    then = reply.figures_before(request, session, edition)
    accepted = repairs.accept(
        session,
        edition,
        by=actor.login,
        token=body.token,
        version=body.version,
        chosen=None if body.accept == "all" else set(body.accept),
        answers={int(number): code for number, code in body.answers.items()},
        sliver_m=request.app.state.settings.sliver_m,
    )
    told = reply.after_change(request, session, edition, accepted.done, then)
    return reply.send({"accepted": list(accepted.numbers), **told})


@router.post(
    E + "/import",
    summary="Bring a boundary file into a draft",
    responses=problems(
        *CHANGING, ImportUnclear, LayerUnclear, NoSystem, NotWhatItClaims, Truncated, Encrypted, Bomb, BodyTooLarge
    ),
)
def import_zones(
    request: Request,
    session: SessionDep,
    actor: DrawerDep,
    edition: EditionDep,
    form: Annotated[ImportForm, Form(media_type="multipart/form-data")],
) -> ImportBody:
    """Replace the zones of the kinds that the file has, as one change of the draft, and check the draft.

    A row that is no zone is refused alone, by its number and reason; a file that is broken, cut off or not what it
    claims changes nothing. Faults of topology are let in: `repairs` mends them.
    """
    pairs = [pair.partition("=") for pair in form.mapping]
    if not all(field and column for field, _, column in pairs):
        raise ImportUnclear("write each mapping as field=column, for example code=BEAT")
    options = ZoneOptions(
        kind=form.kind or None, layer=form.layer or None, draft=edition.number, make_codes=form.make_codes
    )
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder) / _name(form.file.filename)
        path.write_bytes(form.file.file.read())
        trial = session.begin_nested() if form.dry_run else None
        loaded = boundary_files.load(
            session, edition, path, by=actor.login, version=form.version, options=options, crs=form.crs or None,
            mapping={field: column for field, _, column in pairs}, sliver_m=request.app.state.settings.sliver_m,
        )  # fmt: skip
        if trial is not None:
            trial.rollback()
    return _told(loaded, drafts.open_state(session, edition).head.version, dry_run=form.dry_run)


def _name(given: str | None) -> str:
    """Return a name for the file that is safe here and that its sender knows again."""
    name = re.sub(r"[^\w.-]+", "_", Path(given or "").name)[-100:].lstrip(".")
    return name or "file"


def _told(loaded: Loaded, version: int, *, dry_run: bool) -> ImportBody:
    report, faults = loaded.report, editions.fault_rows(loaded.faults)
    return ImportBody(
        dry_run=dry_run,
        version=version,
        beats=report.facts["beats"],
        cells=report.facts["cells"],
        added=report.added,
        updated=report.updated,
        refused=report.refused,
        unit=report.unit,
        rejected=[RejectedRow(line=one.line, reason=one.reason, value=one.value) for one in report.rejected[:TOLD]],
        warnings=report.warnings,
        faults=faults[:TOLD],
        faults_left=max(len(faults) - TOLD, 0),
        stops=loaded.stops,
    )
