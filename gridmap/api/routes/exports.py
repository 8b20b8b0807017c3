"""Editions as files of every common format, and as printed sheets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from starlette.responses import StreamingResponse

from gridmap.api.deps import EditionDep, ReaderDep
from gridmap.api.routes.stations import IN_STATION
from gridmap.http.person import StationDep
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import exports
from gridmap.store.editions import EditionNotFound
from gridmap.store.writing import FORMATS, Format

router = APIRouter(prefix="/stations/{station}", tags=["exports"])
CHUNK = 1 << 18
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
        path = Path(folder) / name
        exports.export(session, station, edition.number, path, kind, by=actor.login)
        size = path.stat().st_size
        file = path.open("rb")  # its name goes with the folder, its bytes stay until it is closed
    headers = {**attachment(name), "Content-Length": str(size)}
    return StreamingResponse(_chunks(file), media_type=FORMATS[kind].media_type, headers=headers)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with closing(file):
        while chunk := file.read(CHUNK):
            yield chunk
