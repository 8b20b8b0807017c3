"""The list of disputes as a file to take away: the same filter, the same sight, on record."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import StreamingResponse

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.dispute_filter import filter_of
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import export
from gridmap.services.disputes.export import Kind
from gridmap.services.disputes.rules import sight_of
from gridmap.web import shell

router = APIRouter(prefix="/desk", include_in_schema=False)
DeskDep = Annotated[Actor, Depends(allowed(Action.USE_DESK))]
_PIECE: Final = 256 * 1024


@router.get("/export")
def export_list(
    request: Request,
    session: SessionDep,
    actor: DeskDep,
    station: Annotated[str, Query(max_length=16)],
    kind: Annotated[Kind, Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Return the disputes the filter of the address lets pass, as far as this person sees them, as a file."""
    code = require_station(actor, station)
    now = datetime.now(UTC)
    name = export.file_name(code, kind, now)
    with tempfile.TemporaryDirectory(prefix="gridmap-disputes-") as folder:
        path = Path(folder) / name
        export.write(
            session, code, path, kind, filter_of(request.query_params), by=actor.login, sight=sight_of(session, actor, code),
            language=shell.language_of(request), now=now,
        )  # fmt: skip
        size = path.stat().st_size
        file = path.open("rb")  # its name goes with the folder, its bytes stay until it is closed
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(_pieces(file), media_type=export.MEDIA_TYPES[kind], headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
