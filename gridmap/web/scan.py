"""The plate's address for people with a log-in: the door's page for those it is a door of, else the resident's page.

Everybody without a log-in is answered by `gridmap.http.scan.ScanPath` before a request comes here.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action
from gridmap.http.person import MaybePersonDep
from gridmap.http.scan import PlateDesk
from gridmap.http.session_dep import SessionDep
from gridmap.web.resident_shell import LANGUAGES

router = APIRouter(include_in_schema=False)


@router.get("/p")
def type_code(code: str = "", lang: str = "") -> Response:
    """Lead somebody who typed a code to its page."""
    symbols = "".join(symbol for symbol in code if symbol.isascii() and symbol.isalnum())[:24]
    return RedirectResponse(f"/p/{symbols or '-'}{f'?lang={lang}' if lang in LANGUAGES else ''}", 303)


@router.get("/p/{code}")
@router.get("/P/{code}")
def scan(code: str, request: Request, session: SessionDep, actor: MaybePersonDep, lang: str | None = None) -> Response:
    """Show a door to whoever may read doors or has a dispute there, and who answers for it to everybody else."""
    if (
        actor is not None
        and (actor.may(Action.READ_DOORS) or actor.may(Action.USE_DESK))
        and request.query_params.get("as") != "resident"
    ):
        from gridmap.web import door  # noqa: PLC0415 -- staff only

        found = door.page(request, session, actor, code)
        if found is not None:  # else it is no door of theirs: they see what everybody sees
            return found
    desk: PlateDesk = request.app.state.plate_desk
    reply = desk.page(code, request.client.host if request.client else "", lang)
    return _response(reply.status, reply.headers, reply.body)


def _response(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Response:
    """Return a reply of the desk as the framework sends it."""
    response = Response(body, status)
    response.raw_headers = headers
    return response
