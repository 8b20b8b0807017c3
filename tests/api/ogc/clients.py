"""The programs of others: where each is on this machine, and what each is asked to do, as scripts of their own.

They run in processes of their own: GDAL keeps Python's lock while it reads, and the server is in this process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
LOCKED = ROOT / "requirements" / "ogc.txt"
#: Python that has QGIS, where Debian's python3-qgis is installed.
SYSTEM_PYTHON = "/usr/bin/python3"

PYOGRIO = """
import json, sys
import pyogrio
url, login, layers, where, box, size = sys.argv[1:]
pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": login, "GDAL_HTTP_AUTH": "BASIC"})
told = {"layers": [name for name, _ in pyogrio.list_layers(f"OAPIF:{url}")]}
for layer in layers.split(","):
    meta, _, shapes, _ = pyogrio.raw.read(
        f"OAPIF:{url}", layer=layer, where=where or None, bbox=tuple(json.loads(box)) if box else None, PAGE_SIZE=size
    )
    told[layer] = {"rows": len(shapes), "columns": list(meta["fields"])}
print(json.dumps(told))
"""
OWSLIB = """
import json, sys
from owslib.ogcapi.features import Features
from owslib.util import Authentication
url, login = sys.argv[1:]
name, password = login.split(":")
features = Features(url + "/", auth=Authentication(username=name, password=password))
page = features.collection_items("incidents", limit=7, bbox=[112.9, 35.8, 113.1, 35.9], category="theft")
print(json.dumps({
    "collections": features.feature_collections(), "title": features.collection("beats")["title"],
    "conforms": features.conformance()["conformsTo"], "matched": page["numberMatched"], "returned": page["numberReturned"],
    "queryables": list(features.collection_queryables("cells")["properties"]),
    "one": features.collection_item("beats", "S001.B3")["properties"]["code"],
    "api": features.api()["openapi"],
}))
"""
QGIS = """
import json, sys
from qgis.core import *
url, login, password = sys.argv[1:]
app = QgsApplication([], True)
app.initQgis()
QgsNetworkAccessManager.instance().setupDefaultProxyAndCache()
told = {}
for layer in ("beats", "cells", "incidents", "gaps", "hotspots", "doors"):
    uri = QgsDataSourceUri()
    for name, value in (("url", url), ("typename", layer), ("pageSize", "200"), ("pagingEnabled", "true"), ("restrictToRequestBBOX", "1")):
        uri.setParam(name, value)
    uri.setUsername(login)
    uri.setPassword(password)
    found = QgsVectorLayer(uri.uri(False), layer, "OAPIF")
    box = QgsFeatureRequest().setFilterRect(QgsRectangle(112.9, 35.8, 112.9149, 35.81))
    in_box = sum(1 for _ in found.getFeatures(box))  # first: QGIS answers from what it has read already
    told[layer] = {
        "valid": found.isValid(), "crs": found.crs().authid(), "in_box": in_box,
        "features": sum(1 for _ in found.getFeatures()), "fields": [one.name() for one in found.fields()],
    }
print(json.dumps(told))
sys.stdout.flush()
import os
os._exit(0)  # QGIS breaks when Python takes it apart
"""


def run(python: str | Path, script: str, *arguments: str, **environment: str) -> str:
    """Run a script of a client's and return what it printed last; what it complained of fails the test."""
    done = subprocess.run(
        [str(python), "-c", script, *arguments], capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": "", **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


def here() -> str:
    """Return the Python that runs the tests; pyogrio brings its own GDAL."""
    pyogrio = pytest.importorskip("pyogrio")
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("the GDAL in pyogrio has no OAPIF driver")
    return sys.executable


def qgis() -> str:
    """Return the Python that has QGIS, or skip."""
    asked = subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False) if Path(SYSTEM_PYTHON).exists() else None  # fmt: skip
    if asked is None or asked.returncode != 0:
        pytest.skip("no QGIS for Python: apt-get install python3-qgis qgis-providers")
    return SYSTEM_PYTHON


def ogrinfo() -> str:
    """Return Debian's ogrinfo, an older GDAL than pyogrio's, or skip."""
    found = shutil.which("ogrinfo")
    if found is None:
        pytest.skip("no ogrinfo: apt-get install gdal-bin")
    return found


def locked_python(locked: Path = LOCKED, name: str = "ogctests") -> Path:
    """Return the Python of an environment with what a file of requirements locks, or skip.

    The programs of others want other libraries than gridmap; each environment is made once a machine and lock file, in
    the user's cache.
    """
    mark = hashlib.sha256(locked.read_bytes()).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "gridmap" / f"{name}-{mark}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # of several workers one makes it
        if not (folder / "ready").exists():
            _make(folder, locked)
    return folder / "bin" / "python"


def _make(folder: Path, locked: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    install = [
        str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps",
        "--disable-pip-version-check", "--retries", "1", "--timeout", "20", "-r", str(locked),
    ]  # fmt: skip
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"requirements/{locked.name} cannot be installed here: {done.stderr.strip()[-300:]}")
    (folder / "ready").touch()
