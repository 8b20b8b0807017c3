"""The public page of a station: masked counts on small maps, no log-in, no script. 404 unless it is switched on."""

from __future__ import annotations

from typing import Annotated, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gridmap.http.public_view import published
from gridmap.http.session_dep import SessionDep
from gridmap.web import shell
from gridmap.web.maps.small import Drawn, small_map
from gridmap.web.words import Language, say

router = APIRouter(include_in_schema=False)
#: Incidents per square kilometre and quarter from which on an area takes the next shade.
STEPS: Final = (0.0, 2.0, 8.0, 32.0)


@router.get("/public")
def public_page(request: Request, session: SessionDep, station: Annotated[str, Query(max_length=16)] = "") -> Response:
    """Show what is published of a station."""
    found = published(request, session, station)
    language = shell.language_of(request)
    return shell.page(
        request,
        "public.html",
        actor=None,
        code=station,
        name=shell.name_of(found, language),
        synthetic=found["synthetic"],
        minimum=found["quarters"][0]["minimum"],
        size_m=found["quarters"][0]["size_m"],
        steps=STEPS,
        quarters=[
            {**one, "groups": [_group(group, one, language) for group in one["groups"]]} for one in found["quarters"]
        ],
    )


def _group(group: dict[str, Any], quarter: dict[str, Any], language: Language) -> dict[str, Any]:
    """Return one group of a quarter as the page has it: `word`, `total`, `months` and `map`; None of these where nothing is told."""
    word = say(f"public_{group['group']}", language)
    features = group["areas"]["features"]
    if not features:
        return {"word": word, "total": None, "months": [], "map": None}
    areas = gpd.GeoDataFrame.from_features(features, crs="EPSG:4326").to_crs(quarter["metric_epsg"])
    shapes = np.asarray(areas.geometry.array, dtype=object)
    step = np.searchsorted(STEPS, areas["count"].to_numpy() / (shapely.area(shapes) / 1e6), side="right")
    layers = [Drawn(f"public-{n}", shapes[step == n]) for n in range(1, len(STEPS) + 1) if (step == n).any()]
    ground = shapely.union_all(shapes)
    first = 3 * int(quarter["quarter"][-1]) - 3
    return {
        "word": word,
        "total": int(areas["count"].sum()),
        "months": [
            {
                "words": "、".join(say("public_month", language, n=first + n) for n in one["months"]),
                "count": one["count"],
            }
            for one in group["months"]
        ],
        "map": small_map(ground, shapes, layers, label=f"{word} {quarter['quarter']}"),  # type: ignore[arg-type]
    }
