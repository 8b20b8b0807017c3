"""Every analysis by its name, about the incidents of a view: JSON, or its features as a file."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gridmap.api.etag import same
from gridmap.api.routes.proposals import Code
from gridmap.api.routes.stations import IN_STATION
from gridmap.geo.forecast import HorizonWrong
from gridmap.http.answers import answer
from gridmap.http.problems import problems
from gridmap.http.spells import SpellsDep
from gridmap.http.views import AskedDep, OptionsDep
from gridmap.services.analyses import AnalysisNotFound
from gridmap.services.analyses.emerging import TooShort
from gridmap.services.analyses.files import MEDIA, Format, NoLayer, to_file
from gridmap.services.analyses.forecast import NothingToLearn
from gridmap.services.analyses.ground import NoSuchZones
from gridmap.services.analyses.reading import NoGround
from gridmap.services.own_ground import NoCells
from gridmap.services.views import HoursWrong, PeriodWrong

router = APIRouter(prefix="/stations/{station}", tags=["analyses"])


@router.get(
    "/analyses/{analysis}",
    summary="An analysis of the incidents of a view",
    response_class=Response,
    responses={
        200: {"description": "`facts`, `tables` and `cells` (GeoJSON); or the cells as a file."},
        304: {"description": "The same as before."},
        **problems(
            *IN_STATION,
            NoCells,
            AnalysisNotFound,
            NoLayer,
            PeriodWrong,
            HoursWrong,
            NoGround,
            NoSuchZones,
            TooShort,
            NothingToLearn,
            HorizonWrong,
        ),
    },
)
def analyse(
    request: Request,
    spells: SpellsDep,
    station: Code,
    analysis: Annotated[str, Path(max_length=40, description="Its name.", examples=["hotspots"])],
    asked: AskedDep,
    options: OptionsDep,
    form: Annotated[Format, Query(alias="format", description="JSON, or the features as a file.")] = "json",
) -> Response:
    """Answer a question about the incidents of a view; kept until something of the station changes."""
    found = answer(spells, station, analysis, asked, options)
    headers = {
        "ETag": f'W/"{found.etag}-{form}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding, Cookie",
    }
    if same(request.headers.get("if-none-match"), headers["ETag"].removeprefix("W/")):
        return Response(status_code=304, headers=headers)
    body = to_file(found.body, form)
    if form != "json":
        name = f"{station}-{analysis}-{found.view.since}-{found.view.until}.{form}"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if "gzip" in request.headers.get("accept-encoding", "") and len(body) > 1_000 and form != "gpkg":
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 4, mtime=0)
    return Response(body, media_type=MEDIA[form], headers=headers)
