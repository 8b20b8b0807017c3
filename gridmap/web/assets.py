"""Browser assets: Leaflet and friends from a locked package, our own scripts and styles, all served by gridmap.

The package `folium-offline` holds every asset Folium can ask for, as a dictionary address -> text in one Python
file. It is read as text and never imported (importing it loads a second copy of Folium). Only what the pages use is
kept, named by its content, compressed once, and served as immutable.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import importlib.util
import mimetypes
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from folium import Map
from folium.plugins import GeoMan, MarkerCluster

from gridmap.errors import NotFound, Unavailable

STATIC: Final = Path(__file__).parent / "static"
PREFIX: Final = "/assets"

#: What Folium asks for by which name; the addresses serve as keys into the package, nobody is ever asked there.
_ASKED: Final = dict(
    [link for kind in (Map, MarkerCluster, GeoMan) for links in (kind.default_js, kind.default_css) for link in links]
)
LEAFLET_JS: Final = _ASKED["leaflet"]
LEAFLET_CSS: Final = _ASKED["leaflet_css"]
CLUSTER_JS: Final = _ASKED["markerclusterjs"]
CLUSTER_CSS: Final = _ASKED["markerclustercss"]
GEOMAN_JS: Final = _ASKED["leaflet_geoman_js"]
GEOMAN_CSS: Final = _ASKED["leaflet_geoman_css"]
USED: Final = (LEAFLET_JS, LEAFLET_CSS, CLUSTER_JS, CLUSTER_CSS, GEOMAN_JS, GEOMAN_CSS)

TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

router = APIRouter(include_in_schema=False)
#: Python 3.11 keeps one count of depth for all threads that parse; two at once break each other.
_PARSING: Final = threading.Lock()


class AssetsMissing(Unavailable):
    """The package with the browser assets is not installed, or does not hold what the pages need."""

    slug, title = "assets-missing", "Browser assets are missing"


class AssetNotFound(NotFound):
    """No asset of this name and content is served."""

    slug, title = "asset-not-found", "No such asset"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: its path, type, text and compressed text."""

    path: str
    media_type: str
    body: bytes
    packed: bytes


@router.get(PREFIX + "/{digest}/{name}")
def asset(digest: str, name: str, request: Request) -> Response:
    """Return one asset; its address changes when its content does, so browsers keep it for good."""
    found = _by_path().get(f"{PREFIX}/{digest}/{name}")
    if found is None:
        raise AssetNotFound(f"No asset {name} with content {digest}; reload the page.")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, media_type=found.media_type, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)


def local(url: str) -> str:
    """Return where gridmap itself serves the outside address `url`.

    Raises
    ------
    AssetsMissing
        If it does not: a page never asks an outside host instead.
    """
    try:
        return _third_party()[url].path
    except KeyError:
        raise AssetsMissing(
            f"The pages need {url}, which is not among the assets; add it to gridmap.web.assets.USED."
        ) from None


def own(name: str) -> str:
    """Return the address of our own static file `name`.

    All of them share one digest, so that modules can import one another by relative address.
    """
    try:
        return _own()[name].path
    except KeyError:
        raise AssetsMissing(f"gridmap has no static file {name}; install it again.") from None


def check() -> str:
    """Return a line about the assets for `gridmap doctor`.

    Raises
    ------
    AssetsMissing
        With what is missing and the mend.
    """
    third, mine = _third_party(), _own()
    packed = sum(len(one.packed) for one in (*third.values(), *mine.values()))
    return f"{len(third)} assets of Leaflet and {len(mine)} of gridmap, {packed / 1000:.0f} kB compressed"


@lru_cache(maxsize=1)
def _by_path() -> dict[str, Asset]:
    return {one.path: one for one in (*_third_party().values(), *_own().values())}


@lru_cache(maxsize=1)
def _third_party() -> dict[str, Asset]:
    texts = _read_package()
    absent = [url for url in USED if url not in texts]
    if absent:
        raise AssetsMissing(
            f"folium-offline lacks {', '.join(absent)}; install the version that matches Folium (see pyproject.toml)."
        )
    return {url: _pack(url.rsplit("/", 1)[-1], _without_source_map(texts[url])) for url in USED}


@lru_cache(maxsize=1)
def _own() -> dict[str, Asset]:
    files = sorted(path for path in STATIC.iterdir() if path.suffix in TYPES)
    digest = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[:12]
    return {path.name: _pack(path.name, path.read_text(encoding="utf-8"), digest) for path in files}


def _pack(name: str, text: str, digest: str | None = None) -> Asset:
    body = text.encode()
    kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    digest = digest or hashlib.sha256(body).hexdigest()[:12]
    return Asset(f"{PREFIX}/{digest}/{name}", kind, body, gzip.compress(body, 9, mtime=0))


def _without_source_map(text: str) -> str:
    """Drop the pointer to a source map: it would be asked for, and is not there."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip("/* ").startswith("# sourceMappingURL="))


def _read_package() -> dict[str, str]:
    """Return folium-offline's dictionary address -> text without running the package."""
    spec = importlib.util.find_spec("offlinefolium")
    if spec is None or not spec.submodule_search_locations:
        raise AssetsMissing("The package folium-offline is not installed; install gridmap's dependencies again.")
    source = Path(spec.submodule_search_locations[0]) / "elements.py"
    texts = {}
    with _PARSING:
        tree = ast.parse(source.read_text(encoding="utf-8"))
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id="_res"), slice=ast.Constant(value=str(url)))],
                value=ast.Constant(value=str(text)),
            ):
                texts[url] = text
    return texts
