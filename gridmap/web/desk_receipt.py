"""The slip for whoever told staff of a dispute: a code, and where to follow it; to be printed or photographed."""

from __future__ import annotations

import re
from typing import Annotated, Final

import zxingcpp
from fastapi import APIRouter, Depends, Form, Path, Request
from markupsafe import Markup
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.codes import spaced
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import receipts
from gridmap.store import editions
from gridmap.web import resident_shell as shell_of
from gridmap.web import shell
from gridmap.web.report_page import SAID, follows_in

router = APIRouter(prefix="/desk", include_in_schema=False)
WorkerDep = Annotated[Actor, Depends(allowed(Action.WORK_DISPUTES))]
LARGEST: Final = 2**31 - 1
_SIZE: Final = re.compile(r'width="(\d+)" height="(\d+)"')


@router.post("/{dispute:int}/receipt")
def receipt(
    request: Request,
    session: SessionDep,
    actor: WorkerDep,
    dispute: Annotated[int, Path(ge=1, le=LARGEST)],
    station: Annotated[str, Form(max_length=16)],
    language: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Give a receipt and show it, this once: only what leads to it is kept. One given before ends."""
    here = editions.find_station(session, require_station(actor, station))
    given = receipts.give(session, actor, here.code, dispute, language=language)
    reads = follows_in(None, given.language)
    settings = request.app.state.settings
    link = f"{settings.plate_url or f'http://{settings.host}:{settings.port}'}/r/{given.code}{'' if reads == 'zh' else f'?lang={reads}'}"
    return shell.page(
        request,
        "desk_receipt.html",
        actor=actor,
        station=here,
        dispute=dispute,
        code=spaced(given.code),
        slip=[
            (shell_of.LANGUAGES[one][0], shell_of.direction(one), SAID[one])
            for one in dict.fromkeys((reads, "zh", "en"))
        ],
        link=link,
        qr=_qr(link),
    )


def _qr(link: str) -> Markup:
    """Return a QR code (ISO/IEC 18004, level M) as SVG that takes the size of its box."""
    barcode = zxingcpp.create_barcode(link, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = str(barcode.to_svg(add_quiet_zones=True))
    # Without a view box the drawing keeps its size of a pixel a module, whatever box it stands in.
    scaled = _SIZE.sub(r'viewBox="0 0 \1 \2"', drawn[drawn.index("<svg") :], count=1)
    return Markup(scaled)  # noqa: S704 -- drawn by us: paths and numbers
