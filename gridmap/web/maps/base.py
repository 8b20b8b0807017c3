"""The map itself: Folium builds it from constants, gridmap serves its script as a file.

Nothing a person ever typed is given to Folium: its popups, tooltips, layer names and icons run text as code. A map
script depends on the page's name and the base map setting alone, so it is one cacheable file under
`script-src 'self'`; data come as JSON and are drawn by our own modules, which write text with `textContent`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import folium
from branca.element import CssLink, Element, JavascriptLink
from fastapi import APIRouter, Request, Response
from folium.map import CustomPane, FeatureGroup
from folium.plugins import GeoMan, MarkerCluster
from folium.template import Template
from markupsafe import Markup

from gridmap.errors import GridmapError, NotFound
from gridmap.web import assets

router = APIRouter(include_in_schema=False)

#: Drawing order, lowest first; pane -> z-index. Leaflet's own overlay pane is 400, markers are 600.
PANES: Final = {"ground": 310, "roads": 320, "fills": 340, "heat": 350, "lines": 420, "gaps": 440, "names": 590}

#: map name -> its layers in Folium's hands: id -> pane.
LAYERS: Final[dict[str, dict[str, str]]] = {
    "plan": {"ground": "ground", "roads": "roads", "cells": "fills", "beats": "lines", "issues": "gaps", "names": "names"},
    "map": {
        "ground": "ground", "roads": "roads", "cells": "fills", "heat": "heat", "beats": "lines", "gaps": "gaps",
        "names": "names",
    },
    "draw": {
        "ground": "ground", "roads": "roads", "cells": "fills", "beats": "lines", "before": "lines", "wish": "gaps",
        "issues": "gaps", "names": "names",
    },
    "gaps": {"ground": "ground", "roads": "roads", "cells": "fills", "beats": "lines", "gaps": "gaps", "names": "names"},
    "desk": {"ground": "ground", "roads": "roads", "cells": "fills", "beats": "lines", "disputes": "gaps", "names": "names"},
    "posts": {"ground": "ground", "roads": "roads", "cells": "fills", "beats": "lines", "posts": "gaps", "names": "names"},
    "compare": {"ground": "ground", "roads": "roads", "pieces": "gaps", "names": "names"},
    "review": {
        "ground": "ground", "roads": "roads", "cells": "fills", "beats": "lines", "issues": "gaps", "comments": "gaps",
        "names": "names",
    },
}  # fmt: skip
CLUSTER_OPTIONS: Final = {
    "maxClusterRadius": 44, "showCoverageOnHover": False, "chunkedLoading": True, "animate": False, "spiderfyOnMaxZoom": True,
}  # fmt: skip
CLUSTERED: Final = frozenset({"map"})
#: Maps on which borders are drawn.
DRAWN: Final = frozenset({"draw"})


class OutsideAddress(GridmapError):
    """A map would make the browser ask an outside host."""

    slug, title = "outside-address", "A map names an outside address"


class MapNotFound(NotFound):
    """No map of this name and content is served."""

    slug, title = "map-not-found", "No such map"


class BareMap(folium.Map):
    """Folium's map with Leaflet alone: 55 kB compressed instead of 746."""

    default_js: list[tuple[str, str]] = [("leaflet", assets.LEAFLET_JS)]  # noqa: RUF012 -- as Folium has it
    default_css: list[tuple[str, str]] = [("leaflet_css", assets.LEAFLET_CSS)]  # noqa: RUF012


class BareCluster(MarkerCluster):
    """Folium's marker cluster; its bubbles are drawn by our own style sheet."""

    default_js: list[tuple[str, str]] = [("markercluster", assets.CLUSTER_JS)]  # noqa: RUF012
    default_css: list[tuple[str, str]] = [("markercluster_css", assets.CLUSTER_CSS)]  # noqa: RUF012


class BareGeoMan(GeoMan):
    """Leaflet-Geoman without its toolbar: our own page has one, and says which layers may be drawn on."""

    _template = Template("{% macro script(this, kwargs) %}L.PM.setOptIn(true);{% endmacro %}")
    default_js: list[tuple[str, str]] = [("geoman", assets.GEOMAN_JS)]  # noqa: RUF012
    default_css: list[tuple[str, str]] = [("geoman_css", assets.GEOMAN_CSS)]  # noqa: RUF012


