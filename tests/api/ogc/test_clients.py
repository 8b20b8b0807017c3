"""Programs that others wrote read the collections: the standard's own tests, GDAL, OWSLib, QGIS."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from tests.api.ogc import clients
from tests.api.ogc.conftest import BEATS, INCIDENTS, LOGIN, PASSWORD, Overheard, Served, header

pytestmark = pytest.mark.ogc
WEARING = f"{LOGIN}:{PASSWORD}"


def test_the_standards_own_tests_pass_all_29(served: Served, overheard: Overheard):
    """ogctests cannot log in: the server takes it for who sends the header.

    It runs inside its environment: elsewhere it does not find its fixtures, or imports what is called `collections`.
    """
    python = clients.locked_python()
    overheard.wearing = header().encode()
    done = subprocess.run(
        [str(python), "-m", "ogctests", "features/core", "-i", served.url],
        cwd=python.parent.parent, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    told = re.search(r"(\d+) passed", done.stdout)
    assert told is not None, done.stdout[-3000:] + done.stderr[-3000:]
    assert "failed" not in done.stdout, done.stdout[-6000:]
    assert int(told[1]) == 29


def gdal(served: Served, layers: str, where: str = "", box: str = "", size: int = 1000) -> dict:
    told = clients.run(clients.here(), clients.PYOGRIO, served.url, WEARING, layers, where, box, str(size))
    found: dict = json.loads(told)
    return found


def test_gdal_reads_every_layer_page_by_page(served, overheard):
    wanted = {"beats", "cells", "gaps", "hotspots", "incidents", "doors", "facilities", "villages"}
    found = gdal(served, ",".join(wanted), size=250)
    assert set(found["layers"]) >= wanted
    assert all(found[layer]["rows"] > 0 for layer in wanted)
    assert found["incidents"]["rows"] == INCIDENTS
    assert {"number", "category", "at", "station"} <= set(found["incidents"]["columns"])
    pages = [one for one in overheard.asked if "incidents/items" in one and "limit=250" in one]
    assert len(pages) >= 3


@pytest.mark.parametrize(
    ("where", "sent", "rows"),
    [
        ("category = 'theft'", "category=theft", INCIDENTS // 2),
        ("number = 'N00007'", "number=N00007", 1),
        ("is_dispute = 1", "is_dispute=1", INCIDENTS // 2),
        ("at >= '2025-10-01T00:00:00Z'", "datetime=2025-10-01T00", 54),
    ],
)
def test_gdal_sends_its_filters_to_the_service(served, overheard, where, sent, rows):
    assert gdal(served, "incidents", where)["incidents"]["rows"] == rows
    assert any(sent in one.replace("%3A", ":") for one in overheard.asked), overheard.asked


def test_gdal_sends_its_box_to_the_service(served, overheard):
    found = gdal(served, "beats", box="[112.901, 35.801, 112.909, 35.809]")
    assert found["beats"]["rows"] == 1
    assert any("bbox=112.901" in one for one in overheard.asked)


def test_debians_gdal_reads_and_filters_too(served, overheard):
    asked = [clients.ogrinfo(), "-ro", "-so", "-where", "category = 'theft'", f"OAPIF:{served.url}", "incidents"]
    environment = {**os.environ, "GDAL_HTTP_USERPWD": WEARING, "GDAL_HTTP_AUTH": "BASIC"}
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert f"Feature Count: {INCIDENTS // 2}" in done.stdout, done.stdout + done.stderr
    assert any("category=theft" in one for one in overheard.asked)


def test_gdal_finds_the_password_in_a_netrc(served, overheard, tmp_path):
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {LOGIN} password {PASSWORD}\n")
    netrc.chmod(0o600)
    asked = [clients.ogrinfo(), "-ro", "-so", f"OAPIF:{served.url}", "beats"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert f"Feature Count: {BEATS}" in done.stdout, done.stdout + done.stderr


def test_owslib_reads(served):
    told = json.loads(clients.run(clients.locked_python(), clients.OWSLIB, served.url, WEARING))
    assert told["collections"][:2] == ["beats", "cells"]
    assert told["title"] == "警格 · Beats"
    assert (told["returned"], told["one"], told["api"]) == (7, "B3", "3.0.3")
    assert 0 < told["matched"] <= INCIDENTS // 2
    assert "beat" in told["queryables"]
    assert any("features-2" in one for one in told["conforms"])


def test_qgis_reads(served, overheard, tmp_path):
    python = clients.qgis()
    folders = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    told = json.loads(clients.run(python, clients.QGIS, served.url, LOGIN, PASSWORD, **folders))
    assert all(layer["valid"] for layer in told.values()), told
    assert told["incidents"]["features"] == INCIDENTS
    assert (told["beats"]["features"], told["cells"]["features"]) == (BEATS, 4 * BEATS)
    assert told["beats"]["in_box"] == 2
    assert told["gaps"]["features"] > 0
    assert "category" in told["incidents"]["fields"]
    assert any("bbox=" in one for one in overheard.asked)
