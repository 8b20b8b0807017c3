"""The present view of the officer's map on paper: PDF for the printer, PNG for the slides of the briefing."""

from __future__ import annotations

import io
from typing import Annotated, Any, Final, Literal

import geopandas as gpd
import numpy as np
import orjson
import pypdfium2
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gridmap.domain.access import Action
from gridmap.http.answers import answer
from gridmap.http.spells import SpellsDep
from gridmap.http.views import AskedDep
from gridmap.services.analyses import Options
from gridmap.services.map_sheet import MapGround, map_ground
from gridmap.services.views import View
from gridmap.store import figures as counts
from gridmap.store.tables import IncidentCategory
from gridmap.web.map_layers import NONE, PICTURES, class_of, options_of, picture_of
from gridmap.web.map_told import how_of, legend_of, unit_of, view_of
from gridmap.web.officer import LayerName, wanted
from gridmap.web.sheets.picture import PictureContent
from gridmap.web.words import LANGUAGES, say

router = APIRouter(include_in_schema=False)
#: Dots of a PNG [per inch]: an A4 sheet fills a screen of 4K.
DPI: Final = 220
MEDIA: Final = {"pdf": "application/pdf", "png": "image/png"}
Paper = Annotated[Literal["a4", "a3", "a2"], Query()]
Code = Annotated[str, Query(max_length=16)]


@router.get("/map/sheet.{form}")
def sheet(
    request: Request,
    spells: SpellsDep,
    asked: AskedDep,
    *,
    form: Literal["pdf", "png"],
    station: Code,
    layer: LayerName = None,
    paper: Paper = "a4",
) -> Response:
    """Return the picture of a view as a sheet: title, period, legend in words, method, scale, and the mark of made-up data."""
    name = picture_of(layer if layer != NONE else None, "where")
    said = dict(request.query_params.items())
    found = answer(spells, station, name, wanted(request, asked), settle_options(name, said))
    with spells.open(Action.READ_OWN_ANALYSES) as (session, actor):
        place = session.merge(found.place, load=False)
        ground = map_ground(session, place, by=actor.login, picture=name, view=request.url.query[:500])
        known = counts.categories(session)
        session.expunge_all()
    content = content_of(name, orjson.loads(found.body), ground, found.view, known)
    made = request.app.state.printer.picture_sheet(content, paper=paper)
    file = f"{station}-{name}-{found.view.since}-{found.view.until}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "private, no-store"}
    return Response(made if form == "pdf" else to_png(made), media_type=MEDIA[form], headers=headers)


def settle_options(name: str, said: dict[str, str]) -> Options:
    """Return the options of a picture that an address means, as the page's modules ask for them."""
    chosen: dict[str, Any] = dict(options_of(name, said))
    told = {"size": "size_m", "bandwidth": "bandwidth_m"}
    numbers = {"size": int, "bandwidth": float}
    return Options(
        **{told.get(key, key): numbers[key](value) if key in numbers else value for key, value in chosen.items()}
    )


def content_of(
    name: str, body: dict[str, Any], ground: MapGround, view: View, known: list[IncidentCategory]
) -> PictureContent:
    """Return an answer as a sheet shows it."""
    picture = PICTURES[name]
    legend = legend_of(picture, body)
    place = {entry.look.value: n for n, entry in enumerate(legend)}
    features = (body["cells"] or {"features": []})["features"]
    cells = gpd.GeoDataFrame({"look": np.empty(0, dtype=int)}, geometry=[], crs=ground.metric_epsg)
    if features:
        cells = gpd.GeoDataFrame.from_features(features, crs="EPSG:4326")[["geometry"]].to_crs(ground.metric_epsg)
        cells["look"] = [place.get(class_of(picture, one["properties"]), -1) for one in features]
    titles = [
        say("map_sheet_title", one, name=named, what=say(f"map_layer_{name}", one))
        for one, named in zip(LANGUAGES, (ground.name_zh, ground.name_en), strict=True)
    ]
    return PictureContent(
        ground, (titles[0], titles[1]), view_of(view, known), cells, legend, unit_of(body), how_of(name, body)
    )


def to_png(made: bytes) -> bytes:
    """Return the first page of a PDF as a PNG of `DPI` dots an inch."""
    out = io.BytesIO()
    with pypdfium2.PdfDocument(made) as document:
        document[0].render(scale=DPI / 72).to_pil().save(out, format="PNG")
    return out.getvalue()
