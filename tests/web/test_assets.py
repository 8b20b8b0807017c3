"""Browser assets: what Folium asks for is served by us, and nothing else is asked for."""

from __future__ import annotations

import gzip
import re

import folium
import pytest
from folium.plugins import GeoMan, MarkerCluster

from gridmap.web import assets
from gridmap.web.assets import AssetsMissing, local, own


def test_the_package_holds_every_address_a_folium_map_can_name():
    held = assets._read_package()
    named = [url for kind in (folium.Map, MarkerCluster, GeoMan) for _, url in (*kind.default_js, *kind.default_css)]
    assert set(named) <= set(held)


def test_the_page_assets_stay_small():
    packed = {url: len(one.packed) for url, one in assets._third_party().items()}
    drawing = packed.pop(assets.GEOMAN_JS) + packed.pop(assets.GEOMAN_CSS)  # on the one page where borders are drawn
    assert drawing < 90_000
    assert sum(packed.values()) < 70_000  # Folium's own head is 746 kB


def test_an_address_that_is_not_served_is_refused():
    with pytest.raises(AssetsMissing, match="example"):
        local("https://cdn.example/x.js")


def test_no_asset_points_to_a_source_map_or_an_outside_file():
    for one in assets._by_path().values():
        assert b"sourceMappingURL" not in one.body, one.path
        assert not re.search(rb"url\(\s*['\"]?(https?:)?//", one.body), one.path
        assert not re.search(rb"import\s[^;]*['\"]https?://", one.body), one.path


@pytest.mark.parametrize("path", [local(assets.LEAFLET_JS), local(assets.LEAFLET_CSS), own("core.js"), own("mark.svg")])
def test_an_asset_is_immutable_and_says_what_it_is(client, path):
    reply = client.get(path, headers={"Accept-Encoding": "identity"})
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["x-content-type-options"] == "nosniff"
    wanted = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
    assert reply.headers["content-type"] == wanted[path.rsplit(".", 1)[-1]]


def test_an_asset_is_sent_compressed_to_a_browser_that_reads_it(client):
    path = local(assets.LEAFLET_JS)
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as reply:
        raw = b"".join(reply.iter_raw())
    assert gzip.decompress(raw) == assets._by_path()[path].body
    assert len(raw) < len(assets._by_path()[path].body) / 3


def test_a_changed_asset_has_another_address_and_an_old_one_is_not_found(client):
    assert client.get("/assets/000000000000/leaflet.js").status_code == 404


def test_the_doctor_is_told_how_many_there_are():
    assert re.fullmatch(r"6 assets of Leaflet and \d+ of gridmap, \d+ kB compressed", assets.check())


def test_our_own_modules_stay_short():
    for path in assets.STATIC.glob("*.js"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 200, path.name


def test_our_own_modules_write_text_as_text():
    for path in assets.STATIC.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|bindPopup|bindTooltip"
        assert not re.search(banned, source), path.name
