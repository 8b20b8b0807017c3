"""Editions as files of every common format, and as printed sheets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path as FilePath
from typing import IO, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import StreamingResponse

from gridmap.api.deps import EditionDep, ReaderDep
from gridmap.api.routes.stations import IN_STATION
from gridmap.domain.access import Action, require_action
from gridmap.geo.columns import BadFrame
from gridmap.http.person import StationDep
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import exports, lists, sheets
from gridmap.services.sheets import BeatNotOnSheet
from gridmap.store.editions import EditionNotFound
from gridmap.store.writing import FORMATS, Format

router = APIRouter(prefix="/stations/{station}", tags=["exports"])
CHUNK = 1 << 18
PDF = "application/pdf"
#: A file is private to whoever asked, and made anew each time: what it says of the edition may have changed.
HEADERS = {"Cache-Control": "private, no-store"}
BINARY = {"schema": {"type": "string", "format": "binary"}}


def attachment(name: str) -> dict[str, str]:
    """Return the headers that let a browser save a reply under `name`."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}", **HEADERS}


def files(*media_types: str, description: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI of a reply that is a file of one of `media_types`."""
    return {200: {"description": description, "content": dict.fromkeys(media_types, BINARY)}}


@router.get(
    "/editions/{edition}/export",
    summary="An edition as a file",
    response_class=Response,
    responses={
        **files(*(form.media_type for form in FORMATS.values()), description="The file."),
        **problems(*IN_STATION, EditionNotFound, RequestNotValid),
    },
)
def export_edition(
    session: SessionDep,
    actor: ReaderDep,
    station: StationDep,
    edition: EditionDep,
    kind: Annotated[
        Format,
        Query(alias="format", description="`shp` is a ZIP of two Shapefiles; `csv` lists each grid cell and its beat."),
    ] = "gpkg",
) -> StreamingResponse:
    """Return every zone of an edition with codes, names, areas, and since when it is in force; on record."""
    name = exports.file_name(station, edition.number, kind)
    with tempfile.TemporaryDirectory(prefix="gridmap-export-") as folder:
        path = FilePath(folder) / name
        exports.export(session, station, edition.number, path, kind, by=actor.login)
        size = path.stat().st_size
        file = path.open("rb")  # its name goes with the folder, its bytes stay until it is closed
    headers = {**attachment(name), "Content-Length": str(size)}
    return StreamingResponse(_chunks(file), media_type=FORMATS[kind].media_type, headers=headers)


PaperName = Annotated[Literal["a4", "a3", "a2"], Query(description="Size of the paper.")]
Before = Annotated[int, Path(ge=1, le=2**31 - 1, description="The edition to compare with.", examples=[2])]


@router.get(
    "/editions/{edition}/sheet.pdf",
    summary="An edition on paper",
    response_class=Response,
    responses={
        **files(PDF, description="A map sheet, landscape or portrait by the station's shape."),
        **problems(*IN_STATION, EditionNotFound, BeatNotOnSheet, RequestNotValid),
    },
)
def print_edition(
    request: Request,
    session: SessionDep,
    actor: ReaderDep,
    station: StationDep,
    edition: EditionDep,
    paper: PaperName = "a3",
    beat: Annotated[
        str | None, Query(max_length=64, description="Only the page of this beat.", examples=["J13"])
    ] = None,
    every_beat: Annotated[bool, Query(description="After the station's page, one of each beat.")] = False,
    names: Annotated[
        bool, Query(description="With the names of who is posted today: for the station's own wall, on record.")
    ] = False,
) -> Response:
    """Return a sheet for the wall as PDF: beats, cells and codes, roads, villages, scale, legend and list."""
    if names:
        require_action(actor, Action.READ_PEOPLE)
    content = sheets.sheet(
        session, station, edition.number, by=actor.login, names=names, beats=[] if beat is None else [beat]
    )
    beats = [beat] if beat is not None else list(content.beats["code"]) if every_beat else []
    made = request.app.state.printer.map_sheet(content, paper=paper, beats=beats, station=beat is None)
    name = f"{station}_edition-{edition.number}{'' if beat is None else f'_{beat}'}_{paper}.pdf"
    return Response(made, media_type=PDF, headers=attachment(name))


@router.get(
    "/editions/{edition}/changes-since/{before}/sheet.pdf",
    summary="Two editions compared, on paper",
    response_class=Response,
    responses={
        **files(PDF, description="Maps before and after, what changes hands, the table of zones, and room to sign."),
        **problems(*IN_STATION, EditionNotFound, RequestNotValid, BadFrame),
    },
)
def print_comparison(
    request: Request,
    session: SessionDep,
    actor: ReaderDep,
    station: StationDep,
    edition: EditionDep,
    before: Before,
    paper: PaperName = "a3",
    names: Annotated[bool, Query(description="With the officers' names; else they have numbers.")] = False,
) -> Response:
    """Return the sheet for a review meeting as PDF."""
    if names:
        require_action(actor, Action.READ_PEOPLE)
    lists.edition(session, actor, station, before)  # a draft is hidden from those who may not read it
    content = sheets.compare_sheet(session, station, before, edition.number, by=actor.login, names=names)
    made = request.app.state.printer.compare_sheet(content, paper=paper)
    return Response(
        made, media_type=PDF, headers=attachment(f"{station}_editions-{before}-{edition.number}_{paper}.pdf")
    )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with closing(file):
        while chunk := file.read(CHUNK):
            yield chunk