@dataclass(frozen=True, slots=True)
class BaseMap:
    """The tiles under everything, from a host inside the closed network; none by default."""

    url: str | None = None
    datum: str = "wgs84"


@dataclass(frozen=True, slots=True)
class MapParts:
    """A rendered map, taken apart for our own page: links in the head, one element, one script."""

    name: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    element: Markup
    script: bytes

    @property
    def script_url(self) -> str:
        """Return the address of the map's own script, named by its content."""
        return f"/maps/{self.name}/{hashlib.sha256(self.script).hexdigest()[:16]}.js"


@router.get("/maps/{name}/{digest}.js")
def map_script(name: str, digest: str, request: Request) -> Response:
    """Return Folium's script of one map."""
    if name in LAYERS:
        parts = build(name, base_map_of(request))
        if parts.script_url == f"/maps/{name}/{digest}.js":
            return Response(
                parts.script,
                media_type="text/javascript; charset=utf-8",
                headers={"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"},
            )
    raise MapNotFound(f"No map {name} with content {digest}; reload the page.")


def base_map_of(request: Request) -> BaseMap:
    """Return the base map this service is set to, none where it is not."""
    settings = getattr(request.app.state, "settings", None)
    return BaseMap(getattr(settings, "basemap_url", None), getattr(settings, "basemap_datum", "wgs84"))


@lru_cache(maxsize=16)
def build(name: str, base_map: BaseMap) -> MapParts:
    """Return the map `name` ("plan" or "map") in parts; rendered once for each base map.

    Raises
    ------
    OutsideAddress
        If anything but the base map's tiles would be asked from another host.
    """
    gcj02 = base_map.url is not None and base_map.datum == "gcj02"
    map_ = BareMap(
        location=[35.0, 105.0], zoom_start=4, tiles=None, max_zoom=19, zoom_snap=0.25, zoom_delta=0.5,
        attribution_control=False, crs="GCJ02" if gcj02 else "EPSG3857", maxZoom=19,
    )  # fmt: skip
    _call(map_, "main")
    if base_map.url is not None:
        _call(folium.TileLayer(tiles=base_map.url, attr=" ", max_zoom=19), "base").add_to(map_)
    for pane, z_index in PANES.items():
        _call(CustomPane(pane, z_index=z_index, pointer_events=True), pane).add_to(map_)
    for layer, pane in LAYERS[name].items():
        _call(FeatureGroup(name=layer, control=False, pane=pane), layer).add_to(map_)
    if name in CLUSTERED:
        _call(BareCluster(control=False, options=CLUSTER_OPTIONS), "incidents").add_to(map_)  # type: ignore[no-untyped-call]
    if name in DRAWN:
        _call(BareGeoMan(), "geoman").add_to(map_)  # type: ignore[no-untyped-call]
    return _take_apart(name, map_, first=(assets.own("gcj02.js"),) if gcj02 else ())


def _call(element: Element, name: str) -> Element:
    """Fix the name of an element's JavaScript variable, which Folium makes up at random."""
    element._id = name  # noqa: SLF001
    return element


def _take_apart(name: str, map_: folium.Map, *, first: tuple[str, ...]) -> MapParts:
    figure: Any = map_.get_root()
    figure.render()
    links = list(figure.header._children.values())  # noqa: SLF001
    script = figure.script.render()
    element = figure.html.render()
    if "<script" in element or "</script" in script:
        raise OutsideAddress(f"Folium put a script into the element of the map {name}, or markup into its script.")
    return MapParts(
        name=name,
        styles=tuple(assets.local(link.url) for link in links if isinstance(link, CssLink)),
        scripts=tuple(assets.local(link.url) for link in links if isinstance(link, JavascriptLink)) + first,
        element=Markup(element.strip()),  # noqa: S704 -- Folium's own words, from constants
        script="\n".join(line.strip() for line in script.splitlines() if line.strip()).encode(),
    )
